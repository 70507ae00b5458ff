"""What a fault makes of a frame: deliveries, each with its delay, and ends of the connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.events import FaultActed
from harness.wire.frame_builder import FrameBuilder
from harness.wire.message import Message

CLOSES_AFTER = 0.001  # run seconds: the bytes before a FIN have arrived


class Deliver(NamedTuple):
    """Bytes of the stream, `delay` run seconds from now: a whole frame or a piece of one. `more`:
    the next delivery continues the same frame, or the connection ends in the middle of it, and
    nothing may come between them. `first`: the
    delivery comes before all other events of the same instant (in virtual time). `effects`: the
    effects of faults that take place only when the delivery arrives, and are reported then.
    """

    delay: float
    data: bytes
    more: bool = False
    first: bool = False
    effects: tuple[FaultActed, ...] = ()


class Close(NamedTuple):
    """The connection ends `delay` run seconds from now; `how` is 'fin', 'rst', or 'half': the
    host's end stops sending and goes on reading.
    """

    delay: float
    how: str


Act = Deliver | Close


def together(acts: Iterable[Act]) -> list[list[Act]]:
    """The acts in groups that nothing may interrupt: the pieces of one frame, with the end of the
    connection if that comes in the middle of it, or a single act.
    """
    groups: list[list[Act]] = []
    goes_on = False
    for act in acts:
        if goes_on:
            groups[-1].append(act)
        else:
            groups.append([act])
        goes_on = isinstance(act, Deliver) and act.more
    return groups


class Passing(NamedTuple):
    """A frame on its way to 'host' or 'terminal'.

    `data` are the framed bytes; `message` is the decoded message (None if decoding failed);
    `frame_builder` makes other frames, with the right MAC. `deadline` is in how many seconds the
    frame must leave to arrive exactly when the terminal's host timer runs out; None if unknown.
    `owner` is the terminal by which the connection is known, where that is shared by several.
    `card` is how the number of the message's card ends, '' if it is not known or no fault asks.
    """

    terminal: str
    to: str
    data: bytes
    message: Message | None
    frame_builder: FrameBuilder
    deadline: float | None = None
    owner: str = ""
    card: str = ""

    @property
    def line(self) -> str:
        """The connection, by its terminal. What a fault does to a connection it does to all that
        is on it.
        """
        return self.owner or self.terminal

    @property
    def mti(self) -> str:
        """'' if the frame could not be decoded."""
        return self.message.mti if self.message is not None else ""
