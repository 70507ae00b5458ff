"""Whether a request is approved: the card, the PIN and what is on the account."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.cardholders import issuer_of
from harness.crypto.pin import PinCrypto
from harness.errors import ProtocolError
from harness.keyed_random import Draw
from harness.machines.ledger import Ledger, account_of
from harness.wire.calendar import Calendar
from harness.wire.message import Dialect, Message


class CodeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Answer with `code` (DE 39) where everything that is given matches. `pan` may end in '*';
    amounts are minor units, both ends included.
    """

    code: str
    pan: str = ""
    terminal: str = ""
    amount_from: int = 0
    amount_to: int = 10**12

    def matches(self, request: Message) -> bool:
        pan = request.pan
        if self.pan.endswith("*"):
            if not pan.startswith(self.pan[:-1]):
                return False
        elif self.pan and self.pan != pan:
            return False
        if self.terminal and self.terminal != request.terminal:
            return False
        return self.amount_from <= request.amount <= self.amount_to


def account_for(message: Message) -> str:
    """The account of a message's card."""
    pan = message.pan
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
        draw: Callable[[Message], Draw],
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

    def refused(self, request: Message, now: float) -> tuple[str, str]:
        """Why card or PIN are not good: DE 39 and why, or ''."""
        codes = self._dialect.codes
        for rule in self._rules:
            if rule.matches(request):
                return rule.code, "rule"
        if self._known is not None and not self._known(request.pan):
            return codes["unknown_card"], "unknown card"
        if (request.expiry or "9912") < self._calendar.year_month(now):
            return codes["expired_card"], "expired"
        if not self._pin_right(request):
            return codes["pin_again"], "wrong PIN"
        return "", ""

    def _pin_right(self, request: Message) -> bool:
        right, block = self._pin_of(request.pan), request.pin_block
        if right is None or block is None:
            return right is None
        try:
            return self._pin.verify(block, request.pan, right)
        except ProtocolError:
            return False

    def short(self, message: Message) -> bool:
        """Has the account less than is wanted?"""
        draw = self._draw(message)
        draw.random()  # the first draw was the answer's time
        if draw.chance(self._short_of_funds):
            return True
        account = account_for(message)
        return account.startswith("customer") and self._ledger.balance(account) < message.amount
