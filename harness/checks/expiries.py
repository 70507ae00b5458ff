"""Requests that had no answer in time, and the pause that a terminal makes after several in a row
(docs/domain.md, "Network management").
"""

from __future__ import annotations

from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import HOST_TIMER, TransactionEvidence
from harness.contract import Contract


def gave_up_at(x: TransactionEvidence, contract: Contract) -> float:
    """When a request was given up (run seconds): aborted, or not answered in time."""
    expiry = x.start + contract.host_response
    if x.answer is not None and x.answer_at < expiry and not x.aborted:
        return float("inf")
    return min(x.aborted_at, expiry)


class Expiries:
    """Since when a terminal pauses, because so many host timers ran out in a row. Whether a request
    whose link closed stands between two of them ends the row is not told: with `past_a_close` it
    does not. Without, it does; but where a terminal may have paused already, because it did not for
    that terminal, a new row begins.
    """

    def __init__(self, contract: Contract, *, past_a_close: bool) -> None:
        self._contract = contract
        self._past_a_close = past_a_close
        self._count: dict[str, int] = {}
        self._at_most: dict[str, int] = {}  # where a close ends no row
        self._paused: dict[str, float] = {}

    def since(self, terminal: TerminalEvidence) -> float | None:
        """When the last pause began (run seconds); None if there was none."""
        return self._paused.get(terminal.name)

    def visit_ends(self, terminal: TerminalEvidence, at: float) -> bool:
        """The card of a visit is on its way: count what its requests have come to. True if a pause
        begins.
        """
        inserted = terminal.device.inserted
        if inserted is None:
            return False
        begun = max(inserted.at, terminal.time.booted_after)  # they are counted in memory alone
        asked = [x for x in terminal.transactions.kept() if x.requested and x.start >= begun]
        count = self._count.get(terminal.name, 0)
        at_most = self._at_most.get(terminal.name, 0)
        for x in sorted(asked, key=lambda x: x.start):
            expiry = x.start + self._contract.host_response
            # in a live run, a request is recorded a little after its timer was started
            expired = gave_up_at(x, self._contract) >= expiry - self._contract.slack
            if x.answer is not None and x.answer_at < expiry:
                count = at_most = 0
            elif expired and x.aborted in ("", HOST_TIMER, "timer"):
                count, at_most = count + 1, at_most + 1
            elif not self._past_a_close:
                count = 0
        begins = count >= self._contract.expiries
        if begins:
            self._paused[terminal.name] = at
        if max(count, at_most) >= self._contract.expiries:
            count = at_most = 0
        self._count[terminal.name], self._at_most[terminal.name] = count, at_most
        return begins

    def on_PowerLost(self, terminal: TerminalEvidence) -> None:
        """They are counted in memory alone."""
        self._count.pop(terminal.name, None)
        self._at_most.pop(terminal.name, None)
        self._paused.pop(terminal.name, None)
