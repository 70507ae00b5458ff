"""Messages that were altered on the line, where nobody can see it: no frame carries a MAC.

A message that lost bytes on its way may still read, as another message. Without a MAC neither end
can know, and what one end does with it is no fault of that end. Here it can be seen, because both
ends of the link are observed: what came out at one end had never gone in at the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness import events as e
from harness.bounded import keep_latest
from harness.wire.message import Message

MOST_SENT = 4_096  # messages of a terminal that are remembered
MOST_ALTERED = 256

_Name = tuple[str, str, str | int]
"""From where a message came, its type, and the digest that its tap made; only reversals and their
answers have one, and of another message it is a hash of what it says.
"""


class AlteredMessages:
    """Those of one terminal's link, in both directions."""

    __slots__ = ("_heard", "_sent")

    def __init__(self) -> None:
        self._sent: dict[_Name, None] = {}
        self._heard: dict[_Name, tuple[str, ...]] = {}  # the STANs that it names

    def passes(self, event: e.FrameSeen, message: Message) -> None:
        """A message that reads has passed one end of the link."""
        came_from = "host" if event.to == "terminal" else "terminal"
        name = came_from, message.mti, event.digest or hash(tuple(message.fields.items()))
        if event.end == came_from:
            self._heard.pop(name, None)  # the entries of two ends may come in another order
            self._sent[name] = None
            keep_latest(self._sent, MOST_SENT)
        elif name not in self._sent:
            original = message.original
            stans = (message.stan, original.stan) if original is not None else (message.stan,)
            self._heard[name] = stans
            keep_latest(self._heard, MOST_ALTERED)

    def named(self) -> Iterator[str]:
        """The STANs (DE 11, and of the original in DE 90) that altered messages name."""
        for stans in self._heard.values():
            yield from stans
