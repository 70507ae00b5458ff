"""What the ledger shows: the postings of one terminal's transactions."""

from __future__ import annotations

from harness import events as e
from harness.checks.transactions import TerminalTransactions
from harness.contract import Contract


class LedgerEvidence:
    """Adds the postings of the host to the transactions of one terminal."""

    __slots__ = ("_contract", "_transactions", "balance_read")

    def __init__(self, contract: Contract, transactions: TerminalTransactions) -> None:
        self._contract = contract
        self._transactions = transactions
        self.balance_read: e.BalanceRead | None = None  # the last one

    def on_Posted(self, at: float, event: e.Posted) -> None:
        transaction = self._transactions.named(event.stan, event.sent, event.acquirer)
        unknown = not (transaction.requested or self._transactions.observed.terminals)
        transaction.unseen |= unknown
        if event.kind == "debit":
            if self._contract.standby and at - transaction.heard_at <= self._contract.replication:
                # decided before the reversal came, and told when the standby had it too
                transaction.heard_first = False
            transaction.debit += event.amount
            transaction.debits += 1
            transaction.stood = 0
        else:
            transaction.back += event.amount
            transaction.back_posts += 1
        transaction.causes.append(event.cause)

    def on_BalanceRead(self, _at: float, event: e.BalanceRead) -> None:
        self.balance_read = event

    def on_PostingLost(self, _at: float, event: e.PostingLost) -> None:
        transaction = self._transactions.named(event.stan, event.sent)
        if event.kind == "debit":
            transaction.debit -= event.amount
            transaction.debits -= 1
        else:
            transaction.back -= event.amount
            transaction.back_posts -= 1

    def on_StoodIn(self, _at: float, event: e.StoodIn) -> None:
        transaction = self._transactions.named(event.stan, event.sent)
        transaction.stood_in = True
        transaction.stood = event.amount

    def on_BroughtForward(self, _at: float, event: e.BroughtForward) -> None:
        """Posted by an earlier process of the host, which no part of this run has seen."""
        transaction = self._transactions.named(event.stan, event.sent, event.acquirer)
        transaction.debit, transaction.debits = event.debit, 1
        transaction.back, transaction.back_posts = event.back, int(event.back > 0)
        transaction.before = True
