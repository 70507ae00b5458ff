"""What a terminal says of itself, held against its messages, its device and what it raises alarms
for (M4.message, M4.state, M4.alarm).

Only what is said can be untrue: a terminal that says less than ours is not blamed for it here.
Where its process stood still, it speaks later than the device and the wire, and the words of that
visit are left out.
"""

from __future__ import annotations

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.base import NOBODY, Check, late_by
from harness.checks.device_evidence import worth
from harness.checks.evidence import TerminalEvidence
from harness.checks.told import INSTANT
from harness.checks.wire_evidence import UNHEARD
from harness.wire.message import REVERSALS, AdviceOutcome, Kind, Outcome

_KEEPS = 64


class MessagesAsTold(Check):
    """M4.message. A request is of the kind, the STAN and the amount that the terminal had said; a
    reversal has the reason, the STAN, the original and the amount that it had said, and if it said
    that it gives a request up, the reason of that. A reversal that it calls answered or parked was
    answered so, with that code.
    """

    id = "M4.message"
    needs = ("device", "wire.terminal", "terminal")
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._begun: dict[str, e.TransactionBegun] = {}  # and not sent yet
        self._queued: dict[tuple[str, str], e.ReversalQueued] = {}  # by the STAN of the original
        self._given_up: dict[tuple[str, int], str] = {}  # with which reason
        self._answers: dict[str, dict[tuple[str, str, AdviceOutcome], None]] = {}

    # --- what is said --------------------------------------------------------------------------

    def on_TransactionBegun(
        self, terminal: TerminalEvidence, _at: float, event: e.TransactionBegun
    ) -> None:
        self._begun[terminal.name] = event

    def on_Aborted(self, terminal: TerminalEvidence, _at: float, event: e.Aborted) -> None:
        self._begun.pop(terminal.name, None)  # what waits for the store never leaves
        self._given_up[terminal.name, event.transaction] = event.reason
        keep_latest(self._given_up, _KEEPS)

    def on_ReversalQueued(
        self, terminal: TerminalEvidence, at: float, event: e.ReversalQueued
    ) -> None:
        self._queued[terminal.name, event.original] = event
        keep_latest(self._queued, _KEEPS)
        reason = self._given_up.pop((terminal.name, event.transaction), "")
        if reason:
            self.tried += 1
        if reason and reason != event.reason:
            what = f"says that STAN {event.original} is given up for {reason}"
            self.fail(terminal, at, f"{what}, and reversed for {event.reason}", of=NOBODY)

    def on_ReversalAnswered(
        self, terminal: TerminalEvidence, at: float, event: e.ReversalAnswered
    ) -> None:
        right = AdviceOutcome.FLAGGED if event.flagged else AdviceOutcome.ACCEPTED
        self._answered(terminal, at, event.stan, event.code, right)

    def on_ReversalParked(
        self, terminal: TerminalEvidence, at: float, event: e.ReversalParked
    ) -> None:
        self._answered(terminal, at, event.stan, event.code, AdviceOutcome.PARK)

    def _answered(
        self, terminal: TerminalEvidence, at: float, stan: str, code: str, right: AdviceOutcome
    ) -> None:
        self.tried += 1
        if (stan, code, right) not in self._answers.get(terminal.name, {}):
            what = f"says that reversal {stan} was answered {code or 'without a code'}"
            self.fail(terminal, at, f"{what} ({right.name.lower()}), and it was not", of=NOBODY)

    # --- what is seen --------------------------------------------------------------------------

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        kind, message = terminal.wire.kind, terminal.wire.message
        if event.end != "terminal":
            return
        if kind is Kind.REQUEST:
            self._asked(terminal, at)
        elif kind in REVERSALS:
            self._reversed(terminal, at)
        elif kind is Kind.REVERSAL_ANSWER:
            answers = self._answers.setdefault(terminal.name, {})
            answers[message.stan, message.code, message.advice_outcome] = None
            keep_latest(answers, _KEEPS)

    def _asked(self, terminal: TerminalEvidence, at: float) -> None:
        said, message = self._begun.pop(terminal.name, None), terminal.wire.message
        if said is None:
            return
        self.tried += 1
        kind = message.transaction_type
        amount = message.amount if kind == "withdrawal" else said.amount
        if (said.stan, said.kind, said.amount) != (message.stan, kind or said.kind, amount):
            what = f"says that it asks under STAN {said.stan} for a {said.kind}"
            asked = f"{kind} of {amount / 100:.2f} under STAN {message.stan}"
            self.fail(terminal, at, f"{what} of {said.amount / 100:.2f}, and asks for a {asked}")

    def _reversed(self, terminal: TerminalEvidence, at: float) -> None:
        message, original = terminal.wire.message, terminal.wire.message.original
        stan = original.stan if original is not None else ""
        said = self._queued.pop((terminal.name, stan), None)
        if said is None:
            return
        self.tried += 1
        reason = message.text("reason").strip() if "reason" in message.ELEMENTS else ""
        for name, told, sent in (
            ("STAN", said.stan, message.stan),
            ("reason", said.reason, reason or said.reason),
            ("amount", f"{said.amount / 100:.2f}", f"{message.amount / 100:.2f}"),
        ):
            if told != sent:
                what = f"says that STAN {stan} is reversed with {name} {told}"
                self.fail(terminal, at, f"{what}, and its reversal has {sent}", of=NOBODY)

    # --- the power -----------------------------------------------------------------------------

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        """What it was about to do is decided anew, by the store and the counters."""
        name = terminal.name
        self._begun.pop(name, None)
        self._queued = {key: said for key, said in self._queued.items() if key[0] != name}
        self._given_up = {key: said for key, said in self._given_up.items() if key[0] != name}


