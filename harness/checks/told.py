"""What a terminal must tell is told, in time and truly: alarms and screens (M3), and its own
account of what it did (M4).

An alarm is told to somebody, so that it is the terminal's own event that is looked for. Whether one
was due, and whether an account is true, is judged from the device and the wire alone.
"""

from __future__ import annotations

from typing import NamedTuple

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.checks.transaction_evidence import CLOSING, TransactionEvidence
from harness.wire.message import AdviceOutcome, Kind, Outcome

INSTANT = 0.5
"""Seconds within which two entries may tell of one thing."""


class _Due(NamedTuple):
    """An alarm that must be raised: why, since when, and within how many seconds."""

    why: str
    since: Moment
    within: float


STUCK = "a card was stuck"


class AlarmsAreRaised(Check):
    """M3. An alarm is raised for each capture (kind capture), for a card that jams or gets stuck
    and for a dispenser or a recovery that does not end (hardware), for cash that nobody can count
    (suspense), for a message that does not decode, is not authentic or repeats something else than
    was asked, and for a security code of the host (security), for a reversal that is parked
    (parked), and where cards are given back against a capture code (breaker). It comes within the
    contract's time; with that of the motor, where a timer has to end first.
    """

    id = "M3"
    needs = ("device", "wire.terminal", "terminal")
    timed = True
    timers = 3
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._due: dict[str, dict[str, _Due]] = {}  # by terminal and kind, the oldest
        self._raised: dict[tuple[str, str], float] = {}  # when an alarm of that kind was last
        self._stacking: dict[str, None] = {}  # started, and nothing presented yet
        self._parked: dict[str, float] = {}  # when the last parking answer came
        self._capturing: dict[str, float] = {}  # since when the reader draws a card in
        self._refused: dict[str, TransactionEvidence] = {}  # the latest with a security code

    @property
    def bound(self) -> float:
        return self.contract.alarm

    def _expects(
        self, terminal: TerminalEvidence, at: float, kind: str, why: str, within: float = 0.0
    ) -> None:
        """An alarm of that kind is due, `within` seconds and the contract's time."""
        due = self._due.setdefault(terminal.name, {})
        due.setdefault(kind, _Due(why, terminal.time.moment(at), within + self.contract.alarm))

    def _expects_now(self, terminal: TerminalEvidence, at: float, kind: str, why: str) -> None:
        """The same, where the alarm may have been raised just before the motor started."""
        raised_at = self._raised.get((terminal.name, kind))
        if raised_at is None or terminal.time.between(raised_at, at) > INSTANT:
            self._expects(terminal, at, kind, why)
        else:
            self.tried += 1

    def on_AlarmRaised(self, terminal: TerminalEvidence, at: float, event: e.AlarmRaised) -> None:
        self._raised[terminal.name, event.kind] = at
        due = self._due.get(terminal.name, {}).pop(event.kind, None)
        if due is not None:
            self.tried += 1
            self._judge(terminal, at, event.kind, due)

    def _judge(self, terminal: TerminalEvidence, at: float, kind: str, due: _Due) -> None:
        seconds = terminal.time.since(due.since, at)
        bound = due.within + self.contract.slack + terminal.time.allowance(due.since)
        what = f"the alarm '{kind}' ({due.why}) came too late"
        self.hold(terminal, at, seconds, bound, what, since=due.since.at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        for kind, due in self._due.get(terminal.name, {}).items():
            over = terminal.time.since(due.since, now) - due.within - self.contract.slack
            over -= terminal.time.allowance(due.since)
            if over > 0.0 and terminal.time.powered:
                self.tried += 1
                what = f"the alarm '{kind}' was never raised: {due.why}"
                self.fail(terminal, due.since.at, what, late=late_by(over, due.since.at, now))

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        """A terminal that missed a parking answer asks again, and gets another one."""
        parked_at = self._parked.get(terminal.name)
        if parked_at is not None and terminal.stored.parked:
            self.tried += 1
            if self._raised.get((terminal.name, "parked"), -1.0) < 0.0:
                self.fail(terminal, now, "the alarm 'parked' was never raised")

    # --- the card ------------------------------------------------------------------------------

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._capturing[terminal.name] = at
        self._expects_now(terminal, at, "capture", "a card was captured")
        if terminal.device.is_jammed:
            self._expects_now(terminal, at, "hardware", "a card had jammed")

    def on_CaptureFailed(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureFailed
    ) -> None:
        self._expects(terminal, at, "hardware", STUCK, self.contract.capture)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        """A hand that held the card has pulled it out before the timer of the capture ended."""
        due = self._due.get(terminal.name, {})
        began = self._capturing.pop(terminal.name, at)
        stuck = "hardware" in due and due["hardware"].why == STUCK
        if stuck and at < began + self.contract.capture:
            del due["hardware"]

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        """A card that is given back although its code orders a capture: the breaker tripped."""
        current, inserted = terminal.transactions.current, terminal.device.inserted
        if (
            current is not None
            and inserted is not None
            and current.answer is Outcome.CAPTURE
            and current.start >= inserted.at
            and not (current.aborted or current.cut or current.shaken)
        ):
            if (terminal.name, "breaker") in self._raised:
                self.tried += 1
            else:
                why = "a card that was to be captured comes out"
                self._expects(terminal, at, "breaker", why)

    # --- the cash ------------------------------------------------------------------------------

    def on_StackBegun(self, terminal: TerminalEvidence, _at: float, _event: e.StackBegun) -> None:
        """A second stack of one withdrawal is T4's: the retract may be of the first one's cash."""
        current = terminal.transactions.current
        if current is None or current.stacks <= 1:
            self._stacking[terminal.name] = None

    def on_NotesPresented(
        self, terminal: TerminalEvidence, _at: float, _event: e.NotesPresented
    ) -> None:
        self._stacking.pop(terminal.name, None)

    def on_NotesStacked(self, terminal: TerminalEvidence, at: float, event: e.NotesStacked) -> None:
        if not event.counted:
            within = self.contract.dispense + self.contract.retract
            self._expects(terminal, at, "suspense", "notes that nobody counted", within)

    def on_RetractBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.RetractBegun
    ) -> None:
        if self._stacking.pop(terminal.name, "") is None:
            self._expects_now(terminal, at, "hardware", "the dispenser did not report")

    def on_RetractFailed(
        self, terminal: TerminalEvidence, at: float, _event: e.RetractFailed
    ) -> None:
        within = max(self.contract.retract, self.contract.recovery)
        self._expects(terminal, at, "suspense", "notes that were stuck", within)

    # --- the wire ------------------------------------------------------------------------------

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or event.to != "terminal":
            return
        wire = terminal.wire
        if event.problem or (event.mac != "good" and self.contract.mac):
            self._expects(terminal, at, "security", "a message that was not authentic")
            return
        kind = wire.kind
        if kind is Kind.ANSWER:
            current = terminal.transactions.current
            if wire.echoed_wrongly:
                self._expects(terminal, at, "security", "an answer that repeats something else")
            if (
                current is not None
                and current.answer is Outcome.SECURITY_ERROR
                and current.answer_at == at
                and not current.aborted
                and current.stan == wire.message.stan
                and self._refused.get(terminal.name) is not current  # a copy is no second case
            ):
                self._refused[terminal.name] = current
                self._expects(terminal, at, "security", "a security code of the host")
        elif kind is Kind.REVERSAL_ANSWER and wire.message.advice_outcome is AdviceOutcome.PARK:
            self._parked[terminal.name] = at

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        """What could not be delimited closes the link, which is all that has to come of it."""
        due = self._due.get(terminal.name, {})
        if "security" in due and terminal.time.since(due["security"].since, at) <= INSTANT:
            del due["security"]

    # --- the power -----------------------------------------------------------------------------

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        """What must be told of cash outlives a power cut, and the rest is met anew."""
        self._stacking.pop(terminal.name, None)
        due = self._due.pop(terminal.name, {})
        if "suspense" in due:
            self._due[terminal.name] = {"suspense": due["suspense"]}


