"""Every fault, and every pair of faults, at every message and instant of one withdrawal.

A place is one fault keyed to one moment: the n-th message, operation of the store, motor or link,
doing of a dispenser or a customer, of which n there are is counted in the runs themselves; and for
the faults of the connection, and for those that know no attempts, each deadline that the withdrawal
sets, a moment before it, at it and after it.

What can make no difference is left out, and nothing else. A fault that waits for the n-th attempt
does nothing before that. So beside another fault it can act only if there are so many attempts in
the run with that one alone; and where neither of two can act beside the other, their run is the one
with one of them, or with none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from harness import events as e
from harness.assembly import terminal_id
from harness.errors import ConfigError
from harness.explore.fault_candidates import forms_of, strike
from harness.explore.runner import Runner, Schedule, dialect_of
from harness.faults.connection import ConnectionRule
from harness.faults.fleet import SwitchRule
from harness.faults.grammar import ALL_RULES
from harness.faults.rule import Rule
from harness.journal import Listener
from harness.plan import RunPlan
from harness.wire.message import Kind

_TERMINAL = terminal_id(0)
_AROUND = (-0.001, 0.0, 0.001)  # seconds before, at and after a deadline
_LASTS = 1.0  # seconds for which a fault that strikes at an instant goes on
_SEEDS = 100
_NO_ATTEMPT = 1_000_000  # an `nth` that never comes: the fault only counts


class Sort(NamedTuple):
    """Faults that differ in nothing but which attempt they strike. `counts` is one that strikes
    none and counts them; '' where the kind knows no attempts, and there is but one such fault.
    """

    kind: str
    form: str
    window: str
    counts: str

    def place(self, nth: int) -> str:
        """The fault that strikes the `nth` attempt."""
        return strike(
            self.kind, self.form, _TERMINAL, nth=nth if self.counts else 0, window=self.window
        )

    def attempts(self, counted: Mapping[str, int]) -> int:
        """How many there may be where so many were counted."""
        return counted[self.counts] if self.counts else 1


class _Deadlines:
    """A listener: when something was due, of a visit."""

    def __init__(self) -> None:
        self.found: dict[float, None] = {}

    def see(self, _at: float, _actor: str, event: e.Event) -> None:
        if isinstance(event, e.StateEntered | e.TimerRearmed) and event.timer:
            self.found[event.until] = None


def one_withdrawal(plan: RunPlan) -> RunPlan:
    """The plan with one terminal and one customer, who is paid; with the first seed from the plan's
    own for which that is so.

    Raises:
        ConfigError: nobody is ever paid.
    """
    scenario = plan.scenario
    customers = msgspec.structs.replace(scenario.customers, customers=1)
    scenario = msgspec.structs.replace(scenario, customers=customers)
    plan = msgspec.structs.replace(plan, scenario=scenario, terminals=1)
    bench = Runner(plan)
    for number in range(_SEEDS):
        paid: list[e.Event] = []
        bench.run((), evening=number, listeners=[_notes(paid)])
        if paid:
            return bench.plan_for(number, ())
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


# --- what there is to strike ----------------------------------------------------------------------


def sorts(bench: Runner) -> tuple[Sort, ...]:
    """Every sort of fault that the search has, at whatever moment."""
    dialect = dialect_of(bench.plan)
    unanswered = f"drop_response:mti={dialect.mti_of(Kind.ANSWER)},terminal={_TERMINAL},nth=1"
    message_types = dialect.message_types()
    deadlines = _Deadlines()
    for schedule in ((), (unanswered,)):
        bench.run(schedule, listeners=[deadlines.see])
    instants = [due + off for due in deadlines.found for off in _AROUND]
    found: dict[Sort, None] = {}
    for kind, rule in ALL_RULES.items():
        if issubclass(rule, SwitchRule) and not bench.plan.scenario.contract.standby:
            continue
        windows = list(_windows(rule, instants))
        for form in forms_of(rule, message_types):
            found.update(dict.fromkeys(_sort(kind, rule, form, window) for window in windows))
    return tuple(found)


def _windows(rule: type[Rule], instants: Sequence[float]) -> Iterator[str]:
    """All the time where the kind knows attempts; and at an instant where that is its way to
    strike: for a moment the connection's, and from then on the others'.
    """
    if "nth" in rule.parameters:
        yield ""
    if issubclass(rule, ConnectionRule):
        yield from (f"@{at:.3f}s..{at + _LASTS:.3f}s" for at in instants)
    elif "nth" not in rule.parameters:
        yield from (f"@{at:.3f}s.." for at in instants)


def _sort(kind: str, rule: type[Rule], form: str, window: str) -> Sort:
    counts = ""
    if "nth" in rule.parameters:
        counts = strike(kind, form, _TERMINAL, nth=_NO_ATTEMPT, window=window)
    return Sort(kind, form, window, counts)


class Counting:
    """Counts attempts of each sort: in the run with nothing else, and in those with one place. Of
    these there are two, in which it comes before the others and behind them, as faults of one stage
    see what those before them have made; the more counts.
    """

    def __init__(self, every: Sequence[Sort]) -> None:
        self._every = every
        self._counts = tuple(sort.counts for sort in every if sort.counts)

    def schedules(self, striking: Sequence[str]) -> list[Schedule]:
        """To be run: the bare one, and two for each of those places."""
        both = (((place, *self._counts), (*self._counts, place)) for place in striking)
        return [self._counts, *(schedule for pair in both for schedule in pair)]

    def bare(self, counted: Sequence[int]) -> tuple[str, ...]:
        """What can act by itself, where that was counted in the first of the schedules."""
        return places(self._every, dict(zip(self._counts, counted, strict=True)))

    def beside(
        self, striking: Sequence[str], counted: Sequence[Sequence[int]]
    ) -> dict[str, tuple[str, ...]]:
        """By place, what can act beside it, where that was counted in the others."""
        found = {}
        for number, place in enumerate(striking):
            first, last = counted[2 * number][1:], counted[2 * number + 1][:-1]
            most = dict(zip(self._counts, map(max, first, last), strict=True))
            found[place] = places(self._every, most)
        return found


def places(every: Sequence[Sort], bare: Mapping[str, int]) -> tuple[str, ...]:
    """What can act where so many attempts were counted: every fault at every moment, each once."""
    return tuple(sort.place(n) for sort in every for n in range(1, sort.attempts(bare) + 1))


# --- pairs ----------------------------------------------------------------------------------------


def pairs_of(beside: Mapping[str, Sequence[str]]) -> tuple[Schedule, ...]:
    """Every two places of which one strikes by itself and the other can act beside it. `beside`
    has, for each place that strikes by itself, what can.
    """
    seen: dict[frozenset[str], Schedule] = {}
    for striking, others in beside.items():
        for other in others:
            if other != striking:
                seen.setdefault(frozenset((striking, other)), (striking, other))
    return tuple(seen.values())