class StatesAsSeen(Check):
    """M4.state. A terminal that says IDLE, or that it is out of service for no reason, takes the
    card of whoever comes. When it says CARD_AT_SLOT the card has come to the slot, and when it says
    CASH_PRESENTED the cash has. A link that it calls up is not down by what it has heard.
    """

    id = "M4.state"
    needs = ("device", "wire.terminal", "terminal")
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._state: dict[str, str] = {}
        self._in_service: dict[str, bool] = {}  # by what it says
        self._presented: dict[str, None] = {}  # since the stacker was started
        self._paused: dict[str, None] = {}  # in this visit

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._paused.pop(terminal.name, None)

    def on_ProcessPaused(
        self, terminal: TerminalEvidence, _at: float, _event: e.ProcessPaused
    ) -> None:
        self._paused[terminal.name] = None

    def on_StackBegun(self, terminal: TerminalEvidence, _at: float, _event: e.StackBegun) -> None:
        self._presented.pop(terminal.name, None)

    def on_NotesPresented(
        self, terminal: TerminalEvidence, _at: float, _event: e.NotesPresented
    ) -> None:
        self._presented[terminal.name] = None

    def on_ServiceChanged(
        self, terminal: TerminalEvidence, _at: float, event: e.ServiceChanged
    ) -> None:
        self._in_service[terminal.name] = not event.reasons

    def on_LinkJudged(self, terminal: TerminalEvidence, at: float, event: e.LinkJudged) -> None:
        if event.judgement != "up":
            return
        self.tried += 1
        down = terminal.wire.link.down(at)
        if down is not None and terminal.name not in self._paused:
            self.fail(terminal, at, f"says that the link is up, and {down.why}", of=NOBODY)

    def on_StateEntered(self, terminal: TerminalEvidence, at: float, event: e.StateEntered) -> None:
        self._state[terminal.name] = event.state
        if terminal.name in self._paused:
            return
        if event.state == "CARD_AT_SLOT":
            self._says(terminal, at, event.state, terminal.device.has_been_at_slot)
        elif event.state == "CASH_PRESENTED":
            self._says(terminal, at, event.state, terminal.name in self._presented)

    def _says(self, terminal: TerminalEvidence, at: float, state: str, true: bool) -> None:
        self.tried += 1
        if not true:
            self.fail(terminal, at, f"says that it is in {state}, and nothing is at the slot")

    def on_TurnedAway(self, terminal: TerminalEvidence, at: float, _event: e.TurnedAway) -> None:
        """Only a reader that is closed turns somebody away."""
        name = terminal.name
        state = self._state.get(name, "")
        if not terminal.time.powered or terminal.time.stands_still or name in self._paused:
            return
        self.tried += 1
        if state == "IDLE":
            self.fail(terminal, at, "says that it is IDLE, and the reader took no card", of=NOBODY)
        elif state == "OUT_OF_SERVICE" and self._in_service.get(name, False):
            what = "says that nothing keeps it out of service, and the reader took no card"
            self.fail(terminal, at, what, of=NOBODY)

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        """It says all of it anew."""
        self._state.pop(terminal.name, None)
        self._in_service.pop(terminal.name, None)


_ANSWERS_NEEDED = {Outcome.CAPTURE: "breaker", Outcome.SECURITY_ERROR: "security"}


