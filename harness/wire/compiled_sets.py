"""Which sets of elements are worth a compiled encoder or decoder, and how many are kept.

A peer may send any of 2^127 sets of elements. To compile one takes as long as reading some dozens
of messages by the reference, and it stays in memory. So:

- A set is compiled once it was seen often enough by the reference that compiling it costs no more
  than reading it has cost so far: whoever sends rare sets at most doubles what his messages cost
  anyway. Only the first few sets, as many as ordinary traffic has, are compiled at their second
  message. The costs are counted in elements, as there is no clock here.
- A set of more elements than any ordinary message has is left to the reference, for compiling it
  would keep everybody else waiting.
- What is kept is bounded by the number of sets and by their elements together. When a new one
  comes, the oldest one is put to rest: if it is used before as many others have followed it, it
  comes back as it is, and else it is gone. So rare ones never drive out what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

FREE = 600
"""Elements that are compiled at their second message: some thirty sets of an ordinary size."""
WORTH = 32
"""Messages of a set that cost the reference about what compiling it costs (measured: 10 to 60)."""
WATCHED = 512
"""Sets that are counted while they are not compiled."""
LARGEST = 48
"""Elements of a set that is compiled; our largest message has 21."""
SETS, ELEMENTS = 128, 3_000
"""How much is in use, and once more how much rests: an element takes half a kB."""

T = TypeVar("T")


class CompiledSets(Generic[T]):
    """`in_use` are the compiled ones by their key, for whoever reads messages; a miss there is
    followed by `rested`, and where that finds nothing, by `learn`.
    """

    __slots__ = (
        "_counts",
        "_free",
        "_resting",
        "_size_in_use",
        "_size_resting",
        "_sizes",
        "in_use",
    )

    def __init__(self) -> None:
        self.in_use: dict[Hashable, T] = {}
        self._resting: dict[Hashable, T] = {}
        self._sizes: dict[Hashable, int] = {}
        self._size_in_use = self._size_resting = 0
        self._counts: dict[Hashable, int] = {}
        self._free = FREE

    def __len__(self) -> int:
        """Sets that are kept, used or at rest."""
        return len(self._sizes)

    @property
    def elements(self) -> int:
        """Elements of all sets that are kept."""
        return self._size_in_use + self._size_resting

    @property
    def watched(self) -> int:
        """Sets that are counted."""
        return len(self._counts)

    def rested(self, key: Hashable) -> T | None:
        """The compiled one that was put to rest; from now on it is in use again."""
        found = self._resting.pop(key, None)
        if found is not None:
            self._size_resting -= self._sizes[key]
            self._use(key, found)
        return found

    def learn(self, key: Hashable, size: int, compiled: Callable[[], T | None]) -> None:
        """The reference has read a message with that set of `size` elements. It may be worth
        compiling now.
        """
        if size > LARGEST or key in self._sizes:
            return
        count = self._counts.get(key, 0) + 1
        cheap = size <= self._free
        if count < (2 if cheap else WORTH):
            self._count(key, count)
            return
        self._counts.pop(key, None)
        if cheap:
            self._free -= size
        made = compiled()
        if made is not None:
            self._sizes[key] = size
            self._use(key, made)

    def _count(self, key: Hashable, count: int) -> None:
        """When there are too many, all counts are halved: what comes once and again stays."""
        self._counts[key] = count
        if len(self._counts) > WATCHED:
            self._counts = {name: n // 2 for name, n in self._counts.items() if n > 1}
            if len(self._counts) > WATCHED // 2:
                self._counts.clear()

    def _use(self, key: Hashable, made: T) -> None:
        self.in_use[key] = made
        self._size_in_use += self._sizes[key]
        while len(self.in_use) > SETS or self._size_in_use > ELEMENTS:
            self._rest(next(iter(self.in_use)))

    def _rest(self, key: Hashable) -> None:
        self._resting[key] = self.in_use.pop(key)
        self._size_in_use -= self._sizes[key]
        self._size_resting += self._sizes[key]
        while len(self._resting) > SETS or self._size_resting > ELEMENTS:
            oldest = next(iter(self._resting))
            del self._resting[oldest]
            self._size_resting -= self._sizes.pop(oldest)
