"""When a terminal must serve: once nothing forbids it (T21). When it may not is in `service`.

What forbids it is judged from the device, the wire and the operator's orders, never by what the
terminal says of its own service.
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.expiries import Expiries
from harness.checks.orders import StopsInForce
from harness.checks.service import DURABLE


class ServesWithoutReason(Check):
    """T21. Nobody is turned away without a reason. A customer who finds the machine out of service
    shows that there was one, if the link has been in order for a while, the operator has not
    stopped it, it is not broken, no pause stands, and few reversals are pending.
    """

    id = "T21"
    needs = ("device", "wire.terminal")
    stood_by = (e.RUN, e.HOST)
    timers = 2
    AGREED = 10.0
    """Seconds for which nothing must have forbidden service: longer than any step back to it."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._expiries = Expiries(self.contract, past_a_close=True)  # it may
        self._counted: dict[str, int] = {}
        self._broken: dict[str, None] = {}  # in any way
        self._mended: dict[str, float] = {}  # when a person had finished
        self._stops = StopsInForce()
        self._changed: dict[str, float] = {}  # when anything last ended that forbids service
        self._stacking: dict[str, None] = {}  # started, and nothing presented yet

    def on_TurnedAway(self, terminal: TerminalEvidence, at: float, event: e.TurnedAway) -> None:
        name = terminal.name
        if event.screen not in ("out_of_service", "welcome"):
            return
        if name in self._broken or name in self._stops or terminal.time.stands_still:
            return
        since = max(self._changed.get(name, 0.0), self._link_since(terminal, at))
        paused = self._expiries.since(terminal)
        if paused is not None:
            since = max(since, paused + self.contract.expiries_pause)
        over = at - since - self.AGREED
        pending = sum(
            x.requested and not x.reversal_final for x in terminal.transactions.open.values()
        )
        if over <= 0.0 or pending >= self.contract.backlog:
            return
        self.tried += 1
        what = f"a customer was turned away ('{event.screen.replace('_', ' ')}'), and for"
        what += f" {at - since:.0f} s nothing had forbidden service"
        self.fail(terminal, at, what, late=late_by(over, since, at))

    def _link_since(self, terminal: TerminalEvidence, at: float) -> float:
        """Since when the link has been in order at the latest; now, if it is not."""
        link = terminal.wire.link
        silent = terminal.time.between(link.heard, at)
        if link.down(at) is not None or link.in_doubt or silent > self.contract.echo_idle:
            return at
        return link.network_ok

    # --- what forbids service ------------------------------------------------------------------

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        """A case that was tried: the machine serves."""
        self.tried += 1
        self._changed.pop(terminal.name, None)

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        customer = terminal.device.customer
        if self._counted.get(terminal.name) != customer:
            self._counted[terminal.name] = customer
            self._expiries.visit_ends(terminal, at)

    def on_OrderGiven(self, terminal: TerminalEvidence, at: float, event: e.OrderGiven) -> None:
        name = terminal.name
        self._changed[name] = at
        self._stops.given(name, event.order)
        if (
            event.order == "leave"
            and terminal.device.screen == "supervisor"
            and name in self._broken
        ):
            self._broken.pop(name)
            self._mended[name] = at

    def on_OrderAcknowledged(
        self, terminal: TerminalEvidence, _at: float, event: e.OrderAcknowledged
    ) -> None:
        self._stops.acknowledged(terminal.name, event.order)

    def _breaks(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        """Whatever goes wrong with a motor may have made the terminal go out of service."""
        self._broken[terminal.name] = None

    on_EjectFailed = on_CaptureFailed = on_RetractFailed = _breaks  # noqa: N815
    on_MotorSlowed = on_MotorStopped = on_ProcessPaused = _breaks  # noqa: N815

    def on_NotesStacked(self, terminal: TerminalEvidence, at: float, event: e.NotesStacked) -> None:
        if not event.counted:
            self._breaks(terminal, at, event)

    def on_StackBegun(self, terminal: TerminalEvidence, _at: float, _event: e.StackBegun) -> None:
        self._stacking[terminal.name] = None

    def on_NotesPresented(
        self, terminal: TerminalEvidence, _at: float, _event: e.NotesPresented
    ) -> None:
        self._stacking.pop(terminal.name, None)

    def on_RetractBegun(self, terminal: TerminalEvidence, at: float, event: e.RetractBegun) -> None:
        """A dispenser that did not report in time is broken, whatever has held it up."""
        if self._stacking.pop(terminal.name, "") is None:
            self._breaks(terminal, at, event)

    def on_PowerLost(self, terminal: TerminalEvidence, at: float, _event: e.PowerLost) -> None:
        """That a person has finished may not have been written down."""
        if at < self._mended.pop(terminal.name, -DURABLE) + DURABLE:
            self._broken[terminal.name] = None
        self._stops.power_lost(terminal.name)
        self._expiries.on_PowerLost(terminal)
        self._changed[terminal.name] = at

    def on_RecordDelayed(
        self, terminal: TerminalEvidence, at: float, event: e.RecordDelayed
    ) -> None:
        """A request that never left may have run out of time, and nobody outside can count it."""
        if event.record == "Intent":
            pause = self.contract.host_response + self.contract.expiries_pause
            self._changed[terminal.name] = at + pause

    def on_PowerRestored(
        self, terminal: TerminalEvidence, at: float, _event: e.PowerRestored
    ) -> None:
        self._changed[terminal.name] = at + self.contract.after_power_cut
