"""What a terminal says must fit what it said before: reversals, STANs, elements (T14 T15 T16).

These checks rest on the frames at the terminal's end alone. They hold for machines whose device is
not seen, and do not ask what the host made of a message.
"""

from __future__ import annotations

from collections import deque

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.base import FAILURES_KEPT, Check
from harness.checks.connections import UNKNOWN
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence
from harness.checks.transactions import MOST
from harness.checks.withdrawal_outcome import is_open
from harness.contract import Contract
from harness.wire import element_classes
from harness.wire.echo import in_words
from harness.wire.identity import TransactionId
from harness.wire.message import (
    NETWORK_KINDS,
    REQUESTS,
    REVERSALS,
    Kind,
    Message,
    MessageClass,
)
from harness.wire.particulars import (
    Particulars,
    differing_from_original,
    differing_in_repeat,
)

_HEARD = 50  # of the latest elements that a host had wrong: it may be hostile


class ReversesItsOwn(Check):
    """T14. A reversal names a transaction that its terminal asked for, and says of it what the
    request said: card, type, amount, currency, and reference number where both have one. What it
    says was paid (DE 95) was approved in time. Repeats are T13's business.

    An original that was never seen is no failure, as the request may have been lost on its way, or
    sent before this run began. But a request that differs from it in a part of its name alone, and
    a request with the same reference number, are what was meant; and what another terminal has
    asked for is not its own. Where only the card and the amount are those of a withdrawal that was
    approved, nobody can tell, and the run proves nothing.
    """

    id = "T14"
    needs = ("wire.terminal",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._asked: dict[tuple[str, ...], tuple[str, Particulars]] = {}  # by whom, and for what

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal":
            return
        if terminal.wire.kind not in REVERSALS:
            if event.to == "host" and not terminal.transactions.device_seen:
                self._sees_original(terminal)
            return
        transaction, message = terminal.wire.subject, terminal.wire.message
        if transaction is None or transaction.reversals_sent != 1:
            return
        self.tried += 1
        if transaction.requested:
            wrong = _disagreement(transaction, message)
        elif transaction.before or terminal.transactions.was_settled(transaction):
            wrong = self._unlike_long_ago(terminal, transaction, message)
        else:
            wrong = _misnamed(terminal, message) or self._is_of_another(terminal, message)
        whose = f"reversal {message.stan} of STAN {transaction.stan}"
        if wrong:
            self.fail(terminal, at, f"{whose}: {wrong}", of=transaction)
        elif not transaction.requested and not terminal.transactions.device_seen:
            meant = _perhaps_meant(terminal, message)
            if meant:
                self.doubt(terminal, f"{whose}, which was not seen: was {meant} meant?")

    def _sees_original(self, terminal: TerminalEvidence) -> None:
        """A terminal has asked for this. As many are kept as of a terminal's own requests."""
        message = terminal.wire.message
        if terminal.wire.kind not in NETWORK_KINDS:
            self._asked[_name_of(message.identity)] = terminal.name, message.particulars
        keep_latest(self._asked, MOST)

    def _unlike_long_ago(
        self, terminal: TerminalEvidence, transaction: TransactionEvidence, reversal: Message
    ) -> str:
        """In what a reversal does not agree with a request of which little is kept; '' where it
        agrees, or where nobody can compare them any more.
        """
        original = reversal.original
        assert original is not None, "it has a transaction"
        whose, asked = self._asked.get(_name_of(original), ("", None))
        if asked is None:
            nameless = original._replace(acquirer="")  # where the requests name none
            whose, asked = self._asked.get(_name_of(nameless), ("", None))
        debit = transaction.debit  # is kept of what is long over
        if asked is None or whose != terminal.name:
            return _claims_too_much(reversal, debit) if debit else ""
        differing = differing_from_original(asked, reversal.particulars)
        if differing:
            return f"{in_words(reversal.elements_of(differing))} not as in the request"
        known = debit or (terminal.transactions.ledger_seen and not self.contract.stand_in)
        return _claims_too_much(reversal, debit if known else int(asked.amount or 0))

    def _is_of_another(self, terminal: TerminalEvidence, reversal: Message) -> str:
        """Two terminals may use one STAN at one time: card and amount tell whose it is."""
        original = reversal.original
        assert original is not None, "it has a transaction"
        whose, asked = self._asked.get(_name_of(original), (terminal.name, None))
        if asked is None or whose == terminal.name:
            return ""
        if differing_from_original(asked, reversal.particulars):
            return ""
        return f"the terminal that asked for it is {whose}"


def _name_of(identity: TransactionId) -> tuple[str, ...]:
    """Its name without the terminal."""
    return identity.message_class, identity.acquirer, identity.stan, identity.sent


def _disagreement(transaction: TransactionEvidence, reversal: Message) -> str:
    """In what a reversal does not agree with its request; '' where it does."""
    assert transaction.particulars is not None, "it was requested"
    differing = differing_from_original(transaction.particulars, reversal.particulars)
    if differing:
        return f"{in_words(reversal.elements_of(differing))} not as in the request"
    if transaction.answer_unseen:
        return ""
    return _claims_too_much(reversal, 0 if transaction.aborted else transaction.approved)


def _claims_too_much(reversal: Message, approved: int) -> str:
    """What is wrong with the cash that a reversal says was paid, where so many minor units were
    approved.
    """
    taken = reversal.amount_taken or 0
    if taken <= approved:
        return ""
    element = in_words(reversal.elements_of(("replacement_amounts",)))
    return f"it says that {taken / 100:.2f} were paid ({element}), approved {approved / 100:.2f}"


_NEVER_REVERSED = (MessageClass.REVERSAL, MessageClass.RECONCILIATION, MessageClass.NETWORK)


def _misnamed(terminal: TerminalEvidence, reversal: Message) -> str:
    """What is wrong with a reversal whose original the terminal has not asked for."""
    original = reversal.original
    assert original is not None, "it has a transaction"
    if original.message_class in _NEVER_REVERSED:
        element = in_words(reversal.elements_of(("original",)))
        return f"{element} names no request, but a message of class {original.message_class}"
    transactions = terminal.transactions
    earlier = _is_earlier(original.sent, terminal.wire.first_sent)
    if not earlier:
        for asked in transactions.with_stan(original.stan):
            return f"the terminal asked for it with another {_what_differs(asked, original)}"
    near = _with_reference_number(terminal, reversal.rrn)
    if near is None or (near.stan == original.stan and _is_unlike(near, reversal)):
        return ""
    return f"the request with its reference number is STAN {near.stan}"


def _with_reference_number(terminal: TerminalEvidence, rrn: str) -> TransactionEvidence | None:
    """The one request with that reference number. Zeros and blanks are none, and where several have
    the same, the terminal does not number its transactions with it.
    """
    if not rrn.strip(" 0"):
        return None
    found = [x for x in terminal.transactions.kept() if x.requested and x.rrn == rrn]
    return found[0] if len(found) == 1 else None


def _is_unlike(near: TransactionEvidence, reversal: Message) -> bool:
    """Is this about another card or amount? Where STANs begin anew each day, and reference numbers
    are made of them, a reversal of yesterday's has those of a request of today.
    """
    asked = near.particulars
    return asked is not None and bool(differing_from_original(asked, reversal.particulars))


def _perhaps_meant(terminal: TerminalEvidence, reversal: Message) -> str:
    """An approved withdrawal of the same card and amount that is not reversed; '' if none is. What
    was asked for only after the original got lost with its connection is not meant: then the
    customer has asked once more.
    """
    said, original = reversal.particulars, reversal.original
    assert original is not None, "it has a transaction"
    lost_at = terminal.wire.gaps.lost_at(original.sent)
    for x in terminal.transactions.kept():
        asked = x.particulars
        if asked is None or not x.approved or x.reversal is not None or not said.pan:
            continue
        if lost_at is not None and x.start >= lost_at:
            continue
        if (said.pan, said.amount) == (asked.pan, asked.amount):
            return f"STAN {x.stan} of the same card and amount"
    return ""


def _what_differs(near: TransactionEvidence, original: TransactionId) -> str:
    parts = (
        ("MTI class", near.message_class, original.message_class),
        ("acquirer", near.acquirer, original.acquirer),
        ("time", near.sent, original.sent),
    )
    return ", ".join(
        f"{part} ({asked or 'none'}, and the reversal names {named or 'none'})"
        for part, asked, named in parts
        if asked != named
    )


def _is_earlier(sent: str, first: str) -> bool:
    """Does this time lie before that of the first message of the run? Where it cannot be told it
    may.
    """
    comparable = len(sent) == len(first) and sent.isdecimal() and first.isdecimal()
    return not comparable or sent < first


class OneStanOneTransaction(Check):
    """T15. What has the STAN and the time of an earlier request is a repeat of it, and alike in
    what makes it the same transaction. A STAN is not used for another one while the first is open:
    while its answer may come, or its reversal is owed or not answered. What was reversed is not
    asked for again: a host that has not heard of the reversal would approve it.
    """

    id = "T15"
    by_any_message = True
    needs = ("wire.terminal",)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind not in REQUESTS:
            return
        transaction, message = terminal.wire.subject, terminal.wire.message
        if transaction is None or not message.stan:
            return
        self.tried += 1
        if transaction.requests > 1 and transaction.particulars is not None:
            differing = differing_in_repeat(transaction.particulars, message.particulars)
            if differing:
                elements = in_words(message.elements_of(differing))
                what = f"STAN {message.stan} was used again for another transaction ({elements})"
                self.fail(terminal, at, what, of=transaction)
            elif transaction.reversal is not None:
                what = f"STAN {message.stan} was asked for again ({message.mti}) after its reversal"
                self.fail(terminal, at, what, of=transaction)
            return
        for other in terminal.transactions.with_stan(message.stan):
            if other is not transaction and _is_still_open(other, at, self.contract):
                what = f"STAN {message.stan} was used again while that of {other.sent} was open"
                if terminal.wire.kind is Kind.REQUEST_REPEAT:
                    own = f"DE {message.element('sent')} of its own ({message.sent})"
                    what = f"{_named(message)} has a {own}: what it repeats has {other.sent}"
                self.fail(terminal, at, what, of=transaction)
                return


def _is_still_open(transaction: TransactionEvidence, now: float, contract: Contract) -> bool:
    unanswered = transaction.answer is None and transaction.reversal is None
    may_be_answered = unanswered and now < transaction.start + contract.host_response
    return may_be_answered or is_open(transaction)


class SaysWhatItMust(Check):
    """T16. A message carries the elements that its kind must carry, each element holds what its
    class says, and what it says was paid can be read. Nothing but network management leaves on a
    connection before a sign-on was accepted there, or after a sign-off; what the host itself asks
    may be answered. What names a reversal and its original is T13's business. Whoever signs on,
    does so for all terminals on the connection: a switch speaks for many.
    """

    id = "T16"
    by_any_message = True
    needs = ("wire.terminal",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._early: dict[str, list[tuple[float, str, TransactionEvidence | None]]] = {}
        self._heard: dict[str, deque[tuple[str, str]]] = {}  # what the host had wrong, by terminal

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        wire = terminal.wire
        kind = wire.kind
        if event.end != "terminal" or kind is None:
            return
        if event.to == "terminal":
            self._hear(terminal.name, event)
            return
        message = wire.message
        missing = message.missing()
        self.tried += 1
        if kind in REVERSALS:
            named = [message.ELEMENTS.get(part) for part in ("original", "stan", "sent")]
            missing = tuple(element for element in missing if element not in named)
        if missing:
            self.fail(terminal, at, f"{_named(message)} lacks {in_words(missing)}", of=wire.subject)
        unreadable = message.unreadable()
        if unreadable:
            what = f"{_named(message)}: {in_words(unreadable)} does not read"
            self.fail(terminal, at, what, of=wire.subject)
        wrong = event.wrong or ()
        if message.is_answer:  # which repeats what was asked, whatever that was
            heard = self._heard.get(terminal.name, ())
            wrong = tuple(x for x in wrong if (x[0], event.fields.get(x[0], "")) not in heard)
        if wrong:
            what = f"{_named(message)}: {element_classes.in_words(wrong)}"
            self.fail(terminal, at, what, of=wire.subject)
        of_a_host = message.is_answer or message.is_network_management  # asked by it, or for it
        if self.contract.sign_on and terminal.time.powered and not of_a_host:
            self._is_carried(terminal, at)

    def _hear(self, name: str, event: e.FrameSeen) -> None:
        """Note what a message of the host has wrong."""
        for element, _ in event.wrong or ():
            heard = self._heard.setdefault(name, deque(maxlen=_HEARD))
            heard.append((element, event.fields.get(element, "")))

    def _is_carried(self, terminal: TerminalEvidence, at: float) -> None:
        """Transactions need a sign-on. Without a connection a message reaches nobody."""
        wire, link = terminal.wire, terminal.wire.link
        message = _named(wire.message)
        if wire.connection != UNKNOWN:
            if not wire.connections.is_signed_on(wire.connection):
                what = f"{message} left on a connection that was not signed on"
                early = self._early.setdefault(terminal.name, [])
                if len(early) < FAILURES_KEPT:
                    early.append((at, what, wire.subject))
            return
        in_its_name = terminal.transactions.device_seen or link.signs_on  # and not in a switch's
        if link.connected and not link.signed_on and in_its_name:
            what = f"{message} left while the terminal was not signed on"
            self.fail(terminal, at, what, of=wire.subject)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        """Where nobody ever signs on, the peers may know no sign-on: that is no terminal's mistake,
        and the run says that it proves nothing.
        """
        del now
        if terminal.wire.connections.anyone_signs_on:
            for at, what, subject in self._early.get(terminal.name, ()):
                self.fail(terminal, at, what, of=subject)


def _named(message: Message) -> str:
    return f"{message.mti} of STAN {message.stan or '(none)'}"
