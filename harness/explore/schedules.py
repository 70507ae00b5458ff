"""Runs drawn by number: an evening, and a schedule of faults of which the first one is likely to
take effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import zip_longest

import msgspec

from harness.explore.evenings import EVENINGS, Evenings, place_of
from harness.explore.fault_candidates import FaultCandidates, fault_text, forms_of
from harness.explore.runner import Runner, Schedule, dialect_of
from harness.faults.grammar import rules_for
from harness.keyed_random import Draw, key_of
from harness.plan import RunPlan
from harness.stations import terminal_id

_TERMINAL = re.compile(r"\bterminal=([^,@]+)")
_AIMED_AT = 600.0  # run seconds: a first attempt that does not come in that time is rare


Run = tuple[int, Schedule]
"""An evening, and the faults of a run on it."""


class RunDraw:
    """Draws the runs of a search on those evenings, from its seed. `budget` is the most kinds of
    faults that are drawn for one run.

    What is likely to act is found out with the first plan alone, as a search with several plans
    would otherwise take its time for that.
    """

    def __init__(self, evenings: Evenings, seed: int, budget: int) -> None:
        self._evenings = evenings
        first = evenings.plans[0]
        self._draws = tuple(ScheduleDraw(plan, seed, budget, first) for plan in evenings.plans)

    def drawn(self, number: int) -> Run:
        """The run with that number."""
        evening = self._evenings.of_run(number)
        return evening, self.schedules(evening).drawn(number)

    def begins_in_turn(self, number: int) -> bool:
        """Is it one of the first runs under the first plan, so many as there are faults that are
        likely to act? Each of those runs begins with another one of them.
        """
        first = not place_of(self._evenings.of_run(number))
        return first and self._evenings.before(number, 0) < self._draws[0].forms

    def begun_in_turn(self, number: int) -> Run:
        """Such a run: as it is `drawn` but for the first fault."""
        turn = self._evenings.before(number, 0)
        return self._evenings.of_run(number), self._draws[0].in_turn(turn)

    def another(self, evening: int, draw: Draw) -> int:
        """Any evening under the same plan."""
        return place_of(evening) * EVENINGS + draw.below(EVENINGS)

    def schedules(self, evening: int) -> ScheduleDraw:
        """What draws the schedules of that evening."""
        return self._draws[place_of(evening)]


class ScheduleDraw:
    """Draws schedules of faults for runs of that plan, from the seed of a search. What is likely to
    act is what does so under the plan `like`.
    """

    def __init__(self, plan: RunPlan, seed: int, budget: int, like: RunPlan) -> None:
        self._like = like
        self._budget = budget
        self._key = key_of(seed, "explore")
        message_types = dialect_of(plan).message_types()
        self._candidates = FaultCandidates(
            plan.terminals, plan.duration, message_types, control_plane=plan.control_plane
        )

    def drawn(self, number: int) -> Schedule:
        """The faults of a run: a few kinds are drawn, and a few faults of these kinds. The first
        fault is one that is likely to act.
        """
        draw, budget = Draw(self._key, number), self._budget
        every = self._candidates.kinds
        drawn = [self._candidates.aim(self._likely, draw)]
        kinds = [every[draw.below(len(every))] for _ in range(1 + draw.below(budget))]
        drawn += [
            self._candidates.draw(kinds[draw.below(len(kinds))], draw)
            for _ in range(draw.below(budget))
        ]
        return tuple(dict.fromkeys(drawn))

    @property
    def forms(self) -> int:
        """How many faults are likely to act at a first attempt."""
        return len(self._in_turn)

    def in_turn(self, number: int) -> Schedule:
        """As `drawn`, but for the first fault: so many runs as there are `forms`, one after the
        other, begin with each of them once.
        """
        kind, form = self._in_turn[number % self.forms]
        draw = Draw(self._key, number)
        first = self._candidates.at_first_attempt(kind, form, draw)
        return tuple(dict.fromkeys((first, *self.drawn(number)[1:])))

    @cached_property
    def _in_turn(self) -> list[tuple[str, str]]:
        """Every likely kind and form: one form of each kind, then a second one of those that have
        two, and so on. Which comes first depends on the seed.
        """

        def shuffled(things: Iterable[str], name: str) -> list[str]:
            return sorted(things, key=lambda thing: key_of(self._key, name, thing))

        kinds = shuffled(self._likely, "kinds")
        by_kind = [[(kind, form) for form in shuffled(self._likely[kind], kind)] for kind in kinds]
        rounds = zip_longest(*by_kind)
        return [fault for one_of_each in rounds for fault in one_of_each if fault is not None]

    def one(self, draw: Draw, *, likely: bool) -> str:
        """A single fault: one that is likely to act, or any."""
        if likely:
            return self._candidates.aim(self._likely, draw)
        every = self._candidates.kinds
        return self._candidates.draw(every[draw.below(len(every))], draw)

    def at_a_terminal_there(self, fault: str) -> str:
        """The same fault at the first terminal, if it is of a run with more terminals than this."""
        named = _TERMINAL.search(fault)
        if named is None or named[1] in self._candidates.terminals:
            return fault
        return f"{fault[: named.start(1)]}{self._candidates.terminals[0]}{fault[named.end(1) :]}"

    @cached_property
    def _likely(self) -> dict[str, tuple[str, ...]]:
        """By kind, the forms that take effect as the only fault of a run with safe machines. Most
        of the others wait for something that only another fault brings about.
        """
        plan = msgspec.structs.replace(
            self._like,
            terminals=1,
            duration=min(self._like.duration, _AIMED_AT),
            terminal_profile="safe",
            host_profile="safe",
            command="",  # it names the profiles, and would keep two machines from sharing this
        )
        return likely_forms(msgspec.json.encode(plan))


@lru_cache(maxsize=8)
def likely_forms(plan_as_json: bytes) -> dict[str, tuple[str, ...]]:
    """By kind, the forms of faults that take effect at a first attempt under this plan. The plan is
    given as JSON because it holds dictionaries, and so could not be a key of the cache.
    """
    plan = msgspec.json.decode(plan_as_json, type=RunPlan)
    runner = Runner(plan)
    message_types = dialect_of(plan).message_types()
    found: dict[str, tuple[str, ...]] = {}
    for kind, rule in rules_for(control_plane=plan.control_plane).items():
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
