"""What a terminal's table is asked about: states, and the inputs that meet them.

A frame is classified before it meets the table (matching.py), so that a cell reads like
docs/domain.md, "Terminal states", and most defects are one cell.
"""

from __future__ import annotations

import msgspec

from harness.wire.message import Message, Outcome


class State:
    """The states of docs/domain.md, "Terminal states"."""

    OUT_OF_SERVICE = "OUT_OF_SERVICE"
    IDLE = "IDLE"
    CARD_IN = "CARD_IN"
    PIN_ENTRY = "PIN_ENTRY"
    SELECTING = "SELECTING"
    WAITING_FOR_HOST = "WAITING_FOR_HOST"
    EJECTING = "EJECTING"
    CARD_AT_SLOT = "CARD_AT_SLOT"
    STACKING = "STACKING"
    CASH_PRESENTED = "CASH_PRESENTED"
    RETRACTING = "RETRACTING"
    CAPTURING = "CAPTURING"
    RECOVERING = "RECOVERING"
    SUPERVISOR = "SUPERVISOR"


STATES = tuple(name for name in vars(State) if name.isupper())


class Input(msgspec.Struct, frozen=True, gc=False):
    """Base of everything a table's column can be."""


# --- device and customer -----------------------------------------------------------


class Counters(msgspec.Struct, frozen=True, gc=False):
    """The dispenser's own memory, which survives a power cut: for which transaction it last moved
    notes, and in minor units how much it picked and how much came back. `known` is false if it has
    lost count.
    """

    transaction: int
    picked: int
    returned: int
    known: bool

    @property
    def taken(self) -> int:
        return self.picked - self.returned


class Sensors(msgspec.Struct, frozen=True, gc=False):
    """What the device reports at boot."""

    card_inside: bool
    card_at_slot: bool
    cash_out: bool  # notes at the slot or in the stacker
    counters: Counters


class PoweredOn(Input, frozen=True, gc=False):
    """The power is on; with the report of the sensors."""

    sensors: Sensors


class CardIn(Input, frozen=True, gc=False):
    token: str


class CardRead(Input, frozen=True, gc=False):
    pan: str
    expiry: str
    track2: str


class CardUnreadable(Input, frozen=True, gc=False):
    pass


class KeyPressed(Input, frozen=True, gc=False):
    """One key of the PIN pad: a digit, 'enter' or 'cancel'."""

    key: str


class Chosen(Input, frozen=True, gc=False):
    """The customer's choice: kind 'withdrawal' or 'balance', amount in minor units."""

    kind: str
    amount: int


class CardOut(Input, frozen=True, gc=False):
    """The card is at the slot."""


class CardGone(Input, frozen=True, gc=False):
    """The card was taken from the slot."""


class CardKept(Input, frozen=True, gc=False):
    """The capture is complete."""


class Stacked(Input, frozen=True, gc=False):
    """The stacker has finished and counted: `amount` (minor units) lies in it."""

    amount: int


class StackUncounted(Input, frozen=True, gc=False):
    """The stacker has finished and cannot say how much it moved."""


class Presented(Input, frozen=True, gc=False):
    """The cash is at the slot."""


class CashGone(Input, frozen=True, gc=False):
    """The cash was taken from the slot."""

    counters: Counters


class Retracted(Input, frozen=True, gc=False):
    """The cash was retracted; the counters say how much of it."""

    counters: Counters


# --- network -----------------------------------------------------------------------


class Approved(Input, frozen=True, gc=False):
    amount: int
    code: str


class Declined(Input, frozen=True, gc=False):
    """A listed decline or system error: the card is given back without a reversal."""

    code: str


class CaptureOrdered(Input, frozen=True, gc=False):
    code: str


class PinWrong(Input, frozen=True, gc=False):
    code: str


class SecurityError(Input, frozen=True, gc=False):
    code: str


class UnknownCode(Input, frozen=True, gc=False):
    """A code that is on no list, or a partial approval where none is accepted."""

    code: str


class Late(Input, frozen=True, gc=False):
    """An answer after the abort; `outcome` says whether it approves."""

    outcome: Outcome
    stan: str
    code: str
    amount: int


class Duplicate(Input, frozen=True, gc=False):
    """A second answer to a request that had one."""

    outcome: Outcome
    stan: str
    amount: int


class Stray(Input, frozen=True, gc=False):
    """An answer to nothing that is known here: another STAN, or another terminal."""

    mti: str
    stan: str
    terminal: str


class Damaged(Input, frozen=True, gc=False):
    """A message that does not decode, whose MAC is wrong, or that repeats an element of the request
    wrongly. `ours` is whether it names the terminal and STAN of the request in flight.
    """

    why: str
    ours: bool


class LinkLost(Input, frozen=True, gc=False):
    """The connection closed."""

    why: str


class LinkDoubtful(Input, frozen=True, gc=False):
    """The host is judged down or doubtful while the connection stands."""

    why: str


class ServiceMayChange(Input, frozen=True, gc=False):
    """The set of reasons for being out of service has changed."""


# --- timers (docs/domain.md, "Timers"; several at one instant fire in this order) ------


class Expired(Input, frozen=True, gc=False):
    pass


class CardReadExpired(Expired, frozen=True, gc=False):
    pass


class KeyExpired(Expired, frozen=True, gc=False):
    pass


class SessionExpired(Expired, frozen=True, gc=False):
    pass


class HostTimerExpired(Expired, frozen=True, gc=False):
    pass


class EjectExpired(Expired, frozen=True, gc=False):
    pass


class CardTakeExpired(Expired, frozen=True, gc=False):
    pass


class CaptureExpired(Expired, frozen=True, gc=False):
    pass


class DispenseExpired(Expired, frozen=True, gc=False):
    pass


class CashTakeExpired(Expired, frozen=True, gc=False):
    pass


class RetractExpired(Expired, frozen=True, gc=False):
    pass


class RecoveryExpired(Expired, frozen=True, gc=False):
    pass


# --- operator ------------------------------------------------------------------------


class StopOrdered(Input, frozen=True, gc=False):
    """Remote stop: give the card back, go out of service."""


class ResumeOrdered(Input, frozen=True, gc=False):
    pass


class SupervisorEntered(Input, frozen=True, gc=False):
    pass


class SupervisorLeft(Input, frozen=True, gc=False):
    pass


# --- what a terminal asks for ----------------------------------------------------------


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Base of what a step asks the world to do."""


class Send(Effect, frozen=True, gc=False):
    message: Message


class SendManagement(Effect, frozen=True, gc=False):
    """Network management. What an abort drops is a request, so that this is another effect."""

    message: Message


class Show(Effect, frozen=True, gc=False):
    screen: str


class AcceptCards(Effect, frozen=True, gc=False):
    open: bool


class Eject(Effect, frozen=True, gc=False):
    pass


class Capture(Effect, frozen=True, gc=False):
    pass


class Stack(Effect, frozen=True, gc=False):
    transaction: int
    amount: int


class Present(Effect, frozen=True, gc=False):
    pass


class Retract(Effect, frozen=True, gc=False):
    pass
