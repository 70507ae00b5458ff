"""The screen says what the machine does (M3.screen)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.told import INSTANT

OUTWARD = ("take_card", "cancelled")
OF_A_VISIT = ("enter_pin", "select", "please_wait", *OUTWARD, "captured", "take_cash")
"""Screens that tell somebody who is served what to do, or what becomes of the card."""


class ScreenTellsTruth(Check):
    """M3.screen. While a card lies at the slot the screen says 'take your card', and 'transaction
    cancelled' before it where the request was given up, and only there; while one is captured, that
    it is; while cash lies at the slot, 'take your cash'. A reader that takes no card has no
    'welcome' above it, and once the last visit is long over it says nothing that is for a customer
    whose card is inside. Around a power cut or a pause of the process nothing is judged.
    """

    id = "M3.screen"
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._presented: dict[str, float] = {}
        self._moved_at: dict[str, float] = {}  # when card or cash last moved, or the logic began

    def _says(self, terminal: TerminalEvidence, at: float, expected: tuple[str, ...]) -> None:
        self.tried += 1
        screen = terminal.device.screen
        if screen not in expected:
            said, right = screen.replace("_", " "), expected[0].replace("_", " ")
            self.fail(terminal, at, f"the screen says '{said}', and should say '{right}'")

    def on_CardAtSlot(self, terminal: TerminalEvidence, at: float, _event: e.CardAtSlot) -> None:
        inserted, current = terminal.device.inserted, terminal.transactions.current
        if inserted is None or terminal.time.stands_still:
            return
        expected: tuple[str, ...] = OUTWARD
        asked = current is not None and current.start >= inserted.at
        if current is not None and asked and inserted.cuts == terminal.time.cuts:
            late = current.answer_at >= current.start + self.contract.host_response
            if current.aborted and (current.answer is None or late):
                expected = ("cancelled",)
            elif current.answer is not None and not current.aborted:
                expected = ("take_card",)
        self._says(terminal, at, expected)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._says(terminal, at, ("captured",))

    def on_NotesPresented(
        self, terminal: TerminalEvidence, at: float, _event: e.NotesPresented
    ) -> None:
        if not terminal.time.stands_still:
            self._presented[terminal.name] = at

    def _cash_goes(self, terminal: TerminalEvidence, at: float, event: e.Event) -> None:
        self._moves(terminal, at, event)
        since = self._presented.pop(terminal.name, None)
        if since is not None and at > since + INSTANT:
            self._says(terminal, at, ("take_cash",))

    on_NotesTaken = on_RetractBegun = _cash_goes  # noqa: N815

    def _moves(self, terminal: TerminalEvidence, at: float, _event: e.Event) -> None:
        self._moved_at[terminal.name] = at

    on_CardTaken = on_CardCaptured = on_CaptureFailed = on_CardRemoved = _moves  # noqa: N815
    on_NotesRetracted = on_RetractFailed = on_NotesStacked = _moves  # noqa: N815
    on_PowerRestored = on_ProcessResumed = _moves  # noqa: N815

    def on_TurnedAway(self, terminal: TerminalEvidence, at: float, event: e.TurnedAway) -> None:
        if not terminal.time.powered or terminal.time.stands_still:
            return
        screen = event.screen
        if screen == "welcome" or (screen in OF_A_VISIT and self._long_over(terminal, at)):
            self.tried += 1
            said = screen.replace("_", " ")
            self.fail(terminal, at, f"the screen says '{said}', and the reader took no card")

    def _long_over(self, terminal: TerminalEvidence, at: float) -> bool:
        """Is nothing of a visit in the machine, for longer than any of its motors takes?"""
        device, contract = terminal.device, self.contract
        longest = max(contract.capture, contract.dispense, contract.retract, contract.recovery)
        moved_at = self._moved_at.get(terminal.name, 0.0)
        inside = device.card_at or device.inserted is not None or device.cash_out
        return not inside and at > moved_at + longest + contract.slack

    def _unsure(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._presented.pop(terminal.name, None)

    on_PowerLost = on_ProcessPaused = _unsure  # noqa: N815
