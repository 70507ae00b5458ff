"""Sums over the last seconds, at a cost that does not depend on how much is summed."""

from __future__ import annotations

from collections import deque

_PARTS = 6


class SlidingSum:
    """What came in within the last `window` seconds, to a sixth of it: a count, and a total."""

    __slots__ = ("_count", "_parts", "_total", "_width")

    def __init__(self, window: float) -> None:
        self._width = window / _PARTS
        self._parts: deque[list[float]] = deque()  # number of the part, count, total
        self._count = 0
        self._total = 0.0

    def add(self, now: float, count: int, total: float = 0.0) -> None:
        part = int(now / self._width)
        if not self._parts or self._parts[-1][0] != part:
            self._leave(part)
            self._parts.append([part, 0, 0.0])
        last = self._parts[-1]
        last[1] += count
        last[2] += total
        self._count += count
        self._total += total

    def count(self, now: float) -> int:
        self._leave(int(now / self._width))
        return self._count

    def total(self, now: float) -> float:
        self._leave(int(now / self._width))
        return self._total

    def _leave(self, part: int) -> None:
        while self._parts and self._parts[0][0] <= part - _PARTS:
            _, count, total = self._parts.popleft()
            self._count -= int(count)
            self._total -= total
        if not self._parts:
            self._total = 0.0  # no rest of rounding stays
