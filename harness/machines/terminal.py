"""The ATM: what stands between a customer, a device, a store and a host.

Time in, events out. Nothing here knows whether the peer is real. The owner calls in
with bytes, sensor reports and the time, and pulls `effects` and `events`.

- Behaviour is a table of state x input (table.py); a cell that is missing is a decision, and
  the input is ignored there. The cells are in cells_*.py.
- A deadline is checked before an input that arrives at the same instant: a response handled
  at now >= deadline is late (section 3).
- Effects that need durability wait for their record's number in one queue; nothing that is
  needed to give the card back ever waits.
- WAITING_FOR_HOST is left exactly once per request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from harness import events as e
from harness.crypto.pin import PinCrypto
from harness.keyed_random import key_of
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.breaker import CaptureBreaker
from harness.machines.effects import Connect, Disconnect, Enqueue, Tell, Transmit, Write
from harness.machines.inputs import State
from harness.machines.link import Heard, Link
from harness.machines.link_supervisor import LinkSupervisor, LinkTimes
from harness.machines.matching import Matcher
from harness.machines.service import Service
from harness.machines.session import Session, Transaction
from harness.machines.store_forward import Advice, StoreForward
from harness.machines.timers import Timers
from harness.wire.calendar import Calendar, Stamp
from harness.wire.message import AdviceOutcome, Dialect, Kind, Message, Station

Cell = Callable[["Terminal", Any, float], None]
Table = Mapping[tuple[str, type[i.Input]], Cell]

STAN_BLOCK = 200
TRANSACTION_BLOCK = 64
LAST_STAN = 999_999


class TerminalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one ATM is set up. Timers in seconds, by the names of timers.py."""

    timers: dict[str, float] = {}
    uplink: LinkTimes = LinkTimes()
    advice_response: float = 60.0
    backlog: int = 5  # more pending reversals than this: out of service
    expiries: int = 3  # as many host_response expiries in a row: withdrawals off
    expiries_pause: float = 300.0
    capture_burst: int = 3  # as many captures by code within `capture_window` seconds
    capture_window: float = 60.0
    pin_tries: int = 3
    first_stan: int = 1  # of a machine whose store is new
    cash_before_card: bool = False
    partial_approval: bool = False
    hotlist: tuple[str, ...] = ()
    mac: bool = True
    sign_on: bool = True


class TerminalContext(msgspec.Struct):
    """What a terminal is built into: its identity, its wire and its keys."""

    station: Station
    dialect: Dialect
    calendar: Calendar
    link: Link
    pin: PinCrypto
    seed: int


