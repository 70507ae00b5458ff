"""Delta debugging: from a list that fails to one from which nothing can be left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def shrink(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A smallest list that fails, its items in their order: it fails, and without any one of its
    items it does not (the algorithm ddmin of Zeller and Hildebrandt, 2002).

    `fails` may be asked about the same list more than once. It is assumed that the whole list
    fails.
    """
    current = tuple(items)
    pieces = 2
    while len(current) >= 2:
        parts = _cut(current, pieces)
        smaller = _first(parts, fails) or (
            _first([_without(parts, at) for at in range(len(parts))], fails) if pieces > 2 else None
        )
        if smaller is not None:
            pieces = max(pieces - 1, 2) if len(smaller) > len(parts[0]) else 2
            current = smaller
        elif pieces < len(current):
            pieces = min(pieces * 2, len(current))
        else:
            return current
    if current and fails(()):
        return ()
    return current


def _cut(items: tuple[T, ...], pieces: int) -> list[tuple[T, ...]]:
    """Into so many parts of about the same length."""
    edges = [len(items) * at // pieces for at in range(pieces + 1)]
    return [items[a:b] for a, b in pairwise(edges) if b > a]


def _without(parts: list[tuple[T, ...]], at: int) -> tuple[T, ...]:
    return tuple(item for number, part in enumerate(parts) if number != at for item in part)


def _first(
    candidates: Sequence[tuple[T, ...]], fails: Callable[[tuple[T, ...]], bool]
) -> tuple[T, ...] | None:
    return next((candidate for candidate in candidates if fails(candidate)), None)
