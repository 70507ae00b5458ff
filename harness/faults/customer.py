"""Faults of the person in front of the machine: what lies at the slot is left there."""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import Rule


class CustomerRule(Rule):
    """Strikes when a customer could take the 'card' or the 'cash'; each time is an attempt."""

    layer = "customer"
    where = "terminals"
    what: ClassVar[str] = ""

    def forget(self, terminal: str) -> None:
        """The customer walks away."""
        self.acted(terminal, f"customer left the {self.what}")


class LeavesCard(CustomerRule):
    kind = "customer_leaves_card"
    summary = "the customer walks away without the card"
    what = "card"


class LeavesCash(CustomerRule):
    kind = "customer_leaves_cash"
    summary = "the customer walks away without the cash"
    what = "cash"


CUSTOMER_RULES: tuple[type[CustomerRule], ...] = (LeavesCard, LeavesCash)
