"""Banknotes: what a cassette holds, how an amount is made up, how they are added.

Amounts are in minor units. Notes are {denomination: count}.
"""

from __future__ import annotations

from harness import events as e

CASSETTES: dict[int, int] = {5000: 2500, 2000: 2500, 1000: 1500}
"""The content at opening, count by denomination: notes of 50, 20 and 10 euro."""


def mix(amount: int, cassettes: e.Notes) -> e.Notes | None:
    """The notes for an amount, largest first, or None when the cassettes cannot make it up."""
    notes: e.Notes = {}
    for denomination in sorted(cassettes, reverse=True):
        count = min(amount // denomination, cassettes[denomination])
        if count:
            notes[denomination] = count
            amount -= count * denomination
    return None if amount else notes


def worth(notes: e.Notes) -> int:
    """The value of notes, in minor units."""
    return sum(denomination * count for denomination, count in notes.items())


def less(notes: e.Notes, missing: int) -> e.Notes:
    """The same notes without `missing` of them, the smallest first."""
    left = dict(notes)
    for denomination in sorted(left):
        cut = min(missing, left[denomination])
        left[denomination] -= cut
        missing -= cut
    return {denomination: count for denomination, count in left.items() if count}


def total(one: e.Notes, other: e.Notes) -> e.Notes:
    """Both together."""
    found = dict(one)
    for denomination, count in other.items():
        found[denomination] = found.get(denomination, 0) + count
    return found


def without(notes: e.Notes, taken: e.Notes) -> e.Notes:
    """What is left of notes when some of them were taken."""
    left = {
        denomination: count - taken.get(denomination, 0) for denomination, count in notes.items()
    }
    return {denomination: count for denomination, count in left.items() if count}
