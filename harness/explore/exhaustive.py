"""Every fault, and every pair of faults, at every message and instant of one withdrawal.

A fault here is a kind of fault at one moment. For most kinds that is an attempt: the n-th message,
operation of the store, movement of a motor, action of a customer and so on; how many attempts there
are is counted in the runs themselves. For the faults of the connection, and for kinds that do not
count attempts, it is each deadline that the withdrawal sets: a millisecond before it, at it and a
millisecond after it.

Only faults and pairs that cannot make a difference are left out. A fault that waits for the n-th
attempt does nothing before that attempt. So it can act beside another fault only if the run with
that other fault alone has so many attempts; and where neither of two faults can act beside the
other, the run with both is the same as a run with one of them, or with none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from harness import events as e
from harness.errors import ConfigError
from harness.explore.fault_candidates import fault_text, forms_of
from harness.explore.runner import Runner, Schedule, dialect_of
from harness.faults.connection import ConnectionRule
from harness.faults.fleet import SwitchRule
from harness.faults.grammar import rules_for
from harness.faults.rule import Rule
from harness.journal import Listener
from harness.plan import RunPlan
from harness.stations import terminal_id
from harness.wire.message import Kind

_TERMINAL = terminal_id(0)
_AROUND = (-0.001, 0.0, 0.001)  # seconds before, at and after a deadline
_LASTS = 1.0  # seconds for which a fault of the connection that begins at an instant goes on
_SEEDS = 100
_NO_ATTEMPT = 1_000_000  # an `nth` that never comes, so that the fault does nothing but count


class FaultForm(NamedTuple):
    """Faults that differ in nothing but the attempt at which they act. `counts` is the text of one
    that never acts and counts the attempts; it is '' where the kind does not count attempts, and
    then there is only one fault of that form.
    """

    kind: str
    form: str
    window: str
    counts: str

    def fault(self, nth: int) -> str:
        """The text of the fault that acts at the `nth` attempt."""
        return fault_text(
            self.kind, self.form, _TERMINAL, nth=nth if self.counts else 0, window=self.window
        )

    def attempts(self, counted: Mapping[str, int]) -> int:
        """How many attempts there were in a run. `counted` has their number by `counts`."""
        return counted[self.counts] if self.counts else 1


class _Deadlines:
    """A listener of the journal that collects the deadlines of a session, in run seconds."""

    def __init__(self) -> None:
        self.found: dict[float, None] = {}

    def see(self, _at: float, _actor: str, event: e.Event) -> None:
        if isinstance(event, e.StateEntered | e.TimerRearmed) and event.timer:
            self.found[event.until] = None


def one_withdrawal(plan: RunPlan) -> RunPlan:
    """The plan with one terminal and one customer, and with the first seed, from the plan's own on,
    with which that customer is paid.

    Raises:
        ConfigError: with none of the seeds that are tried a customer is paid.
    """
    scenario = plan.scenario
    customers = msgspec.structs.replace(scenario.customers, customers=1)
    scenario = msgspec.structs.replace(scenario, customers=customers)
    plan = msgspec.structs.replace(plan, scenario=scenario, terminals=1)
    runner = Runner(plan)
    for number in range(_SEEDS):
        paid: list[e.Event] = []
        runner.run((), evening=number, listeners=[_notes(paid)])
        if paid:
            return runner.plan_for(number, ())
    raise ConfigError(
        f"no customer is paid with {_SEEDS} seeds from {plan.seed} on",
        place="explore --exhaustive",
        remedy="choose a scenario whose machines work while nothing goes wrong",
    )


def _notes(paid: list[e.Event]) -> Listener:
    def see(_at: float, _actor: str, event: e.Event) -> None:
        if isinstance(event, e.NotesTaken):
            paid.append(event)

    return see


# --- the forms of faults --------------------------------------------------------------------------


def fault_forms(runner: Runner) -> tuple[FaultForm, ...]:
    """Every form of fault that is searched, at whatever moment."""
    dialect = dialect_of(runner.plan)
    unanswered = f"drop_response:mti={dialect.mti_of(Kind.ANSWER)},terminal={_TERMINAL},nth=1"
    message_types = dialect.message_types()
    deadlines = _Deadlines()
    for schedule in ((), (unanswered,)):
        runner.run(schedule, listeners=[deadlines.see])
    instants = [due + off for due in deadlines.found for off in _AROUND]
    found: dict[FaultForm, None] = {}
    for kind, rule in rules_for(control_plane=runner.plan.control_plane).items():
        if issubclass(rule, SwitchRule) and not runner.plan.scenario.contract.standby:
            continue
        windows = list(_windows(rule, instants))
        for form in forms_of(rule, message_types):
            found.update(dict.fromkeys(_fault_form(kind, rule, form, window) for window in windows))
    return tuple(found)


def _windows(rule: type[Rule], instants: Sequence[float]) -> Iterator[str]:
    """The windows in which a kind of fault is tried, as '@1s..2s'. A kind that counts attempts has
    the whole run (''). A fault of the connection has a short window from each instant on, and a
    kind that does not count attempts has the rest of the run from each instant on.
    """
    if "nth" in rule.parameters:
        yield ""
    if issubclass(rule, ConnectionRule):
        yield from (f"@{at:.3f}s..{at + _LASTS:.3f}s" for at in instants)
    elif "nth" not in rule.parameters:
        yield from (f"@{at:.3f}s.." for at in instants)


def _fault_form(kind: str, rule: type[Rule], form: str, window: str) -> FaultForm:
    counts = ""
    if "nth" in rule.parameters:
        counts = fault_text(kind, form, _TERMINAL, nth=_NO_ATTEMPT, window=window)
    return FaultForm(kind, form, window, counts)


class Counting:
    """Counts the attempts of each form, in the run without any fault and in the runs with one
    fault. With one fault there are two runs, in which it stands before the faults that count and
    after them, since a fault sees what the faults before it have made of a frame; the larger number
    counts.
    """

    def __init__(self, every: Sequence[FaultForm]) -> None:
        self._every = every
        self._counts = tuple(form.counts for form in every if form.counts)

    def schedules(self, effective: Sequence[str]) -> list[Schedule]:
        """What is to be run: the schedule without a fault, and two for each of those faults."""
        both = (((fault, *self._counts), (*self._counts, fault)) for fault in effective)
        return [self._counts, *(schedule for pair in both for schedule in pair)]

    def bare(self, counted: Sequence[int]) -> tuple[str, ...]:
        """The faults that can act by themselves. `counted` is from the first of the schedules."""
        return faults(self._every, dict(zip(self._counts, counted, strict=True)))

    def beside(
        self, effective: Sequence[str], counted: Sequence[Sequence[int]]
    ) -> dict[str, tuple[str, ...]]:
        """By fault, the faults that can act beside it. `counted` is from the other schedules."""
        found = {}
        for number, fault in enumerate(effective):
            first, last = counted[2 * number][1:], counted[2 * number + 1][:-1]
            most = dict(zip(self._counts, map(max, first, last), strict=True))
            found[fault] = faults(self._every, most)
        return found


def faults(every: Sequence[FaultForm], bare: Mapping[str, int]) -> tuple[str, ...]:
    """Every fault that can act where so many attempts were counted, each once."""
    return tuple(form.fault(n) for form in every for n in range(1, form.attempts(bare) + 1))


# --- pairs ----------------------------------------------------------------------------------------


def pairs_of(beside: Mapping[str, Sequence[str]]) -> tuple[Schedule, ...]:
    """Every two faults of which one acts by itself and the other can act beside it. `beside` has,
    for each fault that acts by itself, those that can act beside it.
    """
    seen: dict[frozenset[str], Schedule] = {}
    for effective, others in beside.items():
        for other in others:
            if other != effective:
                seen.setdefault(frozenset((effective, other)), (effective, other))
    return tuple(seen.values())
