"""When customers come: fixed beforehand, or as soon as the last has gone."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import pytest
from loads import simulated

from harness import events as e
from harness.cardholders import CUSTOMERS, Population
from harness.errors import ConfigError
from harness.journal import JournalReader
from harness.keyed_random import key_of
from harness.load.arrivals import intended_starts, starts_before, terminals_needed
from harness.load.plan import load_plan, rate_of
from harness.machines.customer import Customers
from harness.machines.device import Device
from harness.machines.motors import Motors
from harness.stations import terminal_id


def test_customers_mean_to_come_when_the_schedule_says(tmp_path: Path) -> None:
    """However long a host keeps them, each arrives at its intended start plus what it queued."""
    journal = tmp_path / "run.jsonl"
    plan, _ = simulated(
        journal, terminals=3, seconds=20.0, rate=6.0, faults=("slow:by=2s@5s..10s",)
    )
    came: dict[str, list[float]] = {}
    queued = 0.0
    for entry in JournalReader(journal):
        event: e.Event = entry.event
        if isinstance(event, e.CustomerArrived):
            came.setdefault(entry.actor, []).append(entry.at - event.queued)
            queued = max(queued, event.queued)
    assert queued > 1.0
    gap = plan.scenario.customers.mean_gap
    for terminal, starts in sorted(came.items()):
        intended = intended_starts(plan.seed, terminal, gap)
        assert starts == pytest.approx(list(islice(intended, len(starts))))


def test_the_streams_add_up_to_the_rate() -> None:
    """300 a second over 50 terminals are 300 a second, within what chance allows."""
    plan = load_plan(terminals=50, seconds=30.0, rate=300.0)
    assert rate_of(plan) == pytest.approx(300.0)
    assert starts_before(plan, 30.0) == pytest.approx(9_000, abs=5 * 9_000**0.5)


def test_the_terminals_have_streams_of_their_own() -> None:
    """Two terminals' customers do not come together, and another seed brings others."""
    first, second = (list(islice(intended_starts(1, terminal_id(n), 1.0), 5)) for n in (0, 1))
    assert set(first).isdisjoint(second)
    assert first != list(islice(intended_starts(2, terminal_id(0), 1.0), 5))


@pytest.mark.parametrize(("rate", "seconds"), [(300.0, 30.0), (1.0, 60.0), (5_000.0, 600.0)])
def test_so_many_terminals_never_run_out_of_cards(rate: float, seconds: float) -> None:
    """As many as are said to be needed have cards for five deviations more than the mean."""
    mean = rate * seconds / terminals_needed(rate, seconds)
    assert mean + 5 * mean**0.5 <= CUSTOMERS - 1


def test_a_load_beyond_the_cards_is_named_before_the_run() -> None:
    """More customers than cards is a mistake at the start, with the number that would do."""
    needed = terminals_needed(500.0, 60.0)
    with pytest.raises(ConfigError) as caught:
        load_plan(terminals=2, seconds=60.0, rate=500.0)
    assert f"--terminals {needed}" in caught.value.remedy
    assert load_plan(terminals=needed, seconds=60.0, rate=500.0).terminals == needed


def test_flat_out_ends_with_the_cards_and_does_not_storm_a_closed_machine() -> None:
    """Before a machine out of service people come once a second, and the last card is the last."""
    population = Population(1, token_key=bytes(16))
    behaviour = load_plan().scenario.customers
    customers = Customers(
        behaviour,
        Device(Motors()),
        lambda customer: population.card(0, customer),
        key_of(1, "street", "ATM00001"),
    )
    moments = []
    while customers.next_deadline() < float("inf"):
        moments.append(customers.next_deadline())
        customers.tick(moments[-1])
    assert len(moments) == CUSTOMERS - 1
    gaps = [later - sooner for sooner, later in pairwise(moments)]
    assert min(gaps) == pytest.approx(1.0)
