"""What the device shows: where the card is, where the cash is, what stands on the screen.

The device does not know the protocol. The notes that it moves are added to the request that was
the last one on the wire (`TerminalTransactions.current`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from harness import events as e
from harness.checks.operating_time import Moment, OperatingTime
from harness.checks.transactions import TerminalTransactions


class Wanted(NamedTuple):
    """What the customer before the machine wants: 'withdrawal' or 'balance', and minor units."""

    customer: int
    wants: str
    amount: int


JUST_NOW = 0.1
"""Seconds of operating time within which a card that went in may not have been heard of yet."""
CardPlace = Literal["", "transport", "slot", "capturing", "stuck"]
PROMPTS = ("enter_pin", "select", "please_wait")
"""The screens that ask for something in a visit, or for patience."""


class DeviceEvidence:
    """One terminal's device.

    `card` is the token of the card that is inside or was the last one, `customer` the number of
    its visit, `inserted` when it went in (None once it is out or captured), `slot_since` when one
    last came to the slot, `jammed` whether its eject failed, `ejects` how often it was
    tried since the card went in or the power came back. `cash_out` is true from the start of
    the stacker until the notes are taken or back. `stray_cash` is what was taken without any
    request, in minor units. `hotlisted` are the tokens of cards that the bank has put on the
    terminal's hotlist.

    `prompt` is what the screen last asked in this visit: 'enter_pin', 'select', 'please_wait', ''
    while the card is being read, or 'unknown' where the visit began before the journal; `prompt_at`
    is since when, and `asked_at` when it first asked (run seconds, None if it has not). `unread_at`
    is when the reader gave up the card, None if it did not. `pin_asked_at` is when the
    PIN was last asked for. `typed` is whether the PIN that the customer typed last is the card's,
    None where that was not seen. `wanted` is what the customer who came last wants; None where
    nobody was seen to come.
    """

    __slots__ = (
        "_cash_from_before", "_time", "_transactions", "asked_at", "card", "card_at", "cash_out",
        "customer", "ejects", "hotlisted", "inserted", "jammed", "pin_asked_at", "prompt",
        "prompt_at", "screen", "slot_since", "stray_cash", "typed", "unread_at", "wanted",
    )  # fmt: skip

    def __init__(self, time: OperatingTime, transactions: TerminalTransactions) -> None:
        self._time = time
        self._transactions = transactions
        self.card = ""
        self.customer = 0
        self.card_at: CardPlace = ""
        self.inserted: Moment | None = None
        self.slot_since = 0.0
        self.jammed = False
        self.hotlisted: frozenset[str] = frozenset()
        self.cash_out = False
        self.stray_cash = 0
        self._cash_from_before = False  # what lies there was approved before this journal began
        self.screen = ""
        self.prompt = ""
        self.prompt_at = 0.0
        self.asked_at: float | None = None
        self.unread_at: float | None = None
        self.pin_asked_at = 0.0
        self.ejects = 0
        self.typed: bool | None = None
        self.wanted: Wanted | None = None

    @property
    def has_been_at_slot(self) -> bool:
        """Has the card that is inside been at the slot since it went in?"""
        return self.inserted is not None and self.slot_since >= self.inserted.at

    def has_card(self, at: float) -> bool:
        """Is a card inside that the logic can have heard of? One that went in while its process
        stood still, or in this instant, comes behind what it has heard before.
        """
        return self.inserted is not None and self._time.since(self.inserted, at) > JUST_NOW

    @property
    def is_jammed(self) -> bool:
        """Does the card not come out? Its eject has failed, or was tried twice, and it has not been
        at the slot.
        """
        return (self.jammed or self.ejects > 1) and not self.has_been_at_slot

    # --- the card ------------------------------------------------------------------------------

    def on_CardInserted(self, at: float, event: e.CardInserted) -> None:
        self.card = event.card
        self.customer = event.customer
        self._transactions.visitor = (event.card, event.customer)
        self.card_at = "transport"
        self.inserted = self._time.moment(at)
        self.jammed = False
        self.prompt = ""
        self.prompt_at = at
        self.asked_at = self.unread_at = self.typed = None
        self.ejects = 0
        self._transactions.visit_requests = 0

    def on_CardHotlisted(self, _at: float, event: e.CardHotlisted) -> None:
        self.hotlisted |= {event.card}

    def on_DeviceBroughtForward(self, at: float, event: e.DeviceBroughtForward) -> None:
        """What was in the machine as this journal begins: whatever follows is judged from here."""
        self.cash_out = self._cash_from_before = bool(event.cash)
        if not event.card:
            return
        self.card = event.card
        self.customer = event.customer
        if event.card_at == "stuck":
            self.card_at = "stuck"
            return
        self.inserted = self._time.moment(at)
        self.card_at = "transport"
        self.prompt = "unknown"
        if event.card_at == "slot":
            self.on_CardAtSlot(at, e.CardAtSlot(event.card))

    def on_CardUnread(self, at: float, _event: e.CardUnread) -> None:
        self.unread_at = at

    def asks(self, at: float, screen: str) -> None:
        """The screen asks the customer for something, or to wait."""
        self.prompt = screen
        self.prompt_at = at
        if screen == "enter_pin":
            self.pin_asked_at = at
            self.typed = None
        if self.asked_at is None:
            self.asked_at = at

    def on_EjectBegun(self, _at: float, _event: e.EjectBegun) -> None:
        self.ejects += 1

    def on_EjectFailed(self, _at: float, _event: e.EjectFailed) -> None:
        self.jammed = True

    def on_CardAtSlot(self, at: float, _event: e.CardAtSlot) -> None:
        self.card_at = "slot"
        self.slot_since = at

    def on_CaptureBegun(self, _at: float, _event: e.CaptureBegun) -> None:
        self.card_at = "capturing"

    def on_CardTaken(self, _at: float, _event: e.CardTaken) -> None:
        self.card_at = ""
        self.inserted = None

    def on_CardCaptured(self, _at: float, _event: e.CardCaptured) -> None:
        self.card_at = ""
        self.inserted = None

    def on_CaptureFailed(self, _at: float, _event: e.CaptureFailed) -> None:
        """It is stuck until a person takes it out: no motor moves it any more."""
        self.card_at = "stuck"
        self.inserted = None

    def on_CardRemoved(self, _at: float, _event: e.CardRemoved) -> None:
        self.card_at = ""

    # --- the cash ------------------------------------------------------------------------------

    def on_StackBegun(self, _at: float, _event: e.StackBegun) -> None:
        self.cash_out = True
        current = self._transactions.current
        if current is not None:
            current.stacks += 1
            current.stood_still |= self._time.stands_still

    def on_NotesStacked(self, _at: float, event: e.NotesStacked) -> None:
        self.cash_out = bool(event.notes) and event.counted  # what lost count is purged
        current = self._transactions.current
        if current is not None:
            current.stacked += worth(event.notes)
            current.uncounted |= not event.counted
            current.counted |= event.counted

    def on_NotesRetracted(self, _at: float, event: e.NotesRetracted) -> None:
        self.cash_out = False
        current = self._transactions.current
        if current is not None:
            current.retracted += worth(event.notes)
            current.uncounted |= not event.counted

    def on_RetractFailed(self, _at: float, _event: e.RetractFailed) -> None:
        self.cash_out = False
        current = self._transactions.current
        if current is not None:
            current.uncounted = True

    def on_MotorStopped(self, _at: float, event: e.MotorStopped) -> None:
        """What a motor that stands still would have brought back, nobody has counted."""
        current = self._transactions.current
        if event.motor == "retract" and current is not None:
            current.uncounted = True

    def on_NotesTaken(self, _at: float, event: e.NotesTaken) -> None:
        self.cash_out = False
        current = self._transactions.current
        if current is None:
            if not self._cash_from_before:
                self.stray_cash += worth(event.notes)
            self._cash_from_before = False
            return
        current.taken += worth(event.notes)
        if current.taken == current.approved:
            current.endings.append("completed")

    def on_NotesPartlyTaken(self, at: float, event: e.NotesPartlyTaken) -> None:
        """As if these were all that lay there; but the others still do."""
        before = self._cash_from_before
        self.on_NotesTaken(at, e.NotesTaken(event.notes))
        self._cash_from_before = before
        self.cash_out = True


def worth(notes: e.Notes) -> int:
    """What notes are worth, in minor units."""
    return sum(denomination * count for denomination, count in notes.items())
