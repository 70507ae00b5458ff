"""The random search: runs by number, in as many processes as there are cores.

Drawn blindly, the run with number n depends on the seed of the search and on n alone; guided, also
on what earlier runs reached (`harness.explore.guide`). Chunks of numbers are taken in order. So a
search of so many runs finds the same, in whatever number of processes.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import count, islice
from typing import Any, NamedTuple

import msgspec

from harness.explore.case import Found
from harness.explore.coverage import Counts, Pair, Pairs
from harness.explore.evenings import Evenings
from harness.explore.guide import Guide, lag
from harness.explore.runner import Broken, Runner, Schedule
from harness.explore.schedules import Run, RunDraw
from harness.explore.workers import Stop, workers
from harness.gc_tuning import SMALL, collect_small_runs
from harness.plan import RunPlan, plan_of
from harness.scenario import Scenario

CHUNK = 64
GUIDED_CHUNK = 16  # fewer, so that a search soon learns what its runs reached
SECRETS_EVERY = 16  # one run in so many is scanned for secrets
_BUSY = 120_000.0  # terminals times run seconds that a process simulates in a second or two
_AHEAD = 3  # chunks that are prepared ahead for each process


class Search(msgspec.Struct, frozen=True):
    """What is searched. `plan` is the run without the faults of the search; `others` are plans that
    the search goes through besides, in the `turns` of all of them (`Evenings`). `seed` is the seed
    from which schedules are drawn, `budget` the most kinds of faults that are drawn for one run.
    `coverage` is whether it is counted which cells of the machines' tables were exercised, `chunk`
    how many runs a process does before it reports (`chunk_for`), and `guided` whether runs that
    reached something new are varied.
    """

    plan: RunPlan
    seed: int = 1
    budget: int = 4
    coverage: bool = False
    chunk: int = CHUNK
    guided: bool = False
    others: tuple[RunPlan, ...] = ()
    turns: tuple[int, ...] = (0,)

    @property
    def evenings(self) -> Evenings:
        return Evenings((self.plan, *self.others), self.turns)


def plan_to_search(
    scenario: Scenario,
    *,
    seed: int = 1,
    terminals: int | None = None,
    terminal_profile: str | None = None,
    host_profile: str | None = None,
) -> RunPlan:
    """The scenario with as many terminals as it asks for in a search, unless `terminals` says
    otherwise.
    """
    return plan_of(
        scenario,
        seed=seed,
        terminals=terminals or scenario.searched,
        terminal_profile=terminal_profile,
        host_profile=host_profile,
    )


def chunk_for(plan: RunPlan, wanted: int | None = None, *, guided: bool = False) -> int:
    """How many runs are reported together: so many that reporting costs little, and so few that a
    search that is to stop soon does, and does not go far beyond the `wanted` runs. It depends on
    the plan and on `wanted` alone, so that equal searches find the same.
    """
    size = min(GUIDED_CHUNK if guided else CHUNK, int(_BUSY / (plan.terminals * plan.duration)))
    if wanted is not None:
        size = min(size, wanted // 32)
    return max(1, size)


class Chunk(NamedTuple):
    """The result of `size` runs from number `first` on. `effective` has the numbers of those in
    which a fault took effect or an invariant broke. `found` has the first of the failures that are
    the same one. `met` has the cells that were exercised, if that is counted, and `tried` the
    invariants that had something to judge. `reached` has the pairs of cells of each run, if the
    search is guided or counts.
    """

    first: int
    size: int
    effective: tuple[int, ...]
    found: tuple[Found, ...]
    met: Counts
    tried: tuple[str, ...]
    reached: tuple[tuple[Pair, ...], ...] = ()


class RandomSearch:
    """Does the runs of one search, by their numbers."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._met: Counts = {}
        self._pairs: Pairs = {}
        watched = (self._met, self._pairs) if search.coverage or search.guided else ()
        self._runner = Runner(search.evenings, *watched)
        self.runs = RunDraw(search.evenings, search.seed, search.budget)

    def drawn(self, first: int) -> Chunk:
        """The chunk of runs from number `first` on, drawn from scratch."""
        numbers = range(first, first + self._search.chunk)
        return self.tried(first, [self.runs.drawn(number) for number in numbers])

    def tried_once(self, first: int, runs: Sequence[Run]) -> Chunk:
        """Do those runs of a list, each of which is done once."""
        return self.tried(first, runs, once=True)

    def attempts(self, schedules: Sequence[Schedule]) -> list[list[int]]:
        """How many attempts the faults of each of those schedules count, with the plan's seed."""
        return [self._runner.attempts(schedule) for schedule in schedules]

    def tried(
        self,
        first: int,
        runs: Sequence[Run],
        *,
        bare: bool = False,
        once: bool = False,
    ) -> Chunk:
        """Do those runs, each an evening and a schedule, numbered from `first` on. With `bare` a
        run counts although none of its faults took effect; with `once` each run is scanned for
        secrets.
        """
        effective: list[int] = []
        found: dict[Broken, Found] = {}
        tried: dict[str, None] = {}
        reached: list[tuple[Pair, ...]] = []
        for number, (evening, schedule) in enumerate(runs, start=first):
            secrets = once or number % SECRETS_EVERY == 0
            trial = self._runner.run(schedule, evening=evening, secrets=secrets)
            if self._search.coverage or self._search.guided:
                reached.append(tuple(self._pairs))
                self._pairs.clear()
            if not (trial.acted or trial.broken or bare):
                continue
            effective.append(number)
            tried.update(dict.fromkeys(trial.tried))
            for broken in trial.broken:
                if broken not in found:
                    found[broken] = Found(self._search.seed, number, evening, schedule, broken)
        met = dict(self._met)
        self._met.clear()
        return Chunk(
            first,
            len(runs),
            tuple(effective),
            tuple(found.values()),
            met,
            tuple(tried),
            tuple(reached),
        )


