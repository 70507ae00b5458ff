"""The proof that the checks can fail: each defect is searched for, found, and shrunk.

A defect is found when each of the invariants that must catch it has broken. Whatever else its
smallest cases break has to be a consequence that was expected, or a check blames where it should
not. Between them the defects must break every check there is: one that is switched off is missed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import count

import msgspec

from harness.defects.defect import Defect
from harness.explore.case import Found, shrunk
from harness.explore.random_search import EVENINGS, RandomSearch, Search, plan_to_search
from harness.explore.runner import Runner, Schedule
from harness.explore.workers import workers
from harness.plan import RunPlan
from harness.scenario import load_scenario

BARE = 4  # evenings without a fault of the search's own, to begin with
WITHIN = 2000  # runs that count: who is not found by then has survived


class Suspect(msgspec.Struct, frozen=True):
    """A machine under suspicion: the run it is in, the invariants that must all catch it, and those
    that may break with them. With no `must` anything catches it, and nothing is wrong.
    """

    name: str
    plan: RunPlan
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    def expected(self, invariant: str) -> bool:
        """Is this one of those that may break? A clause may where its invariant may, and the other
        way about where a clause must: 'T4' with 'T4.authentic'.
        """
        known = (*self.must, *self.may)
        return not self.must or invariant in known or _whole(invariant) in known


def suspect_of(defect: Defect) -> Suspect:
    """A shipped defect, in the scenario where it is searched for, with a safe machine at the other
    end.
    """
    plan = plan_to_search(
        load_scenario(defect.scenario),
        terminal_profile=defect.name if defect.role == "terminal" else None,
        host_profile=defect.name if defect.role == "host" else None,
    )
    return Suspect(defect.name, plan, defect.must, defect.may)


class Examined(msgspec.Struct, frozen=True):
    """What came of it: after how many runs all that must had caught it, or `WITHIN` of them had
    been; what its smallest cases break, the first one's schedule, what of that should not have
    broken, and what should have and did not.
    """

    name: str
    runs: int
    breaks: tuple[str, ...] = ()
    schedule: Schedule = ()
    wrong: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def survived(self) -> bool:
        """Has nothing caught it?"""
        return not self.breaks

    @property
    def passed(self) -> bool:
        """Was it caught by all that must, and by nothing that should not?"""
        return not (self.survived or self.wrong or self.missing)


def examine(suspect: Suspect, seed: int) -> Examined:
    """Search until all that must catch it has, and shrink what did. A few evenings with nothing but
    the scenario's own faults come first.
    """
    hunter, bench = RandomSearch(Search(suspect.plan, seed)), Runner(suspect.plan)
    runs = 0
    smallest: Schedule | None = None
    shrunk_for: dict[str, None] = {}
    broke: dict[str, None] = {}
    for number in count(-BARE):
        bare = number < 0
        evening = (seed + number) % EVENINGS if bare else number % EVENINGS
        schedule = () if bare else hunter.schedule(number)
        chunk = hunter.tried(number, [(evening, schedule)], bare=bare)
        runs += len(chunk.struck)
        for found in chunk.found:
            if found.broken.invariant in shrunk_for:
                continue
            shrunk_for[found.broken.invariant] = None
            breaks, schedule = _smallest(bench, found)
            broke |= dict.fromkeys(breaks)
            smallest = schedule if smallest is None else smallest
        caught = broke and all(x in broke for x in suspect.must)
        if caught or runs >= WITHIN:
            break
    return Examined(
        suspect.name,
        runs,
        tuple(broke),
        smallest or (),
        wrong=tuple(x for x in broke if not suspect.expected(x)),
        missing=tuple(x for x in suspect.must if x not in broke),
    )


def _smallest(bench: Runner, found: Found) -> tuple[tuple[str, ...], Schedule]:
    """All that the smallest case breaks, and its schedule."""
    case = shrunk(bench, found)
    secrets = found.broken.invariant == "S3"
    trial = bench.run(case.schedule, evening=found.evening, secrets=secrets)
    return tuple(dict.fromkeys(x.invariant for x in trial.broken)), case.schedule


def _whole(invariant: str) -> str:
    """A clause ('T4.authentic') counts as its invariant."""
    return invariant.partition(".")[0]


def examine_all(
    suspects: Sequence[Suspect], seed: int, jobs: int
) -> Generator[Examined, None, None]:
    """One after another, in the order given; close the iterator to stop."""
    with workers(jobs) as pool:
        waiting = [pool.submit(examine, suspect, seed) for suspect in suspects]
        for future in waiting:
            yield future.result()
