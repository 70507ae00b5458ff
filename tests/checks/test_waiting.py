"""T18.wait: what ends a wait for the host before its timer, and what must not."""

from __future__ import annotations

from typing import Any

import pytest
from script import Script, failing, row, status

from harness import events as e


def waits(until: float, *more: tuple[float, e.Event]) -> Script:
    """A request at second 20 whose answer does not come, and a card that comes out at `until`."""
    script = Script()
    script.insert(10)
    script.request(20)
    for at, event in more:
        script.add(at, event)
    script.eject(until, screen="cancelled")
    script.end(200, "open")
    return script


@pytest.mark.parametrize(("until", "said"), [(65.0, "pass"), (64.9, "fail"), (25.0, "fail")])
def test_a_wait_lasts_as_long_as_its_timer(until: float, said: str) -> None:
    """45 s after the request the card may come out."""
    assert status(waits(until).verdict(), "T18.wait") == said


@pytest.mark.parametrize(
    "event", [e.LinkClosed("fin"), e.OrderGiven("stop"), e.PowerLost("frame:0200")]
)
def test_what_ends_a_wait_earlier(event: e.Event) -> None:
    """A close, an order, and the power."""
    assert status(waits(30.0, (25.0, event)).verdict(), "T18.wait") == "not tried"


@pytest.mark.parametrize(("closes", "said"), [(30.0, "pass"), (31.3, "fail")])
def test_a_terminal_that_hangs_up_itself(closes: float, said: str) -> None:
    """Three echoes had no answer: it starts the motor, and ends the connection in one instant."""
    script = waits(30.0)
    script.add(closes, e.LinkClosed("local"))
    assert status(script.verdict(), "T18.wait") == said


@pytest.mark.parametrize("wrong", [{"de11": "000009"}, {"de4": "000000009900"}])
def test_a_message_that_is_no_answer_ends_no_wait(wrong: dict[str, Any]) -> None:
    """One to another request, or one that echoes wrongly."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(25, **wrong)
    script.eject(25, screen="cancelled")
    script.end(200, "open")
    assert "T18.wait" in failing(script.verdict())


def test_an_answer_ends_it() -> None:
    """Whatever it says."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(25, code="51")
    script.eject(25)
    script.end(200, "open")
    assert row(script.verdict(), "T18.wait").tried == 0


def test_on_the_wire_alone_nothing_can_be_seen() -> None:
    """Nobody sees the card there."""
    script = Script(sees=("wire.terminal", "wire.host", "wire.mac", "ledger"))
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), "T18.wait") == "not observable"
