"""The host's ledger: accounts and double-entry postings.

Every posting takes from one account and gives to another, so the sum over all accounts is zero at
all times. The cards of this bank's customers map to a bounded set of accounts, so that several
cards share one. Cards of other banks are settled against one account of their issuers.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

OPENING = 1_000_000_00  # minor units on a customer's account when it is first used
CUSTOMER_ACCOUNTS = 4096
CAPITAL = "capital"
OTHER_ISSUERS = "other issuers"


def account_of(pan: str, *, home: bool) -> str:
    """The account that a card draws on."""
    return f"customer {crc32(pan.encode()) % CUSTOMER_ACCOUNTS}" if home else OTHER_ISSUERS


def is_customers(account: str) -> bool:
    """Is it an account of one of this bank's customers, who have no more than is on it?"""
    return account.startswith("customer ")


class Ledger:
    """Balances in minor units; what is owed to a customer is positive. A customer's account opens
    with `opening`.
    """

    __slots__ = ("_balances", "_changed", "_opening")

    def __init__(self, opening: int = OPENING) -> None:
        self._opening = opening
        self._balances: dict[str, int] = {}
        self._changed: dict[str, None] = {}

    def restore(self, balances: Mapping[str, int]) -> None:
        """Accounts as an earlier process left them."""
        self._balances.update(balances)

    def changed(self) -> dict[str, int]:
        """The accounts that were posted to since this was last asked, with their balances."""
        changed, self._changed = self._changed, {}
        return {account: self._balances[account] for account in changed}

    def balance(self, account: str) -> int:
        """A customer's account opens, funded from capital, when it is first looked at."""
        found = self._balances.get(account)
        if found is None:
            found = 0
            if is_customers(account):
                self.post(CAPITAL, account, self._opening)
                found = self._opening
        return found

    def post(self, debit: str, credit: str, amount: int) -> None:
        """Move an amount from one account to another."""
        balances = self._balances
        balances[debit] = balances.get(debit, 0) - amount
        balances[credit] = balances.get(credit, 0) + amount
        self._changed[debit] = self._changed[credit] = None

    def total(self) -> int:
        """The sum over all accounts: zero, unless the ledger is wrong."""
        return sum(self._balances.values())
