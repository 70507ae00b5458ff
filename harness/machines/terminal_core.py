"""What every cell of the terminal's table works with: state, timers, numbers, store and effects.

The transition table is not in this module, so that the cells (cells_*.py), which are functions of a
terminal, can be written before the table that holds them. `Terminal` (terminal.py) puts the two
together.

Numbers. A terminal uses each STAN and each transaction number once, whatever power cuts do: it
writes down that a block of them is reserved before it uses the first one of the block.

Effects. What must not happen before a record is durable waits for the number of that record, in one
queue. Nothing that is needed to give the card back ever waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Set as AbstractSet

import msgspec

from harness import events as e
from harness.contract import Contract
from harness.crypto.pin import PinCrypto
from harness.keyed_random import key_of
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.breaker import CaptureBreaker
from harness.machines.effects import Enqueue, Tell, Transmit, Write
from harness.machines.inputs import State
from harness.machines.link import Link
from harness.machines.link_supervisor import LinkSupervisor, LinkTimes
from harness.machines.matching import Matcher
from harness.machines.service import Service
from harness.machines.session import Session, Transaction
from harness.machines.store_forward import StoreForward
from harness.machines.timers import Timers
from harness.wire.calendar import Calendar
from harness.wire.dialects.base import Dialect
from harness.wire.message import Message, Station

_USUAL = Contract()
STAN_BLOCK = 200
TRANSACTION_BLOCK = 64
LAST_STAN = 999_999


class TerminalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one ATM is set up. All times are seconds. What the contract says holds for what is not
    named.

    - `timers`: seconds by the timer names of timers.py, where they differ from the defaults there.
    - `link_times`: how the connection to the host is kept.
    - `advice_response`: how long a reversal waits for its answer before it is repeated.
    - `backlog`: with more pending reversals than this the terminal is out of service.
    - `expiries`: after so many expiries of host_response in a row it is out of service for
      `expiries_pause`.
    - `capture_burst`: so many captures by response code within `capture_window` trip the breaker.
    - `pin_tries`: PIN entries in one session.
    - `first_stan`: the first STAN of a terminal whose store is new.
    - `cash_before_card`: present the cash while the card is still inside.
    - `partial_approval`: accept an approval of less than was asked for.
    - `hotlist`: tokens of cards that are captured as soon as they are read; the bank may add more
      (`TerminalContext`).
    - `mac`: drop messages whose MAC is missing or wrong.
    - `sign_on`: sign on before anything else is sent.
    - `echo`: send an echo to a host that is silent.
    """

    timers: dict[str, float] = {}
    link_times: LinkTimes = LinkTimes()
    advice_response: float = _USUAL.advice_response
    backlog: int = _USUAL.backlog
    expiries: int = _USUAL.expiries
    expiries_pause: float = _USUAL.expiries_pause
    capture_burst: int = _USUAL.capture_burst
    capture_window: float = _USUAL.capture_window
    pin_tries: int = _USUAL.pin_tries
    first_stan: int
    cash_before_card: bool = _USUAL.cash_before_card
    partial_approval: bool = _USUAL.partial_approval
    hotlist: tuple[str, ...] = _USUAL.hotlist
    mac: bool = _USUAL.mac
    sign_on: bool = _USUAL.sign_on
    echo: bool = _USUAL.echo


class TerminalContext(msgspec.Struct):
    """What surrounds a terminal: its identity, dialect, clock, link and keys. `seed` keys the
    random waits between its attempts to connect. `hotlist` are the tokens of cards that the bank
    adds to the terminal's hotlist while it runs.
    """

    station: Station
    dialect: Dialect
    calendar: Calendar
    link: Link
    pin: PinCrypto
    seed: int
    hotlist: AbstractSet[str] = frozenset()


