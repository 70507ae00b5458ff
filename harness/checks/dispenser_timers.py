"""A terminal's timers around its dispenser have the contract's length (T22)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence


class _Running:
    """When what a timer watches began, at one terminal (run seconds; None if nothing runs)."""

    __slots__ = (
        "boot",
        "boot_retract",
        "retract",
        "stack",
    )

    def __init__(self) -> None:
        self.stack: float | None = None
        self.retract: float | None = None
        self.boot: float | None = None  # power is back, and no customer has come since
        self.boot_retract = False


class TimersHaveTheirLength(Check):
    """T22. What a timer of the dispenser ends comes when the contract says, no earlier and no
    later: notes drawn in because the dispenser does not report (dispense), the end of a retract
    (retract) and of a recovery with cash that is stuck (recovery). A power cut ends a case, and a
    pause of the process ends all cases of a visit: its timers ran on meanwhile. The other timers
    are T18's.
    """

    measures = True
    id = "T22"
    rare = True
    needs = ("device",)
    timed = True
    unit = "s off"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._running: dict[str, _Running] = {}
        self._paused: dict[str, None] = {}  # in this visit

    @property
    def bound(self) -> float:
        return self.contract.slack

    def _of(self, terminal: TerminalEvidence) -> _Running:
        running = self._running.get(terminal.name)
        if running is None:
            running = self._running[terminal.name] = _Running()
        return running

    def _ends(self, terminal: TerminalEvidence, at: float, timer: str, since: float | None) -> None:
        """Something happened that only that timer brings about."""
        if since is None or terminal.name in self._paused:
            return
        self.tried += 1
        length: float = getattr(self.contract, timer)
        off = (at - since) - length
        self.measured(abs(off))
        if abs(off) > self.contract.slack:
            what = f"{timer} ended after {at - since:.1f} s, by the contract after {length:.1f} s"
            late = late_by(abs(off) - self.contract.slack, since, at)
            self.fail(terminal, at, what, late=late)

    # --- what shows that a retract was given up ---------------------------------------------------

    def _given_up(self, terminal: TerminalEvidence, at: float, _event: e.Event) -> None:
        running = self._of(terminal)
        if running.retract is not None:
            self._ends(terminal, at, "retract", running.retract)
            running.retract = None

    on_EjectBegun = on_ScreenShown = _given_up  # noqa: N815

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._of(terminal).boot = None
        self._paused.pop(terminal.name, None)

    # --- the cash ------------------------------------------------------------------------------

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        """A second stack of one withdrawal is T4's: the retract may be of the first one's cash."""
        current = terminal.transactions.current
        again = current is not None and current.stacks > 1
        self._of(terminal).stack = None if again else at

    def on_NotesStacked(
        self, terminal: TerminalEvidence, _at: float, event: e.NotesStacked
    ) -> None:
        """Where nothing lies in the stacker, or nobody knows what does, nothing is presented."""
        if not event.counted or not event.notes:
            self._of(terminal).stack = None

    def on_NotesPresented(
        self, terminal: TerminalEvidence, _at: float, _event: e.NotesPresented
    ) -> None:
        self._of(terminal).stack = None

    def on_RetractBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.RetractBegun
    ) -> None:
        running = self._of(terminal)
        self._ends(terminal, at, "dispense", running.stack)
        running.stack = None
        if not terminal.device.cash_out:
            return  # there is nothing to draw in
        if running.boot is None:
            running.retract = at
        else:
            running.boot_retract = True

    def _settled(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        running = self._of(terminal)
        running.retract = None
        running.boot_retract = False

    on_NotesTaken = on_NotesRetracted = _settled  # noqa: N815

    def on_SuspenseRecorded(
        self, terminal: TerminalEvidence, at: float, _event: e.SuspenseRecorded
    ) -> None:
        """The terminal settles a transaction whose cash it was still drawing in."""
        running = self._of(terminal)
        if running.boot_retract:
            self._ends(terminal, at, "recovery", running.boot)
            running.boot_retract = False

    # --- what ends every case --------------------------------------------------------------------

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        self._running.pop(terminal.name, None)

    def on_ProcessPaused(
        self, terminal: TerminalEvidence, _at: float, _event: e.ProcessPaused
    ) -> None:
        self._paused[terminal.name] = None

    def on_PowerRestored(
        self, terminal: TerminalEvidence, at: float, _event: e.PowerRestored
    ) -> None:
        self._of(terminal).boot = at

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        """A motor that was never given up."""
        running = self._running.pop(terminal.name, None)
        if running is None or terminal.time.stands_still:
            return
        for timer in ("dispense", "retract"):
            since = running.stack if timer == "dispense" else getattr(running, timer)
            over = None if since is None else now - since - getattr(self.contract, timer)
            if over is not None and over > self.contract.slack:
                self._ends(terminal, now, timer, since)
