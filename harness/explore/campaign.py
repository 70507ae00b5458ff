"""A whole search: chunk after chunk until it is over, and what they found together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor

import msgspec

from harness.explore.bench import Bench, Broken, Schedule
from harness.explore.case import Found
from harness.explore.coverage import Counts, add
from harness.explore.exhaust import (
    Counting,
    one_withdrawal,
    pairs_of,
    sorts,
)
from harness.explore.hunt import Chunk, Search, attempts, chunk_for, drawn, listed
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
    with _stop(tally, watch) as stop:
        _pursue(drawn(search, jobs, stop), tally, over, watch, stop)
    return tally


def try_all(plan: RunPlan, most: int, jobs: int, watch: Watch, *, coverage: bool = False) -> Tally:
    """Every fault at every moment of one withdrawal, and where `most` is 2 every pair of them too;
    `watch` hears how many they are before either is begun. Each single fault's run is scanned for
    secrets.
    """
    search = Search(one_withdrawal(plan), coverage=coverage)
    search = msgspec.structs.replace(search, chunk=chunk_for(search.plan))
    bench, tally = Bench(search.plan), Tally(search)
    counting = Counting(sorts(bench))
    every = counting.bare(bench.attempts(counting.schedules(())[0]))
    struck: dict[int, None] = {}
    tally.planned = len(every)
    watch(tally)
    with _stop(tally, watch) as stop:
        single = listed(search, jobs, ((place,) for place in every), stop=stop)
        _pursue(_noting(single, struck), tally, _never, watch, stop)
        if most == 1 or tally.interrupted or tally.trouble:
            return tally
        striking = tuple(every[number] for number in struck)
        pairs = _pairs(search, counting, striking, jobs, stop)
        tally.planned += len(pairs)
        watch(tally)
        chunks = listed(search, jobs, pairs, first=len(every), secrets=False, stop=stop)
        _pursue(chunks, tally, _never, watch, stop)
    return tally


def _pairs(
    search: Search, counting: Counting, striking: Sequence[str], jobs: int, stop: Stop
) -> tuple[Schedule, ...]:
    """Every pair that can make a difference; some, if it is to stop."""
    schedules = counting.schedules(striking)[1:]
    counted = [x for chunk in attempts(search, jobs, schedules, stop) for x in chunk]
    whole = len(counted) // 2
    return pairs_of(counting.beside(striking[:whole], counted))


def _stop(tally: Tally, watch: Watch) -> Stop:
    """Who watches hears at once that it is going to stop."""

    def heard() -> None:
        tally.interrupted = True
        watch(tally)

    return Stop(heard)


def _never(_tally: Tally) -> bool:
    return False


Chunks = Generator[Chunk, None, None]


def _noting(chunks: Chunks, struck: dict[int, None]) -> Chunks:
    for chunk in chunks:
        struck.update(dict.fromkeys(chunk.struck))
        yield chunk


def _pursue(
    chunks: Chunks, tally: Tally, over: Callable[[Tally], bool], watch: Watch, stop: Stop
) -> None:
    """Ctrl-C ends it with what there is, and so does a process that is killed."""
    try:
        for chunk in chunks:
            tally.add(chunk)
            watch(tally)
            if not stop.wanted and over(tally):
                break
    except KeyboardInterrupt:
        stop.wanted = True
    except BrokenExecutor:
        tally.trouble = "a process of the search was killed, perhaps for want of memory"
    finally:
        chunks.close()
    tally.interrupted = stop.wanted