def drawn(search: Search, jobs: int, stop: Stop | None = None) -> Generator[Chunk, None, None]:
    """Chunks of drawn runs, in order and without end, until `stop` is wanted or the generator is
    closed.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    if search.guided:
        return _guided(search, jobs, stop or Stop())
    tasks = (("drawn", number) for number in count(0, search.chunk))
    return _in_order(search, jobs, tasks, stop or Stop())


def _guided(search: Search, jobs: int, stop: Stop) -> Generator[Chunk, None, None]:
    """Chunks of runs that a guide proposes. It learns what a chunk reached when it proposes a later
    one, of which the number alone decides from which chunks it has learned.
    """
    runs_drawn = RunDraw(search.evenings, search.seed, search.budget)
    guide = Guide(runs_drawn, search.seed, search.budget)
    done: deque[tuple[int, list[Run], Chunk]] = deque()  # that it has not learned from yet
    proposed: deque[list[Run]] = deque()

    def tasks() -> Iterator[_Task]:
        for chunk in count():
            while done and done[0][0] < chunk - lag(chunk):
                _, runs, result = done.popleft()
                for run, pairs in zip(runs, result.reached, strict=True):
                    guide.learn(run, pairs)
            first = chunk * search.chunk
            runs = [guide.propose(number) for number in range(first, first + search.chunk)]
            proposed.append(runs)
            yield "tried", first, runs

    for index, result in enumerate(_in_order(search, jobs, tasks(), stop, ahead=lag)):
        done.append((index, proposed.popleft(), result))
        yield result


def listed(
    search: Search,
    jobs: int,
    schedules: Iterable[Schedule],
    *,
    first: int = 0,
    secrets: bool = True,
    stop: Stop | None = None,
) -> Generator[Chunk, None, None]:
    """Chunks of these schedules, numbered from `first` on, each run once on the plan's own evening;
    with `secrets` each is scanned for them, else as many as of drawn ones.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    method = "tried_once" if secrets else "tried"
    tasks = _listing(method, schedules, first, search.chunk)
    return _in_order(search, jobs, tasks, stop or Stop())


def _listing(method: str, schedules: Iterable[Schedule], first: int, size: int) -> Iterator[_Task]:
    every = iter(schedules)
    while runs := tuple((0, schedule) for schedule in islice(every, size)):
        yield method, first, runs
        first += len(runs)


def attempts(
    search: Search, jobs: int, schedules: Sequence[Schedule], stop: Stop
) -> Generator[list[list[int]], None, None]:
    """In chunks, and in their order, how many attempts the faults of each schedule count."""
    every = range(0, len(schedules), search.chunk)
    tasks = (("attempts", schedules[at : at + search.chunk]) for at in every)
    return _in_order(search, jobs, tasks, stop)


_Task = tuple[Any, ...]  # the name of a method of RandomSearch, and its arguments


def _in_order(
    search: Search,
    jobs: int,
    tasks: Iterator[_Task],
    stop: Stop,
    ahead: Callable[[int], int] = lambda task: task + 1,
) -> Generator[Any, None, None]:
    """The results of those tasks, in order, from so many processes. Once the search is to stop, no
    task is begun, and those that have begun are finished, so that what they find is not lost. Task
    n (from 0) is asked for only once all but `ahead(n)` of the tasks before it have given their
    results.
    """
    if jobs == 1:
        searcher = RandomSearch(search)
        with collect_small_runs():
            for name, *arguments in tasks:
                yield getattr(searcher, name)(*arguments)
                if stop.wanted:
                    return
        return
    waiting: deque[Future[Any]] = deque()
    with workers(jobs, _prepare, search) as pool:
        for number, task in enumerate(tasks, start=1):
            waiting.append(pool.submit(_do, task))
            if len(waiting) >= min(jobs * _AHEAD, ahead(number)):
                yield waiting.popleft().result()
            if stop.wanted:
                waiting = deque(future for future in waiting if not future.cancel())
                break
        while waiting:
            yield waiting.popleft().result()
            if stop.wanted:
                waiting = deque(future for future in waiting if not future.cancel())


_of_this_process: RandomSearch | None = None  # set in each process of the pool


def _prepare(search: Search) -> None:
    """Prepare a process of the pool."""
    global _of_this_process
    _of_this_process = RandomSearch(search)
    gc.freeze()
    gc.set_threshold(*SMALL)


def _do(task: _Task) -> Any:
    assert _of_this_process is not None
    name, *arguments = task
    return getattr(_of_this_process, name)(*arguments)
