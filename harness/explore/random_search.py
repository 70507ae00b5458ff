"""The random search: schedules by number, in as many processes as there are cores.

The run with number n depends on the seed of the search and on n alone, and chunks of numbers are
taken in order. So a search of so many runs finds the same, in whatever number of processes.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property, lru_cache
from itertools import count, islice
from typing import Any, NamedTuple

import msgspec

from harness.explore.case import Found
from harness.explore.coverage import Counts
from harness.explore.fault_candidates import FaultCandidates, fault_text, forms_of
from harness.explore.runner import Broken, Runner, Schedule, dialect_of
from harness.explore.workers import Stop, workers
from harness.faults.grammar import ALL_RULES
from harness.gc_tuning import SMALL, collect_small_runs
from harness.keyed_random import Draw, key_of
from harness.plan import RunPlan, plan_of
from harness.scenario import Scenario
from harness.stations import terminal_id

EVENINGS = 64  # a search uses so many seeds of customers and host, in turn
CHUNK = 64
SECRETS_EVERY = 16  # one run in so many is scanned for secrets
_BUSY = 120_000.0  # terminals times run seconds that a process simulates in a second or two
_AIMED_AT = 600.0  # run seconds: a first attempt that does not come in that time is rare
_AHEAD = 3  # chunks that are prepared ahead for each process


class Search(msgspec.Struct, frozen=True):
    """What is searched. `plan` is the run without the faults of the search, `seed` the seed from
    which schedules are drawn, `budget` the most kinds of faults that are drawn for one run.
    `coverage` is whether it is counted which cells of the machines' tables were exercised, `chunk`
    how many runs a process does before it reports (`chunk_for`).
    """

    plan: RunPlan
    seed: int = 1
    budget: int = 4
    coverage: bool = False
    chunk: int = CHUNK


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


def chunk_for(plan: RunPlan, wanted: int | None = None) -> int:
    """How many runs are reported together: so many that reporting costs little, and so few that a
    search that is to stop soon does, and does not go far beyond the `wanted` runs. It depends on
    the plan and on `wanted` alone, so that equal searches find the same.
    """
    size = min(CHUNK, int(_BUSY / (plan.terminals * plan.duration)))
    if wanted is not None:
        size = min(size, wanted // 32)
    return max(1, size)


class Chunk(NamedTuple):
    """The result of `size` runs from number `first` on. `effective` has the numbers of those in
    which a fault took effect or an invariant broke. `found` has the first of the failures that are
    the same one. `met` has the cells that were exercised, if that is counted, and `tried` the
    invariants that had something to judge.
    """

    first: int
    size: int
    effective: tuple[int, ...]
    found: tuple[Found, ...]
    met: Counts
    tried: tuple[str, ...]


@lru_cache(maxsize=8)
def likely_forms(plan_as_json: bytes) -> dict[str, tuple[str, ...]]:
    """By kind, the forms of faults that take effect at a first attempt under this plan. The plan is
    given as JSON because it holds dictionaries, and so could not be a key of the cache.
    """
    plan = msgspec.json.decode(plan_as_json, type=RunPlan)
    runner = Runner(plan)
    message_types = dialect_of(plan).message_types()
    found: dict[str, tuple[str, ...]] = {}
    for kind, rule in ALL_RULES.items():
        if "nth" not in rule.parameters:
            continue
        tried = {
            form: fault_text(kind, form, terminal_id(0), nth=1)
            for form in forms_of(rule, message_types)
        }
        forms = tuple(form for form, text in tried.items() if runner.run((text,)).acted)
        if forms:
            found[kind] = forms
    return found


class RandomSearch:
    """Does the runs of one search, by their numbers."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._met: Counts = {}
        self._runner = Runner(search.plan, self._met if search.coverage else None)
        plan = search.plan
        message_types = dialect_of(plan).message_types()
        self._candidates = FaultCandidates(plan.terminals, plan.duration, message_types)
        self._key = key_of(search.seed, "explore")

    @cached_property
    def _likely(self) -> dict[str, tuple[str, ...]]:
        """By kind, the forms that take effect as the only fault of a run with safe machines. Most
        of the others wait for something that only another fault brings about.
        """
        plan = msgspec.structs.replace(
            self._search.plan,
            terminals=1,
            duration=min(self._search.plan.duration, _AIMED_AT),
            terminal_profile="safe",
            host_profile="safe",
        )
        return likely_forms(msgspec.json.encode(plan))

    def schedule(self, number: int) -> Schedule:
        """The faults of a run: a few kinds are drawn, and a few faults of these kinds. The first
        fault is one that is likely to act.
        """
        draw, budget = Draw(self._key, number), self._search.budget
        every = self._candidates.kinds
        drawn = [self._candidates.aim(self._likely, draw)]
        kinds = [every[draw.below(len(every))] for _ in range(1 + draw.below(budget))]
        drawn += [
            self._candidates.draw(kinds[draw.below(len(kinds))], draw)
            for _ in range(draw.below(budget))
        ]
        return tuple(dict.fromkeys(drawn))

    def drawn(self, first: int) -> Chunk:
        """The chunk of runs from number `first` on."""
        numbers = range(first, first + self._search.chunk)
        return self.tried(first, [(n % EVENINGS, self.schedule(n)) for n in numbers])

    def tried_once(self, first: int, runs: Sequence[tuple[int, Schedule]]) -> Chunk:
        """Do those runs of a list, each of which is done once."""
        return self.tried(first, runs, once=True)

    def attempts(self, schedules: Sequence[Schedule]) -> list[list[int]]:
        """How many attempts the faults of each of those schedules count, with the plan's seed."""
        return [self._runner.attempts(schedule) for schedule in schedules]

    def tried(
        self,
        first: int,
        runs: Sequence[tuple[int, Schedule]],
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
        for number, (evening, schedule) in enumerate(runs, start=first):
            secrets = once or number % SECRETS_EVERY == 0
            trial = self._runner.run(schedule, evening=evening, secrets=secrets)
            if not (trial.acted or trial.broken or bare):
                continue
            effective.append(number)
            tried.update(dict.fromkeys(trial.tried))
            for broken in trial.broken:
                if broken not in found:
                    found[broken] = Found(self._search.seed, number, evening, schedule, broken)
        met = dict(self._met)
        self._met.clear()
        return Chunk(first, len(runs), tuple(effective), tuple(found.values()), met, tuple(tried))


def drawn(search: Search, jobs: int, stop: Stop | None = None) -> Generator[Chunk, None, None]:
    """Chunks of drawn schedules, in order and without end, until `stop` is wanted or the generator
    is closed.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    tasks = (("drawn", number) for number in count(0, search.chunk))
    return _in_order(search, jobs, tasks, stop or Stop())


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
    search: Search, jobs: int, tasks: Iterator[_Task], stop: Stop
) -> Generator[Any, None, None]:
    """The results of those tasks, in order, from so many processes. Once the search is to stop, no
    task is begun, and those that have begun are finished, so that what they find is not lost.
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
        for task in tasks:
            waiting.append(pool.submit(_do, task))
            if len(waiting) > jobs * _AHEAD:
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
