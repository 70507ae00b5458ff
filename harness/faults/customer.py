"""Faults of the customer: the card or the cash is left at the slot, or the customer's hand moves
later than it would without the fault, for instance just when the machine's timer ends.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from harness.faults.rule import COMMON, FOREVER, Context, FaultSpec, Parameter, Rule
from harness.machines.customer_keys import MachineDeadlines


class CustomerRule(Rule):
    """Each time when a customer could take the 'card' or the 'cash' (`what`) is an attempt."""

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


# --- the customer's hand moves at another time ----------------------------------------------------


class Moment(NamedTuple):
    """When a hand moves (run seconds), and the effect in words; '' if the fault had no effect."""

    when: float
    what: str = ""


class HandRule(Rule):
    """Each move of a customer's hand is an attempt: the card is inserted, a key is pressed, the
    card or the cash is taken. A move that the fault strikes waits, unless the machine meanwhile
    makes the customer do something else. If several rules delay the same move, the plan takes the
    latest time and records the effect of that rule.
    """

    layer = "customer"
    where = "terminals"

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._held: dict[str, tuple[int, float]] = {}  # which move, until when

    def moves(self, now: float, terminal: str, move: int, machine: MachineDeadlines) -> Moment:
        """When the next move of the hand happens: now, or later; if later, call this again then."""
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
        """When a move that this fault has struck happens (run seconds)."""
        raise NotImplementedError

    def goes_on(self, now: float, _terminal: str, _machine: MachineDeadlines) -> Moment:
        """The hand has waited until the time given before: when it moves, which is now or later."""
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
