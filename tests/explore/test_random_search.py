"""The search: a function of its seed, whoever runs it."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

import pytest
from searches import first_found, plan

from harness.explore.random_search import CHUNK, RandomSearch, Search, drawn
from harness.explore.runner import Runner
from harness.explore.search import Tally, draw_many


@pytest.mark.parametrize("many", [3, pytest.param(10, marks=pytest.mark.long)])
def test_the_safe_pair_withstands_it(many: int) -> None:
    """Nothing is found, and most of what was run counts."""
    searcher = RandomSearch(Search(plan(), seed=5))
    chunks = [searcher.drawn(first) for first in range(0, many * CHUNK, CHUNK)]
    assert [chunk.found for chunk in chunks] == [()] * many
    assert sum(len(chunk.effective) for chunk in chunks) > 0.3 * many * CHUNK


@pytest.mark.parametrize("chunk", [16, pytest.param(CHUNK, marks=pytest.mark.long)])
def test_equal_seeds_find_the_same_in_any_number_of_processes(chunk: int) -> None:
    """Chunk by chunk, and exercise the same cells; another seed draws other schedules."""
    search = Search(plan("forgets_reversal"), seed=3, coverage=True, chunk=chunk)
    with closing(drawn(search, 1)) as one, closing(drawn(search, 2)) as two:
        alone, together = list(islice(one, 3)), list(islice(two, 3))
    assert alone == together
    assert any(chunk.found for chunk in alone)
    assert all(chunk.met for chunk in alone)
    assert RandomSearch(search).runs.drawn(1) != RandomSearch(Search(plan(), seed=4)).runs.drawn(1)


def test_a_schedule_in_which_no_fault_acted_is_not_counted() -> None:
    """The tally keeps them apart."""
    tally = draw_many(Search(plan()), 1, lambda so_far: so_far.runs >= 50, lambda _: None)
    assert tally.runs >= 50
    assert tally.idle > 0


def test_a_defect_that_needs_no_fault_is_not_found_by_idle_runs() -> None:
    """A run without a fault that acted proves nothing of the search, whatever broke in it."""
    found = first_found(Search(plan("cash_before_approval")), "T4")
    trial = Runner(plan("cash_before_approval")).run(found.schedule, evening=found.evening)
    assert trial.acted


def test_ctrl_c_ends_it_with_what_there_is() -> None:
    """The tally says so."""

    def watch(tally: Tally) -> None:
        if tally.runs > 20:
            raise KeyboardInterrupt

    tally = draw_many(Search(plan()), 1, lambda _: False, watch)
    assert tally.interrupted
    assert tally.runs > 20
