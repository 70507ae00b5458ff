"""What can happen: the vocabulary of the journal.

Events are past tense and frozen. Each belongs to a layer, and the layer decides
what it is worth: `device`, `wire` and `ledger` are evidence; what `terminal` and
`host` say of themselves explains a verdict and never acquits; `customer` and
`harness` are the surroundings.

Amounts are minor units (cents). Notes are {denomination: count}, denominations in
minor units. Cards are named by a keyed token, never by their PAN. Times are not in
the events: the journal's entry carries them.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Notes = dict[int, int]
End = Literal["terminal", "host"]


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="is", tag=True):
    """Base of all events; written with its class's name under 'is'."""

    layer: ClassVar[str] = ""


# --- device: reader, slot, dispenser, cassettes, display, store, mains ------------


class DeviceEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "device"


class CardInserted(DeviceEvent, frozen=True, gc=False):
    """The reader took a card in: it is in the transport now."""

    card: str
    customer: int


class EjectBegun(DeviceEvent, frozen=True, gc=False):
    """The reader's motor began to move the card out."""


class EjectFailed(DeviceEvent, frozen=True, gc=False):
    """The motor ran and the card did not move: a jam."""


class CardAtSlot(DeviceEvent, frozen=True, gc=False):
    """The card is out of the transport, where a hand can take it."""

    card: str


class CardTaken(DeviceEvent, frozen=True, gc=False):
    card: str


class CaptureBegun(DeviceEvent, frozen=True, gc=False):
    """The reader's motor began to move the card to the retain bin."""

    card: str


class CardCaptured(DeviceEvent, frozen=True, gc=False):
    card: str


class CaptureFailed(DeviceEvent, frozen=True, gc=False):
    """The card is stuck in the transport."""


class RetractFailed(DeviceEvent, frozen=True, gc=False):
    """The notes are stuck between slot and bin."""

    notes: Notes


class ScreenShown(DeviceEvent, frozen=True, gc=False):
    """What the customer reads: welcome, out_of_service, enter_pin, select, please_wait,
    take_card, take_cash, captured, supervisor, blank.
    """

    screen: str


class StackBegun(DeviceEvent, frozen=True, gc=False):
    """The stacker's motor started: notes leave the cassettes for `amount`. `transaction` is
    the terminal's own number for it, so it explains and proves nothing.
    """

    transaction: int
    amount: int


class NotesStacked(DeviceEvent, frozen=True, gc=False):
    """What the stacker really did. `counted` is whether its sensor could tell the terminal."""

    notes: Notes
    rejected: Notes
    counted: bool


class NotesPresented(DeviceEvent, frozen=True, gc=False):
    notes: Notes


class NotesTaken(DeviceEvent, frozen=True, gc=False):
    notes: Notes


class NotesRetracted(DeviceEvent, frozen=True, gc=False):
    """What really came back in; `counted` as in NotesStacked."""

    notes: Notes
    counted: bool


class CassettesCounted(DeviceEvent, frozen=True, gc=False):
    """The notes in the cassettes, counted by hand: at 'opening' and at 'rest', where `unknown`
    holds what the device lost count of.
    """

    when: Literal["opening", "rest"]
    notes: Notes
    unknown: Notes


class StoreCounted(DeviceEvent, frozen=True, gc=False):
    """What the store itself holds at rest: reversals pending and parked, and suspense."""

    pending: int
    parked: int
    suspense: int


class PowerLost(DeviceEvent, frozen=True, gc=False):
    """The mains failed: timers stop, what was not synced is gone."""

    phase: str


class ProcessPaused(DeviceEvent, frozen=True, gc=False):
    """The process of the terminal's logic stands still, behind an operation."""

    phase: str


class ProcessResumed(DeviceEvent, frozen=True, gc=False):
    """It goes on, and handles what came meanwhile."""


class PowerRestored(DeviceEvent, frozen=True, gc=False):
    pass


# --- wire: what passed, seen by the tap ------------------------------------------


class WireEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "wire"


class FrameSeen(WireEvent, frozen=True, gc=False):
    """A frame passed one end of a link. Decoded and MAC-checked by the tap, not by the machines.

    `fields` maps data elements to text ('t' is the MTI); in memory they are clear, and the
    journal masks PAN, track and PIN block as it writes. `digest` is a keyed hash over all
    fields but MTI and MAC, so that repeats can be compared after masking. `mac` is 'good',
    'bad' or 'none'. `problem` says why the frame would not decode ('' when it did).
    """

    end: End
    to: End
    fields: dict[str, str]
    mac: Literal["good", "bad", "none"]
    digest: str
    size: int
    problem: str = ""


class AdviceSeen(WireEvent, frozen=True, gc=False):
    """A message between stand-in and issuer, decoded on its way to 'issuer' or 'host'. Of its
    fields only those without card data are told.
    """

    to: Literal["issuer", "host"]
    terminal: str
    fields: dict[str, str]
    mac: Literal["good", "bad", "none"]


class LinkOpened(WireEvent, frozen=True, gc=False):
    """A connection stands, seen at the terminal's end."""


