"""What a search goes through where nobody names a scenario, and the turns of its evenings."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from itertools import islice

import msgspec
import pytest
from searches import plan

from harness.explore.evenings import EVENINGS, Evenings, place_of, turns_by_weight
from harness.explore.random_search import RandomSearch, Search, drawn
from harness.explore.runner import Runner
from harness.explore.schedules import RunDraw
from harness.explore.usual_search import FIRST, usual_search


def test_turns_are_spread_evenly() -> None:
    """Each plan as often as its weight says, and none twice in a row that need not be."""
    turns = turns_by_weight([4, 2, 1, 1])
    assert Counter(turns) == {0: 4, 1: 2, 2: 1, 3: 1}
    assert all(turns[at] != turns[at + 1] for at in range(len(turns) - 1))


@pytest.mark.parametrize("weights", [[], [0], [0, 0]])
def test_no_weight_is_no_turn(weights: list[int]) -> None:
    """A search without any plan would never end."""
    with pytest.raises(ValueError, match="no weight above 0"):
        turns_by_weight(weights)


def test_a_run_is_played_under_the_plan_of_its_turn() -> None:
    """And its case holds that plan, with the seed of its evening."""
    long = msgspec.structs.replace(plan(), duration=120.0, seed=100)
    evenings = Evenings((plan(), long), turns=(0, 1, 0))
    assert [place_of(evenings.of_run(number)) for number in range(6)] == [0, 1, 0, 0, 1, 0]
    assert [evenings.before(number, 0) for number in range(6)] == [0, 1, 1, 2, 3, 3]
    runner = Runner(evenings)
    fault = ("silent:terminal=ATM00001,nth=1",)
    played = runner.plan_for(EVENINGS + 7, fault)
    assert (played.duration, played.seed, played.faults) == (120.0, 107, fault)
    assert runner.plan_for(7, ()).duration == 90.0
    alone = Runner(runner.plan_for(EVENINGS + 7, ())).run(fault)
    assert runner.run(fault, evening=EVENINGS + 7).acted == alone.acted == fault


def test_the_usual_search_goes_through_all_of_its_evenings() -> None:
    """The short one most often; each has the machines that were named."""
    search = usual_search(terminal_profile="forgets_reversal")
    evenings = search.evenings
    assert search.plan.scenario.name == FIRST
    assert set(search.turns) == set(range(len(evenings.plans)))
    assert 0.4 < search.turns.count(0) / len(search.turns) < 0.5
    assert {one.terminal_profile for one in evenings.plans} == {"forgets_reversal"}
    hosts = {one.scenario.name: one.host_profile for one in evenings.plans}
    assert hosts.pop("capture_storm") == "captures_all"  # it is that host's evening
    assert set(hosts.values()) == {"safe"}
    assert [one.terminals for one in evenings.plans].count(1) >= len(evenings.plans) - 1


def test_each_evening_is_played_and_safe_machines_are_safe_on_it() -> None:
    """Without any fault but its own."""
    search = usual_search()
    runner = Runner(search.evenings)
    for place, one in enumerate(search.evenings.plans):
        tried: set[str] = set()
        for number in range(4):  # now and then nobody comes
            trial = runner.run((), evening=place * EVENINGS + number)
            assert trial.broken == (), (one.scenario.name, trial.failures)
            tried.update(trial.tried)
        assert {"F2", "M2"} <= tried, one.scenario.name


def test_the_first_runs_of_the_short_evening_begin_with_each_likely_fault() -> None:
    """Between those of the others, which are drawn."""
    search = msgspec.structs.replace(usual_search(), seed=5)
    runs = RandomSearch(search).runs
    numbers = [number for number in range(200) if runs.begins_in_turn(number)]
    assert numbers == [
        number for number in range(200) if not place_of(search.evenings.of_run(number))
    ]
    firsts = [runs.begun_in_turn(number)[1][0] for number in numbers]
    assert len(set(firsts)) == len(firsts) > 80


def test_a_usual_search_is_the_same_in_any_number_of_processes() -> None:
    """As every search is."""
    search = msgspec.structs.replace(usual_search(), chunk=4)
    with closing(drawn(search, 1)) as one, closing(drawn(search, 2)) as two:
        assert list(islice(one, 8)) == list(islice(two, 8))


def test_a_search_with_one_plan_is_as_it_was() -> None:
    """Run n is of evening n."""
    evenings = Search(plan()).evenings
    assert [evenings.of_run(number) for number in (0, 1, 63, 64)] == [0, 1, 63, 0]


def test_a_fault_of_a_larger_fleet_finds_a_terminal_of_this_one() -> None:
    """What a run of another plan reached something with may be tried here."""
    schedules = RunDraw(Evenings((plan(),)), seed=5, budget=4).schedules(0)
    moved = schedules.at_a_terminal_there
    assert (
        moved("silent:mti=0200,terminal=ATM00023,nth=2")
        == "silent:mti=0200,terminal=ATM00001,nth=2"
    )
    assert moved("cut:terminal=ATM00023@1.0s..2.0s") == "cut:terminal=ATM00001@1.0s..2.0s"
    for same in ("silent:terminal=ATM00001,nth=2", "host_crash:nth=1"):
        assert moved(same) == same
