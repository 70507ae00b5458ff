"""A terminal obeys its operator's stop (T12)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.wire.message import REQUESTS

WITH_CUSTOMER = ("enter_pin", "select", "please_wait")
STEPS = ("welcome", *WITH_CUSTOMER)
"""Screens that begin a step of a customer."""


class StopIsObeyed(Check):
    """T12. A stop is acknowledged in time, in whatever state it comes. From then on the card of
    whoever is served comes out, and no step of a customer begins: no card goes in, no screen asks
    for anything, no request leaves, and the stacker does not start. An order to resume ends that.
    A card that is being ejected already comes out in its own time, and so does one that comes
    behind cash which the stacker has begun.

    The acknowledgement is what the terminal tells its operator; what it is worth, the device shows.
    A stop that was acknowledged stands after a power cut too.
    """

    id = "T12"
    needs = ("device", "terminal")
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._ordered: dict[str, Moment] = {}  # the first stop without acknowledgement
        self._resumed: dict[str, None] = {}  # ordered to resume since
        self._stopped: dict[str, Moment] = {}  # the stop stands since then
        self._leaving: dict[str, Moment] = {}  # a card must be on its way out, since then
        self._paying: dict[str, None] = {}  # the stacker has started for the card that is inside

    @property
    def bound(self) -> float:
        return self.contract.stop

    def on_OrderGiven(self, terminal: TerminalEvidence, at: float, event: e.OrderGiven) -> None:
        name = terminal.name
        if event.order == "stop":
            self._ordered.setdefault(name, terminal.time.moment(at))
            self._resumed.pop(name, None)
        elif event.order == "resume":
            self._resumed[name] = None
            self._stopped.pop(name, None)

    def on_OrderAcknowledged(
        self, terminal: TerminalEvidence, at: float, event: e.OrderAcknowledged
    ) -> None:
        name = terminal.name
        since = self._ordered.pop(name, None) if event.order == "stop" else None
        if since is None:
            return
        self.tried += 1
        self._in_time(terminal, at, since, "the stop was acknowledged too late")
        if name in self._resumed:
            return
        self._stopped[name] = terminal.time.moment(at)
        device = terminal.device
        ends_by_itself = device.ejects or name in self._paying
        if device.card_at == "transport" and device.screen in STEPS and not ends_by_itself:
            self._leaving[name] = since

    def _in_time(self, terminal: TerminalEvidence, at: float, since: Moment, what: str) -> None:
        seconds = terminal.time.since(since, at)
        self.hold(terminal, at, seconds, self.bound + self.contract.slack, what, since=since.at)

    # --- the card that is inside ---------------------------------------------------------------

    def _goes_out(self, terminal: TerminalEvidence, at: float, _event: e.Event) -> None:
        since = self._leaving.pop(terminal.name, None)
        if since is not None:
            self._in_time(terminal, at, since, "the card did not come out after the stop")

    on_EjectBegun = on_CaptureBegun = _goes_out  # noqa: N815

    # --- no new step ---------------------------------------------------------------------------

    def _step(self, terminal: TerminalEvidence, at: float, what: str) -> None:
        if terminal.name in self._stopped:
            self.fail(terminal, at, f"{what} after the stop was acknowledged")

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        self._paying.pop(terminal.name, None)
        self._step(terminal, at, "a card was taken in")

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        self._paying[terminal.name] = None
        self._step(terminal, at, "the stacker started")

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen in STEPS:
            self._step(terminal, at, f"the screen said '{event.screen.replace('_', ' ')}'")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if (
            terminal.name in self._stopped
            and event.end == "terminal"
            and terminal.wire.kind in REQUESTS
        ):
            self._step(terminal, at, "a request left")

    # --- power, and the end --------------------------------------------------------------------

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        """What was not acknowledged by then may be lost."""
        self._ordered.pop(terminal.name, None)
        self._leaving.pop(terminal.name, None)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        for since, what in (
            (self._ordered.get(terminal.name), "the stop was never acknowledged"),
            (self._leaving.get(terminal.name), "the card never came out after the stop"),
        ):
            if since is None:
                continue
            over = terminal.time.since(since, now) - self.bound - self.contract.slack
            if over > 0.0:
                self.tried += 1
                self.fail(terminal, now, what, late=late_by(over, since.at, now))
