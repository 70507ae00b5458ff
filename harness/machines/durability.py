"""What of a host outlives its process: what has changed, and what an earlier process left.

A commit is one instant: the posting, the answer and the record become durable together, before the
answer leaves. So the owner of the host asks for the changes after each call, stores them, and only
then sends what the host has to send. A request that is not committed yet is no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness import events as e
from harness.machines.ledger import Ledger
from harness.machines.transaction_log import StoredTransaction, TransactionLog, TransactionRecord
from harness.wire.identity import identity_of, number_from_text, series_from_text


class Durability:
    """The changes to a log and a ledger. They are gathered only once `keep` was called."""

    __slots__ = ("_changed", "_ledger", "_log")

    def __init__(self, log: TransactionLog, ledger: Ledger) -> None:
        self._log = log
        self._ledger = ledger
        self._changed: list[TransactionRecord] | None = None

    def keep(self) -> None:
        """Gather the changes from now on."""
        self._changed = []

    def note(self, record: TransactionRecord) -> None:
        """The record was decided, or has changed since."""
        if self._changed is not None:
            self._changed.append(record)

    def changes(self) -> tuple[list[StoredTransaction], dict[str, int]]:
        """The records that have changed since this was last called, and the balances (minor units)
        that moved with them.
        """
        if not self._changed:
            return [], {}
        changed, self._changed = self._changed, []
        return [record.stored() for record in changed], self._ledger.changed()

    def restore(self, stored: Iterable[StoredTransaction], balances: Mapping[str, int]) -> None:
        """Take over what an earlier process, or a primary host, has committed."""
        self._ledger.restore(balances)
        for transaction in stored:
            self._log.restore(transaction)


def brought_forward(stored: Iterable[StoredTransaction]) -> list[e.Event]:
    """The debits among what an earlier process left, as the journal is told of them."""
    return [_brought_forward(transaction) for transaction in stored if transaction.amount]


def _brought_forward(stored: StoredTransaction) -> e.BroughtForward:
    series, number = series_from_text(stored.book), number_from_text(stored.key)
    _, terminal, acquirer, stan, sent = identity_of(series, number)
    return e.BroughtForward(terminal, stan, sent, acquirer, stored.amount, stored.reversed)