def _closed_by_answer(x: TransactionEvidence) -> bool:
    """Did an answer in time close it, so that there is nothing to reverse?"""
    return x.answer in CLOSING and not x.aborted


class AccountIsTrue(Check):
    """M4. What a terminal says of itself agrees with its device: how a transaction ended (all of
    the approved cash taken, a part, or nothing; declined by an answer in time, without any cash;
    the card captured), what
    its suspense amounts to, an alarm for a capture, and an acknowledgement of an order that was
    given.
    """

    id = "M4"
    needs = ("device", "wire.terminal", "terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._captured: dict[str, bool] = {}  # was the card of this visit captured?
        self._cancelled: dict[str, None] = {}  # in this visit
        self._given_up: dict[str, str] = {}  # by what it says, the DE 37 of the last one
        self._paused: dict[str, None] = {}  # in this visit
        self._alarmed: dict[str, float] = {}  # of a capture that has not begun
        self._orders: dict[tuple[str, str], int] = {}  # given and not acknowledged

    # --- transactions --------------------------------------------------------------------------

    def on_TransactionEnded(
        self, terminal: TerminalEvidence, at: float, event: e.TransactionEnded
    ) -> None:
        current = terminal.transactions.current
        if current is None or current.rrn != f"{event.transaction:012d}":
            return
        self.tried += 1
        taken = current.taken
        if event.outcome == "completed":
            true = 0 < taken == current.approved == event.amount
        elif event.outcome == "partial":
            true = 0 < taken < current.approved == event.amount
        elif event.outcome == "reversed":
            true = not (taken or current.uncounted or _closed_by_answer(current))
        elif event.outcome == "captured":
            true = not taken and self._captured.get(terminal.name, False)
        elif event.outcome == "suspense":
            true = bool(current.stacks)
        elif event.outcome in ("declined", "pin_again"):
            true = not (current.stacks or self._gave_up(terminal, current))
            if event.outcome == "pin_again" and _closed_by_answer(current):
                true &= current.answer is Outcome.PIN_AGAIN
        else:
            true = not current.stacks
        if not true:
            paid = f"{taken / 100:.2f} of {current.approved / 100:.2f} were taken"
            if current.answer_code and not current.aborted:
                paid = f"it was answered {current.answer_code}, and {paid}"
            self.fail(
                terminal, at, f"says that STAN {current.stan} ended '{event.outcome}': {paid}"
            )

    def on_Aborted(self, terminal: TerminalEvidence, _at: float, event: e.Aborted) -> None:
        self._given_up[terminal.name] = f"{event.transaction:012d}"

    def on_CancelPressed(
        self, terminal: TerminalEvidence, _at: float, _event: e.CancelPressed
    ) -> None:
        self._cancelled[terminal.name] = None

    def on_SessionCancelled(
        self, terminal: TerminalEvidence, at: float, event: e.SessionCancelled
    ) -> None:
        if event.why != "cancel":
            return
        self.tried += 1
        if terminal.name not in self._cancelled:
            self.fail(terminal, at, "says that the customer cancelled, who has not")

    def _gave_up(self, terminal: TerminalEvidence, x: TransactionEvidence) -> bool:
        """Is it known that no answer declined it? Either the terminal has said that it gives it up,
        or the answer was another one. A balance inquiry has no other ending.
        """
        said = self._given_up.get(terminal.name) == x.rrn
        other = x.answer is not None and x.answer not in CLOSING and not x.aborted
        return x.withdrawal and (said or other)

    def on_SuspenseRecorded(
        self, terminal: TerminalEvidence, at: float, event: e.SuspenseRecorded
    ) -> None:
        current = terminal.transactions.current
        if current is None or current.rrn != f"{event.transaction:012d}":
            return
        self.tried += 1
        if event.amount != current.approved:
            amounts = f"{event.amount / 100:.2f} instead of {current.approved / 100:.2f}"
            self.fail(terminal, at, f"says that {amounts} of STAN {current.stan} are in suspense")

    # --- captures ------------------------------------------------------------------------------

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        self._captured[terminal.name] = False
        self._cancelled.pop(terminal.name, None)
        self._paused.pop(terminal.name, None)
        self._no_capture(terminal, at)

    def on_AlarmRaised(self, terminal: TerminalEvidence, at: float, event: e.AlarmRaised) -> None:
        if event.kind != "capture" or terminal.name in self._paused:
            return
        if self._captured.get(terminal.name, False):
            self.tried += 1  # it may be raised once the card is in the bin, M3 says how late
        else:
            self._alarmed[terminal.name] = at

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, _at: float, _event: e.CaptureBegun
    ) -> None:
        self._captured[terminal.name] = True
        self.tried += self._alarmed.pop(terminal.name, None) is not None

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        """A hand that meets the timer takes the card before the motor moves it."""
        self._captured[terminal.name] = False
        since = self._alarmed.get(terminal.name)
        if since is not None and at - since <= INSTANT:
            del self._alarmed[terminal.name]

    def _no_capture(self, terminal: TerminalEvidence, at: float) -> None:
        since = self._alarmed.pop(terminal.name, None)
        if since is not None and at > since:
            self.fail(terminal, at, "raised the alarm 'capture', and no capture began")

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        """What was to follow never does."""
        self._alarmed.pop(terminal.name, None)
        for order in ("stop", "resume"):
            self._orders.pop((terminal.name, order), None)

    def on_ProcessPaused(
        self, terminal: TerminalEvidence, _at: float, _event: e.ProcessPaused
    ) -> None:
        """A hand may take the card meanwhile, of which the process hears after its timers."""
        self._alarmed.pop(terminal.name, None)
        self._paused[terminal.name] = None

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self._no_capture(terminal, now)

    # --- orders --------------------------------------------------------------------------------

    def on_OrderGiven(self, terminal: TerminalEvidence, _at: float, event: e.OrderGiven) -> None:
        known = (terminal.name, event.order)
        self._orders[known] = self._orders.get(known, 0) + 1

    def on_OrderAcknowledged(
        self, terminal: TerminalEvidence, at: float, event: e.OrderAcknowledged
    ) -> None:
        known = (terminal.name, event.order)
        self.tried += 1
        left = self._orders.get(known, 0) - 1
        if left < 0:
            self.fail(terminal, at, f"acknowledged an order to {event.order} that nobody gave")
        self._orders[known] = max(left, 0)