class Terminal:
    """The safe ATM. A defect is a subclass with other cells in its table or another hook."""

    table: ClassVar[Table] = {}

    def __init__(self, settings: TerminalSettings, outside: TerminalContext) -> None:
        self.settings = settings
        self.station = outside.station
        self.dialect = outside.dialect
        self.calendar = outside.calendar
        self.link = outside.link
        self.pin = outside.pin
        self.id = outside.station.terminal
        self.timers = Timers(settings.timers)
        self.uplink = LinkSupervisor(settings.uplink, key_of(outside.seed, "uplink", self.id))
        self.forward = StoreForward(settings.advice_response)
        self.matcher = Matcher(self.id, partial_approval=settings.partial_approval)
        self.service = Service()
        self.state = State.RECOVERING
        self.state_timer = ""
        self.visit: Session | None = None
        self.transaction: Transaction | None = None
        self.card_inside = False
        self.recovering: dict[str, str] = {}  # 'card' and 'cash' and how far each is, at boot
        self.counters = i.Counters(0, 0, 0, True)
        self.image = s.StoreImage()
        self.expiries = 0
        self.breaker = CaptureBreaker(settings.capture_burst, settings.capture_window)
        self.effects: list[i.Effect] = []
        self.events: list[e.Event] = []
        self._held: deque[tuple[int, i.Effect]] = deque()
        self._written = 0
        self._synced = 0
        self._network_stans: dict[str, str] = {}
        self._stan = 0
        self._stans_left = 0
        self._number = 0
        self._numbers_left = 0
        self._cause = "operator"

    # --- coming up -------------------------------------------------------------------

    def boot(self, image: s.StoreImage, sensors: i.Sensors, now: float) -> None:
        """Power is on. `image` is what the store kept, `sensors` what the device reports."""
        self._cause = "operator"
        self.image = image
        new = image.marks.transaction == 1  # nothing was ever reserved
        self._stan = self.settings.first_stan if new else image.marks.stan
        self._number = image.marks.transaction
        self._reserve()
        self.step(i.PoweredOn(sensors), now)
        self.uplink.start(now)
        self._after(now)

    def _reserve(self) -> None:
        """Numbers are reserved a block ahead, so that none is ever used twice."""
        self._stans_left = STAN_BLOCK
        self._numbers_left = TRANSACTION_BLOCK
        stan = (self._stan + STAN_BLOCK - 1) % LAST_STAN + 1
        self.log(s.Marks(stan, self._number + TRANSACTION_BLOCK), urgent=False)

    def next_stan(self) -> str:
        """DE 11: 000001 to 999999, then 000001 again."""
        if self._stans_left <= 0:
            self._reserve()
        stan = self._stan
        self._stan = stan % LAST_STAN + 1
        self._stans_left -= 1
        if stan == LAST_STAN:
            self.emit(e.StanWrapped())
        return f"{stan:06d}"

    def next_number(self) -> int:
        """The transaction's number, from which DE 37 is made."""
        if self._numbers_left <= 0:
            self._reserve()
        number = self._number
        self._number += 1
        self._numbers_left -= 1
        return number

    # --- time ------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """When `tick` must be called at the latest (run seconds)."""
        due = self.timers.earliest
        uplink = self.uplink.next_deadline()
        if uplink < due:
            due = uplink
        if self.forward.queue and self.uplink.judgement == "up":
            due = min(due, self.forward.next_deadline())
        return due if due < self.service.resumes_at else self.service.resumes_at

    def tick(self, now: float) -> None:
        """Fire everything that is due at `now`."""
        self._expire(now)
        self._after(now)

    def _expire(self, now: float) -> None:
        self._cause = "timer"
        while now >= self.timers.earliest:
            expired = self.timers.due(now)
            if expired is not None:
                self.step(expired(), now)
        if now >= self.uplink.next_deadline():
            self.uplink.tick(now)
        if now >= self.service.resumes_at:
            self.service.remove("expiries")

    # --- what comes in -----------------------------------------------------------------

    def sense(self, what: i.Input, now: float, *, cause: str = "device") -> None:
        """A sensor, a key or an order."""
        self._expire(now)
        self._cause = cause
        self.step(what, now)
        self._after(now)

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the host."""
        self._expire(now)
        self._take_in(data, now)
        self._after(now)

    def _take_in(self, data: bytes, now: float) -> None:
        self._cause = "network"
        for heard in self.link.receive(data):
            if not heard.problem:
                self.uplink.heard(now)
            self._hear(heard, now)

    def opened(self, now: float) -> None:
        """The connection stands."""
        self._expire(now)
        self._cause = "network"
        self.link.reset()
        self._network_stans.clear()
        self.uplink.opened(now)
        self._after(now)

    def closed(self, why: str, now: float) -> None:
        """The connection closed, or could not be made."""
        self._expire(now)
        self._cause = "network"
        self.uplink.closed(now, why)
        self._drop_link(why, now)
        self._after(now)

    @property
    def writing(self) -> bool:
        """Does something still wait for the store?"""
        return bool(self._held)

    def synced(self, number: int, now: float) -> None:
        """Records up to `number` are durable: release what waited for them."""
        self._expire(now)
        self._cause = "store"
        self._synced = number
        held = self._held
        while held and held[0][0] <= number:
            self._release(held.popleft()[1])
        self._after(now)

    # --- what goes out ------------------------------------------------------------------

    def emit(self, event: e.Event) -> None:
        self.events.append(event)

    def log(self, record: s.Record, *, urgent: bool = True) -> int:
        """Write a record; the number to wait for."""
        self._written += 1
        self.effects.append(Write(self._written, record, urgent))
        return self._written

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        """Carry out now, or once record `after` is durable."""
        if after > self._synced:
            self._held.append((after, effect))
        else:
            self.effects.append(effect)

    def held(self, kind: type[i.Effect]) -> bool:
        """Is an effect of that kind still waiting for the store?"""
        return any(type(effect) is kind for _, effect in self._held)

    def drop_held(self, kind: type[i.Effect]) -> bool:
        """Take back an effect that still waits for the store; whether there was one."""
        found = self.held(kind)
        if found:
            self._held = deque(item for item in self._held if type(item[1]) is not kind)
        return found

    def _release(self, effect: i.Effect) -> None:
        if type(effect) is i.Send:
            self.send(effect.message)
        elif type(effect) is Enqueue:
            self.forward.add(effect.record)
        elif type(effect) is Tell:
            self.emit(effect.event)
        else:
            self.effects.append(effect)

    def send(self, message: Message) -> None:
        """To the host, if there is a connection; else the message is lost, as on any wire."""
        if self.uplink.connected:
            self.effects.append(Transmit(self.link.frame(message), message.mti))

    # --- the table -----------------------------------------------------------------------

    def step(self, what: i.Input, now: float) -> None:
        """One input meets the state. A missing cell ignores it."""
        kind = type(what)
        cell = self.table.get((self.state, kind)) or self.table.get(("*", kind))
        if cell is not None:
            cell(self, what, now)

    def enter(self, state: str, now: float, timer: str = "") -> None:
        """Go to a state with its timer; the session's timer goes on by itself."""
        if self.state_timer and self.state_timer != timer:
            self.timers.disarm(self.state_timer)
        self.state = state
        self.state_timer = timer
        self.timers.unwatch("session" if state == State.WAITING_FOR_HOST else "")
        until = self.timers.arm(timer, now) if timer else 0.0
        self.events.append(e.StateEntered(state, timer, until))

    def rearm(self, timer: str, now: float) -> None:
        """Set the state's running timer again, and say who caused it."""
        until = self.timers.arm(timer, now)
        if self._cause != "customer":  # each key press would drown the journal
            self.events.append(e.TimerRearmed(timer, until, self._cause))

    # --- the network side ------------------------------------------------------------------

    def _hear(self, heard: Heard, now: float) -> None:
        message, mac, problem = heard
        if problem:
            self._damaged(problem, False, now)
            return
        if self.settings.mac and mac != "good":
            self._damaged("MAC missing or wrong", self._is_ours(message), now)
            return
        kind = message.kind
        if kind is Kind.ANSWER:
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
        else:
            self._stray(message)

    def _is_ours(self, message: Message) -> bool:
        """DE 41 and DE 11 are those of the request in flight (reason 4020 then)."""
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

    def _stray(self, message: Message) -> None:
        self.emit(e.StrayMessage(message.mti, message.stan, message.terminal))

    def _network_answer(self, answer: Message, now: float) -> None:
        """DE 41 is left out of network management by many a host: the link says whose it is."""
        ours = (answer.terminal or self.id) == self.id
        function = self._network_stans.pop(answer.stan, "") if ours else ""
        if not function:
            self._stray(answer)
        elif function == "sign_on":
            self.uplink.signed_on(answer.network_accepted, now)
            if self.uplink.up:
                self.forward.signed_on()
        elif answer.network_accepted:
            self._network_stans.clear()
            self.uplink.echoed()

    def _reversal_answer(self, answer: Message, now: float) -> None:
        advice = self.forward.answered_by(answer.stan)
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
        """Carry out what the link wants, send advices, and see whether service changed."""
        uplink = self.uplink
        if uplink.wants or uplink.judgement != self.service.judged:
            self._follow_uplink(now)
        if self.forward.queue and uplink.judgement == "up":
            self._send_advice(now)
        if self.service.update(
            self.uplink.judgement, len(self.forward.queue), self.settings.backlog
        ):
            self.emit(e.ServiceChanged(self.service.reasons()))
            self.step(i.ServiceMayChange(), now)

    def _follow_uplink(self, now: float) -> None:
        uplink = self.uplink
        wants = uplink.wants
        if wants:
            uplink.wants = []
            for want in wants:
                self._carry_out(want, now)
        if uplink.judgement != self.service.judged:
            self.service.judged = uplink.judgement
            self.emit(e.LinkJudged(uplink.judgement, uplink.why))
            if uplink.judgement == "down":
                self.service.awaits_first_advice = True
            elif uplink.judgement == "up" and self.service.awaits_first_advice:
                self.forward.link_lost()  # a head that waited out the outage goes now
            if uplink.judgement != "up":
                self.step(i.LinkDoubtful(uplink.why), now)
        if wants:
            self._follow_uplink(now)

    def _carry_out(self, want: str, now: float) -> None:
        if want == "connect":
            self.effects.append(Connect())
        elif want == "disconnect":
            self.effects.append(Disconnect())
            self._drop_link(self.uplink.why, now)
        elif want == "sign_on" and not self.settings.sign_on:
            self.uplink.signed_on(True, now)
            self.forward.signed_on()
        else:
            stan = self.next_stan()
            self._network_stans[stan] = want
            sent = self.calendar.sent(now)
            self.send(self.dialect.network(self.station, want, stan=stan, sent=sent))

    def _drop_link(self, why: str, now: float) -> None:
        self.link.reset()
        self.forward.link_lost()
        self._network_stans.clear()
        self.step(i.LinkLost(why), now)

    def _send_advice(self, now: float) -> None:
        if self.link.error is not None:
            return  # its owner is about to close it, and nothing that is sent would leave
        advice = self.forward.next_to_send(now)
        if advice is None:
            return
        self.send(self.advice_message(advice, now))
        self.emit(e.ReversalSent(advice.record.stan, advice.attempts))
        self.service.awaits_first_advice = False

    def advice_message(self, advice: Advice, _now: float) -> Message:
        """First the 0420, then 0421 for ever, all else alike (section 4, rule 2)."""
        reversal = reversal_message(self, advice.record)
        return reversal if advice.attempts == 1 else self.dialect.repeat(reversal)


def reversal_message(terminal: Terminal, record: s.ReversalRecord) -> Message:
    """The 0420 of a record; the same every time (T13)."""
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
