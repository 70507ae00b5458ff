"""Card checks: the card comes out in time, and is kept only for a reason (T1 T2 T7 F1 F2)."""

from __future__ import annotations

from collections import deque

from harness import events as e
from harness.checks.base import Check, IntervalCheck, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.wire.message import Kind, Outcome


class AbortReleasesCard(Check):
    """T1. An abort is: no answer within the contract's host timer, a close while waiting, or the
    terminal's own report. Then the card must be out or its capture begun within the time of two
    ejects, and the card taken or its capture begun `card_take` later.
    """

    id = "T1"
    needs = ("device", "wire.terminal")
    timed = True
    timers = 3  # host_response, and eject twice
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._at_slot: dict[str, Moment] = {}

    @property
    def bound(self) -> float:
        return self.contract.out_after_abort

    def _released(self, terminal: TerminalEvidence, at: float) -> None:
        due = terminal.wait.released_after
        if due is None or terminal.device.inserted is None:
            return
        self.tried += 1
        bound = self.bound + self._allowance(terminal)
        waited = terminal.time.between(due, at)
        what = "the card came out late after the abort"
        self.hold(terminal, at, waited, bound, what, since=due - self.contract.host_response)

    def _allowance(self, terminal: TerminalEvidence) -> float:
        inserted = terminal.device.inserted
        return 0.0 if inserted is None else terminal.time.allowance(inserted)

    def on_CardAtSlot(self, terminal: TerminalEvidence, at: float, _event: e.CardAtSlot) -> None:
        if terminal.wait.released_after is not None:
            self._at_slot[terminal.name] = terminal.time.moment(at)
        self._released(terminal, at)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._gone(terminal, at)
        self._released(terminal, at)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._gone(terminal, at)

    def _gone(self, terminal: TerminalEvidence, at: float) -> None:
        since = self._at_slot.pop(terminal.name, None)
        if since is not None:
            bound = self.contract.card_take + self.contract.slack + terminal.time.allowance(since)
            seconds = terminal.time.since(since, at)
            if seconds > bound:
                self.fail(
                    terminal,
                    at,
                    f"the card lay at the slot for {seconds:.1f} s, at most {bound:.1f} s",
                    late=late_by(seconds - bound, since.at, at),
                )

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self._gone(terminal, now)
        if terminal.device.inserted is None or terminal.device.card_at in ("slot", "capturing"):
            return
        due = terminal.wait.abort_due(now)
        if due is None:
            return
        waited = terminal.time.between(due, now)
        if waited > self.bound + self._allowance(terminal):
            self.tried += 1
            self.measured(waited)
            self.fail(
                terminal,
                due,
                f"the card never came out: {waited:.0f} s after the abort, "
                f"at most {self.bound:.0f} s",
                late=late_by(waited - self.bound, due - self.contract.host_response, now),
            )


class HoldIsBounded(IntervalCheck):
    """T2. A case lasts from the last time that the terminal began to wait for the host until the
    card is taken or captured.
    """

    id = "T2"
    needs = ("device",)
    timers = 8  # host_response, eject twice, card_take, capture; and three for cash before card

    @property
    def bound(self) -> float:
        return self.contract.hold

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen == "please_wait":  # shown again, it is the same wait
            self._begins(terminal, at)
        elif event.screen == "enter_pin":  # the host asked for the PIN again
            self._since.pop(terminal.name, None)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        """A request starts the clock even if the screen says nothing."""
        if (
            terminal.wire.kind is Kind.REQUEST
            and event.end == "terminal"
            and terminal.device.inserted is not None
        ):
            self._begins(terminal, at)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._ends(terminal, at, "the card was held too long")

    def on_CardCaptured(
        self, terminal: TerminalEvidence, at: float, _event: e.CardCaptured
    ) -> None:
        self._ends(terminal, at, "the card was held too long")

    def on_CaptureFailed(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureFailed
    ) -> None:
        """It is stuck, and reported apart: more than to try no machine can do."""
        self._ends(terminal, at, "the card was held too long")

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.device.inserted is not None and self._overdue(terminal, now):
            self._ends(terminal, now, "the card is still inside")


