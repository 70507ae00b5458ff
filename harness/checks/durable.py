"""Nothing happens before the record on which it rests is durable (T27)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.wire.message import REQUESTS, REVERSALS

INTENT, DECISION, REVERSAL, OUT_OF_SERVICE = "Intent", "Decision", "Reversal", "OutOfService"


class RestsOnRecords(Check):
    """T27. While the store still holds a record back, a power cut would lose it, and so what needs
    it does not happen: no request leaves before its intent, no stacker starts before the decision,
    no reversal leaves before its own record, and no order is acknowledged before the reason for
    being out of service. A terminal of ours makes the reference number of its request from the
    number of the transaction.
    """

    id = "T27"
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._delayed: dict[str, dict[tuple[str, str], None]] = {}  # record and reference number

    def on_RecordDelayed(
        self, terminal: TerminalEvidence, _at: float, event: e.RecordDelayed
    ) -> None:
        number = f"{event.transaction:012d}"
        self._delayed.setdefault(terminal.name, {})[event.record, number] = None
        self.tried += 1

    def _over(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._delayed.pop(terminal.name, None)

    on_StoreWentOn = on_PowerLost = _over  # noqa: N815

    def _needs(
        self, terminal: TerminalEvidence, at: float, record: str, number: str, what: str
    ) -> None:
        if (record, number) in self._delayed.get(terminal.name, ()):
            self.fail(terminal, at, f"{what} before its record ({record}) was durable")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        subject, kind = terminal.wire.subject, terminal.wire.kind
        if event.end != "terminal" or event.to != "host" or subject is None:
            return
        if kind in REQUESTS:
            self._needs(terminal, at, INTENT, subject.rrn, f"STAN {subject.stan} left")
        elif kind in REVERSALS:
            self._needs(terminal, at, REVERSAL, subject.rrn, f"STAN {subject.stan} was reversed")

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        current = terminal.transactions.current
        if current is not None:
            self._needs(
                terminal, at, DECISION, current.rrn, f"cash for STAN {current.stan} was stacked"
            )

    def on_OrderAcknowledged(
        self, terminal: TerminalEvidence, at: float, event: e.OrderAcknowledged
    ) -> None:
        none = f"{0:012d}"
        self._needs(terminal, at, OUT_OF_SERVICE, none, f"the order '{event.order}' was confirmed")
