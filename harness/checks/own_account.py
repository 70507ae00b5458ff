"""What a terminal says of itself: it is used against the terminal, and never in its favour."""

from __future__ import annotations

from harness import events as e
from harness.checks.host_wait import HostWait
from harness.checks.transactions import TerminalTransactions


class OwnAccount:
    """Adds to the evidence what one terminal reports of its own decisions."""

    __slots__ = ("_transactions", "_wait")

    def __init__(self, transactions: TerminalTransactions, wait: HostWait) -> None:
        self._transactions = transactions
        self._wait = wait

    def on_Aborted(self, at: float, event: e.Aborted) -> None:
        self._wait.abort(at, event.why)

    def on_SessionCancelled(self, at: float, event: e.SessionCancelled) -> None:
        """A card on the local hotlist is kept, so its cancelled visit lets no card out."""
        if event.why != "hotlist":
            self._wait.cancel(at)

    def on_SuspenseRecorded(self, _at: float, event: e.SuspenseRecorded) -> None:
        """A suspense record is an ending only where the other witnesses allow it: the device lost
        count or power, the process stood still while it counted, or notes left the cassettes that
        neither the customer has nor the device. A terminal of ours makes the retrieval reference
        number of its request from the transaction's number.
        """
        current = self._transactions.current
        if current is not None and current.rrn == f"{event.transaction:012d}":
            astray = current.stacked - current.taken - current.retracted
            if current.uncounted or current.cut or current.stood_still or astray:
                current.endings.append("suspense")
