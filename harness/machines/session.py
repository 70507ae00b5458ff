"""What a terminal remembers of the card inside and of the transaction under way."""

from __future__ import annotations

from harness.machines import inputs as i
from harness.machines.matching import Request


class Session:
    """From card in to card out: what the customer has typed and chosen so far."""

    __slots__ = ("choice", "expiry", "pan", "pin", "retried_eject", "token", "track2", "tries")

    def __init__(self, token: str) -> None:
        self.token = token
        self.pan = ""
        self.expiry = ""
        self.track2 = ""
        self.pin = ""
        self.tries = 0
        self.choice: i.Chosen | None = None
        self.retried_eject = False


class Transaction:
    """One request and its outcome. Amounts are in minor units."""

    __slots__ = (
        "amount", "approved", "code", "damaged", "decision", "dispensed", "kind", "number",
        "outcome", "pan", "request", "rrn", "sent", "stacked", "stan",
    )  # fmt: skip

    def __init__(
        self, number: int, kind: str, pan: str, amount: int, stan: str, sent: str, rrn: str
    ) -> None:
        self.number = number
        self.kind = kind
        self.pan = pan
        self.amount = amount
        self.stan = stan
        self.sent = sent
        self.rrn = rrn
        self.request = Request(stan)
        self.approved = 0
        self.code = ""
        self.decision = 0  # number of the record that holds the approval
        self.damaged = False
        self.dispensed = False  # the stacker was started
        self.stacked = 0
        self.outcome = ""

    @property
    def reversed(self) -> bool:
        """Has it been reversed, in full or in part?"""
        return self.outcome in ("reversed", "partial")
