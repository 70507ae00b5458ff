"""Whoever does what the machine asks is served, or there is a reason (T21.visit), and whoever
presses cancel gets the card (T18.cancel).
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, IntervalCheck, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.visit import AT_KEYS, EXACT, disturbed, hotlisted

READER = "read"  # the reader's motor, by its name


class ServedOrWhy(Check):
    """T21.visit. A card does not come out before anything was asked of the host, unless it could
    not be read in time or has expired, the customer pressed cancel or hesitated, the session was
    over, or something disturbed the visit. A machine that waits for a key that it has not asked for
    gives everybody the card back, and each of its timers is right.

    A harness that stands still for a part of a timer may keep a customer's key from coming in time.
    """

    id = "T21.visit"
    rare = True
    measures = True
    needs = ("device", "wire.terminal")

    def observable(self, sees: tuple[str, ...]) -> bool:
        """False without echoes, as nobody knows then whether the link is in doubt."""
        return self.contract.echo and super().observable(sees)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._excused: dict[str, float] = {}  # by terminal, when what may end the visit was seen

    def _excuses(self, terminal: TerminalEvidence, at: float, _event: e.Event) -> None:
        self._excused[terminal.name] = at

    on_CancelPressed = on_CardReadSlowly = on_CustomerHesitated = _excuses  # noqa: N815
    on_CardExpired = _excuses  # noqa: N815

    def _slows(
        self, terminal: TerminalEvidence, at: float, event: e.MotorSlowed | e.MotorStopped
    ) -> None:
        if event.motor == READER:
            self._excuses(terminal, at, event)

    on_MotorSlowed = on_MotorStopped = _slows  # noqa: N815

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        device, inserted = terminal.device, terminal.device.inserted
        if inserted is None or device.ejects > 1 or terminal.transactions.visit_requests:
            return
        if device.prompt not in ("", *AT_KEYS) or device.unread_at is not None:
            return
        if hotlisted(terminal, self.contract.hotlist) or disturbed(terminal, at):
            return
        self.tried += 1
        excused = self._excused.get(terminal.name, -1.0) >= inserted.at
        lasted = at - inserted.at
        if excused or lasted >= self.contract.session - EXACT:
            return
        asked = f"after '{device.prompt}' was shown" if device.prompt else "although it was read"
        what = f"the card came out {asked}, and the host was not asked"
        part = min(self.contract.card_read, self.contract.key) / 2
        self.fail(terminal, at, what, late=late_by(part, inserted.at, at))


class CancelEndsVisit(IntervalCheck):
    """T18.cancel. Whoever presses cancel while a PIN or a choice is asked for gets the card at
    once, unless something disturbed the visit. While the terminal waits for the host a cancel is
    ignored.
    """

    id = "T18.cancel"
    rare = True
    measures = True
    needs = ("device", "wire.terminal")

    @property
    def bound(self) -> float:
        return self.contract.slack

    def on_CancelPressed(
        self, terminal: TerminalEvidence, at: float, _event: e.CancelPressed
    ) -> None:
        device = terminal.device
        if device.prompt in AT_KEYS and device.card_at == "transport" and not device.ejects:
            self._begins(terminal, at)

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._over(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if self._overdue(terminal, now):
            self._over(terminal, now)

    def _over(self, terminal: TerminalEvidence, at: float) -> None:
        if terminal.name in self._since and disturbed(terminal, at):
            del self._since[terminal.name]
        self._ends(terminal, at, "cancel was pressed, and the card stayed inside")

    def _forget(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._since.pop(terminal.name, None)

    on_PowerLost = on_CardInserted = _forget  # noqa: N815
