"""The incident with real processes: the host's is stopped with SIGSTOP, and lives on later."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from processes import LIMIT, begin, line_with, message

from harness import events as e
from harness.journal import Entry, JournalReader
from harness.report.judging import judge_together

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP"),
]


# the end of an answer's label and its first field: only this puts something into the ledger
WITHDRAWAL_APPROVED = " 00 [3=01"
TERMINALS = 8


def inside(entries: list[Entry]) -> set[str]:
    """The machines with a card in them after these entries."""
    held: set[str] = set()
    for entry in entries:
        if isinstance(entry.event, e.CardInserted):
            held.add(entry.actor)
        elif isinstance(entry.event, e.CardTaken | e.CardCaptured):
            held.discard(entry.actor)
    return held


def test_a_host_stopped_with_sigstop_keeps_no_card(tmp_path: Path) -> None:
    """Every card comes out while the process is stopped; thawed, it gets each reversal once, and
    both journals together show the ledger equal to the cash.
    """
    host = begin("host", "--listen", "127.0.0.1:0", "--journal", "host.jsonl", cwd=tmp_path)
    address = line_with(host, "listening on").split()[-1]
    atms = begin(
        *("terminals", "--to", address, "--terminals", str(TERMINALS), "--gap", "5s", "-v"),
        *("--settle", "10m", "--journal", "atms.jsonl", "--host-outage", "0s.."),
        cwd=tmp_path,
    )
    line_with(atms, WITHDRAWAL_APPROVED)
    message(atms, "0200")
    os.kill(host.pid, signal.SIGSTOP)
    try:
        # Three echoes in a row went unanswered, at each machine in its own time, and then a sign-on
        # or two (its first line may be of the beginning): by then every request has expired.
        dialled: Counter[str] = Counter()
        while len(dialled) < TERMINALS or min(dialled.values()) < 3:
            dialled[line_with(atms, "-> 0800 sign-on").split()[1]] += 1
        os.kill(host.pid, signal.SIGCONT)
        message(atms, "0430")
        atms.send_signal(signal.SIGTERM)
        said, _ = atms.communicate(timeout=LIMIT)
        assert atms.returncode == 0, said
        host.send_signal(signal.SIGTERM)
        said, _ = host.communicate(timeout=LIMIT)
        assert host.returncode == 0, said
    finally:
        for process in (host, atms):
            process.kill()
            process.communicate()
    journals = [tmp_path / "atms.jsonl", tmp_path / "host.jsonl"]
    entries = list(JournalReader(journals[0]))
    aborted = next(at for at, x in enumerate(entries) if isinstance(x.event, e.Aborted))
    signed = next(
        at for at, x in enumerate(entries)
        if at > aborted and getattr(x.event, "judgement", "") == "up"
    )  # fmt: skip
    assert inside(entries[:aborted])
    assert not inside(entries[:signed]), "a card was still inside when the host came back"
    verdict, _ = judge_together(journals)
    assert verdict.passed, verdict
    tried = {row.id: row.tried for row in verdict.rows}
    assert tried["T1"]
    assert tried["H3"]
    assert verdict.totals.reversals == verdict.totals.acknowledged > 0
