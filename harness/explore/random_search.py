"""The search itself: schedules by number, in as many processes as there are cores.

Run number n is a function of the search's seed and n alone, and chunks of numbers are taken in
order: a search of so many runs finds the same in whatever number of processes.
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

from harness.assembly import terminal_id
from harness.explore.case import Found
from harness.explore.coverage import Counts
from harness.explore.fault_candidates import FaultCandidates, forms_of, strike
from harness.explore.runner import Broken, Runner, Schedule, dialect_of
from harness.explore.workers import Stop, workers
from harness.faults.grammar import ALL_RULES
from harness.gc_tuning import SMALL, collect_small_runs
from harness.keyed_random import Draw, key_of
from harness.plan import RunPlan, plan_of
from harness.scenario import Scenario

EVENINGS = 64  # seeds of customers and host that a search uses, in turn
CHUNK = 64
SECRETS_EVERY = 16  # one run in so many is scanned for secrets
_BUSY = 120_000.0  # terminals times run seconds: what a process plays in a second or two
_AIMED_AT = 600.0  # run seconds: in so long an evening a first attempt comes, or seldom
_AHEAD = 3  # chunks that wait for each process


class Search(msgspec.Struct, frozen=True):
    """What is searched: a plan, from which seed, with at most `budget` faults at once; whether it
    is counted which cells of the machines' tables were exercised; and how many runs a process does
    before it reports (`chunk_for`).
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
    """The scenario with as many terminals as it wants in a search, unless others are asked for."""
    return plan_of(
        scenario,
        seed=seed,
        terminals=terminals or scenario.searched,
        terminal_profile=terminal_profile,
        host_profile=host_profile,
    )


def chunk_for(plan: RunPlan, wanted: int | None = None) -> int:
    """How many runs are reported together: so many that reporting costs nothing, and so few that a
    search which is to end does not go on for long, nor far beyond the `wanted` runs. It depends on
    nothing else, so that equal searches are equal.
    """
    size = min(CHUNK, int(_BUSY / (plan.terminals * plan.duration)))
    if wanted is not None:
        size = min(size, wanted // 32)
    return max(1, size)


class Chunk(NamedTuple):
    """What became of `size` runs from number `first` on: in those that `struck` numbers, a fault
    took effect, or that broke something. Of failures that are the same one, `found` has the first.
    `met` are the cells that they exercised, if that is counted; `tried` the invariants that had
    something to judge.
    """

    first: int
    size: int
    struck: tuple[int, ...]
    found: tuple[Found, ...]
    met: Counts
    tried: tuple[str, ...]


@lru_cache(maxsize=8)
def likely_forms(plan_as_json: bytes) -> dict[str, tuple[str, ...]]:
    """By kind, the forms of a strike at a first attempt that take effect under this plan. (As JSON,
    for a plan holds dictionaries, and could not be remembered.)
    """
    plan = msgspec.json.decode(plan_as_json, type=RunPlan)
    bench = Runner(plan)
    message_types = dialect_of(plan).message_types()
    found: dict[str, tuple[str, ...]] = {}
    for kind, rule in ALL_RULES.items():
        if "nth" not in rule.parameters:
            continue
        tried = {
            form: strike(kind, form, terminal_id(0), nth=1)
            for form in forms_of(rule, message_types)
        }
        forms = tuple(form for form, text in tried.items() if bench.run((text,)).acted)
        if forms:
            found[kind] = forms
    return found


class RandomSearch:
    """Runs the numbers of one search."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._met: Counts = {}
        self._bench = Runner(search.plan, self._met if search.coverage else None)
        plan = search.plan
        message_types = dialect_of(plan).message_types()
        self._strikes = FaultCandidates(plan.terminals, plan.duration, message_types)
        self._key = key_of(search.seed, "explore")

    @cached_property
    def _likely(self) -> dict[str, tuple[str, ...]]:
        """By kind, the forms that take effect in an evening of safe machines where they are the
        only fault: most of the others wait for something that another fault must bring about.
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
        """A few kinds of faults, and a few strikes of those; the first one aims at something that
        is there.
        """
        draw, budget = Draw(self._key, number), self._search.budget
        every = self._strikes.kinds
        drawn = [self._strikes.aim(self._likely, draw)]
        kinds = [every[draw.below(len(every))] for _ in range(1 + draw.below(budget))]
        drawn += [
            self._strikes.draw(kinds[draw.below(len(kinds))], draw)
            for _ in range(draw.below(budget))
        ]
        return tuple(dict.fromkeys(drawn))

    def drawn(self, first: int) -> Chunk:
        """A chunk of numbers from `first` on."""
        numbers = range(first, first + self._search.chunk)
        return self.tried(first, [(n % EVENINGS, self.schedule(n)) for n in numbers])

    def tried_once(self, first: int, runs: Sequence[tuple[int, Schedule]]) -> Chunk:
        """Those, of a list that is gone through once."""
        return self.tried(first, runs, once=True)

    def attempts(self, schedules: Sequence[Schedule]) -> list[list[int]]:
        """How many attempts the faults of each of those schedules count, on the plan's evening."""
        return [self._bench.attempts(schedule) for schedule in schedules]

    def tried(
        self,
        first: int,
        runs: Sequence[tuple[int, Schedule]],
        *,
        bare: bool = False,
        once: bool = False,
    ) -> Chunk:
        """Those (evening, schedule), numbered from `first` on. `bare` ones count although none of
        the schedule's faults took effect; what is run `once` is scanned for secrets each time.
        """
        struck: list[int] = []
        found: dict[Broken, Found] = {}
        tried: dict[str, None] = {}
        for number, (evening, schedule) in enumerate(runs, start=first):
            secrets = once or number % SECRETS_EVERY == 0
            trial = self._bench.run(schedule, evening=evening, secrets=secrets)
            if not (trial.acted or trial.broken or bare):
                continue
            struck.append(number)
            tried.update(dict.fromkeys(trial.tried))
            for broken in trial.broken:
                if broken not in found:
                    found[broken] = Found(self._search.seed, number, evening, schedule, broken)
        met = dict(self._met)
        self._met.clear()
        return Chunk(first, len(runs), tuple(struck), tuple(found.values()), met, tuple(tried))


def drawn(search: Search, jobs: int, stop: Stop | None = None) -> Generator[Chunk, None, None]:
    """Chunks of drawn schedules, in order and without end, until `stop` is wanted; or close the
    iterator.

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


_Task = tuple[Any, ...]  # a method of the RandomSearch, and its arguments


def _in_order(
    search: Search, jobs: int, tasks: Iterator[_Task], stop: Stop
) -> Generator[Any, None, None]:
    """What becomes of them, in as many processes. Once it is to stop no task is begun, and those
    that have been are finished: what they found is not lost.
    """
    if jobs == 1:
        hunter = RandomSearch(search)
        with collect_small_runs():
            for name, *arguments in tasks:
                yield getattr(hunter, name)(*arguments)
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


_hunter: RandomSearch | None = None  # of this process of the pool


def _prepare(search: Search) -> None:
    """A process of the pool."""
    global _hunter
    _hunter = RandomSearch(search)
    gc.freeze()
    gc.set_threshold(*SMALL)


def _do(task: _Task) -> Any:
    assert _hunter is not None
    name, *arguments = task
    return getattr(_hunter, name)(*arguments)
