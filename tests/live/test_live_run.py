"""Short live runs: real sockets, the host in a process of its own, one journal, one verdict."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from harness.journal import JournalReader
from harness.live.run import run_live
from harness.outcome import Outcome
from harness.plan import plan_of
from harness.report.judging import judge_journal
from harness.scenario import load_scenario


def live(path: Path, *faults: str, terminals: int = 4, **changes: object) -> Outcome:
    scenario = msgspec.structs.replace(
        load_scenario("ordinary_evening"), promises=("T2", "T4", "H3", "F1"), expect={}
    )
    scenario = msgspec.structs.replace(
        scenario, evening=msgspec.structs.replace(scenario.evening, mean_gap=20.0)
    )
    plan = plan_of(
        scenario,
        terminals=terminals,
        duration=150.0,
        faults=faults,
        live=True,
        speed=40.0,
        **changes,  # type: ignore[arg-type]
    )
    return run_live(plan, journal=path / "journal.jsonl")


def events(path: Path) -> Counter[str]:
    return Counter(type(entry.event).__name__ for entry in JournalReader(path / "journal.jsonl"))


def ends_of_links(path: Path) -> Counter[str]:
    return Counter(
        getattr(entry.event, "how", "")
        for entry in JournalReader(path / "journal.jsonl")
        if type(entry.event).__name__ in ("LinkClosed", "ConnectFailed")
    )


def test_a_quiet_evening_passes_and_its_journal_says_the_same(tmp_path: Path) -> None:
    """The verdict is the journal's: judged again, it is the same one."""
    outcome = live(tmp_path)
    assert outcome.verdict.outcome == "pass", outcome.verdict
    again, _ = judge_journal(tmp_path / "journal.jsonl")
    assert again.rows == outcome.verdict.rows
    assert again.totals == outcome.verdict.totals
    assert not list(tmp_path.glob(".*"))  # the parts are gone


def test_connections_are_really_reset_refused_and_cut(tmp_path: Path) -> None:
    """What the terminal's socket sees is a RST, an ECONNREFUSED and a FIN after half a frame."""
    outcome = live(
        tmp_path,
        "rst:terminal=ATM00001@40s..41s",
        "rst:terminal=ATM00002@40s..41s",
        "refuse:terminal=ATM00002@39s..60s",
        "fin_mid_response:terminal=ATM00003,nth=2,mti=0210",
        "wrong_stan:terminal=ATM00004,nth=1,mti=0210",
    )
    assert outcome.verdict.outcome == "pass", outcome.verdict
    how = ends_of_links(tmp_path)
    assert how["rst"] == 2
    assert how["refused"] >= 1
    assert how["fin"] >= 1
    assert events(tmp_path)["StrayMessage"] >= 1


def test_a_power_cut_and_a_crashed_host_lose_nothing(tmp_path: Path) -> None:
    """Logic boots again from the same SQLite store, the host listens again on the same port."""
    outcome = live(
        tmp_path,
        "power_cut:at=frame:0200,off=10s,terminal=ATM00001,nth=2",
        "crash_after_commit:off=5s,terminal=ATM00002,nth=2",
    )
    assert outcome.verdict.outcome == "pass", outcome.verdict
    seen = events(tmp_path)
    assert seen["PowerLost"] == seen["PowerRestored"] == 1
    assert seen["HostCrashed"] == seen["HostStarted"] == 1
    assert seen["ReversalAnswered"] >= 2
    tried = {row.id: row.tried for row in outcome.verdict.rows}
    assert tried["T10"] == 1


def test_a_harness_that_is_too_slow_blames_nobody(tmp_path: Path) -> None:
    """The loop is blocked for 16 s of the run: INVALID, and not one timed failure."""
    outcome = live(tmp_path, terminals=2, terminal_profile="tests.live.blocking:BLOCKS")
    verdict = outcome.verdict
    assert verdict.lag > 10.0
    assert verdict.exit_code == 3, verdict.failures
    assert any("the harness itself was late" in reason for reason in verdict.reasons)
    assert {row.id: row.status for row in verdict.rows}["F1"] == "invalid"