class CaptureHasReason(Check):
    """T7. The evidence must show one of these reasons for a capture: a capture code, a card that
    was not taken, a jam, or a hit on the local hotlist.
    """

    id = "T7"
    needs = ("device", "wire.terminal")

    def on_CaptureBegun(self, terminal: TerminalEvidence, at: float, event: e.CaptureBegun) -> None:
        self.tried += 1
        current = terminal.transactions.current
        ordered = (
            current is not None
            and current.answer is Outcome.CAPTURE
            and not current.aborted
            and terminal.device.inserted is not None
            and current.start >= terminal.device.inserted.at
        )
        hotlisted = event.card in self.contract.hotlist or event.card in terminal.device.hotlisted
        if ordered or terminal.device.is_jammed or hotlisted:
            return
        early = None  # by how much, where the card had been at the slot
        if terminal.device.has_been_at_slot:
            early = self.contract.card_take - (at - terminal.device.slot_since)
        if early is None or early > 0.001:
            # in a live run, the event at the slot is recorded a little after its timer was started
            late = None if early is None else late_by(early, terminal.device.slot_since, at)
            self.fail(terminal, at, "the card was captured for no listed reason", late=late)


class CapturesAreFew(Check):
    """T7.breaker. Captures by capture code, seen at the device and on the wire, stay within the
    limit for one window. A card that had jammed or had been at the slot has another reason for
    its capture. The count begins anew where the terminal restarts, and where its operator orders it
    to resume.
    """

    id = "T7.breaker"
    rare = True
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._captures: dict[str, deque[float]] = {}

    def _begins_anew(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._captures.pop(terminal.name, None)

    on_PowerLost = _begins_anew  # noqa: N815

    def on_OrderGiven(self, terminal: TerminalEvidence, at: float, event: e.OrderGiven) -> None:
        if event.order == "resume":
            self._begins_anew(terminal, at, event)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        current, device = terminal.transactions.current, terminal.device
        if current is None or current.answer is not Outcome.CAPTURE or device.inserted is None:
            return
        if device.is_jammed or device.has_been_at_slot or current.start < device.inserted.at:
            return  # for another reason than a code about this card
        self.tried += 1
        captures = self._captures.setdefault(terminal.name, deque())
        while captures and captures[0] <= at - self.contract.capture_window:
            captures.popleft()
        captures.append(at)
        if len(captures) > self.contract.capture_burst:
            what = f"{len(captures)} cards were captured by code within "
            first = captures[-1 - self.contract.capture_burst]
            late = late_by(self.contract.capture_window - (at - first), first, at)
            self.fail(terminal, at, f"{what}{self.contract.capture_window:.0f} s", late=late)


class WaitIsBounded(Check):
    """F1. A case lasts from the start of the wait until a motor starts or the screen changes."""

    id = "F1"
    needs = ("device",)
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._since: dict[str, float] = {}
        self._leaving: dict[str, None] = {}  # terminals whose card is on its way out

    @property
    def bound(self) -> float:
        return self.contract.wait

    def _over(self, terminal: TerminalEvidence, at: float) -> None:
        since = self._since.pop(terminal.name, None)
        if since is not None:
            self.tried += 1
            waited = terminal.time.between(since, at)
            what = "'please wait' stood too long"
            self.hold(terminal, at, waited, self.bound, what, since=since)

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen == "please_wait":  # shown again, it is the same wait
            self._since.setdefault(terminal.name, at)
            self._leaving.pop(terminal.name, None)
        else:
            self._over(terminal, at)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        """A request starts the clock even if the screen says nothing. One that leaves once the card
        is on its way out makes nobody wait: a process that stood still sends it as it goes on.
        """
        asked = terminal.wire.kind is Kind.REQUEST and event.end == "terminal"
        inside = terminal.device.inserted is not None and terminal.name not in self._leaving
        if asked and terminal.time.powered and inside:
            self._since.setdefault(terminal.name, at)

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._leaving.pop(terminal.name, None)

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._leaves(terminal, at)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._leaves(terminal, at)

    def _leaves(self, terminal: TerminalEvidence, at: float) -> None:
        self._over(terminal, at)
        self._leaving[terminal.name] = None

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        if self.contract.cash_before_card:
            self._over(terminal, at)

    def on_RecordDelayed(
        self, terminal: TerminalEvidence, at: float, event: e.RecordDelayed
    ) -> None:
        """The answer is there, and the cash that comes first waits for the store."""
        if self.contract.cash_before_card and event.record == "Decision":
            self._over(terminal, at)

    def on_PowerLost(self, terminal: TerminalEvidence, at: float, _event: e.PowerLost) -> None:
        self._over(terminal, at)
        self._leaving.pop(terminal.name, None)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        since = self._since.get(terminal.name)
        if since is not None and terminal.time.between(since, now) > self.bound:
            self._over(terminal, now)


class EveryCardOut(Check):
    """F2. A case lasts from the start of the fault, or from the insertion of the card if that is
    later, until the card is out or captured.
    """

    id = "F2"
    needs = ("device",)
    timed = True
    timers = 1 + HoldIsBounded.timers  # session, and what T2 is made of
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._fault_began = 0.0
        self._inside: dict[str, Moment] = {}

    @property
    def bound(self) -> float:
        return self.contract.card_inside

    def run_event(self, at: float, event: e.Event) -> None:
        if isinstance(event, e.FaultBegan):
            self._fault_began = at

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        self._inside[terminal.name] = terminal.time.moment(at)

    def on_DeviceBroughtForward(
        self, terminal: TerminalEvidence, at: float, event: e.DeviceBroughtForward
    ) -> None:
        """When it was inserted is not known: it has to come out all the same, from now on."""
        if event.card and event.card_at != "stuck":
            self._inside[terminal.name] = terminal.time.moment(at)

    def _over(self, terminal: TerminalEvidence, at: float) -> None:
        inserted = self._inside.pop(terminal.name, None)
        if inserted is not None:
            self.tried += 1
            start = Moment(max(inserted.at, self._fault_began), inserted.off, inserted.cuts)
            if start.at > at:
                start = inserted
            bound = self.bound + terminal.time.allowance(start)
            seconds, what = terminal.time.since(start, at), "the card stayed inside"
            self.hold(terminal, at, seconds, bound, what, since=inserted.at)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._over(terminal, at)

    def on_CardCaptured(
        self, terminal: TerminalEvidence, at: float, _event: e.CardCaptured
    ) -> None:
        self._over(terminal, at)

    def on_CaptureFailed(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureFailed
    ) -> None:
        """As for T2."""
        self._over(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        inserted = self._inside.get(terminal.name)
        if inserted is not None:
            bound = self.bound + terminal.time.allowance(inserted)
            if terminal.time.since(inserted, now) > bound:
                self._over(terminal, now)


class NoCardWhileDown(Check):
    """F2.accept. Whether the link is down is judged by the traffic at the terminal's end, not by
    the terminal's own state. A terminal finds out by its timers that the link is down, or it reads
    a close: a card that came in before may be due to the harness's own delay.
    """

    id = "F2.accept"
    needs = ("device", "wire.terminal")
    timers = 4  # echo_idle, and three echoes

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        self.tried += 1
        if terminal.time.stands_still:
            return  # it could not close the reader
        down = terminal.wire.link.down(at)
        if down is not None:
            what = f"a card was taken in while the link was down: {down.why}"
            late = None if down.overdue is None else late_by(down.overdue, down.since, at)
            self.fail(terminal, at, what, late=late)
