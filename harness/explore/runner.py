"""Runs schedules of faults one after another: what took effect, and which invariants broke."""

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
from harness.checks.judgement import never_at_rest
from harness.checks.secrecy import SecrecyScan
from harness.errors import ConfigError, EnvironmentTrouble
from harness.explore.coverage import Counts, Pairs, watch
from harness.explore.evenings import Evenings
from harness.journal import Journal, Listener, encode_entry
from harness.plan import RunPlan
from harness.sim.fleet import Fleet
from harness.sim.run import play
from harness.wire.dialects import load_dialect
from harness.wire.dialects.base import Dialect

RAISED, UNSETTLED = "error", "open"
OF_NO_INVARIANT = {
    RAISED: "a machine, or the harness around it, raised one",
    UNSETTLED: never_at_rest(()),
}
"""Failures that stand in the place of an invariant, with what they mean."""

Schedule = tuple[str, ...]
"""Faults in the grammar of `--fault`, in the order in which they see a frame."""
_NOT_THE_MACHINES = (ConfigError, EnvironmentTrouble, MemoryError)


def dialect_of(plan: RunPlan) -> Dialect:
    """The dialect in which the machines of a plan speak."""
    return load_dialect(plan.link.dialect_name)


class Broken(msgspec.Struct, frozen=True):
    """What makes two failures the same one: the invariant, the role of the machine that broke it,
    and what the machine was doing. `phase` is its last state, 'rest' at the end of a run, and for
    an error its name and the function that raised it.
    """

    invariant: str
    role: str
    phase: str


class Trial(NamedTuple):
    """The result of a schedule. `acted` are those of its faults that took effect, in order; if none
    did, the run proves nothing. `failures` are the judge's, and `broken` says of each which failure
    it is; `tried` are the invariants that had something to judge.
    """

    schedule: Schedule
    acted: Schedule
    failures: tuple[Failure, ...]
    broken: tuple[Broken, ...]
    tried: tuple[str, ...]


class Runner:
    """Runs schedules of faults on the evenings of a plan, or of several (`Evenings`).

    What the runs have in common is made once. The promises and expectations of the scenario are
    left out, since a run with other faults need not keep them. With `counts`, the cells of the
    machines' tables that the runs exercise are counted there, and with `pairs` the pairs of them.

    Raises:
        ConfigError: the plan names something that does not exist.
    """

    def __init__(
        self,
        plan: RunPlan | Evenings,
        counts: Counts | None = None,
        pairs: Pairs | None = None,
    ) -> None:
        every = plan if isinstance(plan, Evenings) else Evenings((plan,))
        bare = tuple(_without_promises(plan) for plan in every.plans)
        self._every = msgspec.structs.replace(every, plans=bare)
        self.plan = bare[0]
        self._evenings: dict[int, Assembly] = {}
        self._counts = counts
        self._pairs = pairs

    def plan_for(self, evening: int, schedule: Schedule) -> RunPlan:
        """The plan of the run with that evening and schedule."""
        plan = self._every.plan(evening)
        return msgspec.structs.replace(plan, faults=(*plan.faults, *schedule))

    def run(
        self,
        schedule: Schedule,
        *,
        evening: int = 0,
        listeners: Sequence[Listener] = (),
        secrets: bool = False,
    ) -> Trial:
        """Run a schedule. With `secrets` everything that would be written is scanned for secrets
        (S3), which takes as long as the run itself.
        """
        assembly = self._with_faults(evening, schedule)
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
            scan = SecrecyScan(
                assembly.population, assembly.keys, terminals=assembly.plan.terminals
            )
            scan.scan(b"\n".join(lines), "entries", 2)
            judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
        failures = judge.failures() or notes.unsettled()
        broken = tuple(notes.broken(failure) for failure in failures)
        if raised is not None:
            failures, broken = (raised[0], *failures), (raised[1], *broken)
        acted = tuple(text for text in schedule if text in notes.acted)
        return Trial(schedule, acted, failures, broken, tuple(judge.tried()))

    def attempts(self, schedule: Schedule, *, evening: int = 0) -> list[int]:
        """How many attempts each fault of a schedule counts in its run; `nth` names one of them."""
        assembly = self._with_faults(evening, schedule)
        try:
            play(Fleet(assembly, Journal()), assembly.plan)
        except _NOT_THE_MACHINES:
            raise
        except (Exception, SystemExit):  # an error of a machine is reported by `run`
            pass
        own = len(assembly.plan.faults) - len(schedule)
        return assembly.faults.attempts()[own:]

    def _with_faults(self, evening: int, schedule: Schedule) -> Assembly:
        usual = self._evening(evening)
        return usual.with_faults((*usual.plan.faults, *schedule))

    def _evening(self, number: int) -> Assembly:
        found = self._evenings.get(number)
        if found is None:
            found = self._evenings[number] = Assembly(self.plan_for(number, ()))
            if self._counts is not None:
                watch(found, self._counts, self._pairs)
        return found


def _without_promises(plan: RunPlan) -> RunPlan:
    """The plan without what only a run with the scenario's own faults has to show."""
    scenario = msgspec.structs.replace(plan.scenario, promises=(), expect={}, forbid={})
    return msgspec.structs.replace(plan, scenario=scenario)


class _Notes:
    """A listener of the journal: which faults acted, and in which states the terminals were."""

    def __init__(self) -> None:
        self.acted: dict[str, None] = {}
        self._states: dict[str, list[tuple[float, str]]] = {}
        self._end = float("inf")
        self._how = ""
        self._latest = 0.0, e.RUN

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
        """The failure of a run that never came to rest. Where a check fails too, the check says
        why, and this is not reported.
        """
        if self._how != "open":
            return ()
        what = "no faults and no customers any more, and it never came to rest"
        whose = next(iter(self._states)) if len(self._states) == 1 else e.RUN
        return (Failure(UNSETTLED, self._end, whose, what),)

    def raised(self, error: BaseException) -> tuple[Failure, Broken]:
        """The failure that an error is: its name and where it was raised. Its time and actor are
        those of the last entry before it.
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
