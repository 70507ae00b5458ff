"""The ledger's checks, judged from postings and from the frames at both ends (H1 to H7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from harness import events as e
from harness.bounded import keep_latest
from harness.checks import still_open
from harness.checks.base import NOBODY, Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.exchanges import approved_amount
from harness.checks.number_set import NumberSet
from harness.checks.transaction_evidence import APPROVING, TransactionEvidence, awaits_final_answer
from harness.wire.identity import Number, number_of, read_cause
from harness.wire.message import MONEY_CLASSES, REQUESTS, Kind

_ANSWERS_KEPT = 10_000


class PostedOnce(Check):
    """H1. At most one debit and one reversal per transaction."""

    id = "H1"
    needs = ("ledger",)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        self.tried += 1
        transaction = terminal.transactions.named(event.stan, event.sent, event.acquirer)
        count = transaction.debits if event.kind == "debit" else transaction.back_posts
        if count > 1:
            what = f"{event.kind} number {count} of STAN {event.stan}"
            self.fail(terminal, at, what, of=transaction)
        elif count == len(transaction.causes) == 1 and _long_over(terminal, transaction, event):
            what = f"a {event.kind} of STAN {event.stan}, which had been settled"
            self.fail(terminal, at, what, of=transaction)


def _long_over(
    terminal: TerminalEvidence, transaction: TransactionEvidence, event: e.Posted
) -> bool:
    """True if the posting is for a transaction that was settled earlier. A reversal of a known
    debit is allowed: without a device the evidence does not show if cash was paid. So is the debit
    for a request that has no answer yet, where another message of its number was refused.
    """
    if transaction.host_asks > transaction.host_answers:
        return False
    return terminal.transactions.was_settled(transaction) and not (
        event.kind == "reversal" and transaction.debits
    )


class _SeenMessages:
    """The messages of each terminal that move money, by their class and number."""

    def __init__(self) -> None:
        self._seen = {
            message_class: defaultdict[Hashable, NumberSet](NumberSet)
            for message_class in MONEY_CLASSES
        }

    def add(self, terminal: Hashable, message_class: str, number: Number) -> bool:
        """True if the message was there before. A message that moves no money is not added."""
        seen = self._seen.get(message_class)
        return seen is not None and seen[terminal].add(number)

    def holds(self, terminal: Hashable, message_class: str, number: Number) -> bool:
        seen = self._seen.get(message_class)
        return seen is not None and number in seen[terminal]


class PostingIsAuthentic(Check):
    """H1.authentic: by the tap's own MAC check of the messages that reached the host's end."""

    id = "H1.authentic"
    needs = ("ledger", "wire.host", "wire.mac")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._signed = _SeenMessages()

    def observable(self, sees: tuple[str, ...]) -> bool:
        """False if the contract has no MAC, because there is nothing to check then."""
        return self.contract.mac and super().observable(sees)

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.end == "host" and event.to == "host" and event.mac == "good":
            message = terminal.wire.message
            number = number_of(message.stan, message.sent)
            self._signed.add(message.terminal, message.message_class, number)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        self.tried += 1
        if not self._signed.holds(event.terminal, *read_cause(event.cause)):
            self.fail(terminal, at, f"message {event.cause} posted, and its MAC was not right")


class NeverMoreBack(Check):
    """H2. `worst` is the largest excess in minor units."""

    id = "H2"
    needs = ("ledger",)
    unit = "cents"

    @property
    def bound(self) -> float:
        return 0.0

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        if event.kind != "reversal":
            return
        self.tried += 1
        transaction = terminal.transactions.named(event.stan, event.sent, event.acquirer)
        over = transaction.back - transaction.debit
        self.measured(max(0, over))
        if over > 0:
            self.fail(
                terminal,
                at,
                f"STAN {event.stan}: {transaction.back / 100:.2f} given back "
                f"of {transaction.debit / 100:.2f} debited",
                of=transaction,
            )


class LedgerEqualsCash(Check):
    """H3, for each transaction: debits less reversals equal the cash that the customer took, or the
    difference is in flight (the terminal still holds the card and has not decided), owed (its
    reversal is pending or parked) or in suspense. `worst` is the largest difference. A reversal
    that could not be sent yet is pending if the store holds it. Where frames carry no MAC, a
    transaction of which a message was altered on the line is not observable; nor is one whose
    answer a fault has altered under a right MAC, or that came again on a connection which had not
    signed on (any more), so that the terminal heard of a refusal and not of its approval.
    """

    id = "H3"
    stood_by = (e.RUN, e.HOST)
    needs = ("ledger", "device", "wire.terminal")
    unit = "cents"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._left: dict[tuple[str, str], int] = {}  # what left the host as approved, by STAN
        self._heard_otherwise: dict[tuple[str, str], None] = {}

    @property
    def bound(self) -> float:
        return 0.0

    def on_Posted(self, _terminal: TerminalEvidence, _at: float, event: e.Posted) -> None:
        self.tried += event.kind == "debit"
        if self.worst is None:
            self.worst = 0.0

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.to != "terminal" or terminal.wire.kind is not Kind.ANSWER or event.mac == "bad":
            return
        message = terminal.wire.message
        name, amount = (terminal.name, message.stan), approved_amount(message)
        if event.end == "terminal":
            otherwise = self._left.get(name, amount) != amount
        else:
            self._left[name] = amount
            keep_latest(self._left, _ANSWERS_KEPT)
            answer = terminal.wire.exchanges.answer
            asked = answer.exchange if answer is not None else None
            otherwise = asked is not None and asked.early and asked.arrivals > 1
        if otherwise:
            self._heard_otherwise[name] = None
            keep_latest(self._heard_otherwise, _ANSWERS_KEPT)

    def on_NotesTaken(self, _terminal: TerminalEvidence, _at: float, _event: e.NotesTaken) -> None:
        self.tried += 1

    def on_NotesPartlyTaken(self, *_: object) -> None:
        self.tried += 1

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.device.stray_cash:
            self.measured(terminal.device.stray_cash)
            taken = f"{terminal.device.stray_cash / 100:.2f} were taken"
            self.fail(terminal, now, f"{taken} without any request")
        unsent = still_open.unsent(terminal)
        for transaction in terminal.transactions.kept():
            off = transaction.debit + transaction.stood - transaction.back - transaction.taken
            if transaction.before and not transaction.requested:
                continue  # its cash was paid in an earlier life, which this run did not observe
            if not off or explained(transaction) or in_flight(terminal, transaction):
                continue
            if named_by_altered(terminal, transaction) or asked_by_nobody(transaction):
                continue
            if (terminal.name, transaction.stan) in self._heard_otherwise:
                continue
            if unsent > 0 and is_owed_unsent(terminal, transaction):
                unsent -= 1
            elif not still_open.may_end(terminal, transaction, self.contract, now):
                self.measured(abs(off))
                late = still_open.past_end(terminal, transaction, self.contract, now)
                self.fail(
                    terminal,
                    now,
                    f"STAN {transaction.stan}: debited {transaction.debit / 100:.2f}, given back "
                    f"{transaction.back / 100:.2f}, cash taken {transaction.taken / 100:.2f}",
                    of=transaction,
                    late=late,
                )


def explained(transaction: TransactionEvidence) -> bool:
    """True if the difference is owed or in suspense, or if not all of it was seen."""
    owed = (
        transaction.reversal is not None
        and not transaction.reversal_final
        and transaction.back == 0
    )
    return owed or transaction.unseen or "suspense" in transaction.endings


def is_owed_unsent(terminal: TerminalEvidence, transaction: TransactionEvidence) -> bool:
    """May a reversal in the store that was never sent be the one of this transaction?"""
    undecided = transaction.requested and not transaction.endings
    return undecided and still_open.must_wait(terminal, transaction)


def in_flight(terminal: TerminalEvidence, transaction: TransactionEvidence) -> bool:
    """True if posted and still undecided: the terminal still holds the card of this request."""
    undecided = not transaction.endings and transaction.reversal is None
    card_inside = terminal.device.inserted is not None
    return transaction is terminal.transactions.current and card_inside and undecided


def asked_by_nobody(transaction: TransactionEvidence) -> bool:
    """Did its request come to the host, and never leave the terminal? A fault has made it, with the
    right key, and whoever serves it cannot know that.
    """
    return transaction.host_asks > 0 and not transaction.requested


def named_by_altered(terminal: TerminalEvidence, transaction: TransactionEvidence) -> bool:
    """Was a message of it, or one that became one of it, altered on a line without MACs?"""
    own = {transaction.stan, transaction.reversal[0] if transaction.reversal else ""}
    return any(stan in own for stan in terminal.wire.altered.named())


class ReplayMovesNothing(Check):
    """H4. A case is a message that the host received twice; a second posting for it fails."""

    id = "H4"
    needs = ("ledger", "wire.host")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._heard = _SeenMessages()
        self._posted = _SeenMessages()

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.end == "host" and event.to == "host" and event.mac != "bad":
            message = terminal.wire.message
            number = number_of(message.stan, message.sent)
            self.tried += self._heard.add(terminal.name, message.message_class, number)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        series = terminal.name, event.acquirer  # another acquirer: another transaction
        if self._posted.add(series, *read_cause(event.cause)):
            self.fail(terminal, at, f"message {event.cause} posted a second time")


def tombstone_cases(terminal: TerminalEvidence, event: e.FrameSeen) -> int:
    """How many originals a frame at the host's end puts on trial for H6: one that arrives after its
    reversal was acknowledged, or those that had arrived and were undecided when it was.
    """
    kind = terminal.wire.kind
    if kind in REQUESTS and event.to == "host":
        return int(terminal.transactions.of(terminal.wire.message).tombstone)
    if kind is Kind.REVERSAL_ANSWER and event.to == "terminal":
        return sum(x.host_asks > 0 for x in terminal.wire.host_end.acknowledged)
    return 0


class TombstoneHolds(Check):
    """H6. A reversal that the host acknowledged before any debit of its original is a tombstone,
    and the original is never approved. A case is an original that arrives afterwards, or that had
    arrived and was undecided.
    """

    id = "H6"
    needs = ("ledger", "wire.host")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.mac == "bad":
            return
        self.tried += tombstone_cases(terminal, event)
        kind, message = terminal.wire.kind, terminal.wire.message
        if kind is Kind.REVERSAL_ANSWER and event.to == "terminal":
            for transaction in terminal.wire.host_end.acknowledged:
                if transaction.debits:
                    self._broken(terminal, at, transaction, "debited")
        elif kind is Kind.ANSWER and event.to == "terminal":
            transaction = terminal.transactions.of(message)
            if transaction.tombstone and message.outcome in APPROVING:
                self._broken(terminal, at, transaction, "approved")

    def _broken(
        self, terminal: TerminalEvidence, at: float, transaction: TransactionEvidence, what: str
    ) -> None:
        told = f"STAN {transaction.stan} was {what} after its reversal"
        self.fail(terminal, at, told, of=transaction)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        transaction = terminal.transactions.named(event.stan, event.sent, event.acquirer)
        if event.kind == "debit" and transaction.tombstone:
            self._broken(terminal, at, transaction, "debited")


class NothingPending(Check):
    """H7. It is the host's: a terminal that keeps a reversal and sends it when it can has done its
    part. At quiescence each reversal that was sent has had a final answer or is parked, with an
    alarm; and the store, counted separately, holds no other one that is pending. Nobody is blamed
    for a terminal that the harness itself had no room for.
    """

    id = "H7"
    stood_by = (e.RUN, e.HOST)
    needs = ("wire.terminal", "store")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._alarms: dict[str, int] = {}

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        self.tried += event.end == "terminal" and terminal.wire.kind is Kind.REVERSAL

    def on_AlarmRaised(self, terminal: TerminalEvidence, _at: float, event: e.AlarmRaised) -> None:
        if event.kind == "parked":
            self._alarms[terminal.name] = self._alarms.get(terminal.name, 0) + 1

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        stored = terminal.stored
        waiting = [x for x in terminal.transactions.open.values() if awaits_final_answer(x)]
        self.tried += stored.pending
        kept_out = still_open.kept_out(terminal, self.contract, now)
        for transaction in waiting:
            if not kept_out and not still_open.awaits_answer(
                terminal, transaction, self.contract, now
            ):
                assert transaction.reversal is not None
                what = f"reversal {transaction.reversal[0]} has had no final answer"
                what += terminal.wire.reach.in_words(transaction.reversal_begun_at)
                late = still_open.past_answer(terminal, transaction, self.contract, now)
                self.fail(terminal, now, what, of=transaction, late=late)
        unsent = stored.pending - len(waiting)
        if unsent > 0 and not kept_out:
            self._never_left(terminal, unsent, now)
        if stored.parked > self._alarms.get(terminal.name, 0):
            what = f"{stored.parked} reversals are parked and not all were alarmed"
            self.fail(terminal, now, what, of=NOBODY)

    def _never_left(self, terminal: TerminalEvidence, count: int, now: float) -> None:
        """Reversals are in the store, and the wire has not shown them."""
        transactions = terminal.transactions
        theirs = [x for x in transactions.open.values() if x.requested and not x.endings]
        if any(still_open.may_end(terminal, x, self.contract, now) for x in theirs):
            return
        what = f"{count} reversals are pending in the store, and never left"
        what += terminal.wire.reach.in_words(min([x.start for x in theirs], default=now))
        self.fail(terminal, now, what, of=theirs[0] if theirs else NOBODY)
