"""Events of the device: card reader, card slot, dispenser, cassettes, display, store and mains.

The device does not know the protocol. What it reports is evidence.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from harness.events.base import Event, Notes


class DeviceEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "device"


class CardInserted(DeviceEvent, frozen=True, gc=False):
    """The reader took a card in: it is in the transport now."""

    card: str
    customer: int


class DeviceBroughtForward(DeviceEvent, frozen=True, gc=False):
    """What an earlier process left in the device, of which this journal shows nothing before: a
    card (its token, '' for none), whose, and where ('transport', 'slot', 'stuck'); and cash
    that lies in the stacker or at the slot.
    """

    card: str
    customer: int
    card_at: str
    cash: Notes


class CardHotlisted(DeviceEvent, frozen=True, gc=False):
    """The bank has put this card on the hotlist that the terminal holds: it is to be kept."""

    card: str


class CardExpired(DeviceEvent, frozen=True, gc=False):
    """The card that went in has expired, as is printed on it: a terminal may refuse it itself."""

    card: str


class CardReadSlowly(DeviceEvent, frozen=True, gc=False):
    """The reader needs so many seconds longer than usual for this card."""

    card: str
    longer: float


class CardUnread(DeviceEvent, frozen=True, gc=False):
    """The reader gave up: it cannot read this card, and has told the terminal so."""

    card: str


class EjectBegun(DeviceEvent, frozen=True, gc=False):
    """The reader's motor began to move the card out."""


class EjectFailed(DeviceEvent, frozen=True, gc=False):
    """The motor ran and the card did not move: it has jammed."""


class CardAtSlot(DeviceEvent, frozen=True, gc=False):
    """The card is out of the transport, where a hand can take it."""

    card: str


class CardTaken(DeviceEvent, frozen=True, gc=False):
    """A hand took the card from the slot."""

    card: str


class CaptureBegun(DeviceEvent, frozen=True, gc=False):
    """The reader's motor began to move the card to the retain bin."""

    card: str


class CardCaptured(DeviceEvent, frozen=True, gc=False):
    """The card is in the retain bin."""

    card: str


class CaptureFailed(DeviceEvent, frozen=True, gc=False):
    """The card did not reach the retain bin: it is stuck, or a hand holds it at the slot."""


class CardRemoved(DeviceEvent, frozen=True, gc=False):
    """A person at the open machine took out a card that was stuck in it."""

    card: str


class MotorSlowed(DeviceEvent, frozen=True, gc=False):
    """A movement began that takes so many seconds longer than it should: read, eject, capture,
    stack, present or retract.
    """

    motor: str
    seconds: float


class MotorStopped(DeviceEvent, frozen=True, gc=False):
    """A movement began (named as in `MotorSlowed`) that will not end: the motor stands still, and
    the device reports nothing of it.
    """

    motor: str


class RetractBegun(DeviceEvent, frozen=True, gc=False):
    """The motor began to draw in the notes that lie in the stacker or at the slot."""


class RetractFailed(DeviceEvent, frozen=True, gc=False):
    """The notes did not come back in: they are stuck between the slot and the bin."""

    notes: Notes


class ScreenShown(DeviceEvent, frozen=True, gc=False):
    """The display shows another screen: welcome, out_of_service, enter_pin, select, please_wait,
    take_card, cancelled ('transaction cancelled, take your card'), take_cash, captured, supervisor,
    blank.
    """

    screen: str


class MessageShown(DeviceEvent, frozen=True, gc=False):
    """A line of text that an operator has sent stands on the display, below the screen; '' for
    none.
    """

    text: str


class StackBegun(DeviceEvent, frozen=True, gc=False):
    """The stacker's motor started: notes leave the cassettes for `amount`. `transaction` is
    the terminal's own number for it, so it explains and proves nothing.
    """

    transaction: int
    amount: int


class NotesStacked(DeviceEvent, frozen=True, gc=False):
    """The stacker has finished. `notes` lie in it, `rejected` went to the reject bin. `counted`
    says whether its sensor could report the count to the terminal.
    """

    notes: Notes
    rejected: Notes
    counted: bool


class NotesPresented(DeviceEvent, frozen=True, gc=False):
    """The notes lie at the cash slot, where a hand can take them."""

    notes: Notes


class NotesTaken(DeviceEvent, frozen=True, gc=False):
    """A hand took the notes."""

    notes: Notes


class NotesPartlyTaken(DeviceEvent, frozen=True, gc=False):
    """A hand took these notes and left the others at the slot."""

    notes: Notes


class NotesRetracted(DeviceEvent, frozen=True, gc=False):
    """These notes came back in; `counted` as in NotesStacked."""

    notes: Notes
    counted: bool


class CassettesCounted(DeviceEvent, frozen=True, gc=False):
    """The notes in the cassettes, counted by hand: at 'opening', at a 'visit' of a person who opens
    the safe, and at 'rest'. `unknown` holds what the device lost count of.
    """

    when: Literal["opening", "visit", "rest"]
    notes: Notes
    unknown: Notes


class CassettesFilled(DeviceEvent, frozen=True, gc=False):
    """A person put so many notes into the cassettes."""

    notes: Notes


class SafeDoorOpened(DeviceEvent, frozen=True, gc=False):
    """A person opened the safe."""


class SafeDoorClosed(DeviceEvent, frozen=True, gc=False):
    """The safe is closed again."""


class StoreCounted(DeviceEvent, frozen=True, gc=False):
    """What the store holds at the end of the run: reversals that are pending, reversals that are
    parked, suspense records, and transactions of which there is none of these (`unclosed`).
    """

    pending: int
    parked: int
    suspense: int
    unclosed: int = 0


class RecordDelayed(DeviceEvent, frozen=True, gc=False):
    """The store takes its time: this record, of that transaction (the terminal's own number, 0 for
    a record of none), is not durable before `StoreWentOn`.
    """

    record: str
    transaction: int


class StoreWentOn(DeviceEvent, frozen=True, gc=False):
    """The store takes in what was delayed."""


class PowerLost(DeviceEvent, frozen=True, gc=False):
    """The mains failed: timers stop, and what was not yet on the disk is lost. `phase` names the
    operation during which it happened.
    """

    phase: str


class ProcessPaused(DeviceEvent, frozen=True, gc=False):
    """The process of the terminal's logic stands still, after the operation that `phase` names."""

    phase: str


class ProcessResumed(DeviceEvent, frozen=True, gc=False):
    """The process goes on, and handles what came in the meantime."""


class PowerRestored(DeviceEvent, frozen=True, gc=False):
    """The mains are on again."""