class TerminalCore:
    """A terminal without its table and without its network side.

    `events` (for the journal) and `effects` (for the device, the store and the connection) are
    lists that the owner takes and empties.
    """

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        self.settings = settings
        self.station = context.station
        self.dialect = context.dialect
        self.calendar = context.calendar
        self.link = context.link
        self.pin = context.pin
        self.hotlist = context.hotlist
        self.id = context.station.terminal
        self.timers = Timers(settings.timers)
        draws = key_of(context.seed, "uplink", self.id)
        self.link_supervisor = LinkSupervisor(settings.link_times, draws, echo=settings.echo)
        self.forward = StoreForward(settings.advice_response)
        self.matcher = Matcher(self.id, partial_approval=settings.partial_approval)
        self.service = Service()
        self.state = State.RECOVERING
        self.state_timer = ""
        self.session: Session | None = None
        self.transaction: Transaction | None = None
        self.card_inside = False
        self.recovering: dict[str, str] = {}  # 'card' and 'cash' and how far each is, at boot
        self.counters: i.Counters  # set at boot, as are the image, the numbers and the cause
        self.image: s.StoreImage
        self.expiries = 0
        self.breaker = CaptureBreaker(settings.capture_burst, settings.capture_window)
        self.effects: list[i.Effect] = []
        self.events: list[e.Event] = []
        self._held: deque[tuple[int, i.Effect]] = deque()
        self._written = 0
        self._synced = 0
        self._network_stans: dict[str, str] = {}
        self._stan: int
        self._stans_left: int
        self._reserved: int  # the record that reserves the block in use
        self._number: int
        self._numbers_left: int
        self._cause: str

    # --- numbers ---------------------------------------------------------------------

    def _reserve(self) -> None:
        """Write down that the next block of numbers may have been used."""
        self._stans_left = STAN_BLOCK
        self._numbers_left = TRANSACTION_BLOCK
        stan = (self._stan + STAN_BLOCK - 1) % LAST_STAN + 1
        self._reserved = self.log(s.Marks(stan, self._number + TRANSACTION_BLOCK))

    def next_stan(self) -> str:
        """A new system trace audit number (DE 11): 000001 to 999999, then 000001 again."""
        if self._stans_left <= 0:
            self._reserve()
        stan = self._stan
        self._stan = stan % LAST_STAN + 1
        self._stans_left -= 1
        if stan == LAST_STAN:
            self.emit(e.StanWrapped())
        return f"{stan:06d}"

    def next_number(self) -> int:
        """A new transaction number, from which the retrieval reference number (DE 37) is made."""
        if self._numbers_left <= 0:
            self._reserve()
        number = self._number
        self._number += 1
        self._numbers_left -= 1
        return number

    # --- what goes out ------------------------------------------------------------------

    def emit(self, event: e.Event) -> None:
        """Report an event to the journal."""
        self.events.append(event)

    def log(self, record: s.Record, *, urgent: bool = True) -> int:
        """Write a record to the store. Returns its number, for `do(..., after=number)`; an urgent
        record is synced at once.
        """
        self._written += 1
        self.effects.append(Write(self._written, record, urgent))
        return self._written

    def close_for(self, reason: str) -> int:
        """Out of service for 'hardware' or 'operator', until a person removes that reason: a power
        cut does not. Returns the number of its record.
        """
        self.service.add(reason)
        return self.log(s.OutOfService(self.service.lasting()))

    def no_longer_for(self, reason: str) -> int:
        """A person removed the reason. Returns the number of its record."""
        self.service.remove(reason)
        return self.log(s.OutOfService(self.service.lasting()))

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        """Carry out an effect now, or as soon as the record with the number `after` is durable."""
        if after > self._synced:
            self._held.append((after, effect))
        else:
            self._release(effect)

    def held(self, kind: type[i.Effect]) -> bool:
        """Is an effect of that kind still waiting for the store?"""
        return any(type(effect) is kind for _, effect in self._held)

    def drop_held(self, kind: type[i.Effect]) -> bool:
        """Cancel the effects of that kind that still wait for the store. Was there one?"""
        found = self.held(kind)
        if found:
            self._held = deque(item for item in self._held if type(item[1]) is not kind)
        return found

    def _release(self, effect: i.Effect) -> None:
        if type(effect) is i.Send or type(effect) is i.SendManagement:
            self.send(effect.message)
        elif type(effect) is Enqueue:
            self.forward.add(effect.record)
        elif type(effect) is Tell:
            self.emit(effect.event)
        else:
            self.effects.append(effect)

    def send(self, message: Message) -> None:
        """Send a message to the host. Without a connection it is lost, as on any wire."""
        if self.link_supervisor.connected:
            self.effects.append(Transmit(self.link.frame(message), message.mti))

    # --- states and timers ----------------------------------------------------------------

    def enter(self, state: str, now: float, timer: str = "") -> None:
        """Go to a state and start the timer of that state. The session timer goes on by itself; it
        does not fire while the terminal waits for the host.
        """
        if self.state_timer and self.state_timer != timer:
            self.timers.disarm(self.state_timer)
        self.state = state
        self.state_timer = timer
        self.timers.unwatch("session" if state == State.WAITING_FOR_HOST else "")
        until = self.timers.arm(timer, now) if timer else 0.0
        self.events.append(e.StateEntered(state, timer, until))

    def rearm(self, timer: str, now: float) -> None:
        """Restart the timer of the state, and report what caused it."""
        until = self.timers.arm(timer, now)
        if self._cause != "customer":  # a line for each key press would fill the journal
            self.events.append(e.TimerRearmed(timer, until, self._cause))