class LinkClosed(WireEvent, frozen=True, gc=False):
    """The connection is gone, seen at the terminal's end: fin, rst, local (we closed) or
    garbage (a frame could not be delimited).
    """

    how: str


class ConnectFailed(WireEvent, frozen=True, gc=False):
    how: str


# --- ledger: the host's postings ---------------------------------------------------


class LedgerEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "ledger"


class Posted(LedgerEvent, frozen=True, gc=False, omit_defaults=True):
    """Money moved, committed. The transaction is (terminal, stan, sent, acquirer): DE 41, 11,
    7, 32 of the original. `cause` is the identity of the message that made it happen: MTI
    class, STAN and DE 7 of that message ('4:000123:0101120000'). `day` is the business day (MMDD)
    where the books tell days apart.
    """

    kind: Literal["debit", "reversal"]
    terminal: str
    stan: str
    sent: str
    acquirer: str
    amount: int
    cause: str
    day: str = ""


class PostingLost(LedgerEvent, frozen=True, gc=False):
    """A posting that had been told is not in the books any more: the standby never held it."""

    kind: Literal["debit", "reversal"]
    terminal: str
    stan: str
    sent: str
    amount: int


class DayClosed(LedgerEvent, frozen=True, gc=False):
    """The host's totals of a business day (MMDD) at its cutover, minor units."""

    day: str
    debits: int
    reversals: int


class StoodIn(LedgerEvent, frozen=True, gc=False):
    """The transaction (DE 41, 11, 7) was approved in the issuer's stead, and this much of it (minor
    units) the issuer has yet to be told; told again when a reversal made it less.
    """

    terminal: str
    stan: str
    sent: str
    amount: int


class BroughtForward(LedgerEvent, frozen=True, gc=False):
    """From an earlier process of this host: what it had posted for a transaction (as `Posted` names
    it) and how much of that had been given back.
    """

    terminal: str
    stan: str
    sent: str
    acquirer: str
    debit: int
    back: int


# --- terminal: its own account -------------------------------------------------------


class TerminalEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "terminal"


class Booted(TerminalEvent, frozen=True, gc=False):
    """The logic started; `recovering` counts the transactions found open in the store."""

    recovering: int


class StateEntered(TerminalEvent, frozen=True, gc=False):
    """A state of section 3, with the state's timer and when it fires ('' and 0 for none)."""

    state: str
    timer: str
    until: float


class TimerRearmed(TerminalEvent, frozen=True, gc=False):
    """A running timer was set again within its state. `cause` is what led to it: 'customer',
    'device', 'network' or 'timer'.
    """

    timer: str
    until: float
    cause: str


class TransactionBegun(TerminalEvent, frozen=True, gc=False):
    """A request is on its way: kind 'withdrawal' or 'balance'."""

    transaction: int
    kind: str
    stan: str
    amount: int


class TransactionEnded(TerminalEvent, frozen=True, gc=False):
    """How the terminal sees it: declined, completed, partial, reversed, captured,
    suspense, answered (balance), pin_again.
    """

    transaction: int
    outcome: str
    amount: int


class Aborted(TerminalEvent, frozen=True, gc=False):
    """A request was given up, with the reversal reason (4021...) and why in a word."""

    transaction: int
    reason: str
    why: str


class SessionCancelled(TerminalEvent, frozen=True, gc=False):
    """The customer's visit ended without a request, and why: key, session, cancel, link,
    unreadable, hotlist, operator, closed (it came as the machine went out of service).
    """

    why: str


class ReversalQueued(TerminalEvent, frozen=True, gc=False):
    """Recorded durably. `stan` is the reversal's, `original` the request's."""

    transaction: int
    reason: str
    stan: str
    original: str
    amount: int


class ReversalSent(TerminalEvent, frozen=True, gc=False):
    stan: str
    attempt: int


class ReversalAnswered(TerminalEvent, frozen=True, gc=False):
    """A final answer. `flagged` when the host knew no original or had declined it."""

    stan: str
    code: str
    flagged: bool


class ReversalParked(TerminalEvent, frozen=True, gc=False):
    stan: str
    code: str


class SuspenseRecorded(TerminalEvent, frozen=True, gc=False):
    """Recorded durably: nobody can prove what left, no automatic reversal, a person must look.
    Told again at each boot.
    """

    transaction: int
    amount: int
    why: str


class LateApproval(TerminalEvent, frozen=True, gc=False):
    """An approval after the abort: journalled, never paid (4006)."""

    stan: str


class LateAnswer(TerminalEvent, frozen=True, gc=False):
    """Any other answer after the abort."""

    stan: str
    code: str


class DuplicateAnswer(TerminalEvent, frozen=True, gc=False):
    stan: str


class StrayMessage(TerminalEvent, frozen=True, gc=False):
    """Unsolicited, unknown, or somebody else's: dropped and counted."""

    mti: str
    stan: str
    terminal: str


class DamagedMessage(TerminalEvent, frozen=True, gc=False):
    """Would not decode, failed its MAC, or echoed wrongly: dropped, counted, alarmed."""

    why: str


