"""Faults of a whole visit: the card that a customer brings, and what the customer does with the
keys, the card and the cash.

Each visit is an attempt: a customer comes to a machine that says welcome. A fault that strikes
changes the manner of that visit (`harness.machines.behaviour`), and has acted when the customer
did, or the reader met, what it says.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.faults.rule import COMMON, Parameter, Rule


class VisitRule(Rule):
    """Base of these kinds. `aspect` is the field of the manner that the fault sets to `setting`."""

    layer = "customer"
    where = "terminals"
    aspect: ClassVar[str] = ""

    def setting(self) -> Any:
        """The value of that field."""
        return True

    def changes(self) -> dict[str, Any]:
        """The fields of the manner that the fault sets, with their values."""
        return {self.aspect: self.setting()}


class UnreadableCard(VisitRule):
    kind = "unreadable_card"
    summary = "the reader cannot read the card, and says so"
    aspect = "unreadable"


class WornCard(VisitRule):
    kind = "worn_card"
    summary = "the reader needs so much longer for the card"
    aspect = "read_longer"
    variants = ("by=5s", "by=8900ms", "by=9100ms", "by=15s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "15s", "so much longer: past the reader's timer", least=0.001),
        **COMMON,
    }

    def setting(self) -> float:
        by: float = self.value("by")
        return by


class ExpiredCard(VisitRule):
    kind = "expired_card"
    summary = "the card has expired: the host will say so"
    aspect = "expired"


class HotlistedCard(VisitRule):
    kind = "hotlisted_card"
    summary = "the card is on the hotlist that the terminal holds"
    aspect = "hotlisted"


class ForgetsPin(VisitRule):
    kind = "customer_forgets_pin"
    summary = "the first PINs that a customer types are wrong"
    aspect = "wrong_pins"
    variants = ("times=1", "times=2", "times=3", "times=4", "times=3,visits=2")
    parameters: ClassVar[dict[str, Parameter]] = {
        "times": Parameter("count", "3", "how many are wrong, of each customer", least=1),
        "visits": Parameter("count", "1", "of so many customers, one after the other", least=1),
        **COMMON,
    }

    def setting(self) -> int:
        times: int = self.value("times")
        return times

    def would_strike(self, terminal: str) -> bool:
        """With `visits` the customers after the one who is struck are struck too."""
        if self.nth is None:
            return super().would_strike(terminal)
        attempt = self._attempts.get(self._counted_as(terminal), 0) + 1
        last = self.nth + int(self.value("visits"))
        return self.nth <= attempt < last


class SlowCustomer(VisitRule):
    kind = "customer_slow"
    summary = "the customer needs so much longer for each key, and may mistype the PIN"
    aspect = "key_longer"
    variants = ("by=10s", "by=25s", "by=25s,wrong=2", "by=35s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "25s", "so much longer for each key", least=0.001),
        "wrong": Parameter("count", "0", "how many of the first PINs are wrong"),
        **COMMON,
    }

    def setting(self) -> float:
        by: float = self.value("by")
        return by

    def changes(self) -> dict[str, Any]:
        """With wrong PINs the visit lasts longer than the session may."""
        wrong: int = self.value("wrong")
        return super().changes() | ({"wrong_pins": wrong} if wrong else {})


class HurriedCustomer(VisitRule):
    kind = "customer_hurried"
    summary = "the customer types the PIN before the machine asks for it"
    aspect = "hurried"


class Cancels(VisitRule):
    kind = "customer_cancels"
    summary = "the customer presses cancel at a step of the visit"
    aspect = "cancels"
    parameters: ClassVar[dict[str, Parameter]] = {
        "step": Parameter(
            *("choice", "pin", "while what is asked for, or waited for"),
            choices=("pin", "again", "select", "wait"),
        ),
        **COMMON,
    }

    def setting(self) -> str:
        step: str = self.value("step")
        return step


class WalksOff(Cancels):
    kind = "customer_walks_off"
    summary = "the customer goes away and leaves the card in the machine"
    aspect = "walks_off"
    parameters: ClassVar[dict[str, Parameter]] = {
        "step": Parameter(
            *("choice", "pin", "while what is asked for"), choices=("pin", "again", "select")
        ),
        **COMMON,
    }


class HoldsCard(VisitRule):
    kind = "customer_holds_card"
    summary = "the customer holds the card when the machine draws it in, and pulls it out later"
    aspect = "holds_card"
    variants = ("", "by=14s", "by=25s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "3s", "how long it is held", least=0.001),
        **COMMON,
    }

    def setting(self) -> float:
        by: float = self.value("by")
        return by


class TakesPart(VisitRule):
    kind = "customer_takes_part"
    summary = "the customer takes a part of the notes and leaves the others"
    aspect = "takes_part"


VISIT_RULES: tuple[type[Rule], ...] = (
    UnreadableCard,
    WornCard,
    ExpiredCard,
    HotlistedCard,
    ForgetsPin,
    SlowCustomer,
    HurriedCustomer,
    Cancels,
    WalksOff,
    HoldsCard,
    TakesPart,
)
