"""A whole search: chunk after chunk of runs until it is over, and what they found in all."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager

import msgspec

from harness.explore.case import Found
from harness.explore.coverage import Counts, Pairs, add
from harness.explore.exhaustive import Counting, fault_forms, one_withdrawal, pairs_of
from harness.explore.random_search import Chunk, Search, attempts, chunk_for, drawn, listed
from harness.explore.runner import Broken, Runner, Schedule
from harness.explore.workers import Stop
from harness.plan import RunPlan

Watch = Callable[["Tally"], None]


class Tally:
    """What a search has done so far.

    - `runs`: in how many runs a fault took effect, and `idle` in how many none did.
    - `planned`: how many runs it will be in all; 0 if that is not known.
    - `found`: of each failure the first one.
    - `met`: how often each cell was exercised, if that is counted.
    - `pairs`: how many runs exercised each pair of cells, if that is counted.
    - `tried`: the invariants that had something to judge in any run.
    - `interrupted`: whether the search was told to stop.
    - `trouble`: what in the environment ended the search; '' if nothing did.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.runs = 0
        self.idle = 0
        self.planned = 0
        self.found: dict[Broken, Found] = {}
        self.met: Counts = {}
        self.pairs: Pairs = {}
        self.tried: dict[str, None] = {}
        self.interrupted = False
        self.trouble = ""

    def add(self, chunk: Chunk) -> None:
        self.runs += len(chunk.effective)
        self.idle += chunk.size - len(chunk.effective)
        for found in chunk.found:
            self.found.setdefault(found.broken, found)
        add(self.met, chunk.met)
        for pairs in chunk.reached:
            add(self.pairs, dict.fromkeys(pairs, 1))
        self.tried.update(dict.fromkeys(chunk.tried))

    @property
    def untried(self) -> tuple[str, ...]:
        """The invariants that the scenario promises and that had nothing to judge in any run."""
        promises = self.search.plan.scenario.promises
        return tuple(x for x in promises if x not in self.tried)


def draw_many(search: Search, jobs: int, over: Callable[[Tally], bool], watch: Watch) -> Tally:
    """Run drawn schedules until `over`, which is asked after each chunk, says that it is enough."""
    tally = Tally(search)
    with _kept(tally, watch) as stop, closing(drawn(search, jobs, stop)) as chunks:
        for chunk in chunks:
            tally.add(chunk)
            watch(tally)
            if not stop.wanted and over(tally):
                break
    return tally


def try_all(plan: RunPlan, most: int, jobs: int, watch: Watch, *, coverage: bool = False) -> Tally:
    """Run every fault at every moment of one withdrawal, and where `most` is 2 every pair of them
    too. `watch` is told how many runs these are before they begin. The runs with a single fault are
    scanned for secrets.
    """
    search = Search(one_withdrawal(plan), coverage=coverage)
    search = msgspec.structs.replace(search, chunk=chunk_for(search.plan))
    runner, tally = Runner(search.plan), Tally(search)
    counting = Counting(fault_forms(runner))
    every = counting.bare(runner.attempts(counting.schedules(())[0]))
    effective_runs: dict[int, None] = {}
    tally.planned = len(every)
    watch(tally)
    with _kept(tally, watch) as stop:
        for chunk in listed(search, jobs, ((fault,) for fault in every), stop=stop):
            effective_runs.update(dict.fromkeys(chunk.effective))
            tally.add(chunk)
            watch(tally)
        if most == 1 or stop.wanted:
            return tally
        effective = tuple(every[number] for number in effective_runs)
        pairs = _pairs(search, counting, effective, jobs, stop)
        tally.planned += len(pairs)
        watch(tally)
        for chunk in listed(search, jobs, pairs, first=len(every), secrets=False, stop=stop):
            tally.add(chunk)
            watch(tally)
    return tally


def _pairs(
    search: Search, counting: Counting, effective: Sequence[str], jobs: int, stop: Stop
) -> tuple[Schedule, ...]:
    """Every pair that can make a difference; only some of them if the search is to stop."""
    schedules = counting.schedules(effective)[1:]
    counted = [x for chunk in attempts(search, jobs, schedules, stop) for x in chunk]
    whole = len(counted) // 2
    return pairs_of(counting.beside(effective[:whole], counted))


@contextmanager
def _kept(tally: Tally, watch: Watch) -> Generator[Stop, None, None]:
    """Ends a search early and keeps what it has found: at Ctrl-C, or if a process of it is killed.
    `watch` is told at once that the search is going to stop.
    """

    def heard() -> None:
        tally.interrupted = True
        watch(tally)

    with Stop(heard) as stop:
        try:
            yield stop
        except KeyboardInterrupt:
            stop.wanted = True
        except BrokenExecutor:
            tally.trouble = "a process of the search was killed, perhaps for want of memory"
    tally.interrupted = stop.wanted
