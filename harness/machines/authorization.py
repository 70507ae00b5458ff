"""Whether a request is approved: rules, the card, the PIN and what is on the account."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.cardholders import issuer_of
from harness.crypto.pin import PinCrypto
from harness.errors import ProtocolError
from harness.keyed_random import Draw, key_of
from harness.machines.ledger import Ledger, account_of, is_customers
from harness.wire.calendar import Calendar
from harness.wire.dialects.base import Dialect
from harness.wire.message import LONGEST, Message

_KEYS = 10_000  # terminals whose key is kept; it can be computed again


class CodeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Answer with the response code `code` where everything that is given matches: a code as it
    stands in the message, or the dialect's name of one, such as 'lost_card'. `pan` may end in '*';
    amounts are minor units, both ends included.
    """

    code: str
    pan: str = ""
    terminal: str = ""
    amount_from: int = 0
    amount_to: int = 10**12

    def matches(self, request: Message) -> bool:
        """Is the rule about this request?"""
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
    """Decides about a request: a response code and why, for the journal. A defect overrides
    `decide`.
    """

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
        seed: int,
    ) -> None:
        """`pin_of` gives a card's right PIN for its PAN, None where any will do; `known` says which
        cards there are, and without it there are all. `short_of_funds` is the share of requests
        that find too little, drawn from `seed`.
        """
        self._rules = rules
        self._short_of_funds = short_of_funds
        self._codes = dialect.codes
        self._calendar = calendar
        self._ledger = ledger
        self._pin = pin
        self._pin_of = pin_of
        self._known = known
        self._seed = seed
        self._draw_keys: dict[str, int] = {}

    def draw(self, message: Message) -> Draw:
        """A generator keyed by the terminal and the transaction: the retrieval reference number
        where there is one, else the STAN. Its first draw is how long the answer takes.
        """
        terminal = message.terminal
        key = self._draw_keys.get(terminal)
        if key is None:
            if len(self._draw_keys) >= _KEYS:
                self._draw_keys.clear()
            key = self._draw_keys[terminal] = key_of(self._seed, "host", terminal)
        number = message.rrn or message.stan
        sound = number.isascii() and number.isdigit() and len(number) <= LONGEST
        return Draw(key, int(number) if sound else 0)

    def decide(self, request: Message, now: float) -> tuple[str, str]:
        """With the issuer: what is on the account counts."""
        code, why = self.refused(request, now)
        if code:
            return code, why
        if request.is_withdrawal and self.short(request):
            return self._codes["insufficient_funds"], "funds"
        return self._codes["approved"], "approved"

    def decide_alone(self, request: Message, limit: int, now: float) -> tuple[str, str]:
        """Without the issuer nobody knows what is on the account: withdrawals up to `limit` (minor
        units; 0: none) may be approved.
        """
        if not limit or not request.is_withdrawal or request.amount > limit:
            return self._codes["issuer_down"], "the issuer is down"
        code, why = self.refused(request, now)
        return (code, why) if code else (self._codes["approved"], "stood in for the issuer")

    def refused(self, request: Message, now: float) -> tuple[str, str]:
        """What a rule, the card or the PIN says: a response code and why; '' and '' if nothing."""
        codes = self._codes
        if request.is_withdrawal and request.amount <= 0:
            return codes["invalid_amount"], "nothing is asked for"
        for rule in self._rules:
            if rule.matches(request):
                return codes.get(rule.code, rule.code), "rule"
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
        draw = self.draw(message)
        draw.random()  # the first one was how long the answer takes
        if draw.chance(self._short_of_funds):
            return True
        account = account_for(message)
        return is_customers(account) and self._ledger.balance(account) < message.amount
