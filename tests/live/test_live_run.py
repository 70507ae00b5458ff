"""Short live runs: real sockets, the host in a process of its own, one journal, one verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_runs import entries, how, live

from harness.errors import HarnessError
from harness.report.judging import judge_journal

TIMED = {"T1", "T2", "F1", "F2"}


def names(journal: Path, *kinds: str, actor: str = "") -> list[str]:
    return [type(entry.event).__name__ for entry in entries(journal, *kinds, actor=actor)]


def test_a_quiet_evening_passes_and_its_journal_says_the_same(tmp_path: Path) -> None:
    """The verdict is the journal's: judged again, it is the same one. Nothing else is left."""
    journal = tmp_path / "quiet.jsonl"
    outcome = live(journal, terminals=3, duration=60.0)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    again, _ = judge_journal(journal)
    assert again == outcome.verdict
    assert names(journal)[-1] == "RunEnded"
    assert list(tmp_path.iterdir()) == [journal]


def test_a_journal_cut_in_the_middle_proves_nothing(tmp_path: Path) -> None:
    """It is read up to there, and INVALID."""
    journal = tmp_path / "whole.jsonl"
    live(journal, terminals=2, duration=60.0)
    data = journal.read_bytes()
    journal.write_bytes(data[: len(data) // 2])
    verdict, _ = judge_journal(journal)
    assert verdict.exit_code == 3
    assert any("cut off" in reason for reason in verdict.reasons)
    assert verdict.totals.inserted > 0


def test_power_cuts_and_crashes_lose_nothing(tmp_path: Path) -> None:
    """Terminals boot again from the same SQLite store; the host closes its listener, so that
    connections are really refused, and listens again on the same port.
    """
    journal = tmp_path / "cuts.jsonl"
    cuts = ("frame:0200", "sync", "motor:stack", "motor:eject")
    outcome = live(
        journal,
        *(
            f"power_cut:at={at},nth=1,off=10s,terminal=ATM{number:05d}"
            for number, at in enumerate(cuts, start=1)
        ),
        "crash_before_commit:off=15s,nth=2,terminal=ATM00005",
        "crash_after_commit:off=15s,nth=3,terminal=ATM00006,mti=0200",
        terminals=6,
        duration=180.0,
    )
    assert outcome.verdict.outcome == "pass", outcome.verdict
    for number in range(1, len(cuts) + 1):
        life = names(journal, "PowerLost", "PowerRestored", "Booted", actor=f"ATM{number:05d}")
        assert life == ["Booted", "PowerLost", "PowerRestored", "Booted"]
    assert {row.id: row.tried for row in outcome.verdict.rows}["T10"] >= 2
    assert "ReversalAnswered" in names(journal, actor="ATM00001")
    down_and_up = entries(journal, "HostCrashed", "HostStarted")
    assert [type(x.event).__name__ for x in down_and_up] == ["HostCrashed", "HostStarted"] * 2
    for down, up in (down_and_up[:2], down_and_up[2:]):
        failed = [x for x in entries(journal, "ConnectFailed") if down.at < x.at < up.at]
        assert set(how(failed)) == {"refused"}
        assert any(x.at > up.at for x in entries(journal, "LinkOpened"))


@pytest.mark.parametrize("profile", ["terminal_profile", "host_profile"])
def test_a_harness_that_is_too_slow_blames_nobody(tmp_path: Path, profile: str) -> None:
    """A loop, of either process, is blocked for 16 s of the run again and again: INVALID, with
    the harness's own delay as the reason, and not one timed failure.
    """
    name = {"terminal_profile": "BLOCKS", "host_profile": "BUSY_HOST"}[profile]
    verdict = live(
        tmp_path / "slow.jsonl",
        terminals=3,
        speed=40.0,
        slack=2.0,
        duration=60.0,
        **{profile: f"tests.live.blocking:{name}"},
    ).verdict
    assert verdict.lag > 10.0
    assert verdict.exit_code == 3, verdict.failures
    assert any("the harness itself was late" in reason for reason in verdict.reasons)
    timed = {row.id: row.status for row in verdict.rows if row.id in TIMED and row.tried}
    assert set(timed.values()) == {"invalid"}


def test_a_store_outlives_the_program(tmp_path: Path) -> None:
    """What one run leaves open in its state directory the next one finds, and sends: to its
    terminals the end of the first was a power cut.
    """
    state = tmp_path / "state"
    freeze = "silent:post=10m@10s.."
    first = live(tmp_path / "1.jsonl", freeze, duration=60.0, state_dir=state, terminals=2)
    key = first.header.population  # the run's seed and cards; the store's key is the test key
    assert key
    second = live(tmp_path / "2.jsonl", duration=60.0, state_dir=state, terminals=2)
    assert second.verdict.outcome == "pass", second.verdict


def test_an_error_of_the_hosts_machine_is_the_harnesss(tmp_path: Path) -> None:
    """The run ends with its words, and what was seen is in a journal that is cut off."""
    journal = tmp_path / "broken.jsonl"
    with pytest.raises(HarnessError, match="ValueError: a bug in somebody's host") as raised:
        live(journal, host_profile="tests.live.blocking:BROKEN_HOST", terminals=1)
    assert type(raised.value) is HarnessError
    assert "Booted" in names(journal)
    verdict, _ = judge_journal(journal)
    assert verdict.exit_code == 3
    assert list(tmp_path.iterdir()) == [journal]
