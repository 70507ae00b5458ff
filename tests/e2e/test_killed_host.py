"""The host's process killed with SIGKILL and started again on its books."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from processes import LIMIT, begin, line_with, message

from harness import events as e
from harness.journal import JournalReader
from harness.report.judging import judge_journal, judge_together

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]


@pytest.mark.parametrize("lives", [2, pytest.param(4, marks=pytest.mark.long)])
def test_a_host_that_is_killed_keeps_its_books(tmp_path: Path, lives: int) -> None:
    """Reversals of what an earlier process posted are posted once, nothing is posted twice, and the
    ledger over all its lives equals the cash.
    """
    address = "127.0.0.1:0"
    kept = ("--state-dir", "books", "-v", "--fault", "drop_response:p=40%,mti=0210")
    host = begin("host", "--listen", address, *kept, cwd=tmp_path)
    address = line_with(host, "listening on").split()[-1]
    atms = begin(
        *("terminals", "--to", address, "--terminals", "6", "--gap", "5s"),
        *("--settle", "10m", "--journal", "atms.jsonl"),
        *("--host-outage", "0s.."),  # the host loses answers and is killed on purpose
        cwd=tmp_path,
    )
    for _ in range(lives):
        message(host, "0210")
        message(host, "0200", "0420")
        host.kill()
        host.communicate()
        host = begin("host", "--listen", address, *kept, cwd=tmp_path)
    message(host, "0430")
    for half in (atms, host):
        half.send_signal(signal.SIGTERM)
        said, _ = half.communicate(timeout=LIMIT)
        assert half.returncode == 0, said
    books = tmp_path / "books" / "host.jsonl"
    events: list[e.Event] = [entry.event for entry in JournalReader(books)]
    deaths = [event for event in events if isinstance(event, e.HostCrashed)]
    assert [event.phase for event in deaths] == ["killed"] * lives
    verdict, _ = judge_together([tmp_path / "atms.jsonl", books])
    assert verdict.passed, verdict
    assert verdict.totals.reversals == verdict.totals.acknowledged > 0
    assert {row.status for row in verdict.rows if row.id in ("H1", "H2", "H3")} == {"pass"}


def test_a_new_journal_brings_the_old_books_forward(tmp_path: Path) -> None:
    """A host that is started on old books with a journal of its own says what it still holds, and
    whoever reads that journal alone finds nothing wrong.
    """
    kept = ("--state-dir", "books", "-v")
    host = begin("host", "--listen", "127.0.0.1:0", *kept, cwd=tmp_path)
    address = line_with(host, "listening on").split()[-1]
    to = ("terminals", "--to", address, "--terminals", "3", "--gap", "5s")
    atms = begin(*to, cwd=tmp_path)
    message(host, "0210")
    message(host, "0210")
    for half in (atms, host):
        half.send_signal(signal.SIGTERM)
        said, _ = half.communicate(timeout=LIMIT)
        assert half.returncode == 0, said
    host = begin("host", "--listen", address, *kept, "--journal", "new.jsonl", cwd=tmp_path)
    line_with(host, "listening on")  # nobody there would end the terminals' run
    atms = begin(*to, "--seed", "2", cwd=tmp_path)
    message(host, "0210")
    for half in (atms, host):
        half.send_signal(signal.SIGTERM)
        said, _ = half.communicate(timeout=LIMIT)
        assert half.returncode == 0, said
    events: list[e.Event] = [entry.event for entry in JournalReader(tmp_path / "new.jsonl")]
    forward = [event for event in events if isinstance(event, e.BroughtForward)]
    posted = [event for event in events if isinstance(event, e.Posted)]
    assert forward
    assert posted
    verdict, _ = judge_journal(tmp_path / "new.jsonl")
    assert verdict.passed, verdict
    net = sum(x.amount if x.kind == "debit" else -x.amount for x in posted)
    assert verdict.totals.ledger == net
