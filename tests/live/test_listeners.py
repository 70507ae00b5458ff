"""Who listens to a live run hears of both processes while it goes on, in the journal's order."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_runs import entries, live

from harness.errors import HarnessError
from harness.events import Event, RunEnded
from harness.journal import JournalTail
from harness.outcome import Progress
from harness.report.judging import judge_journal


def test_a_listener_hears_of_both_processes_while_the_run_goes_on(tmp_path: Path) -> None:
    """Each entry once, in order of time, with little delay. The journal's file grows as well, and
    the verdict is the one that it gives when it is judged again.
    """
    journal = tmp_path / "listened.jsonl"
    heard: list[tuple[float, str, Event]] = []
    delays: list[float] = []  # run seconds by which the listener is behind
    in_file: list[int] = []

    def look(progress: Progress) -> None:
        if progress.phase == "running" and heard:
            delays.append(progress.now - heard[-1][0])
            tail = JournalTail(journal)
            in_file.append(len(tail.read_more()))
            tail.close()

    outcome = live(
        journal,
        terminals=3,
        duration=90.0,
        speed=30.0,
        progress=look,
        listeners=[lambda at, actor, event: heard.append((at, actor, event))],
    )
    assert outcome.verdict.outcome == "pass", outcome.verdict
    assert heard == [(x.at, x.actor, x.event) for x in entries(journal)]
    assert [at for at, _, _ in heard] == sorted(at for at, _, _ in heard)
    assert {"ATM00001", "HOST", "RUN"} <= {actor for _, actor, _ in heard}
    assert isinstance(heard[-1][2], RunEnded)
    assert len(delays) >= 3
    assert min(delays) < 30.0  # a second of the wall, on a machine that has other things to do
    assert max(in_file) > 0
    again, _ = judge_journal(journal)
    assert again == outcome.verdict
    assert list(tmp_path.iterdir()) == [journal]


def test_an_error_of_a_listener_ends_the_run(tmp_path: Path) -> None:
    """It comes out, nobody is told more, and what was seen is in a journal that is cut off."""
    journal = tmp_path / "broken.jsonl"
    calls: list[str] = []

    def fails(_at: float, actor: str, _event: Event) -> None:
        calls.append(actor)
        raise ValueError("a bug in somebody's listener")

    with pytest.raises(ValueError, match="a bug in somebody's listener"):
        live(journal, terminals=1, speed=30.0, listeners=[fails])
    assert len(calls) == 1
    assert len(entries(journal)) > 1
    assert judge_journal(journal)[0].exit_code == 3
    assert list(tmp_path.iterdir()) == [journal]


def test_a_listener_hears_what_there_was_before_the_host_broke(tmp_path: Path) -> None:
    """As much as the journal holds."""
    journal = tmp_path / "broken.jsonl"
    heard: list[str] = []
    with pytest.raises(HarnessError, match="a bug in somebody's host"):
        live(
            journal,
            host_profile="tests.live.blocking:BROKEN_HOST",
            terminals=1,
            listeners=[lambda _at, actor, _event: heard.append(actor)],
        )
    assert heard == [entry.actor for entry in entries(journal)]
    assert heard
