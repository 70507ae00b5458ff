"""The self-test, which proves that the checks can fail: each defect is searched for and found.

A defect is found when each of the invariants that must catch it has broken. Whatever else its
smallest cases break has to be a known consequence; otherwise a check blames where it should not.
Together the defects must break every check there is, so that a check that finds nothing any more is
noticed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import count

import msgspec

from harness.defects.defect import Defect
from harness.explore.case import Found, shrunk
from harness.explore.evenings import EVENINGS
from harness.explore.guide import Guide
from harness.explore.random_search import RandomSearch, Search
from harness.explore.runner import UNSETTLED, Runner, Schedule
from harness.explore.usual_search import commanded_search, usual_search
from harness.explore.workers import workers
from harness.machines.profile import TerminalProfile

BARE = 4  # the first runs have no fault but the scenario's own
WITHIN = 2000  # a defect that is not found in so many runs that count has survived


class MachineUnderTest(msgspec.Struct, frozen=True):
    """A machine that is searched for: the `search` in which it plays, the invariants that must all
    catch it (`must`), and those that may break besides (`may`). Without any `must` any invariant
    catches it, and none is wrong.
    """

    name: str
    search: Search
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    def expected(self, invariant: str) -> bool:
        """May this invariant or clause break? A clause such as 'T4.authentic' may where its whole
        invariant 'T4' may. A run waits in vain for a terminal that does not come back (F3).
        """
        known = (*self.must, *self.may)
        if invariant == UNSETTLED and "F3" in known:
            return True
        return not self.must or invariant in known or _whole(invariant) in known


def machine_of(defect: Defect) -> MachineUnderTest:
    """A shipped defect, in the search that `harness explore` does where nobody names a scenario,
    with a safe machine at the other end; one of the control plane in an evening that has one.
    """
    if isinstance(defect.profile, TerminalProfile) and defect.profile.control is not None:
        search = commanded_search(defect.name)
        return MachineUnderTest(defect.name, search, defect.must, defect.may)
    search = usual_search(
        terminal_profile=defect.name if defect.role == "terminal" else None,
        host_profile=defect.name if defect.role == "host" else None,
    )
    return MachineUnderTest(defect.name, search, defect.must, defect.may)


class SelfTestResult(msgspec.Struct, frozen=True):
    """The result for one machine. `runs` is after how many runs every invariant that must catch it
    had done so, or `WITHIN`; `breaks` what its smallest cases break, `schedule` the faults of the
    first of these cases. `wrong` are invariants that broke and should not have, `missing` those
    that should have broken and did not.
    """

    name: str
    runs: int
    breaks: tuple[str, ...] = ()
    schedule: Schedule = ()
    wrong: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def survived(self) -> bool:
        """Did no invariant catch it?"""
        return not self.breaks

    @property
    def passed(self) -> bool:
        """Was it caught by every invariant that must catch it, and by none that should not?"""
        return not (self.survived or self.wrong or self.missing)


def examine(machine: MachineUnderTest, seed: int) -> SelfTestResult:
    """Search until every invariant that must catch the machine has done so, and shrink what was
    found. A few runs with no faults but the scenario's own come first.
    """
    search = msgspec.structs.replace(machine.search, seed=seed)
    searcher, runner = RandomSearch(search), Runner(search.evenings)
    guide = Guide(searcher.runs, seed, search.budget)
    runs = 0
    smallest: Schedule | None = None
    shrunk_for: dict[str, None] = {}
    broke: dict[str, None] = {}
    for number in count(-BARE):
        bare = number < 0
        run = ((seed + number) % EVENINGS, ()) if bare else guide.propose(number)
        chunk = searcher.tried(number, [run], bare=bare)
        guide.learn(run, chunk.reached[0])
        runs += len(chunk.effective)
        for found in chunk.found:
            if found.broken.invariant in shrunk_for:
                continue
            shrunk_for[found.broken.invariant] = None
            breaks, schedule = _smallest(runner, found)
            broke |= dict.fromkeys(breaks)
            smallest = schedule if smallest is None else smallest
        caught = broke and all(x in broke for x in machine.must)
        if caught or runs >= WITHIN:
            break
    return SelfTestResult(
        machine.name,
        runs,
        tuple(broke),
        smallest or (),
        wrong=tuple(x for x in broke if not machine.expected(x)),
        missing=tuple(x for x in machine.must if x not in broke),
    )


def _smallest(runner: Runner, found: Found) -> tuple[tuple[str, ...], Schedule]:
    """The invariants that the smallest case breaks, and its schedule."""
    case = shrunk(runner, found)
    secrets = found.broken.invariant == "S3"
    trial = runner.run(case.schedule, evening=found.evening, secrets=secrets)
    return tuple(dict.fromkeys(x.invariant for x in trial.broken)), case.schedule


def _whole(invariant: str) -> str:
    """A clause ('T4.authentic') counts as its invariant."""
    return invariant.partition(".")[0]


def examine_all(
    machines: Sequence[MachineUnderTest], seed: int, jobs: int
) -> Generator[SelfTestResult, None, None]:
    """Examine those machines; the results come in the order given. Close the generator to stop."""
    with workers(jobs) as pool:
        waiting = [pool.submit(examine, machine, seed) for machine in machines]
        for future in waiting:
            yield future.result()
