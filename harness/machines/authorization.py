"""Whether a request is approved: the card, the PIN and what is on the account."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.cardholders import issuer_of
from harness.crypto.pin import PinCrypto
from harness.errors import ProtocolError
from harness.keyed_random import Draw
from harness.machines.ledger import Ledger, account_of
from harness.wire.dialect import Calendar, Dialect, Fields


class CodeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Answer with `code` (DE 39) where everything that is given matches. `pan` may end in '*';
    amounts are minor units, both ends included.
    """

    code: str
    pan: str = ""
    terminal: str = ""
    amount_from: int = 0
    amount_to: int = 10**12

    def matches(self, fields: Fields, amount: int) -> bool:
        pan = fields.get("2", "")
        if self.pan.endswith("*"):
            if not pan.startswith(self.pan[:-1]):
                return False
        elif self.pan and self.pan != pan:
            return False
        if self.terminal and self.terminal != fields.get("41"):
            return False
        return self.amount_from <= amount <= self.amount_to


def account_for(fields: Fields) -> str:
    """The account of a message's card."""
    pan = fields.get("2", "")
    return account_of(pan, home=issuer_of(pan) == "home")


class Authorizer:
    """Says no with a code (DE 39) and why, or nothing."""

    def __init__(
        self,
        *,
        rules: tuple[CodeRule, ...],
        short_of_funds: float,
        dialect: Dialect,
        calendar: Calendar,
        ledger: Ledger,
        pin: PinCrypto,
        pin_of: Callable[[str], str | None],
        known: Callable[[str], bool] | None,
        draw: Callable[[Fields], Draw],
    ) -> None:
        """`pin_of` gives a card's right PIN for its PAN, None where any will do; `known` says which
        cards there are, and without it there are all. `short_of_funds` is the share of requests
        that find too little, drawn with `draw`, whose first draw is the answer's time.
        """
        self._rules = rules
        self._short_of_funds = short_of_funds
        self._dialect = dialect
        self._calendar = calendar
        self._ledger = ledger
        self._pin = pin
        self._pin_of = pin_of
        self._known = known
        self._draw = draw

    def refused(self, fields: Fields, now: float) -> tuple[str, str]:
        """Why card or PIN are not good: DE 39 and why, or ''."""
        codes = self._dialect.codes
        amount = self._dialect.amount_of(fields)
        for rule in self._rules:
            if rule.matches(fields, amount):
                return rule.code, "rule"
        if self._known is not None and not self._known(fields.get("2", "")):
            return codes["unknown_card"], "unknown card"
        if fields.get("14", "9912") < self._calendar.year_month(now):
            return codes["expired_card"], "expired"
        if not self._pin_right(fields):
            return codes["pin_again"], "wrong PIN"
        return "", ""

    def _pin_right(self, fields: Fields) -> bool:
        pan = fields.get("2", "")
        right = self._pin_of(pan)
        if right is None or "52" not in fields:
            return right is None
        try:
            return self._pin.verify(fields["52"], pan, right)
        except ProtocolError:
            return False

    def short(self, fields: Fields) -> bool:
        """Has the account less than is wanted?"""
        draw = self._draw(fields)
        draw.random()  # the first draw was the answer's time
        if draw.chance(self._short_of_funds):
            return True
        account = account_for(fields)
        wanted = self._dialect.amount_of(fields)
        return account.startswith("customer") and self._ledger.balance(account) < wanted
