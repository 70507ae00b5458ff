"""What tests of the search share."""

from __future__ import annotations

from harness.explore.case import Case, Found, shrunk
from harness.explore.evenings import EVENINGS
from harness.explore.random_search import CHUNK, RandomSearch, Search, plan_to_search
from harness.explore.runner import Broken, Runner
from harness.plan import RunPlan
from harness.scenario import load_scenario


def plan(terminal: str | None = None, host: str | None = None) -> RunPlan:
    """The scenario that a search goes through, with these machines."""
    return plan_to_search(
        load_scenario("few_withdrawals"), terminal_profile=terminal, host_profile=host
    )


def first_found(search: Search, invariant: str, *, most: int = 2000) -> Found:
    """The first failure of this invariant."""
    searcher = RandomSearch(search)
    for first in range(0, most, CHUNK):
        for found in searcher.drawn(first).found:
            if found.broken.invariant == invariant:
                return found
    raise AssertionError(f"{invariant} never broke in {most} runs")


def case_of(*schedule: str, breaks: Broken, terminal: str, evening: int = 0) -> Case:
    """A case made from a schedule that is known to break something."""
    return shrunk(Runner(plan(terminal)), Found(1, evening, evening % EVENINGS, schedule, breaks))
