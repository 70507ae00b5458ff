"""Who may be connected at the same time, and who has to make room.

A host accepts so many connections. The next one is let in where somebody else may go, in this
order:

1. a connection on which no message was ever read: of those the oldest, after `MUTE_FOR`;
2. a connection that has begun a frame and not ended it for `HALF_READ_FOR`.

Nobody else is hung up on: a terminal that has spoken may be silent for as long as it likes. Where
nobody may go, the new connection is refused.
"""

from __future__ import annotations

from typing import NamedTuple

MUTE_FOR = 5.0
"""Wall seconds in which a new connection is left alone. A terminal signs on at once."""

HALF_READ_FOR = 30.0
"""Wall seconds that a frame may take, after it was told to be incomplete, where others want in."""


class Leaver(NamedTuple):
    """A connection that has to make room, and why: for how many wall seconds it has been so."""

    number: int
    why: str
    seconds: float


class Crowd:
    """The connections of a host by their numbers. All times are wall seconds."""

    __slots__ = ("_half_read", "_left", "_mute", "_open", "most")

    def __init__(self, most: float) -> None:
        """At most so many are open at the same time."""
        self.most = most
        self._open = 0
        self._mute: dict[int, float] = {}  # since when, oldest first
        self._half_read: dict[int, float] = {}
        self._left: dict[int, None] = {}  # hung up on, and not closed yet

    @property
    def is_full(self) -> bool:
        return self._open >= self.most

    def __len__(self) -> int:
        return self._open

    def enters(self) -> None:
        """One more is let in; it has no number yet."""
        self._open += 1

    def opened(self, number: int, now: float) -> None:
        """One that was let in has its number."""
        self._mute[number] = now

    def spoke(self, number: int) -> None:
        """A message was read on it."""
        self._mute.pop(number, None)
        self._half_read.pop(number, None)

    def half_read(self, number: int, now: float) -> None:
        """A frame on it has been incomplete for too long."""
        self._half_read.setdefault(number, now)

    def leaves(self, number: int) -> None:
        """It was hung up on: its place is free."""
        self.closed(number)
        self._left[number] = None

    def closed(self, number: int = 0) -> None:
        """One is gone; by its number, if it had one."""
        if number in self._left:
            del self._left[number]
            return
        self._open -= 1
        self.spoke(number)

    def leaver(self, now: float) -> Leaver | None:
        """Who makes room for another one; None where nobody has to."""
        for waiting, least, why in (
            (self._mute, MUTE_FOR, "never sent a message"),
            (self._half_read, HALF_READ_FOR, "does not end its frame"),
        ):
            number = next(iter(waiting), None)
            if number is not None and now - waiting[number] >= least:
                return Leaver(number, why, round(now - waiting[number], 3))
        return None
