"""Failures that have one cause, put together.

A machine that stops in the middle of a visit breaks one invariant after the other: the card does
not come out, nobody ends the wait, the withdrawal never ends. All that is broken in one visit of
one customer is told as one. What concerns no customer is one by the transaction (STAN) that it
names, else by its terminal; what the host or the run as a whole broke is one by invariant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness import events as e
from harness.checks.base import Failure

_STAN = re.compile(r"\bSTAN (\d+)")


class Cause(NamedTuple):
    """`first` is the earliest failure, `invariants` are all that it broke, in the order of the
    verdict's rows.
    """

    first: Failure
    invariants: tuple[str, ...]

    @property
    def where(self) -> str:
        """The machine and its customer: 'ATM00007 customer 2'."""
        failure = self.first
        return f"{failure.actor} customer {failure.customer}" if failure.customer else failure.actor


def causes_of(failures: Iterable[Failure], order: Sequence[str]) -> list[Cause]:
    """The causes in the order of their first failures; `order` is that of the invariants."""
    groups: dict[tuple[str, object], list[Failure]] = {}
    for failure in sorted(failures, key=lambda failure: failure.at):
        groups.setdefault(_subject(failure), []).append(failure)
    rank = {name: number for number, name in enumerate(order)}
    return [
        Cause(
            group[0],
            tuple(sorted({x.invariant for x in group}, key=lambda name: rank.get(name, len(rank)))),
        )
        for group in groups.values()
    ]


def _subject(failure: Failure) -> tuple[str, object]:
    """What the failure is about: two about the same have one cause."""
    if failure.customer:
        return failure.actor, failure.customer
    if failure.actor in (*e.NOT_TERMINALS, ""):
        return failure.actor, failure.invariant
    named = _STAN.search(failure.what)
    return failure.actor, named.group() if named else ""


def telling(causes: Sequence[Cause]) -> tuple[list[Cause], int]:
    """The causes that each break something which none before them broke, and how many others there
    are.
    """
    told: list[Cause] = []
    broken: dict[str, None] = {}
    for cause in causes:
        if any(name not in broken for name in cause.invariants):
            told.append(cause)
            broken.update(dict.fromkeys(cause.invariants))
    return told, len(causes) - len(told)
