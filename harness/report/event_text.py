"""Events in words, for the left column of a ladder and for reports of failures.

Each event has one short line without a subject, as the ladder is that of one machine. An event
without words of its own is shown by its name and its values, so that nothing is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness import events as e
from harness.checks.run_facts import REMEDIES
from harness.shown import shown
from harness.units import format_clock, format_money
from harness.wire.message import MONEY_CLASSES, NETWORK_KINDS, REQUESTS, Kind, Message

_AMOUNT_DIGITS = 12

KIND_WORDS: dict[Kind, str] = {
    Kind.REQUEST: "request",
    Kind.REQUEST_REPEAT: "request again",
    Kind.ANSWER: "answer",
    Kind.ADVICE: "advice",
    Kind.ADVICE_REPEAT: "advice again",
    Kind.ADVICE_ANSWER: "advice answer",
    Kind.REVERSAL: "reversal",
    Kind.REVERSAL_REPEAT: "reversal again",
    Kind.REVERSAL_ANSWER: "reversal answer",
    Kind.NETWORK: "network",
    Kind.NETWORK_ANSWER: "network answer",
    Kind.OTHER: "message",
}


def notes_text(notes: e.Notes) -> str:
    """'2 x 50.00, 1 x 20.00' of {5000: 2, 2000: 1}."""
    parts = [f"{count} x {kind / 100:.2f}" for kind, count in sorted(notes.items()) if count]
    return ", ".join(reversed(parts)) or "nothing"


def _left_inside(left: e.DeviceBroughtForward) -> str:
    card = f"the card of customer {left.customer} ({left.card_at})" if left.card else ""
    return " and ".join(x for x in (card, notes_text(left.cash) if left.cash else "") if x)


def frame_label(message: Message, room: int = 99) -> str:
    """What stands on a frame's arrow: MTI, what the message is, STAN, and amount or response code.
    Where `room` characters are too few, what the message is is left out, as the MTI says the same,
    and where they still are, the amount too: a part of it would be another amount.
    """
    mti = message.mti or "????"
    parts = [mti, _what(message), message.stan]
    if message.is_answer:
        parts.append(message.code)
    elif message.message_class in MONEY_CLASSES:
        parts.append(_amount(message.amount_text))
    label = shown(" ".join(part for part in parts if part))
    if len(label) > room:
        label = shown(" ".join(part for part in (mti, *parts[2:]) if part))
    if len(label) > room:
        label = shown(f"{mti} {message.stan}".strip())
    return label[:room]


def _what(message: Message) -> str:
    kind, said = message.kind, ""
    if kind in REQUESTS:
        said = message.transaction_type
    elif kind in NETWORK_KINDS:
        said = message.function.replace("_", "-")
    return said or KIND_WORDS[kind]


def _amount(text: str) -> str:
    sound = text.isascii() and text.isdigit() and len(text) <= _AMOUNT_DIGITS
    return f"{int(text) / 100:.2f}" if sound else text


def incomplete_text(event: e.IncompleteFrame) -> str:
    """'57 bytes are no whole frame after 5 s, 2 more are announced [00 39 30 ...]'."""
    lacks = f"{event.missing:,} more are announced" if event.missing else "not even a whole header"
    when = "when the connection ended" if event.closed else f"after {event.waited:.0f} s"
    return f"{event.size:,} bytes are no whole frame {when}, {lacks} [{event.shown}]"


def hung_up_text(event: e.HungUp) -> str:
    """'HUNG UP ON: does not read (65,600 bytes wait for it, for 30 s)'."""
    size = f"{event.size:,} bytes wait for it, " if event.size else ""
    return f"HUNG UP ON: {event.why} ({size}for {event.seconds:.0f} s)"


def _counted(counted: bool) -> str:
    return "" if counted else ", UNCOUNTED"


def _timer(timer: str, until: float) -> str:
    return f" [{timer} {format_clock(until)}]" if timer else ""


def refused_text(event: e.MessageRefused) -> str:
    """'0200 000001 refused with 30: incomplete (DE 7)'."""
    how = f"refused with {event.code}" if event.code else "not answered"
    name = f"{event.mti or 'message'} {event.stan}".strip()
    return f"{name} {how}: {event.why}{_blamed(event.elements)}"


def _blamed(elements: tuple[str, ...]) -> str:
    return f" ({', '.join(f'DE {element}' for element in elements)})" if elements else ""


_WORDS: dict[type[e.Event], Callable[[Any], str]] = {
    e.CardInserted: lambda x: f"card {x.card} inserted",
    e.CardHotlisted: lambda x: f"card {x.card} is on the hotlist",
    e.CardExpired: lambda x: f"card {x.card} has expired",
    e.CardReadSlowly: lambda x: f"the reader needs {x.longer:g} s longer for this card",
    e.CardUnread: lambda _: "CARD UNREADABLE",
    e.EjectBegun: lambda _: "reader ejects the card",
    e.EjectFailed: lambda _: "CARD JAMMED",
    e.CardAtSlot: lambda _: "card at the slot",
    e.CardTaken: lambda _: "card taken",
    e.CaptureBegun: lambda _: "reader pulls the card in",
    e.CardCaptured: lambda _: "CARD CAPTURED",
    e.CaptureFailed: lambda _: "CARD STUCK",
    e.CardRemoved: lambda x: f"a person takes card {x.card} out",
    e.MotorSlowed: lambda x: f"MOTOR SLOW: {x.motor} takes {x.seconds:g} s longer",
    e.MotorStopped: lambda x: f"MOTOR HANGS: {x.motor}",
    e.RetractBegun: lambda _: "dispenser draws the notes in",
    e.CassettesFilled: lambda x: f"cassettes filled with {notes_text(x.notes)}",
    e.SafeDoorOpened: lambda _: "safe opened",
    e.SafeDoorClosed: lambda _: "safe closed",
    e.OrderGiven: lambda x: f"ORDER: {x.order}",
    e.OrderAcknowledged: lambda x: f"order acknowledged: {x.order}",
    e.MessageShown: lambda x: f"message on the screen: {x.text}",
    e.BrokerConnected: lambda _: "connected to the broker",
    e.BrokerLost: lambda x: f"broker lost: {x.how}",
    e.BrokerCutOff: lambda _: "cut off from the broker",
    e.CommandDelivered: lambda x: f"command {x.verb} of {x.operator} [{x.command}]",
    e.CommandAnswered: lambda x: (
        f"command {x.status}" + (f": {x.detail}" if x.detail else "") + f" [{x.command}]"
    ),
    e.CommandGiven: lambda x: f"the desk commands {x.target}: {x.verb} [{x.command}]",
    e.CommandHandedOver: lambda x: f"COMMAND {x.verb} to {x.target} [{x.command}]",
    e.ResponseTaken: lambda x: f"command answered: {x.status} [{x.command}]",
    e.RollCalled: lambda x: (
        f"roll call of {x.verb} [{x.command}]: {x.succeeded} done, {x.refused} refused, "
        f"{x.unfinished} still at it, {x.silent} silent"
    ),
    e.IncidentOpened: lambda x: (
        f"MONITOR: {x.kind}, cause: {x.cause}, {x.scope} {x.where}".rstrip()
    ),
    e.IncidentResolved: lambda x: f"monitor: {x.kind} is over, {x.scope} {x.where}".rstrip(),
    e.ScreenShown: lambda x: f"screen: {x.screen.replace('_', ' ')}",
    e.StackBegun: lambda x: f"stacker starts, {format_money(x.amount)}",
    e.NotesStacked: lambda x: (
        f"stacked {notes_text(x.notes)}" + ("" if x.counted else ", UNCOUNTED")
    ),
    e.NotesPresented: lambda x: f"cash at the slot: {notes_text(x.notes)}",
    e.NotesTaken: lambda x: f"CASH TAKEN: {notes_text(x.notes)}",
    e.NotesPartlyTaken: lambda x: f"A PART OF THE CASH TAKEN: {notes_text(x.notes)}",
    e.NotesRetracted: lambda x: f"retracted {notes_text(x.notes)}{_counted(x.counted)}",
    e.CassettesCounted: lambda x: f"cassettes counted at {x.when}",
    e.StoreCounted: lambda x: f"store: {x.pending} pending, {x.parked} parked",
    e.DeviceBroughtForward: lambda x: f"from before this journal: {_left_inside(x)}",
    e.RecordDelayed: lambda x: f"STORE SLOW: {x.record} waits",
    e.StoreWentOn: lambda _: "the store goes on",
    e.PowerLost: lambda x: f"POWER LOST ({x.phase})",
    e.ProcessPaused: lambda x: f"PROCESS STANDS STILL ({x.phase})",
    e.ProcessResumed: lambda _: "process goes on",
    e.HarnessStoodStill: lambda x: f"THE HARNESS STOOD STILL for {x.seconds:.1f} s",
    e.PowerRestored: lambda _: "power restored",
    e.KeepAlivesSeen: lambda x: f"{x.count} keep-alives",
    e.IncompleteFrame: lambda x: incomplete_text(x),
    e.FrameCompleted: lambda x: f"the frame is whole, after {x.waited:.0f} s",
    e.NothingReceived: lambda x: f"nothing came in {x.seconds:.0f} s",
    e.MoreLikeIt: lambda x: (
        f"and {x.count:,} more like it: {x.what}" + (f" ({x.why})" if x.why else "")
    ),
    e.HungUp: lambda x: hung_up_text(x),
    e.ConnectionsRefused: lambda x: (
        f"{x.count:,} connections refused: {x.open:,} are open, {REMEDIES[x.what]}"
    ),
    e.DescriptorsRanOut: lambda x: (
        f"{x.count:,} connections could not be made: this process may have {x.limit:,} descriptors"
    ),
    e.JournalFull: lambda x: (
        f"the journal has {x.limit:,} MB, as much as --most-journal allows: the run ends"
    ),
    e.LinkOpened: lambda _: "connected",
    e.LinkClosed: lambda x: f"CONNECTION CLOSED ({x.how})",
    e.ConnectFailed: lambda x: f"NO CONNECTION ({x.how})",
    e.StoodIn: lambda x: f"stands in for the issuer with {format_money(x.amount)}, STAN {x.stan}",
    e.Overdrawn: lambda x: f"the account is overdrawn, STAN {x.stan}",
    e.BalanceRead: lambda x: f"LEDGER: the balance is {format_money(x.balance)}",
    e.PostingLost: lambda x: f"LEDGER LOST: {x.kind} {format_money(x.amount)}, STAN {x.stan}",
    e.DayClosed: lambda x: (
        f"day {x.day} closed: {format_money(x.debits)} debited, "
        f"{format_money(x.reversals)} reversed"
    ),
    e.HostHung: lambda _: "host hangs",
    e.HostThawed: lambda x: f"host thaws, {x.unread} messages unread",
    e.FailedOver: lambda x: f"the standby takes over ({x.how})",
    e.CommitsLost: lambda x: f"the standby lacks {x.count} commits",
    e.RetractFailed: lambda x: f"notes stuck: {notes_text(x.notes)}",
    e.BroughtForward: lambda x: (
        f"LEDGER: {format_money(x.debit - x.back)} brought forward, STAN {x.stan}"
    ),
    e.Posted: lambda x: f"LEDGER: {x.kind} {format_money(x.amount)}",
    e.Booted: lambda x: f"logic started, {x.recovering} to recover",
    e.StateEntered: lambda x: f"-> {x.state}{_timer(x.timer, x.until)}",
    e.TimerRearmed: lambda x: f"timer set again by {x.cause}{_timer(x.timer, x.until)}",
    e.TransactionBegun: lambda x: f"{x.kind} begins, STAN {x.stan}",
    e.TransactionEnded: lambda x: f"transaction ends: {x.outcome}",
    e.Aborted: lambda x: f"GIVES UP ({x.why}), reason {x.reason}",
    e.SessionCancelled: lambda x: f"visit cancelled ({x.why})",
    e.ReversalQueued: lambda x: f"reversal of {x.original} recorded, {x.reason}",
    e.ReversalSent: lambda x: f"reversal sent, attempt {x.attempt}",
    e.ReversalAnswered: lambda x: f"reversal settled, code {x.code}",
    e.ReversalParked: lambda x: f"REVERSAL PARKED, code {x.code}",
    e.SuspenseRecorded: lambda x: f"SUSPENSE {format_money(x.amount)}: {x.why}",
    e.LateApproval: lambda _: "late approval: noted, not paid",
    e.LateAnswer: lambda x: f"late answer {x.code}: ignored",
    e.DuplicateAnswer: lambda _: "duplicate answer: ignored",
    e.StrayMessage: lambda x: f"stray {x.mti or 'message'}: ignored",
    e.HostRequestRefused: lambda x: f"{x.mti} {x.stan} of the host refused with {x.code}: {x.why}",
    e.DamagedMessage: lambda x: f"damaged message: {x.why}",
    e.AlarmRaised: lambda x: f"ALARM {x.kind}: {x.detail}",
    e.LinkJudged: lambda x: f"link judged {x.judgement} ({x.why})",
    e.ServiceChanged: lambda x: (
        f"out of service: {', '.join(x.reasons)}" if x.reasons else "in service"
    ),
    e.Noted: lambda x: x.text,
    e.RequestDecided: lambda x: f"host decides {x.code}: {x.why}",
    e.MessageRefused: lambda x: refused_text(x),
    e.DisagreementHeard: lambda x: f"{x.mti} {x.stan} served, but {x.why}{_blamed(x.elements)}",
    e.SignedOff: lambda x: f"{x.terminal} has signed off",
    e.CustomerArrived: lambda x: (
        f"customer {x.customer}: {x.wants}" + (f" {format_money(x.amount)}" if x.amount else "")
    ),
    e.CustomerHesitated: lambda x: f"customer {x.customer} hesitates",
    e.CustomerWentOn: lambda x: f"customer {x.customer} presses a key at last",
    e.PinTyped: lambda x: (
        f"customer {x.customer} has typed {'the PIN' if x.right else 'a wrong PIN'}"
    ),
    e.CancelPressed: lambda x: f"customer {x.customer} presses cancel",
    e.TurnedAway: lambda x: f"customer {x.customer} turned away",
    e.CustomerLeft: lambda x: f"customer {x.customer} leaves, {x.how.replace('_', ' ')}",
    e.FaultBegan: lambda x: f"FAULT BEGINS {x.fault}",
    e.FaultAdded: lambda x: f"fault added {x.fault}",
    e.FaultEnded: lambda x: f"fault ends {x.fault}",
    e.FaultActed: lambda x: f"fault acts: {x.fault}",
    e.CustomersStopped: lambda _: "no new customers; faults lifted",
    e.EvidenceKept: lambda x: f"the evidence of {x.terminals} of {x.of} terminals is kept",
    e.EvidenceMissing: lambda x: f"EVIDENCE IS MISSING: {x.file}: {x.what}",
    e.ClockSetBack: lambda x: f"THE CLOCK WAS SET BACK by {x.seconds:.1f} s or more",
    e.RunEnded: lambda x: f"run ends ({x.how})",
}


def words(event: e.Event, message: Message | None = None) -> str:
    """One line for any event. `message` is the one that the event tells of, if it does."""
    if isinstance(event, e.AdviceSeen) and message is not None:
        return f"{frame_label(message)} to the {event.to}"
    say = _WORDS.get(type(event))
    if say is not None:
        return shown(say(event)).strip(": ")
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", type(event).__name__).lower()
    values = " ".join(str(getattr(event, field)) for field in event.__struct_fields__)
    return shown(f"{name} {values}").strip()


_IMPORTANT = (
    *(e.EjectFailed, e.CaptureFailed, e.CardCaptured, e.PowerLost, e.LinkClosed, e.Aborted),
    *(e.ReversalParked, e.SuspenseRecorded, e.AlarmRaised, e.FaultBegan, e.FaultActed),
)


def style_of(event: e.Event) -> str:
    """The Rich style of an event. The important ones are in capitals as well."""
    if isinstance(event, _IMPORTANT):
        return "bold yellow"
    return {"device": "", "ledger": "magenta", "customer": "cyan", "harness": "yellow"}.get(
        event.layer, "dim"
    )