class AlarmsHaveCauses(Check):
    """M4.alarm. Each alarm has its cause: a security alarm a message that is damaged, not
    authentic, untrue or has a security code, in that instant; an alarm 'parked' a code that parks;
    an alarm 'breaker' as many capture codes as trip it; an alarm 'suspense' or 'hardware' a motor
    that did not do what it should, since the visit began or at a power cut. (M4 judges the alarm
    'capture'.) That an alarm comes again is no mistake.
    """

    measures = True  # an alarm whose timer ends as the harness goes on after a stop
    id = "M4.alarm"
    needs = ("device", "wire.terminal", "terminal")
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._insecure_at: dict[str, float] = {}
        self._answered: dict[str, tuple[str, float]] = {}  # by which frame: STAN and time
        self._unfounded: dict[str, list[float]] = {}  # security alarms whose cause was not seen
        self._uncounted: dict[str, None] = {}  # terminals some of whose frames were only counted
        self._parked: dict[str, None] = {}
        self._captures: dict[str, int] = {}
        self._trouble: dict[str, None] = {}  # of a motor, since the visit began, or by a power cut
        self._stacks: dict[str, int] = {}  # what the stacker was asked for, in minor units

    # --- what is a cause -----------------------------------------------------------------------

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or event.to != "terminal":
            return
        name, wire = terminal.name, terminal.wire
        message = wire.message
        authentic = event.mac == "good" or not self.contract.mac
        if event.problem or event.wrong or not authentic or wire.echoed_wrongly:
            self._insecure_at[name] = at
        if message.kind is Kind.ANSWER:
            current = terminal.transactions.current
            first = message.stan, at
            awaited = current is not None and (current.stan, current.answer_at) == first
            if not awaited or self._answered.get(name) == first:
                self._insecure_at[name] = at  # it may repeat another request, or this one, wrongly
            self._answered[name] = first
            cause = _ANSWERS_NEEDED.get(message.outcome, "")
            if cause == "security":
                self._insecure_at[name] = at
            elif cause:
                self._captures[name] = self._captures.get(name, 0) + 1
        elif message.kind is Kind.REVERSAL_ANSWER and message.advice_outcome is AdviceOutcome.PARK:
            self._parked[name] = None

    def on_MoreLikeIt(self, terminal: TerminalEvidence, _at: float, event: e.MoreLikeIt) -> None:
        if event.what in UNHEARD:
            self._uncounted[terminal.name] = None

    def _goes_wrong(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._trouble[terminal.name] = None

    on_EjectFailed = on_CaptureFailed = on_RetractFailed = _goes_wrong  # noqa: N815
    on_MotorStopped = on_MotorSlowed = on_ProcessPaused = _goes_wrong  # noqa: N815

    def on_StackBegun(self, terminal: TerminalEvidence, _at: float, event: e.StackBegun) -> None:
        self._stacks[terminal.name] = event.amount

    def on_NotesStacked(self, terminal: TerminalEvidence, at: float, event: e.NotesStacked) -> None:
        if not event.counted or worth(event.notes) < self._stacks.get(terminal.name, 0):
            self._goes_wrong(terminal, at, event)

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._trouble.pop(terminal.name, None)

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        """At boot the store may tell of any trouble that there ever was, and a motor that the
        power stopped has done nothing.
        """
        self._trouble[terminal.name] = None

    # --- what is raised ------------------------------------------------------------------------

    def on_AlarmRaised(self, terminal: TerminalEvidence, at: float, event: e.AlarmRaised) -> None:
        name, kind = terminal.name, event.kind
        if kind == "security":
            self.tried += 1
            seen_at = self._insecure_at.get(name, -1.0)
            if not 0.0 <= at - seen_at <= INSTANT and name not in self._trouble:
                self._unfounded.setdefault(name, []).append(at)
        elif kind == "parked":
            self._judge(terminal, at, kind, name in self._parked)
        elif kind == "breaker":
            self._judge(
                terminal, at, kind, self._captures.get(name, 0) >= self.contract.capture_burst
            )
        elif kind in ("hardware", "suspense"):
            self._judge(terminal, at, kind, name in self._trouble)

    def _judge(self, terminal: TerminalEvidence, at: float, kind: str, founded: bool) -> None:
        """A terminal whose timer ends as the harness goes on sees no report of the motor before."""
        self.tried += 1
        if not founded:
            since = at - self.contract.dispense - self.contract.retract
            late = late_by(self.contract.slack, since, at)
            what = f"raised the alarm '{kind}', and nothing was the matter"
            self.fail(terminal, at, what, late=late if kind in ("hardware", "suspense") else None)

    def due(self, terminal: TerminalEvidence, _now: float) -> None:
        """A frame that was only counted may have been the cause."""
        unfounded = self._unfounded.pop(terminal.name, ())
        if terminal.name not in self._uncounted:
            for at in unfounded:
                what = "raised the alarm 'security', and no message was the matter"
                self.fail(terminal, at, what, of=NOBODY)
