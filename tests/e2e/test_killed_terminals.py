"""Terminals killed with SIGKILL and started again on what they kept."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from processes import LIMIT, begin, line_with, message

from harness import events as e
from harness.journal import JournalReader
from harness.report.judging import judge_together

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]
REQUESTS = 12
UNTIMED = ("T4", "T5", "T6", "T8", "T10", "T11", "T13", "H1", "H2", "H3", "H7")


@pytest.mark.parametrize("lives", [3, pytest.param(10, marks=pytest.mark.long)])
def test_terminals_that_are_killed_lose_no_reversal(tmp_path: Path, lives: int) -> None:
    """Killed so often, mostly while the customer waits for an answer that never comes; in the end
    each debit without cash has been reversed exactly once, by one 0420 and its repeats.
    """
    draw = Random(1)
    host = begin(
        *("host", "--listen", "127.0.0.1:0", "--journal", "host.jsonl"),
        *("--fault", "drop_response:p=60%,mti=0210"),
        cwd=tmp_path,
    )
    address = line_with(host, "listening on").split()[-1]
    terminals = ("terminals", "--to", address, "--terminals", "6", "--gap", "5s", "-v")
    lossy = ("--host-outage", "0s..10h")  # the host loses answers on purpose
    kept = (*terminals, *lossy, "--settle", "10m", "--state-dir", "kept")
    for _ in range(lives):
        atms = begin(*kept, cwd=tmp_path)
        for _ in range(draw.randrange(1, 6)):
            message(atms, "0200", "0210", "0420")
        atms.kill()
        atms.communicate()
    atms = begin(*kept, cwd=tmp_path)
    for _ in range(REQUESTS):  # whose answers come while they live: some are lost, if none was yet
        message(atms, "0200")
    for half in (atms, host):
        half.send_signal(signal.SIGTERM)
        said, _ = half.communicate(timeout=LIMIT)
        assert half.returncode == 0, said
    journals = [tmp_path / "kept" / "terminals.jsonl", tmp_path / "host.jsonl"]
    events: list[e.Event] = [entry.event for entry in JournalReader(journals[1])]
    back = Counter(
        (event.terminal, event.stan, event.sent)
        for event in events
        if isinstance(event, e.Posted) and event.kind == "reversal"
    )
    assert back
    assert set(back.values()) == {1}
    verdict, _ = judge_together(journals)
    status = {row.id: row.status for row in verdict.rows}
    assert {status[name] for name in UNTIMED} <= {"pass", "not tried"}, verdict
    assert status["T10"] == status["T8"] == status["H3"] == status["H1"] == "pass"
    assert verdict.totals.inside == 0
