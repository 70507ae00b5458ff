"""One schedule after another, each in a run of its own: what was tried, and what it broke."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness import events as e
from harness.assembly import Assembly
from harness.checks.base import Failure
from harness.checks.judge import Judge
from harness.checks.judgement import NEVER_AT_REST
from harness.checks.secrecy import SecrecyScan
from harness.errors import ConfigError, EnvironmentTrouble
from harness.explore.coverage import Counts, watch
from harness.journal import Journal, Listener, encode_entry
from harness.plan import RunPlan
from harness.sim.fleet import Fleet
from harness.sim.run import play
from harness.wire.dialects import load_dialect
from harness.wire.dialects.base import Dialect

RAISED, UNSETTLED = "error", "open"
OF_NO_INVARIANT = {
    RAISED: "a machine, or the harness around it, raised one",
    UNSETTLED: NEVER_AT_REST,
}
"""In an invariant's place."""

Schedule = tuple[str, ...]
"""Faults in the grammar of `--fault`, in the order in which they are asked."""
_NOT_THE_MACHINES = (ConfigError, EnvironmentTrouble, MemoryError)


def dialect_of(plan: RunPlan) -> Dialect:
    """The dialect in which the machines of a plan speak."""
    return load_dialect(plan.link.dialect_name)


class Broken(msgspec.Struct, frozen=True):
    """What makes two failures the same one: the invariant, whose it is, and what the machine was
    doing (its last state; at the end of a run 'rest'; of an error its name and where it came from).
    """

    invariant: str
    role: str
    phase: str


class Trial(NamedTuple):
    """A schedule that was run. `acted` are those of its faults that took effect, in order; none,
    and it was no trial. `failures` are the judge's, and `broken` is what each of them is; `tried`
    are the invariants that had something to judge.
    """

    schedule: Schedule
    acted: Schedule
    failures: tuple[Failure, ...]
    broken: tuple[Broken, ...]
    tried: tuple[str, ...]


class Runner:
    """Runs schedules against one plan; `evening` n is the plan with the n-th seed from its own.

    What runs share is made once. A plan's promises and expectations are the scenario's, and no
    schedule has to keep them. With `counts` it is counted there which cells of the machines' tables
    its runs exercise.

    Raises:
        ConfigError: the plan names something that does not exist.
    """

    def __init__(self, plan: RunPlan, counts: Counts | None = None) -> None:
        scenario = msgspec.structs.replace(plan.scenario, promises=(), expect={}, forbid={})
        self.plan = msgspec.structs.replace(plan, scenario=scenario)
        self._evenings: dict[int, Assembly] = {}
        self._counts = counts

    def plan_for(self, evening: int, schedule: Schedule) -> RunPlan:
        """The very run."""
        faults = (*self.plan.faults, *schedule)
        return msgspec.structs.replace(self.plan, seed=self.plan.seed + evening, faults=faults)

    def run(
        self,
        schedule: Schedule,
        *,
        evening: int = 0,
        listeners: Sequence[Listener] = (),
        secrets: bool = False,
    ) -> Trial:
        """Run it. With `secrets` all that would be written is scanned for them (S3), which takes
        as long as the run itself.
        """
        assembly = self._evening(evening).with_faults((*self.plan.faults, *schedule))
        judge = Judge(assembly.header())
        notes = _Notes()
        book = Journal()
        book.subscribe(judge.see)
        book.subscribe(notes.see)
        for listener in listeners:
            book.subscribe(listener)
        lines: list[bytes] = []
        if secrets:
            book.subscribe(lambda at, who, event: lines.append(encode_entry(at, 0, who, event)))
        raised: tuple[Failure, Broken] | None = None
        try:
            play(Fleet(assembly, book), assembly.plan)
        except _NOT_THE_MACHINES:
            raise
        except (Exception, SystemExit) as error:
            raised = notes.raised(error)
        if secrets:
            scan = SecrecyScan(assembly.population, assembly.keys, terminals=self.plan.terminals)
            scan.scan(b"\n".join(lines), "entries", 2)
            judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
        failures = judge.failures() or notes.unsettled()
        broken = tuple(notes.broken(failure) for failure in failures)
        if raised is not None:
            failures, broken = (raised[0], *failures), (raised[1], *broken)
        acted = tuple(text for text in schedule if text in notes.acted)
        return Trial(schedule, acted, failures, broken, tuple(judge.tried()))

    def attempts(self, schedule: Schedule, *, evening: int = 0) -> list[int]:
        """How many attempts each fault of a schedule counts in its run: that of which an `nth`
        picks one.
        """
        assembly = self._evening(evening).with_faults((*self.plan.faults, *schedule))
        try:
            play(Fleet(assembly, Journal()), assembly.plan)
        except _NOT_THE_MACHINES:
            raise
        except (Exception, SystemExit):  # what a machine raises is found where it is judged
            pass
        return assembly.faults.attempts()[len(self.plan.faults) :]

    def _evening(self, number: int) -> Assembly:
        found = self._evenings.get(number)
        if found is None:
            found = self._evenings[number] = Assembly(self.plan_for(number, ()))
            if self._counts is not None:
                watch(found, self._counts)
        return found


class _Notes:
    """A listener: which faults acted, and which states the terminals were in."""

    def __init__(self) -> None:
        self.acted: dict[str, None] = {}
        self._states: dict[str, list[tuple[float, str]]] = {}
        self._end = float("inf")
        self._how = ""
        self._latest = 0.0, "RUN"

    def see(self, at: float, actor: str, event: e.Event) -> None:
        kind = type(event)
        self._latest = at, actor
        if kind is e.StateEntered:
            self._states.setdefault(actor, []).append((at, event.state))  # type: ignore[attr-defined]
        elif kind is e.FaultActed:
            self.acted[event.fault] = None  # type: ignore[attr-defined]
        elif kind is e.RunEnded:
            self._end = at
            self._how = event.how  # type: ignore[attr-defined]

    def unsettled(self) -> tuple[Failure, ...]:
        """A run that was waited for in vain; where a check fails, that says why."""
        if self._how != "open":
            return ()
        what = "no faults and no customers any more, and it never came to rest"
        whose = next(iter(self._states)) if len(self._states) == 1 else "RUN"
        return (Failure(UNSETTLED, self._end, whose, what),)

    def raised(self, error: BaseException) -> tuple[Failure, Broken]:
        """An error, by its name and where it came from; behind the latest entry, whose ever that
        was.
        """
        at, actor = self._latest
        origin = traceback.extract_tb(error.__traceback__)[-1]
        name, where = type(error).__name__, f"{Path(origin.filename).name} in {origin.name}"
        what = f"{name} in {where}, line {origin.lineno}: {error}"
        return Failure(RAISED, at, actor, what), Broken(RAISED, "machine", f"{name} in {where}")

    def broken(self, failure: Failure) -> Broken:
        if failure.invariant == UNSETTLED:
            return Broken(UNSETTLED, "run", "rest")
        role = "host" if failure.invariant.startswith("H") else "terminal"
        if failure.at >= self._end:
            return Broken(failure.invariant, role, "rest")
        states = [x for at, x in self._states.get(failure.actor, ()) if at <= failure.at]
        return Broken(failure.invariant, role, states[-1] if states else "")
