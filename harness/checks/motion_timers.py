"""Checks of the timers of card and cash on their way out: eject, card_take, capture and cash_take,
each neither longer nor shorter than the contract says (T18).
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, IntervalCheck, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.checks.visit import EXACT

OVER = ("out_of_service", "welcome")  # screens that say that nothing is in play


class MotionTimer(Check):
    """A movement that has begun, and what the terminal does when its timer runs out. A power cut
    ends the case: what follows has timers of its own. So does nobody's timer end early if the
    process stood still meanwhile.
    """

    measures = True
    needs = ("device",)
    timed = True
    unit = "s"
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._since: dict[str, Moment] = {}

    @property
    def timer(self) -> float:
        """Seconds, from the contract."""
        raise NotImplementedError

    @property
    def bound(self) -> float:
        return self.timer + self.contract.slack

    def begins(self, terminal: TerminalEvidence, at: float) -> None:
        """The timer starts."""
        self._since[terminal.name] = terminal.time.moment(at)

    def ends(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        """The movement has come to its end, or the power failed."""
        self._since.pop(terminal.name, None)

    def judge(self, terminal: TerminalEvidence, at: float, what: str) -> None:
        """The terminal does what it does when the timer runs out."""
        since = self._since.pop(terminal.name, None)
        if since is None:
            return
        self.tried += 1
        early = since.at + self.timer - at
        began = since.at - self.timer  # a command that a pause held back has an older timer
        stood_still = terminal.time.between(began, at) < at - began
        if early > EXACT and not stood_still:
            late = late_by(early, since.at, at)
            self.fail(terminal, at, f"{what} {early:.1f} s too early", late=late)
            return
        self.too_late(terminal, at, what, since)

    def too_late(self, terminal: TerminalEvidence, at: float, what: str, since: Moment) -> None:
        """Measure the case, and fail if its bound has passed."""
        waited = terminal.time.since(since, at)
        self.hold(terminal, at, waited, self.bound, what, since=since.at)

    def overdue(self, terminal: TerminalEvidence, at: float, what: str) -> None:
        """If the bound has passed and nothing followed, fail; the case goes on otherwise."""
        since = self._since.get(terminal.name)
        if since is not None and terminal.time.since(since, at) > self.bound:
            self.tried += 1
            self.too_late(terminal, at, what, self._since.pop(terminal.name))

    def on_PowerLost(self, terminal: TerminalEvidence, at: float, event: e.PowerLost) -> None:
        self.ends(terminal, at, event)


class EjectIsRetriedInTime(MotionTimer):
    """T18.eject. While a card that is to come out is still in the transport, the motor runs again
    when `eject` has run out, and then the card is captured when it has run out once more.
    """

    id = "T18.eject"

    @property
    def timer(self) -> float:
        return self.contract.eject

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self.judge(terminal, at, "the motor was started again")
        self.begins(terminal, at)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self.judge(terminal, at, "the card in the transport was given up")

    def on_CardAtSlot(self, terminal: TerminalEvidence, at: float, event: e.CardAtSlot) -> None:
        self.ends(terminal, at, event)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self.overdue(terminal, now, "nothing was done about the card in the transport")


class SlotIsWatched(IntervalCheck):
    """T18.slot. A card at the slot is taken, or its capture begins, within `card_take`."""

    measures = True
    id = "T18.slot"
    needs = ("device",)

    @property
    def bound(self) -> float:
        return self.contract.card_take + self.contract.slack

    def on_CardAtSlot(self, terminal: TerminalEvidence, at: float, _event: e.CardAtSlot) -> None:
        self._begins(terminal, at)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._ends(terminal, at, "the card lay at the slot")

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._ends(terminal, at, "the card lay at the slot")

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if self._overdue(terminal, now):
            self._ends(terminal, now, "the card lies at the slot")


class CaptureIsGivenUp(MotionTimer):
    """T18.capture. A terminal whose card has not reached the bin within `capture` is out of
    service by then, and not before.
    """

    id = "T18.capture"

    @property
    def timer(self) -> float:
        return self.contract.capture

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        if terminal.device.screen == "captured":  # else the terminal is recovering
            self.begins(terminal, at)

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen in OVER:
            self.judge(terminal, at, "the capture was given up")

    def on_CardCaptured(self, terminal: TerminalEvidence, at: float, event: e.CardCaptured) -> None:
        self._gone(terminal, at, event)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, event: e.CardTaken) -> None:
        self._gone(terminal, at, event)

    def _gone(self, terminal: TerminalEvidence, at: float, event: e.Event) -> None:
        self.overdue(terminal, at, "the capture was not given up")
        self.ends(terminal, at, event)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self.overdue(terminal, now, "the capture was not given up")


class CashIsWatched(MotionTimer):
    """T18.cash. Cash at the slot is drawn in when `cash_take` has run out, and not before; a part
    that was taken changes nothing.
    """

    id = "T18.cash"

    @property
    def timer(self) -> float:
        return self.contract.cash_take

    def on_NotesPresented(
        self, terminal: TerminalEvidence, at: float, _event: e.NotesPresented
    ) -> None:
        self.begins(terminal, at)

    def on_RetractBegun(self, terminal: TerminalEvidence, at: float, event: e.RetractBegun) -> None:
        since = self._since.get(terminal.name)
        if since is not None and at - since.at <= EXACT:
            self.ends(terminal, at, event)  # the dispenser was too slow: that timer drew it in
        self.judge(terminal, at, "the cash was drawn in")

    def on_NotesTaken(self, terminal: TerminalEvidence, at: float, event: e.NotesTaken) -> None:
        self.overdue(terminal, at, "the cash was not drawn in")
        self.ends(terminal, at, event)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self.overdue(terminal, now, "the cash was not drawn in")
