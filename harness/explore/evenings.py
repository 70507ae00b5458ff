"""The evenings of a search: under which plan, and with which seed, each of its runs is played.

A search has one plan or several. Each plan has `EVENINGS` evenings, numbered one after the other
over all plans: evening n is of plan `n // EVENINGS`, with that plan's own seed plus `n % EVENINGS`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.plan import RunPlan

EVENINGS = 64  # of each plan


class Evenings(msgspec.Struct, frozen=True):
    """The plans of a search, and in which turn the runs use them: `turns` has the index of a plan
    for each of so many runs, and begins anew after them.
    """

    plans: tuple[RunPlan, ...]
    turns: tuple[int, ...] = (0,)

    def of_run(self, number: int) -> int:
        """The evening of the run with that number."""
        return self.turns[number % len(self.turns)] * EVENINGS + number % EVENINGS

    def before(self, number: int, place: int) -> int:
        """How many of the runs with a smaller number use the plan at that place."""
        rounds, rest = divmod(number, len(self.turns))
        return rounds * self.turns.count(place) + self.turns[:rest].count(place)

    def plan(self, evening: int) -> RunPlan:
        """The plan of that evening, with its seed."""
        plan = self.plans[place_of(evening)]
        return msgspec.structs.replace(plan, seed=plan.seed + evening % EVENINGS)


def place_of(evening: int) -> int:
    """The place of an evening's plan among the plans of its search."""
    return evening // EVENINGS


def turns_by_weight(weights: Sequence[int]) -> tuple[int, ...]:
    """Turns in which the plan at each place comes as often as its weight says, spread evenly.

    Raises:
        ValueError: there is no weight above 0.
    """
    total = sum(weights)
    if total <= 0:
        raise ValueError(f"no weight above 0: {list(weights)}")
    due = [
        ((turn + 0.5) * total / weight, place)
        for place, weight in enumerate(weights)
        for turn in range(weight)
    ]
    return tuple(place for _, place in sorted(due))
