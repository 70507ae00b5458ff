"""The postings of a host: debits, what is given back, and the totals of business days.

Every posting is told as a `Posted` event, with the business day that it belongs to, where days are
told apart, and with the account that was moved, by a token: the name of an account is worked out
from a card's number, and would give digits of it away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from harness import events as e
from harness.machines.authorization import account_for
from harness.machines.business_day import BusinessDays
from harness.machines.ledger import Ledger, is_customers
from harness.wire.identity import TransactionId
from harness.wire.message import Message

TOTALS = "business days"  # the account from which the totals of a day are taken


class Postings:
    """Amounts are minor units, times run seconds, days MMDD ('' where days are not told apart)."""

    def __init__(
        self,
        ledger: Ledger,
        days: BusinessDays,
        tell: Callable[[e.Event], None],
        token: Callable[[str], str],
    ) -> None:
        """`tell` takes what happened; `token` gives the name under which an account is told."""
        self._ledger = ledger
        self._days = days
        self._tell = tell
        self._token = token
        self.closes_at = days.next_cutover(0.0)

    def day(self, now: float) -> str:
        """The business day to which a posting of this moment belongs."""
        return self._days.day(now)

    def close_day(self, now: float) -> None:
        """Tell the totals of the business day that ends."""
        day = self.day(math.nextafter(self.closes_at, 0.0))
        totals = [self._ledger.balance(f"{kind}s {day}") for kind in ("debit", "reversal")]
        self._tell(e.DayClosed(day, *totals))
        self.closes_at = self._days.next_cutover(now)

    def debit(self, message: Message, amount: int, day: str) -> None:
        """Take `amount` from the account of a request's, or an advice's, card."""
        account, over = account_for(message), 0
        if is_customers(account):
            over = max(0, amount - self._ledger.balance(account))
        self._ledger.post(account, f"cash {message.terminal}", amount)
        self._posted("debit", message.identity, message, amount, day, account, over)

    def read(self, message: Message) -> int:
        """What is on the account of an inquiry's card."""
        account = account_for(message)
        balance, told = self._ledger.balance(account), self._token(account)
        self._tell(e.BalanceRead(message.terminal, message.stan, message.sent, balance, told))
        return balance

    def give_back(
        self, original: TransactionId, reversal: Message, amount: int, day: str, account: str
    ) -> None:
        """Give `amount` back to the account from which the original took it: a reversal may leave
        the card out.
        """
        account = account or account_for(reversal)
        self._ledger.post(f"cash {reversal.terminal}", account, amount)
        self._posted("reversal", original, reversal, amount, day, account)

    def _posted(
        self,
        kind: Literal["debit", "reversal"],
        what: TransactionId,
        by: Message,
        amount: int,
        day: str,
        account: str,
        over: int = 0,
    ) -> None:
        if day:
            self._ledger.post(TOTALS, f"{kind}s {day}", amount)
        whose = by.terminal, what.stan, what.sent, what.acquirer
        cause, told = by.identity.cause, self._token(account)
        left = self._ledger.balance(account)
        self._tell(e.Posted(kind, *whose, amount, cause, day, over, told, left))
