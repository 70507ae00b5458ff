"""The journals of a host and of its terminals are judged together, where the host's process, and
not the terminals', was stopped for a while: nobody is blamed for what the host could not do then.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from script import Script, header

from harness import events as e
from harness.assembly import SEES_BY_MODE
from harness.checks.verdict import Verdict
from harness.cli.main import execute
from harness.journal import Journal, JournalWriter
from harness.report.judging import judge_together

STOPPED, GOES_ON = 40.0, 160.0


def is_the_hosts(actor: str, event: e.Event) -> bool:
    if isinstance(event, e.FrameSeen):
        return event.end == "host"
    return actor == "HOST" or isinstance(event, e.HarnessStoodStill)


def written(script: Script, where: Path, *, host_from: float = 0.0) -> list[Path]:
    """What happened, in the journals of both halves. That of the host begins at `host_from`, and
    has nothing of what was before (run seconds).
    """
    paths = []
    for mode in ("host", "terminals"):
        begins = host_from if mode == "host" else 0.0
        told = header(mode=mode, sees=SEES_BY_MODE[mode], origin=1000.0 + begins)
        paths.append(where / f"{mode}.jsonl")
        writer, journal = JournalWriter(paths[-1], told), Journal()
        journal.subscribe(writer.write)
        for at, actor, event in sorted(script.entries, key=lambda entry: entry[0]):
            both = isinstance(event, e.RunEnded)
            of_this_half = both or is_the_hosts(actor, event) is (mode == "host")
            if of_this_half and at >= begins:
                journal.record(at - begins, actor, event)
        writer.close()
    return paths


def judged(paths: list[Path]) -> tuple[Verdict, set[str]]:
    """The verdict, and what is broken."""
    verdict, _ = judge_together(paths)
    return verdict, {failure.invariant for failure in verdict.failures}


def given_up_and_connected_again(*, told: bool) -> Script:
    """A withdrawal is sent as the host's process stops. It gives up, its echoes have no answer, it
    connects again, and its sign-on has none either until the host goes on.
    """
    script = Script()
    script.visit(2.0)
    script.insert(31.0, customer=2)
    script.request(41.0, "000002", arrives=False)
    script.add(86.0, e.Aborted(2, "4021", "timer"))
    script.eject(86.1)
    for at in (86.2, 96.2, 106.2):
        script.network(at, "echo", answered=False)
    script.add(116.2, e.LinkClosed("local"))
    script.add(117.0, e.LinkOpened())
    script.network(117.1, "sign_on", answered=False)
    script.add(132.1, e.LinkClosed("local"))
    if told:
        script.add(GOES_ON, e.HarnessStoodStill(GOES_ON - STOPPED), actor="RUN")
    script.frame(GOES_ON + 0.1, "host", "host", script.requests["000002"])
    script.link_up(GOES_ON + 0.2)
    script.reversal(GOES_ON + 0.5, "000002", "000102", taken=0)
    script.answer(GOES_ON + 0.7, "000102")
    script.end(300.0)
    return script


def test_a_host_that_stood_still_is_not_blamed(tmp_path: Path) -> None:
    """It reads the request when its terminal has long hung up and connected again."""
    _, broken = judged(written(given_up_and_connected_again(told=True), tmp_path))
    assert not broken & {"H7", "H9", "H13", "T8", "F2.accept"}


def test_a_host_that_hangs_is_blamed(tmp_path: Path) -> None:
    """Its process ran meanwhile, and answered no echo."""
    _, broken = judged(written(given_up_and_connected_again(told=False), tmp_path))
    assert "H13" in broken


def asks_and_gets_no_answer(at: float) -> Script:
    script = Script()
    script.network(at, "echo", answered=False)
    script.add(at + 30.0, e.LinkClosed("local"))
    script.link_up(200.0)
    script.visit(205.0)
    script.end(300.0)
    return script


@pytest.mark.parametrize(("host_from", "blamed"), [(0.0, True), (150.0, False), (55.0, False)])
def test_what_came_before_the_hosts_journal_is_not_judged(
    tmp_path: Path, host_from: float, blamed: bool
) -> None:
    """Nobody knows whether it stood still then, or was there at all."""
    script = asks_and_gets_no_answer(50.0)
    script.add(0.0, e.HostStarted(), actor="HOST")
    _, broken = judged(written(script, tmp_path, host_from=host_from))
    assert ("H13" in broken) is blamed


@pytest.mark.parametrize(("died_at", "blamed"), [(40.0, False), (55.0, False), (70.0, True)])
def test_a_host_that_was_killed_while_it_stood_still(
    tmp_path: Path, died_at: float, blamed: bool
) -> None:
    """A process that is killed says nothing of how long it had stood still before: its last entry
    is the last that is known of it.
    """
    script = asks_and_gets_no_answer(50.0)
    script.add(0.0, e.HostStarted(), actor="HOST")
    script.add(died_at, e.HostCrashed("killed"), actor="HOST")
    script.add(120.0, e.HostStarted(), actor="HOST")
    _, broken = judged(written(script, tmp_path))
    assert ("H13" in broken) is blamed


def test_the_command_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`harness judge` of both journals, in whatever order they are given."""
    paths = written(given_up_and_connected_again(told=True), tmp_path)
    verdict, _ = judged(paths)
    for order in (paths, paths[::-1]):
        assert execute(["judge", *map(str, order), "--quiet"]) == verdict.exit_code
        assert verdict.outcome.upper() in capsys.readouterr().out
