"""The guide: what reached something new is varied, and what was seen least most of all."""

from __future__ import annotations

import re
from contextlib import closing
from itertools import islice

import pytest
from searches import plan

from harness.explore.evenings import EVENINGS, Evenings
from harness.explore.guide import Guide, lag
from harness.explore.random_search import GUIDED_CHUNK, RandomSearch, Search, drawn
from harness.explore.schedules import RunDraw
from harness.explore.tables import Cell

BUDGET = 4
LATER = 5000  # a run after those that begin with each likely fault
IDLE, CARD_IN = Cell("IDLE", "CardIn"), Cell("CARD_IN", "CardRead")
USUAL, RARE = (IDLE, CARD_IN), (CARD_IN, IDLE)


def kind_of(fault: str) -> str:
    return re.split("[:@]", fault)[0]


def new_guide() -> Guide:
    return Guide(RunDraw(Evenings((plan(),)), seed=5, budget=BUDGET), seed=5, budget=BUDGET)


def test_the_first_runs_begin_with_each_likely_fault_once() -> None:
    """One form of each kind before any second form; the rest of a schedule is drawn as ever."""
    guide = new_guide()
    forms = guide._runs.schedules(0).forms
    runs = [guide.propose(number) for number in range(forms)]
    firsts = [schedule[0] for _, schedule in runs]
    assert len(set(firsts)) == forms > 100
    kinds = [kind_of(fault) for fault in firsts]
    different = len(set(kinds))
    assert len(set(kinds[:different])) == different
    assert [evening for evening, _ in runs] == [number % EVENINGS for number in range(forms)]


def test_without_anything_kept_each_later_run_is_drawn() -> None:
    """As a blind search draws it."""
    guide, searcher = new_guide(), RandomSearch(Search(plan(), seed=5, budget=BUDGET))
    for number in range(LATER, LATER + 20):
        assert guide.propose(number) == searcher.runs.drawn(number)


def test_some_of_the_runs_vary_what_reached_something_new() -> None:
    """They have its faults, one more, one less, or at another attempt; the others are drawn."""
    guide = new_guide()
    kept = ("silent:mti=0200,terminal=ATM00001,nth=2", "eject_jam:terminal=ATM00001,nth=1")
    guide.learn((7, kept), [USUAL])
    drawn_runs, kinds = 0, {"silent", "eject_jam"}
    blind = RunDraw(Evenings((plan(),)), seed=5, budget=BUDGET)
    for number in range(LATER, LATER + 200):
        _, schedule = guide.propose(number)
        assert 1 <= len(schedule) <= BUDGET
        if schedule == blind.drawn(number)[1]:
            drawn_runs += 1
        else:
            assert kinds & {kind_of(fault) for fault in schedule}
    assert 60 < drawn_runs < 140


def test_what_reached_nothing_new_is_not_kept() -> None:
    """Only the first one is varied."""
    guide = new_guide()
    guide.learn((0, ("silent:terminal=ATM00001,nth=1",)), [USUAL])
    guide.learn((0, ("eject_jam:terminal=ATM00001,nth=1",)), [USUAL])
    assert [kept.run[1] for kept in guide._kept] == [("silent:terminal=ATM00001,nth=1",)]


def test_what_was_seen_least_is_varied_most() -> None:
    """A pair that every run reaches makes its first run dull."""
    guide = new_guide()
    usual, rare = (0, ("silent:nth=1",)), (0, ("eject_jam:nth=1",))
    guide.learn(usual, [USUAL])
    guide.learn(rare, [USUAL, RARE])
    for _ in range(50):
        guide.learn(usual, [USUAL])
    proposed = [guide.propose(number)[1] for number in range(LATER, LATER + 300)]
    assert sum("eject_jam:nth=" in " ".join(x) for x in proposed) > 3 * sum(
        "silent:nth=" in " ".join(x) for x in proposed
    )


@pytest.mark.parametrize("many", [12, pytest.param(40, marks=pytest.mark.long)])
def test_a_guided_search_finds_the_same_in_any_number_of_processes(many: int) -> None:
    """Chunk by chunk, although what it does depends on what it has reached."""
    search = Search(plan("forgets_reversal"), seed=3, chunk=4, guided=True)
    with closing(drawn(search, 1)) as one, closing(drawn(search, 2)) as two:
        alone, together = list(islice(one, many)), list(islice(two, many))
    assert alone == together
    assert all(chunk.reached for chunk in alone)


def test_a_long_search_keeps_more_processes_busy() -> None:
    """What a chunk does not learn from may still be running."""
    assert [lag(chunk) for chunk in (0, 24, 400)] == [6, 6, 100]
    assert GUIDED_CHUNK < 64
