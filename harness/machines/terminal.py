"""The ATM: what stands between a customer, a device, a store and a host.

Time comes in, events and effects go out. Nothing here knows whether the peer is real. The owner
calls in with bytes, sensor reports and the time, and takes `effects` and `events`.

- Behaviour is a table of state x input (table.py). A cell that is missing is a decision: the input
  is ignored in that state. The cells are in cells_*.py.
- A deadline is checked before an input that arrives at the same instant: a response that is handled
  at now >= deadline is late (docs/domain.md, "Terminal states").
- WAITING_FOR_HOST is left exactly once for each request.
"""

from __future__ import annotations

from typing import ClassVar

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.effects import Connect, Disconnect
from harness.machines.link import Heard
from harness.machines.store_forward import Advice
from harness.machines.table import SAFE_TABLE, Cell, Table
from harness.machines.terminal_core import (
    LAST_STAN,
    TerminalContext,
    TerminalCore,
    TerminalSettings,
)
from harness.wire.calendar import Stamp
from harness.wire.element_classes import in_words, only_the_code
from harness.wire.message import AdviceOutcome, Kind, Message, counterpart

__all__ = ["LAST_STAN", "Cell", "Table", "Terminal", "TerminalContext", "TerminalSettings"]


class Terminal(TerminalCore):
    """The safe ATM. A defect is a subclass with other cells in its table or with another method."""

    table: ClassVar[Table] = SAFE_TABLE

    # --- coming up -------------------------------------------------------------------

    def boot(self, image: s.StoreImage, sensors: i.Sensors, now: float) -> None:
        """Power is on. `image` is what the store kept, `sensors` is what the device reports."""
        self._cause = "operator"
        self.image = image
        new = image.marks.transaction == 1  # nothing was ever reserved
        self._stan = self.settings.first_stan if new else image.marks.stan
        self._number = image.marks.transaction
        self._reserve()
        for reason in image.out_of_service:
            self.service.add(reason)
        self.step(i.PoweredOn(sensors), now)
        self.link_supervisor.start(now)
        self._after(now)

    # --- the table -----------------------------------------------------------------------

    def step(self, what: i.Input, now: float) -> None:
        """One input meets the state. Where the table has no cell, the input is ignored."""
        kind = type(what)
        cell = self.table.get((self.state, kind)) or self.table.get(("*", kind))
        if cell is not None:
            cell(self, what, now)

    # --- time ------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """When `tick` must be called at the latest (run seconds)."""
        due = self.timers.earliest
        link_due = self.link_supervisor.next_deadline()
        if link_due < due:
            due = link_due
        if self.forward.queue and self.link_supervisor.judgement == "up":
            due = min(due, self.forward.next_deadline())
        return due if due < self.service.resumes_at else self.service.resumes_at

    def tick(self, now: float) -> None:
        """Fire everything that is due at `now`."""
        self._expire(now)
        self._after(now)

    def _expire(self, now: float) -> None:
        self._cause = "timer"
        while now >= self.timers.earliest:
            self.step(self.timers.due()(), now)
        self.link_supervisor.tick(now)
        if now >= self.service.resumes_at:
            self.service.remove("expiries")

    # --- what comes in -----------------------------------------------------------------

    def sense(self, what: i.Input, now: float, *, cause: str = "device") -> None:
        """Take in a sensor's report, a key, or an order of the operator."""
        self._expire(now)
        self._cause = cause
        self.step(what, now)
        self._after(now)

    def receive(self, data: bytes, now: float) -> None:
        """Take in bytes from the host."""
        self._expire(now)
        self._take_in(data, now)
        self._after(now)

    def _take_in(self, data: bytes, now: float) -> None:
        self._cause = "network"
        for heard in self.link.receive(data):
            if not heard.problem:
                self.link_supervisor.heard(now)
            self._hear(heard, now)

    def opened(self, now: float) -> None:
        """The connection stands. One that is heard of only after its timer has ended is given up
        already: its owner is about to close it, and nothing that is sent on it would leave.
        """
        self._expire(now)
        self._cause = "network"
        if not self.link_supervisor.connecting:
            self._after(now)
            return
        self.link.reset()  # a process that lost its power had no time to forget half a frame
        self.link_supervisor.opened(now)
        self._after(now)

    def closed(self, why: str, now: float) -> None:
        """The connection closed, or could not be made."""
        self._expire(now)
        self._cause = "network"
        self.link_supervisor.closed(now, why, unanswered=self.forward.in_flight)
        self._drop_link(why, now)
        self._after(now)

    @property
    def writing(self) -> bool:
        """Is there an effect that still waits for the store?"""
        return bool(self._held)

    def synced(self, number: int, now: float) -> None:
        """The records up to `number` are durable: release the effects that waited for them."""
        self._expire(now)
        self._cause = "store"
        self._synced = number
        held = self._held
        while held and held[0][0] <= number:
            effect = held.popleft()[1]
            self._release(effect)
            if type(effect) is i.Stack:  # only now does its motor start
                self.rearm("dispense", now)
        self._after(now)

    # --- the network side ------------------------------------------------------------------

    def _hear(self, heard: Heard, now: float) -> None:
        message, mac, problem, _, wrong = heard
        if problem:
            self._damaged(problem, False, now)
            return
        if self.settings.mac and mac != "good":
            self._damaged("MAC missing or wrong", self._is_ours(message), now)
            return
        kind = message.kind
        if wrong and kind is Kind.ANSWER and not only_the_code(message, wrong):
            self._damaged(in_words(wrong), self._is_ours(message), now)
        elif kind is Kind.ANSWER:
            answer = self.matcher.classify(message)
            if type(answer) is i.Damaged:
                self._damaged(answer.why, answer.ours, now)
            else:
                self.step(answer, now)
        elif kind is Kind.NETWORK_ANSWER:
            self._network_answer(message, now)
        elif kind is Kind.REVERSAL_ANSWER:
            self._reversal_answer(message, now)
        elif kind is Kind.NETWORK and message.function == "echo":
            self.send(self.dialect.answer(message, self.dialect.codes["approved"]))
        elif message.wants_answer:
            self._refuse(message)
        else:
            self._stray(message)

    def _is_ours(self, message: Message) -> bool:
        """Does an answer name this terminal and the STAN of the request in flight? Then its damage
        is the reason of the reversal (4020).
        """
        transaction = self.transaction
        return (
            transaction is not None
            and message.terminal == self.id
            and message.stan == transaction.stan
            and message.kind is Kind.ANSWER
        )

    def _damaged(self, why: str, ours: bool, now: float) -> None:
        self.emit(e.DamagedMessage(why))
        self.emit(e.AlarmRaised("security", why))
        self.step(i.Damaged(why, ours), now)

    def _refuse(self, message: Message) -> None:
        """The host asks for what a terminal of ours does not carry out, and is told so."""
        code = self.dialect.codes["not_supported"]
        what = f"MTI {message.mti}"
        if message.kind is Kind.NETWORK:
            what = f"network function {message.text('function')}"
        why = f"{what} is not served here"
        self.emit(e.HostRequestRefused(message.mti, message.stan, code, why))
        self.send(self.dialect.answer(message, code))

    def _stray(self, message: Message) -> None:
        self.emit(e.StrayMessage(message.mti, message.stan, message.terminal))

    def _network_answer(self, answer: Message, now: float) -> None:
        """Many hosts leave the terminal's id (DE 41) out of network management; the connection on
        which an answer comes says whose it is.
        """
        ours = (answer.terminal or self.id) == self.id
        function = self._network_stans.pop(answer.stan, "") if ours else ""
        if not function:
            self._stray(answer)
        elif function == "sign_on":
            self.link_supervisor.signed_on(answer.network_accepted, now)
            if self.link_supervisor.up:
                self.forward.signed_on()
        elif answer.network_accepted or (not self.settings.sign_on and answer.network_at_work):
            self._network_stans.clear()
            self.link_supervisor.echoed()

    def _reversal_answer(self, answer: Message, now: float) -> None:
        advice = self.forward.answered_by(answer.mti, answer.stan)
        if advice is None or answer.terminal != self.id:
            self._stray(answer)
            return
        record = advice.record
        code, outcome = answer.code, answer.advice_outcome
        if outcome is AdviceOutcome.RETRY:
            self.forward.retry_later(now)
        elif outcome is AdviceOutcome.PARK:
            self.forward.park_head()
            self.log(s.Parked(record.transaction, code), urgent=False)
            self.emit(e.ReversalParked(record.stan, code))
            self.emit(e.AlarmRaised("parked", f"STAN {record.stan} answered {code}"))
        else:
            self.forward.close_head()
            self.log(s.Closed(record.transaction), urgent=False)
            self.emit(e.ReversalAnswered(record.stan, code, outcome is AdviceOutcome.FLAGGED))

    # --- after every step ---------------------------------------------------------------

    def _after(self, now: float) -> None:
        """Carry out what the link supervisor wants, send a reversal, and find out whether the
        terminal goes in or out of service.
        """
        link = self.link_supervisor
        if link.wants or link.judgement != self.service.judged:
            self._follow_link(now)
        if self.forward.queue and link.judgement == "up":
            self._send_advice(now)
        if self.service.update(
            self.link_supervisor.judgement, len(self.forward.queue), self.settings.backlog
        ):
            self.emit(e.ServiceChanged(self.service.reasons()))
            self.step(i.ServiceMayChange(), now)

    def _follow_link(self, now: float) -> None:
        link = self.link_supervisor
        wants = link.wants
        if wants:
            link.wants = []
            for want in wants:
                self._carry_out(want, now)
        if link.judgement != self.service.judged:
            self.service.judged = link.judgement
            self.emit(e.LinkJudged(link.judgement, link.why))
            if link.judgement == "down":
                self.service.awaits_first_advice = True
            elif link.judgement == "up" and self.service.awaits_first_advice:
                self.forward.link_lost()  # the head of the queue need not wait any longer
            if link.judgement != "up":
                self.step(i.LinkDoubtful(link.why), now)
        if wants:
            self._follow_link(now)

    def _carry_out(self, want: str, now: float) -> None:
        if want == "connect":
            self.effects.append(Connect())
        elif want == "disconnect":
            self.effects.append(Disconnect())
            self._drop_link(self.link_supervisor.why, now)
        elif want == "sign_on" and not self.settings.sign_on:
            self.link_supervisor.needs_no_sign_on(now)
            self.forward.signed_on()
        else:
            stan = self.next_stan()
            self._network_stans[stan] = want
            sent = self.calendar.sent(now)
            message = self.dialect.network(self.station, want, stan=stan, sent=sent)
            self.do(i.SendManagement(message), after=self._reserved)

    def _drop_link(self, why: str, now: float) -> None:
        self.link.reset()
        self.drop_held(i.SendManagement)
        self.forward.link_lost()
        self._network_stans.clear()
        self.step(i.LinkLost(why), now)

    def _send_advice(self, now: float) -> None:
        if self.link.error is not None:
            return  # the owner is about to close the connection, and nothing would leave any more
        repeats = self.forward.in_flight
        advice = self.forward.next_to_send(now)
        if advice is None:
            return
        if repeats and not self.settings.echo:  # else an echo finds a connection that is dead
            self.link_supervisor.unanswered_request(now)
            if not self.link_supervisor.connected:
                self._follow_link(now)
                return
        message = self.advice_message(advice, now)
        advice.answer = counterpart(message.mti)
        self.send(message)
        self.emit(e.ReversalSent(advice.record.stan, advice.attempts))
        self.service.awaits_first_advice = False

    def advice_message(self, advice: Advice, _now: float) -> Message:
        """The reversal at its first attempt, then its repeat, which differs from it in nothing but
        the MTI (docs/domain.md, "Store and forward", rule 2).
        """
        reversal = reversal_message(self, advice.record)
        return reversal if advice.attempts == 1 else self.dialect.repeat(reversal)


def reversal_message(terminal: Terminal, record: s.ReversalRecord) -> Message:
    """The reversal that a record describes; it is the same every time (T13)."""
    return terminal.dialect.reversal(
        terminal.station,
        pan=record.pan,
        amount=record.amount,
        taken=record.taken,
        stan=record.stan,
        stamp=Stamp(record.sent, record.time, record.date),
        rrn=record.rrn,
        code=record.code,
        reason=record.reason,
        original_stan=record.original_stan,
        original_sent=record.original_sent,
    )
