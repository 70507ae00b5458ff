"""A line without MACs may make another message of one; nobody is blamed for what it became."""

from __future__ import annotations

from harness.checks.altered_messages import MOST_SENT, AlteredMessages
from harness.events import FrameSeen
from harness.wire.dialects import load_dialect
from harness.wire.message import Message

REVERSAL = {"t": "0420", "11": "000012", "90": "020000001111212018010000009999900000000000"}


def seen(end: str, digest: str, **fields: str) -> tuple[FrameSeen, Message]:
    """A reversal on its way to the host, seen at that end."""
    told = REVERSAL | {name.strip("_"): value for name, value in fields.items()}
    event = FrameSeen(end, "host", told, "none", digest, 100)  # type: ignore[arg-type]
    return event, load_dialect("1987").read(told)


def named(*passed: tuple[FrameSeen, Message]) -> list[str]:
    messages = AlteredMessages()
    for event, message in passed:
        messages.passes(event, message)
    return list(messages.named())


def test_what_arrives_as_it_left_is_not_altered() -> None:
    """Whichever end's entry stands first in the journal."""
    assert named(seen("terminal", "a"), seen("host", "a")) == []
    assert named(seen("host", "a"), seen("terminal", "a")) == []


def test_what_left_long_ago_is_still_not_altered() -> None:
    """Its entry came late, and so many others since that what was sent is forgotten."""
    later = [seen("terminal", f"later {n}") for n in range(MOST_SENT)]
    assert named(seen("host", "a"), seen("terminal", "a"), *later) == []


def test_what_never_left_was_altered() -> None:
    """It names what it says it is about, and itself."""
    assert named(seen("terminal", "a"), seen("host", "b")) == ["000012", "000011"]
    other_type = seen("terminal", "a"), seen("host", "a", t_="0421")
    assert named(*other_type) == ["000012", "000011"]


def test_a_request_has_no_digest_and_is_told_by_what_it_says() -> None:
    """A bit of its amount, and it names its own STAN."""
    asked = {"t_": "0200", "90": ""}
    sent, same = seen("terminal", "", **asked, _4="5000"), seen("host", "", **asked, _4="5000")
    assert named(sent, same) == []
    assert "000012" in named(sent, seen("host", "", **asked, _4="40005000"))


def test_what_does_not_arrive_is_lost_and_not_altered() -> None:
    """A message that nobody heard excuses nothing."""
    assert named(seen("terminal", "a"), seen("terminal", "b")) == []
