"""The order in which one direction of a connection delivers frames that faults have delayed.

Whole frames may overtake a frame that a fault holds back, as when a host answers late. A frame
that is sent in pieces is finished before the next frame begins.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class InOrder(Generic[T]):
    """Holds things until their time (run seconds) and gives them back one by one."""

    __slots__ = ("_begun", "_order", "_waiting")

    def __init__(self) -> None:
        self._order = 0
        self._waiting: list[tuple[float, int, deque[tuple[float, T]]]] = []
        self._begun: deque[tuple[float, T]] = deque()

    def put(self, things: Sequence[tuple[float, T]]) -> None:
        """Add things that belong together, each with its time. Once the first of them is taken,
        nothing else is taken until the last of them has been.
        """
        self._order += 1
        heapq.heappush(self._waiting, (things[0][0], self._order, deque(things)))

    def next_due(self) -> float:
        """When the next thing is due; infinite if nothing is held."""
        if self._begun:
            return self._begun[0][0]
        return self._waiting[0][0] if self._waiting else float("inf")

    def last_due(self) -> float:
        """When the last of all that is held is due; 0 if nothing is held."""
        last = [things[-1][0] for _, _, things in self._waiting if things]
        return max([*last, *(when for when, _ in self._begun)], default=0.0)

    def take(self, now: float) -> T | None:
        """The next thing that is due; None if none is. Equal times: in the order of `put`."""
        if self.next_due() > now:
            return None
        if not self._begun:
            self._begun = heapq.heappop(self._waiting)[2]
        return self._begun.popleft()[1]

    def clear(self) -> None:
        """Discard everything that is held."""
        self._waiting.clear()
        self._begun.clear()
