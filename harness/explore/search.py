"""A whole search: chunk after chunk until it is over, and what they found together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager

import msgspec

from harness.explore.case import Found
from harness.explore.coverage import Counts, add
from harness.explore.exhaustive import Counting, one_withdrawal, pairs_of, sorts
from harness.explore.random_search import Chunk, Search, attempts, chunk_for, drawn, listed
from harness.explore.runner import Broken, Runner, Schedule
from harness.explore.workers import Stop
from harness.plan import RunPlan

Watch = Callable[["Tally"], None]


class Tally:
    """What a search has done so far: `runs` in which a fault took effect, `idle` ones in which
    none did, and of each failure the first that was found. `planned` is how many it will be in all,
    as far as that is known; 0 if it is not. `tried` are the invariants that had something to judge
    in any run. `met` are the cells that were exercised, if that is counted. `interrupted`: it was
    to stop, or did. `trouble` is what of the environment ended it, if anything did.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.runs = 0
        self.idle = 0
        self.planned = 0
        self.found: dict[Broken, Found] = {}
        self.met: Counts = {}
        self.tried: dict[str, None] = {}
        self.interrupted = False
        self.trouble = ""

    def add(self, chunk: Chunk) -> None:
        self.runs += len(chunk.struck)
        self.idle += chunk.size - len(chunk.struck)
        for found in chunk.found:
            self.found.setdefault(found.broken, found)
        add(self.met, chunk.met)
        self.tried.update(dict.fromkeys(chunk.tried))

    @property
    def untried(self) -> tuple[str, ...]:
        """What the scenario promises and no run had anything to judge by."""
        promises = self.search.plan.scenario.promises
        return tuple(x for x in promises if x not in self.tried)


def draw_many(search: Search, jobs: int, over: Callable[[Tally], bool], watch: Watch) -> Tally:
    """Drawn schedules until it is `over`, which is asked after each chunk."""
    tally = Tally(search)
    with _kept(tally, watch) as stop, closing(drawn(search, jobs, stop)) as chunks:
        for chunk in chunks:
            tally.add(chunk)
            watch(tally)
            if not stop.wanted and over(tally):
                break
    return tally


def try_all(plan: RunPlan, most: int, jobs: int, watch: Watch, *, coverage: bool = False) -> Tally:
    """Every fault at every moment of one withdrawal, and where `most` is 2 every pair of them too;
    `watch` hears how many they are before either is begun. Each single fault's run is scanned for
    secrets.
    """
    search = Search(one_withdrawal(plan), coverage=coverage)
    search = msgspec.structs.replace(search, chunk=chunk_for(search.plan))
    bench, tally = Runner(search.plan), Tally(search)
    counting = Counting(sorts(bench))
    every = counting.bare(bench.attempts(counting.schedules(())[0]))
    struck: dict[int, None] = {}
    tally.planned = len(every)
    watch(tally)
    with _kept(tally, watch) as stop:
        for chunk in listed(search, jobs, ((place,) for place in every), stop=stop):
            struck.update(dict.fromkeys(chunk.struck))
            tally.add(chunk)
            watch(tally)
        if most == 1 or stop.wanted:
            return tally
        striking = tuple(every[number] for number in struck)
        pairs = _pairs(search, counting, striking, jobs, stop)
        tally.planned += len(pairs)
        watch(tally)
        for chunk in listed(search, jobs, pairs, first=len(every), secrets=False, stop=stop):
            tally.add(chunk)
            watch(tally)
    return tally


def _pairs(
    search: Search, counting: Counting, striking: Sequence[str], jobs: int, stop: Stop
) -> tuple[Schedule, ...]:
    """Every pair that can make a difference; some, if it is to stop."""
    schedules = counting.schedules(striking)[1:]
    counted = [x for chunk in attempts(search, jobs, schedules, stop) for x in chunk]
    whole = len(counted) // 2
    return pairs_of(counting.beside(striking[:whole], counted))


@contextmanager
def _kept(tally: Tally, watch: Watch) -> Generator[Stop, None, None]:
    """Whatever ends the search meanwhile, Ctrl-C or a process that is killed, ends it with what
    there is. Who watches hears at once that it is going to stop.
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
