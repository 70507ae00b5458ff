"""When customers should come, known before the run: what an open loop is measured against.

Each terminal's customers are a Poisson stream drawn from the run's seed; the streams' sum is one
too, with the fleet's rate. The customers (machines/customer.py) draws the same numbers as it goes,
and a customer who finds the machine busy waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from harness.cardholders import CUSTOMERS
from harness.keyed_random import Draw, key_of
from harness.plan import RunPlan
from harness.stations import terminal_id

_SPREAD = 5.0  # standard deviations that one terminal's stream may be above its mean


def intended_starts(seed: int, terminal: str, mean_gap: float) -> Iterator[float]:
    """The run seconds at which this terminal's customers mean to come, without end."""
    key = key_of(seed, "street", terminal)
    when = 0.0
    customer = 0
    while True:
        when += Draw(key, customer).exponential(mean_gap)
        yield when
        customer += 1


def starts_before(plan: RunPlan, until: float) -> int:
    """How many customers of the whole fleet mean to come before that run second."""
    gap = plan.scenario.customers.mean_gap
    return sum(
        1
        for index in range(plan.terminals)
        for _ in takewhile(
            lambda when: when < until, intended_starts(plan.seed, terminal_id(index), gap)
        )
    )


def terminals_needed(rate: float, seconds: float) -> int:
    """How many terminals such a load takes, each with no more customers than there are cards for
    it: at `rate` customers a second over the fleet, for so long.
    """
    # mean + spread * sqrt(mean) <= most, solved for the root of the mean
    most = CUSTOMERS - 1
    root = ((_SPREAD**2 + 4 * most) ** 0.5 - _SPREAD) / 2
    return max(1, -int(-rate * seconds // root**2))
