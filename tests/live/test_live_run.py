"""Short live runs: real sockets, the host in a process of its own, one journal, one verdict."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from kept import PAN, keep
from live_runs import entries, how, live

from harness.crypto.keys import load_keys
from harness.errors import ConfigError
from harness.live.terminal_store import SqliteTerminalStore
from harness.machines.store import Intent, Marks, ReversalRecord
from harness.outcome import Outcome
from harness.report.judging import judge_journal


def names(journal: Path, *kinds: str, actor: str = "") -> list[str]:
    return [type(entry.event).__name__ for entry in entries(journal, *kinds, actor=actor)]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    journal = tmp_path_factory.mktemp("quiet") / "quiet.jsonl"
    return journal, live(journal, terminals=3, duration=60.0)


def test_the_verdict_is_its_journals(quiet: tuple[Path, Outcome]) -> None:
    """A quiet evening passes; judged again, the verdict is the same one, to the last figure.
    Nothing comes after the run's end, and no file but the journal is left.
    """
    journal, outcome = quiet
    assert outcome.verdict.outcome == "pass", outcome.verdict
    again, _ = judge_journal(journal)
    assert again == outcome.verdict
    assert names(journal)[-1] == "RunEnded"
    assert list(journal.parent.iterdir()) == [journal]


@pytest.mark.parametrize(
    ("beyond", "says"), [(5, "is cut off"), (0, "without its RunEnded line")], ids=["line", "whole"]
)
def test_a_journal_cut_in_the_middle_proves_nothing(
    quiet: tuple[Path, Outcome], tmp_path: Path, beyond: int, says: str
) -> None:
    """It is read up to there, and INVALID: in the middle of a line or between two."""
    data = quiet[0].read_bytes()
    journal = tmp_path / "half.jsonl"
    journal.write_bytes(data[: data.index(b"\n", len(data) // 2) + 1 + beyond])
    verdict, _ = judge_journal(journal)
    assert verdict.exit_code == 3
    assert any(says in reason for reason in verdict.reasons)
    assert verdict.totals.inserted > 0


def test_a_power_cut_loses_nothing(tmp_path: Path) -> None:
    """Wherever it comes, terminals boot again from the same SQLite store and send what is open."""
    journal = tmp_path / "cuts.jsonl"
    cuts = ("frame:0200", "sync", "motor:stack", "motor:eject")
    faults = [
        f"power_cut:at={at},nth=1,off=10s,terminal=ATM{number:05d}"
        for number, at in enumerate(cuts, start=1)
    ]
    outcome = live(journal, *faults, terminals=len(cuts))
    assert outcome.verdict.outcome == "pass", outcome.verdict
    for number in range(1, len(cuts) + 1):
        life = names(journal, "PowerLost", "PowerRestored", "Booted", actor=f"ATM{number:05d}")
        assert life == ["Booted", "PowerLost", "PowerRestored", "Booted"]
    assert {row.id: row.tried for row in outcome.verdict.rows}["T10"] >= 2
    assert "ReversalAnswered" in names(journal, actor="ATM00001")


def test_a_host_that_crashed_is_really_gone_for_a_while(tmp_path: Path) -> None:
    """Before and after the commit: its listener is closed, so that connections are refused, and
    open again on the same port, which is all that the terminals know.
    """
    journal = tmp_path / "crashes.jsonl"
    outcome = live(
        journal,
        "crash_before_commit:off=15s,nth=1,terminal=ATM00001,mti=0200",
        "crash_after_commit:off=15s,nth=3,terminal=ATM00002,mti=0200",
        terminals=3,
        duration=150.0,
    )
    assert outcome.verdict.outcome == "pass", outcome.verdict
    moments = entries(journal, "HostCrashed", "HostStarted")
    assert [type(x.event).__name__ for x in moments] == ["HostCrashed", "HostStarted"] * 2
    for down, up in (moments[:2], moments[2:]):
        failed = [x for x in entries(journal, "ConnectFailed") if down.at < x.at < up.at]
        assert set(how(failed)) == {"refused"}
        assert any(x.at > up.at for x in entries(journal, "LinkOpened"))
    assert names(journal, "ReversalAnswered")


@pytest.mark.parametrize(
    ("terminal", "host", "process"),
    [
        ("tests.live.blocking:BLOCKS", "safe", "RUN"),
        ("safe", "tests.live.blocking:BUSY_HOST", "HOST"),
    ],
)
def test_a_harness_that_is_too_slow_blames_nobody(
    tmp_path: Path, terminal: str, host: str, process: str
) -> None:
    """A loop, of either process, is blocked for 16 s of the run again and again: its journal says
    so, and there is not one failure.
    """
    journal = tmp_path / "slow.jsonl"
    verdict = live(
        journal,
        terminals=3,
        speed=40.0,
        slack=2.0,
        duration=60.0,
        quiescence=200.0,
        terminal_profile=terminal,
        host_profile=host,
    ).verdict
    assert verdict.lag > 10.0
    assert not verdict.failures
    assert len(names(journal, "HarnessStoodStill", actor=process)) > 3


ASKED = Intent(7, "withdrawal", PAN, 5000, "000123", "1121200800", "000000000007")
OPEN = ReversalRecord(
    transaction=7, reason="4021", stan="000124", sent="1121200900", time="210900", date="1121",
    code="00", taken=None, pan=PAN, amount=5000, rrn="000000000007",
    original_stan="000123", original_sent="1121200800",
)  # fmt: skip


def test_a_store_outlives_the_program(tmp_path: Path) -> None:
    """What one run left open in its state directory the next one finds, and sends as a repeat: to
    that terminal the end of the first was a power cut.
    """
    state, journal = tmp_path / "state", tmp_path / "second.jsonl"
    store = SqliteTerminalStore(state, load_keys("test").store)
    asyncio.run(keep(store, Marks(200, 64), ASKED, OPEN))
    store.close()
    outcome = live(journal, terminals=2, duration=60.0, state_dir=state)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    life = names(journal, "PowerLost", "PowerRestored", "Booted", actor="ATM00001")
    assert life == ["PowerLost", "PowerRestored", "Booted"]
    answered = entries(journal, "ReversalAnswered", actor="ATM00001")
    assert [getattr(entry.event, "stan", "") for entry in answered] == [OPEN.stan]
    frames = entries(journal, "FrameSeen", actor="ATM00001")
    sent = [getattr(x.event, "fields", {}) for x in frames if getattr(x.event, "to", "") == "host"]
    assert next(x["90"] for x in sent if x["t"] == "0421").startswith("02000001231121200800")
    assert min(x["11"] for x in sent if x["t"] == "0200") >= "000200"  # no STAN a second time
    assert SqliteTerminalStore(state, load_keys("test").store).image("ATM00001").transactions == {}


def test_an_error_of_a_users_host_is_told_as_his(tmp_path: Path) -> None:
    """The run ends with its words, and what was seen is in a journal that is cut off."""
    journal = tmp_path / "broken.jsonl"
    with pytest.raises(ConfigError, match="ValueError: a bug in somebody's host") as raised:
        live(journal, host_profile="tests.live.blocking:BROKEN_HOST", terminals=1)
    assert "blocking.py, line " in str(raised.value)
    assert "Booted" in names(journal)
    verdict, _ = judge_journal(journal)
    assert verdict.exit_code == 3
    assert list(tmp_path.iterdir()) == [journal]


def test_a_limit_to_connections_is_everybodys(tmp_path: Path) -> None:
    """Two stand and no more: the others get a real ECONNREFUSED until the window closes, and are
    connected then.
    """
    journal = tmp_path / "limit.jsonl"
    outcome = live(journal, "connection_limit:max=2@..60s", terminals=4)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    opened = entries(journal, "LinkOpened")
    early = {entry.actor for entry in opened if entry.at < 60.0}
    refused = entries(journal, "ConnectFailed")
    assert len(early) == 2
    assert len({entry.actor for entry in opened}) == 4
    assert {entry.actor for entry in refused}.isdisjoint(early)
    assert set(how(refused)) == {"refused"}


def test_a_host_that_hangs_keeps_its_connections(tmp_path: Path) -> None:
    """TCP is in order and nobody reads; when it thaws it reads all that came."""
    journal = tmp_path / "hang.jsonl"
    outcome = live(journal, "hang_after_n:n=5,hold=60s@10s..", terminals=3, duration=150.0)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    hung, thawed = entries(journal, "HostHung", "HostThawed")
    # An entry has the time at which it is recorded: on a busy machine that is later than what it
    # tells of, the one event more so than the other.
    assert thawed.at - hung.at > 30.0
    assert getattr(thawed.event, "unread", 0) > 0
    left = [
        entry
        for entry in entries(journal, "FrameSeen")
        if hung.at + 15.0 < entry.at < thawed.at
        and (getattr(entry.event, "end", ""), getattr(entry.event, "to", ""))
        == ("host", "terminal")
    ]
    assert left == []


def test_a_host_that_restarts_comes_back_with_its_books(tmp_path: Path) -> None:
    """It dies at a message, and what it had posted it knows afterwards."""
    journal = tmp_path / "restart.jsonl"
    outcome = live(journal, "crash_restart:off=15s@40s..", terminals=3, duration=150.0)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    moments = entries(journal, "HostCrashed", "HostStarted")
    assert [type(x.event).__name__ for x in moments] == ["HostCrashed", "HostStarted"]
    assert any(x.at > moments[1].at for x in entries(journal, "LinkOpened"))


@pytest.mark.parametrize("fault", ["failover:takeover=15s@40s..", "split_brain@40s..90s"])
def test_a_standby_takes_over(tmp_path: Path, fault: str) -> None:
    """On the same port; what both held is known, and what one held alone was never answered."""
    journal = tmp_path / "failover.jsonl"
    outcome = live(journal, fault, terminals=4, duration=150.0, standby=True)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    assert len(entries(journal, "FailedOver")) == 1
    after = entries(journal, "FailedOver")[0].at
    assert any(x.at > after for x in entries(journal, "LinkOpened"))
    assert any(x.at > after + 20.0 for x in entries(journal, "NotesTaken"))


def test_what_the_host_owes_its_issuer_is_told_before_the_end(tmp_path: Path) -> None:
    """The issuer is away until the faults are lifted: every advice comes after that."""
    journal = tmp_path / "advices.jsonl"
    outcome = live(journal, "issuer_down", terminals=3, duration=90.0, stand_in=100_000)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    assert len(entries(journal, "StoodIn")) >= 3
    assert {row.status for row in outcome.verdict.rows if row.id == "H5"} == {"pass"}
