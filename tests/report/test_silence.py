"""The moments at which a timer ended and the machine did nothing."""

from __future__ import annotations

import pytest
from evening import ENTRIES, TERMINAL

from harness import events as e
from harness.journal import Entry
from harness.report.ladder import ladder
from harness.report.silence import Silence, silences
from harness.report.story import select
from harness.wire.dialects import load_dialect

WAITS = e.StateEntered("WAITING_FOR_HOST", "host_response", 85.0)


@pytest.mark.parametrize(
    ("then", "found"),
    [
        ([], [Silence(85.0, "host_response", 600.0)]),
        ([(85.0, e.Aborted(1, "4021", "host_response"))], [Silence(85.0, "host_response", 600.0)]),
        ([(85.0, e.StateEntered("EJECTING", "", 0.0))], []),
        ([(88.0, e.StateEntered("EJECTING", "", 0.0))], []),  # a busy machine is not exact
        ([(200.0, e.EjectBegun())], [Silence(85.0, "host_response", 200.0)]),
        ([(80.0, e.TimerRearmed("host_response", 700.0, "network"))], []),
        ([(60.0, e.PowerLost("waiting"))], []),
        ([(60.0, e.ProcessPaused("waiting"))], []),
        ([(90.0, e.LinkJudged("up", "echo"))], [Silence(85.0, "host_response", 600.0)]),
        ([(599.0, e.StoreCounted(0, 0, 0))], [Silence(85.0, "host_response", 600.0)]),
    ],
)
def test_when_nothing_follows(then: list[tuple[float, e.Event]], found: list[Silence]) -> None:
    """What the machine does ends the wait; frames, judgements and counts do not."""
    assert list(silences([(40.0, WAITS), *then], 600.0)) == found


def test_a_run_that_ends_before_the_timer_shows_no_silence() -> None:
    """It was not watched for that long."""
    assert list(silences([(40.0, WAITS)], 84.0)) == []


def test_the_story_shows_it() -> None:
    """In the machine's column, at the moment at which the timer ended."""
    hung = [x for x in ENTRIES if x[0] <= 40.6 or x[1] == "RUN"]
    entries = [Entry(at, seq, actor, event) for seq, (at, actor, event) in enumerate(hung)]
    steps = select(entries, TERMINAL, 2, dialect=load_dialect(), place="j")
    (line,) = [text.plain for text in ladder(steps) if "TIMER ENDS" in text.plain]
    assert line.startswith("00:01:25.000  TIMER ENDS: host_response;")
    assert steps[-1].event == Silence(85.0, "host_response", 600.0)


def test_the_story_of_a_machine_that_gives_up_in_time_has_none() -> None:
    """Neither that of the customer, nor that of the terminal."""
    entries = [Entry(at, seq, actor, event) for seq, (at, actor, event) in enumerate(ENTRIES)]
    entries.insert(
        entries.index(next(x for x in entries if isinstance(x.event, e.Aborted))),
        Entry(85.0, 99, TERMINAL, e.StateEntered("EJECTING", "", 0.0)),
    )
    for customer in (0, 2):
        steps = select(entries, TERMINAL, customer, dialect=load_dialect(), place="j")
        assert not any(isinstance(step.event, Silence) for step in steps)
