"""The harness itself has no room for a connection: it blames nobody for what could not be sent."""

from __future__ import annotations

import pytest
from script import Script, failing, row

from harness import events as e

REFUSED = e.ConnectionsRefused(3, 40, "descriptors")
SHORT = e.DescriptorsRanOut(3, 100)
NO_ROOM = [
    pytest.param((("HOST", REFUSED),), id="the host refuses"),
    pytest.param((("RUN", SHORT),), id="the terminals cannot dial"),
    pytest.param((("RUN", SHORT), ("HOST", REFUSED)), id="both"),
]


def lost(*, at: float = 140.0) -> Script:
    """An abort whose reversal is in the store, as the connection ended before it could leave."""
    script = Script()
    script.unanswered(20)
    script.add(50, e.LinkClosed("rst"))
    script.eject(52, screen="cancelled")
    script.add(at, e.ConnectFailed("[Errno 24] Too many open files"))
    return script


def no_room(script: Script, told: tuple[tuple[str, e.Event], ...], *times: float) -> None:
    for at in times:
        for actor, event in told:
            script.add(at, event, actor=actor)


@pytest.mark.parametrize("told", NO_ROOM)
def test_what_could_not_be_sent_blames_nobody(told: tuple[tuple[str, e.Event], ...]) -> None:
    """Debited, and the reversal waits in the store to the last: INVALID, and it says why."""
    script = lost()
    no_room(script, told, 60.0, 580.0)
    script.end(600.0, "open", pending=1)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert verdict.outcome == "invalid"
    assert any("descriptors" in reason for reason in verdict.reasons)
    assert row(verdict, "H7").tried


@pytest.mark.parametrize("told", NO_ROOM)
def test_a_reversal_that_was_sent_before(told: tuple[tuple[str, e.Event], ...]) -> None:
    """It has left, the connection was lost before its answer, and there was no room for another."""
    script = Script()
    script.unanswered(20)
    script.eject(75)
    script.reversal(76, arrives=False)
    script.add(77, e.LinkClosed("rst"))
    no_room(script, told, 80.0, 590.0)
    script.end(600.0, "open", pending=1)
    assert failing(script.verdict()) == []


@pytest.mark.parametrize(("pending", "fails"), [(2, []), (1, ["H3", "T8"])])
def test_it_was_let_in_just_before_the_end(pending: int, fails: list[str]) -> None:
    """The first of two reversals has left then, and the second has to wait for its answer. One that
    the store does not hold is lost, and that is nobody's but the terminal's.
    """
    script = Script()
    script.aborted(0)
    script.unanswered(120, "000002")
    script.add(131, e.LinkClosed("rst"))
    script.eject(133)
    script.unanswered(220, "000003")
    script.eject(275)
    no_room(script, ((("RUN", SHORT)),), 140.0, 580.0)
    script.link_up(598.0)
    script.reversal(598.2, "000002", "000102", arrives=False)
    script.end(600.0, "open", pending=pending)
    broken = failing(script.verdict())
    assert [name for name in ("H3", "H7", "T8") if name in broken] == fails


@pytest.mark.parametrize(
    ("times", "how"),
    [
        pytest.param((), "open", id="there was room all the time"),
        pytest.param((40.0,), "open", id="it was connected then"),
        pytest.param((60.0, 400.0), "open", id="there was room for the last 200 s"),
        pytest.param((60.0, 580.0), "quiet", id="nothing was open, they said"),
    ],
)
def test_it_excuses_nothing_else(times: tuple[float, ...], how: str) -> None:
    """A reversal that was pending for another reason is one that the host has not settled."""
    script = lost()
    no_room(script, (("RUN", SHORT),), *times)
    script.end(600.0, how, pending=1)
    assert "H7" in failing(script.verdict())


def test_a_reversal_that_is_not_in_the_store() -> None:
    """No want of room loses a record."""
    script = lost()
    no_room(script, (("RUN", SHORT),), 60.0, 580.0)
    script.end(600.0, "open", pending=0)
    assert {"T8", "H3"} <= set(failing(script.verdict()))


def test_after_a_power_cut_a_reversal_waits_behind_another() -> None:
    """T10: it is in the store, and its turn comes when the host has answered the one before."""
    script = Script()
    script.unanswered(20)
    script.eject(75)
    script.reversal(76, arrives=False)
    script.unanswered(120, "000002")
    script.add(140, e.PowerLost("waiting"))
    script.add(150, e.PowerRestored())
    script.eject(152)
    script.link_up(160)
    script.reversal(161, repeat=True, arrives=False)
    script.end(600.0, "open", pending=2)
    broken = failing(script.verdict())
    assert "T10" not in broken
    assert "H7" in broken
