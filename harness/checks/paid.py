"""What was approved is paid, once the card is out (T26)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.wire.message import Outcome


class ApprovalIsPaid(Check):
    """T26. When the customer has taken the card after an approval, the stacker starts, within the
    contract's slack. Not judged is a visit in which something came between: an order of the
    operator, a power cut, a pause of the process, a store that was slow, a card that was jammed or
    whose time at the slot had run out. Where cash comes before the card, T2 and T22 have the
    bounds.
    """

    id = "T26"
    needs = ("device", "wire.terminal")
    timed = True
    measures = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._due: dict[str, Moment] = {}  # since when cash is due
        self._disturbed: dict[str, None] = {}  # in this visit

    @property
    def bound(self) -> float:
        return self.contract.slack

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._due.pop(terminal.name, None)
        self._disturbed.pop(terminal.name, None)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        device, current = terminal.device, terminal.transactions.current
        if (
            current is None
            or self.contract.cash_before_card
            or terminal.name in self._disturbed
            or terminal.time.stands_still
            or not terminal.time.powered
            or current.customer != device.customer
        ):
            return
        in_time = at < device.slot_since + self.contract.card_take - self.contract.slack
        approved = current.answer is Outcome.APPROVED and current.approved > 0
        if approved and in_time and device.ejects == 1 and not (current.aborted or current.stacks):
            self._due[terminal.name] = terminal.time.moment(at)

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        since = self._due.pop(terminal.name, None)
        if since is not None:
            self.tried += 1
            what = "approved cash was not stacked"
            waited = terminal.time.since(since, at)
            self.hold(terminal, at, waited, self.contract.slack, what, since=since.at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        since = self._due.get(terminal.name)
        if since is None:
            return
        over = terminal.time.since(since, now) - self.contract.slack
        if over > 0.0:
            del self._due[terminal.name]
            self.tried += 1
            current = terminal.transactions.current
            which = f"STAN {current.stan}" if current is not None else "the withdrawal"
            what = f"{which} was approved and the card was taken, and no cash was stacked"
            self.fail(terminal, since.at, what, late=late_by(over, since.at, now))

    def _disturbs(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._disturbed[terminal.name] = None
        self._due.pop(terminal.name, None)

    on_OrderGiven = on_PowerLost = on_ProcessPaused = on_RecordDelayed = _disturbs  # noqa: N815
