"""Grounds: the scenario with other legal settings, under which the safe pair is safe too."""

from __future__ import annotations

import msgspec
import pytest

from harness.assembly import Assembly
from harness.explore.ground import differences, ground
from harness.explore.random_search import GUIDED_CHUNK, Search, plan_to_search
from harness.explore.runner import Runner
from harness.explore.search import draw_many
from harness.scenario import Scenario, load_scenario

SCENARIO = "few_withdrawals"
MANY = 200


def usual() -> Scenario:
    return load_scenario(SCENARIO)


def test_ground_0_is_the_scenario_as_it_stands() -> None:
    """So that a search without a ground is what it was."""
    assert ground(usual(), 0, seed=1) == usual()


def test_a_ground_depends_on_its_number_and_the_seed_alone() -> None:
    """Equal ones are equal, and others differ."""
    assert ground(usual(), 3, seed=1) == ground(usual(), 3, seed=1)
    assert ground(usual(), 3, seed=1) != ground(usual(), 3, seed=2)
    assert ground(usual(), 3, seed=1) != ground(usual(), 4, seed=1)


def test_over_many_grounds_each_setting_is_another_now_and_then() -> None:
    """In some, and never in most of them."""
    times: dict[str, int] = {}
    for number in range(1, MANY):
        for told in differences(usual(), ground(usual(), number, seed=1)):
            name = told.partition(" = ")[0]
            times[name] = times.get(name, 0) + 1
    often = {name for name, count in times.items() if count > MANY / 2}
    assert often == {"contract.quiescence"}  # it is for the slowest of the timers
    drawn = {
        *("epoch", "first_stan", "duration", "link.spec", "link.framing", "link.mac"),
        *("link.sign_on", "motors.stack", "customers.key", "customers.take"),
        *("contract.host_response", "contract.cash_before_card", "contract.standby"),
        *("link.echo", "contract.capture_burst", "customers.amounts", "search_terminals"),
    }
    assert drawn <= set(times)


def test_every_ground_can_be_made() -> None:
    """No two of its settings exclude each other: a scenario on it can be run."""
    contracts = [ground(usual(), number, seed=1).contract for number in range(1, MANY)]
    assert {(x.standby, x.stand_in > 0) for x in contracts} == {
        *((False, False), (False, True), (True, False))
    }
    for number in range(1, MANY):
        plan = plan_to_search(ground(usual(), number, seed=1))
        assert Assembly(plan).plan.terminals in (1, 2, 3)


@pytest.mark.parametrize("number", range(1, 25))
def test_a_ground_is_legal(number: int) -> None:
    """A run without faults holds there, and no motor is slower than its timer."""
    chosen = ground(usual(), number, seed=1)
    contract, motors = chosen.contract, chosen.motors
    assert motors.eject < contract.eject
    assert motors.capture < contract.capture
    assert motors.stack + motors.present < contract.dispense
    assert motors.retract < contract.retract
    assert msgspec.structs.replace(chosen) == chosen  # what a scenario checks of itself
    assert Runner(plan_to_search(chosen)).run(()).failures == ()


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [(range(1, 5), 16), pytest.param(range(5, 13), 48, marks=pytest.mark.long)],
    ids=["few", "many"],
)
def test_the_safe_pair_is_safe_there(numbers: range, runs: int) -> None:
    """A search on each of them finds nothing."""
    for number in numbers:
        there = plan_to_search(ground(usual(), number, seed=1))
        search = Search(there, seed=number, chunk=GUIDED_CHUNK, guided=True)
        tally = draw_many(search, 1, lambda so_far: so_far.runs >= runs, lambda _: None)
        assert tally.runs >= runs
        assert tally.found == {}, number
