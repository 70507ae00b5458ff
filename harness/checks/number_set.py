"""A set of transaction numbers that stays small however long a run is."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable

from harness.bounded import keep_latest

_MOST = 2**63 - 1
MOST_OTHERS = 10_000
"""Numbers that are none, of which the last are kept: only a machine that errs has them."""


class NumberSet:
    """The numbers of transactions, as `number_of` (wire/message.py) makes them: eight bytes each
    for what is decimal, and the key itself for what is not.
    """

    __slots__ = ("_numbers", "_others")

    def __init__(self) -> None:
        self._numbers: array[int] = array("q")  # sorted
        self._others: dict[Hashable, None] = {}

    def __contains__(self, number: Hashable) -> bool:
        if not isinstance(number, int) or number > _MOST:
            return number in self._others
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number

    def add(self, number: Hashable) -> bool:
        """Add a number; whether it was in the set before."""
        if not isinstance(number, int) or number > _MOST:
            known = number in self._others
            self._others[number] = None
            keep_latest(self._others, MOST_OTHERS)
            return known
        at = bisect_left(self._numbers, number)
        if at < len(self._numbers) and self._numbers[at] == number:
            return True
        self._numbers.insert(at, number)
        return False
