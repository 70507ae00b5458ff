"""The search: schedules per second, against the bare codec and MAC of the frames that they passed.

One terminal and one withdrawal. The floor is each frame of the runs sealed and opened once, on one
core; the search's rate is taken with one process and with two. Then how long it takes to shrink a
failure with forty faults, and to try all single faults and all pairs.
"""

from __future__ import annotations

import statistics
import time
from contextlib import closing

from harness.assembly import Assembly
from harness.events import Event, FrameSeen
from harness.explore.case import Found, shrunk
from harness.explore.exhaustive import one_withdrawal
from harness.explore.random_search import CHUNK, RandomSearch, Search, drawn, plan_to_search
from harness.explore.runner import Runner, Schedule
from harness.gc_tuning import collect_small_runs
from harness.plan import RunPlan
from harness.scenario import load_scenario

ROUNDS = 3
CHUNKS = 16


def plan(terminal: str | None = None) -> RunPlan:
    return one_withdrawal(
        plan_to_search(load_scenario("few_withdrawals"), terminal_profile=terminal)
    )


def frames_of(search: Search) -> list[dict[str, str]]:
    """Every frame of one round, as the terminals' taps saw it."""
    searcher, runner = RandomSearch(search), Runner(search.plan)
    frames: list[dict[str, str]] = []

    def see(_at: float, _actor: str, event: Event) -> None:
        if isinstance(event, FrameSeen) and event.end == "terminal" and not event.problem:
            frames.append(event.fields)

    for number in range(CHUNKS * CHUNK):
        evening, schedule = searcher.runs.drawn(number)
        runner.run(schedule, evening=evening, listeners=[see])
    return frames


def floor(search: Search, frames: list[dict[str, str]]) -> float:
    """Seconds to seal and open each of them once."""
    codec = Assembly(search.plan).codec
    start = time.perf_counter()
    for fields in frames:
        codec.decode(codec.encode(fields))
    return time.perf_counter() - start


def rate(search: Search, jobs: int) -> float:
    """Schedules per second, once the processes are warm."""
    with closing(drawn(search, jobs)) as chunks:
        for _ in range(4 * jobs):
            next(chunks)
        start = time.perf_counter()
        for _ in range(CHUNKS * jobs):
            next(chunks)
        return CHUNKS * jobs * CHUNK / (time.perf_counter() - start)


def shrinking() -> tuple[float, int, int]:
    """Seconds, runs and faults left of a failure with forty faults."""
    runner = Runner(plan("forgets_reversal"))
    for seed in range(100):
        searcher = RandomSearch(Search(runner.plan, seed))
        drawn_ones = (text for number in range(100) for text in searcher.runs.drawn(number)[1])
        schedule: Schedule = tuple(dict.fromkeys(drawn_ones))[:40]
        found = [x for x in runner.run(schedule).broken if x.invariant == "T8"]
        if found:
            start = time.perf_counter()
            case = shrunk(runner, Found(seed, 0, 0, schedule, found[0]))
            return time.perf_counter() - start, case.tries, len(case.schedule)
    raise RuntimeError("no schedule of forty faults broke it")


def main() -> None:
    search = Search(plan())
    frames = frames_of(search)
    searcher = RandomSearch(search)
    for first in range(0, 4 * CHUNK, CHUNK):
        searcher.drawn(first)
    ratios, alone = [], []
    with collect_small_runs():
        for _ in range(ROUNDS):
            bare = floor(search, frames)
            start = time.perf_counter()
            for first in range(0, CHUNKS * CHUNK, CHUNK):
                searcher.drawn(first)
            took = time.perf_counter() - start
            alone.append(CHUNKS * CHUNK / took)
            ratios.append(took / bare)
    print(
        f"explore, one process: {statistics.median(alone):,.0f} schedules/s, "
        f"{statistics.median(ratios):.1f} times the floor of their frames"
    )
    one, two = rate(search, 1), rate(search, 2)
    print(f"explore: {one:,.0f}/s in one process, {two:,.0f}/s in two (goal 1,500)")
    seconds, tries, left = shrinking()
    print(f"shrinking 40 faults to {left}: {seconds:.2f} s in {tries} runs (goal 1 s)")


if __name__ == "__main__":
    main()
