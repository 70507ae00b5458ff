"""Faults of the person in front of the machine: what lies at the slot is left there, and a hand
moves later than it would, or just when the machine gives up on it.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from harness.faults.rule import COMMON, FOREVER, Context, FaultSpec, Parameter, Rule
from harness.machines.customer import MachineDeadlines


class CustomerRule(Rule):
    """Strikes when a customer could take the 'card' or the 'cash'; each time is an attempt."""

    layer = "customer"
    where = "terminals"
    what: ClassVar[str] = ""

    def forget(self, terminal: str) -> None:
        """Note that the customer has walked away."""
        self.acted(terminal, f"customer left the {self.what}")


class LeavesCard(CustomerRule):
    kind = "customer_leaves_card"
    summary = "the customer walks away without the card"
    what = "card"


class LeavesCash(CustomerRule):
    kind = "customer_leaves_cash"
    summary = "the customer walks away without the cash"
    what = "cash"


# --- hands that move at another time --------------------------------------------------------------


class Moment(NamedTuple):
    """When a hand moves, and the effect in words: '' where that is no doing of the fault's."""

    when: float
    what: str = ""


class HandRule(Rule):
    """Each move of a customer's hand is an attempt: the card goes in, a key is pressed, card or
    cash are taken. A move that was struck waits, unless the machine does something meanwhile that
    makes the customer do something else. Of several the plan takes the latest, and notes that one's
    effect.
    """

    layer = "customer"
    where = "terminals"

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._held: dict[str, tuple[int, float]] = {}  # which move, until when

    def moves(self, now: float, terminal: str, move: int, machine: MachineDeadlines) -> Moment:
        """When the hand moves that is about to: now, or later, and then it is asked again."""
        held, end = self._held.pop(terminal, (-1, FOREVER))
        if held == move and end <= now:
            moment = self.goes_on(now, terminal, machine)
        elif self.strikes(now, terminal):
            moment = self.waits_until(now, terminal, machine)
        else:
            return Moment(now)
        if moment.when > now:
            self._held[terminal] = move, moment.when
        return moment

    def waits_until(self, now: float, terminal: str, machine: MachineDeadlines) -> Moment:
        """When a hand moves that this fault has struck (run seconds)."""
        raise NotImplementedError

    def goes_on(self, now: float, _terminal: str, _machine: MachineDeadlines) -> Moment:
        """The hand has waited until its time: the moment at which it moves, now or later."""
        return Moment(now)


class Dawdles(HandRule):
    kind = "customer_dawdles"
    variants = ("", "by=25s", "by=200s")
    summary = "the customer thinks it over: a hand moves so much later"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "40s", "so much later: past the key's timer", least=0.001),
        **COMMON,
    }

    def waits_until(self, now: float, _terminal: str, _machine: MachineDeadlines) -> Moment:
        by: float = self.value("by")
        return Moment(now + by, f"a hand moves {by:g} s later")


CUSTOMER_RULES: tuple[type[Rule], ...] = (LeavesCard, LeavesCash, Dawdles)
