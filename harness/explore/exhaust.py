"""Every combination of up to K faults at every message and instant of one withdrawal.

A place is one fault keyed to one moment: a message by its MTI and number, an operation of the
store, a motor or the link, a dispenser's or a customer's doing; and for the faults of the
connection each deadline that the withdrawal sets, a moment before it, at it and after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb

import msgspec

from harness import events as e
from harness.assembly import terminal_id
from harness.errors import ConfigError
from harness.explore.bench import Bench, Schedule
from harness.explore.strikes import forms_of, strike
from harness.faults.connection import ConnectionRule
from harness.faults.grammar import ALL_RULES
from harness.faults.rule import Rule
from harness.journal import Listener
from harness.plan import RunPlan

OFTEN = {"mti=0800": 2, "mti=0810": 2, "mti=0430": 2, "at=sync": 6, "at=frame:0800": 2}
"""How often a withdrawal with one fault in it has a message or an operation, where not once."""

_TERMINAL = terminal_id(0)
_AROUND = (-0.001, 0.0, 0.001)  # seconds before, at and after a deadline
_LASTS = 1.0  # seconds for which a fault that strikes at an instant goes on
_SEEDS = 100
_UNANSWERED = f"drop_response:mti=0210,terminal={_TERMINAL},nth=1"


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
    evening = msgspec.structs.replace(scenario.evening, customers=1)
    scenario = msgspec.structs.replace(scenario, evening=evening)
    plan = msgspec.structs.replace(plan, scenario=scenario, terminals=1)
    bench = Bench(plan)
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


def places(bench: Bench) -> tuple[str, ...]:
    """Every fault at every moment, each once."""
    deadlines = _Deadlines()
    for schedule in ((), (_UNANSWERED,)):
        bench.run(schedule, listeners=[deadlines.see])
    instants = [due + off for due in deadlines.found for off in _AROUND]
    found: dict[str, None] = {}
    for kind, rule in ALL_RULES.items():
        if "nth" in rule.parameters:
            found.update(dict.fromkeys(_numbered(kind, rule)))
        if issubclass(rule, ConnectionRule):
            found.update(dict.fromkeys(_timed(kind, rule, instants)))
    return tuple(found)


def _numbered(kind: str, rule: type[Rule]) -> Iterator[str]:
    for form in forms_of(rule):
        times = next((n for key, n in OFTEN.items() if key in form.split(",")), 1)
        for number in range(1, times + 1):
            yield strike(kind, form, _TERMINAL, nth=number)


def _timed(kind: str, rule: type[Rule], instants: list[float]) -> Iterator[str]:
    for form in forms_of(rule):
        for at in instants:
            yield strike(kind, form, _TERMINAL, window=f"@{at:.3f}s..{at + _LASTS:.3f}s")


def combinations_of(
    every: tuple[str, ...], striking: frozenset[str], size: int
) -> Iterator[Schedule]:
    """Every schedule of so many places, but for those of which no place strikes by itself: there
    nothing happens that is not in the run without faults.
    """
    return (x for x in combinations(every, size) if not striking.isdisjoint(x))


def how_many(every: int, striking: int, size: int) -> int:
    """Schedules that `combinations_of` gives."""
    return comb(every, size) - comb(every - striking, size)