class AlarmRaised(TerminalEvent, frozen=True, gc=False):
    """security, hardware, suspense, capture, parked, backlog or store, with a detail."""

    kind: str
    detail: str


class BreakerTripped(TerminalEvent, frozen=True, gc=False):
    """Too many captures were ordered: from now on cards are given back."""


class LinkJudged(TerminalEvent, frozen=True, gc=False):
    """The terminal's judgement of the host: up, doubtful or down."""

    judgement: Literal["up", "doubtful", "down"]
    why: str


class ServiceChanged(TerminalEvent, frozen=True, gc=False):
    """The set of reasons for being out of service; empty is in service."""

    reasons: tuple[str, ...]


class StanWrapped(TerminalEvent, frozen=True, gc=False):
    """The last STAN was given out: the next one is 000001 again."""


class Noted(TerminalEvent, frozen=True, gc=False):
    """A free remark of somebody's own machine."""

    text: str


# --- host: its own account -----------------------------------------------------------


class HostEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "host"


class SignedOn(HostEvent, frozen=True, gc=False):
    terminal: str


class RequestDecided(HostEvent, frozen=True, gc=False):
    """A withdrawal or balance was decided: DE 39 and why."""

    terminal: str
    stan: str
    code: str
    why: str


class TombstoneLaid(HostEvent, frozen=True, gc=False):
    """A reversal came before its original."""

    terminal: str
    original: str


class TombstoneHit(HostEvent, frozen=True, gc=False):
    """The original came after its reversal and was declined."""

    terminal: str
    stan: str


class DuplicateHeard(HostEvent, frozen=True, gc=False):
    """A message heard before: answered from the record, nothing posted."""

    terminal: str
    mti: str
    stan: str


class HostDamaged(HostEvent, frozen=True, gc=False):
    """The host dropped a message it could not trust."""

    why: str


class HostHung(HostEvent, frozen=True, gc=False):
    """It stands still; what comes is not read until it thaws."""


class HostThawed(HostEvent, frozen=True, gc=False):
    """It goes on, and finds so many messages unread."""

    unread: int


class Overdrawn(HostEvent, frozen=True, gc=False):
    """The issuer posted what was approved in its stead, and the account did not have it."""

    terminal: str
    stan: str


class FailedOver(HostEvent, frozen=True, gc=False):
    """The standby goes on alone, by 'failover' (the other died) or 'split_brain' (it lives, and
    nobody holds its commits).
    """

    how: str


class CommitsLost(HostEvent, frozen=True, gc=False):
    """The standby that took over lacks so many commits of the other."""

    count: int


class HostCrashed(HostEvent, frozen=True, gc=False):
    phase: str


class HostStarted(HostEvent, frozen=True, gc=False):
    pass


# --- customer ------------------------------------------------------------------------


class CustomerEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "customer"


class CustomerArrived(CustomerEvent, frozen=True, gc=False, omit_defaults=True):
    """Someone stands in front of the machine, wanting 'withdrawal' or 'balance', after having
    waited `queued` seconds for the one before.
    """

    customer: int
    wants: str
    amount: int
    queued: float = 0.0


class TurnedAway(CustomerEvent, frozen=True, gc=False):
    """The customer read the screen and left with the card in hand."""

    customer: int
    screen: str


class CustomerLeft(CustomerEvent, frozen=True, gc=False):
    """Went away: 'served', 'no_cash' (card back, no money), 'without_card',
    'without_cash', 'waiting' (gave up while the machine kept the card).
    """

    customer: int
    how: str


# --- harness -------------------------------------------------------------------------


class HarnessEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "harness"


class FaultBegan(HarnessEvent, frozen=True, gc=False):
    """The window of a fault opened (or, keyed, its first effect came)."""

    fault: str


class FaultEnded(HarnessEvent, frozen=True, gc=False):
    fault: str


class FaultActed(HarnessEvent, frozen=True, gc=False):
    """A fault took effect, on whom and how. What it did goes on for `lasts` run seconds, whether or
    not the fault's window does: the mains are off, the host is down.
    """

    fault: str
    on: str
    lasts: float = 0.0

    @property
    def kind(self) -> str:
        """The fault's, without its parameters and its window."""
        return self.fault.partition("@")[0].partition(":")[0]

    @property
    def what(self) -> str:
        """What it did, without on whom."""
        return self.on.partition(": ")[2]


class LagMeasured(HarnessEvent, frozen=True, gc=False):
    """The harness's own delay, in run seconds: the worst since the last such entry."""

    seconds: float


class CustomersStopped(HarnessEvent, frozen=True, gc=False):
    """Nobody new comes from here on and all faults are lifted: quiescence is awaited."""


class RunEnded(HarnessEvent, frozen=True, gc=False):
    """The last line of a whole journal. how: 'quiet' (nothing open), 'open' (30 min were not
    enough), 'interrupted'.
    """

    how: str


def _all_of(base: type[Event]) -> list[type[Event]]:
    found: list[type[Event]] = []
    for child in base.__subclasses__():
        found.extend(_all_of(child) or [child])
    return found


EVENT_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in _all_of(Event)}
AnyEvent = tuple(EVENT_TYPES.values())
