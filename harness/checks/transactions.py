"""The transactions of a terminal: those that are open, and what is left of those that are over.

A transaction is kept while anything of it is open; of what is long over only the number stays
(`NumberSet`).

Any number of requests may be open at one terminal, because a switch or a concentrator asks for many
customers under one identity. Where the device is seen there is one customer at a time, and only
the request that was begun last (`current`) can get an answer.
"""

from __future__ import annotations

from harness.checks.number_set import NumberSet
from harness.checks.observed import EVERYTHING
from harness.checks.transaction_evidence import Key, TransactionEvidence, is_over
from harness.wire.identity import Number, number_of
from harness.wire.message import AdviceOutcome, Message, MessageClass

RECENT = 16
"""How many transactions that are over are kept of each terminal, at the least."""
STAYS = 600.0
"""Run seconds for which one stays where no device is seen: a reversal may name it yet."""
MOST = 10_000
"""How many are kept at the most."""


class TerminalTransactions:
    """The transactions of one terminal.

    `current` is the one that was begun last, `open` are those of which something is undecided or
    owed, `recent` the last few that are over, and `swept` those that the last request found to be
    over. `withdrawals` counts the withdrawals that were asked for, `declined` and `approved` those
    whose answer came in time and said so, `cut_withdrawals` those in which the power failed.
    `visitor` is the card's token and the customer's number of who stands before the machine,
    and `visit_requests` how many requests left in that visit. `latest` is the last that was begun,
    over or not, and `previous` the one before it.
    """

    __slots__ = (
        "_acquirer", "_by_reversal", "_by_stan", "_debited", "_reversed", "_settled", "_tombstones",
        "_touched", "approved", "current", "cut_withdrawals", "declined", "device_seen",
        "latest", "ledger_seen", "observed", "open", "previous", "recent", "swept",
        "visit_requests", "visitor", "withdrawals",
    )  # fmt: skip

    def __init__(self, *, ledger: bool, device: bool = True) -> None:
        """`ledger`: can postings be seen? `device`: can it be seen what the customer took?"""
        self.ledger_seen = ledger
        self.observed = EVERYTHING  # whose evidence there is at present
        self.device_seen = device
        self.visitor = ("", 0)
        self.visit_requests = 0
        self.current: TransactionEvidence | None = None
        self.latest: TransactionEvidence | None = None
        self.previous: TransactionEvidence | None = None
        self.open: dict[Key, TransactionEvidence] = {}
        self.recent: dict[Key, TransactionEvidence] = {}
        self.swept: list[TransactionEvidence] = []
        self.withdrawals = self.declined = self.approved = 0
        self.cut_withdrawals = 0
        self._acquirer: str | None = None  # the one that this terminal's transactions name
        self._by_stan: dict[str, list[TransactionEvidence]] = {}  # those that were requested
        self._by_reversal: dict[Number, TransactionEvidence] = {}
        self._touched: dict[Key, TransactionEvidence] = {}  # since they were last swept
        self._settled = NumberSet()
        self._tombstones = NumberSet()
        self._reversed = NumberSet()
        self._debited: dict[Key, int] = {}  # without a device: what was debited and kept

    # --- which --------------------------------------------------------------------------------

    def of(self, message: Message) -> TransactionEvidence:
        """The transaction of a request or of its answer, made if it is new. An answer that leaves
        the acquirer out is of the terminal's usual one.
        """
        acquirer = message.acquirer.lstrip("0")
        left_out = message.is_answer and not acquirer
        return self.named(
            message.stan, message.sent, None if left_out else acquirer, message.message_class
        )

    def named(
        self,
        stan: str,
        sent: str,
        acquirer: str | None = None,
        message_class: str = MessageClass.FINANCIAL,
    ) -> TransactionEvidence:
        """The transaction of that identity, made if it is new. Without an acquirer it is that of
        the terminal's other transactions.
        """
        key = self._key(stan, sent, acquirer, message_class)
        found = self.open.get(key)
        if found is None:
            found = self.recent.get(key) or self._meant(stan, sent, acquirer, message_class)
            if found is not None:
                return self._reopened(found)
            found = self.open[key] = self._anew(stan, sent, key)
            found.message_class, found.acquirer = message_class, acquirer or self._acquirer or ""
        self._touched[key] = found
        return found

    def _meant(
        self, stan: str, sent: str, acquirer: str | None, message_class: str
    ) -> TransactionEvidence | None:
        """The request that differs in the acquirer alone, where one of both leaves that out."""
        named = (x for x in self._by_stan.get(stan, ()) if x.sent == sent)
        alike = [x for x in named if x.message_class == message_class]
        alike = [x for x in alike if not (acquirer and x.acquirer)]
        return alike[0] if len(alike) == 1 else None

    def _key(self, stan: str, sent: str, acquirer: str | None, message_class: str) -> Key:
        """A small number for what is usual, and a tuple for another acquirer or class."""
        number = number_of(stan, sent)
        if acquirer is not None and acquirer != self._acquirer:
            if self._acquirer is not None:
                return message_class, acquirer, number
            self._acquirer = acquirer
        if message_class != MessageClass.FINANCIAL:
            return message_class, self._acquirer or "", number
        return number

    def _anew(self, stan: str, sent: str, key: Key) -> TransactionEvidence:
        """A transaction that is new, or so old that only its number is left."""
        transaction = TransactionEvidence(stan, sent, key)
        transaction.tombstone = key in self._tombstones
        debit = self._debited.pop(key, 0)
        if debit:
            transaction.debit, transaction.debits = debit, 1
        return transaction

    def reversed_by(self, message: Message) -> TransactionEvidence | None:
        """The transaction that a reversal is about. A repeat is known by the reversal's own
        identity, whatever original it names; None if no original can be read.
        """
        found = self._by_reversal.get(number_of(message.stan, message.sent))
        if found is not None:
            return self._reopened(found)
        original = message.original
        if original is None:
            return None
        # a reversal may leave it out altogether, and name one where the requests do not
        acquirer = (original.acquirer or None) if self._acquirer else None
        return self.named(original.stan, original.sent, acquirer, original.message_class)

    def _reopened(self, transaction: TransactionEvidence) -> TransactionEvidence:
        """It is looked at again."""
        key = transaction.key
        if self.recent.pop(key, None) is not None:
            self.open[key] = transaction
        self._touched[key] = transaction
        return transaction

    def touch(self, transaction: TransactionEvidence) -> None:
        """Something of it was seen: it may be over now."""
        self._touched[transaction.key] = transaction

    def with_stan(self, stan: str) -> list[TransactionEvidence]:
        """The requests with that STAN of which more than the number is kept, oldest first."""
        return self._by_stan.get(stan, [])

    def awaiting(self, answer: Message) -> list[TransactionEvidence]:
        """The requests that this may be the answer of, going by its STAN: with a device in sight,
        only the one that the customer waits for.
        """
        if self.device_seen:
            current = self.current
            waits = current is not None and current.answer is None and current.stan == answer.stan
            return [current] if current is not None and waits else []
        return [x for x in self._by_stan.get(answer.stan, ()) if x.answer is None]

    def was_settled(self, transaction: TransactionEvidence) -> bool:
        """Was it over and put away before?"""
        return transaction.key in self._settled

    def was_reversed(self, transaction: TransactionEvidence) -> bool:
        """Had it been reversed and put away before?"""
        return not transaction.requested and transaction.key in self._reversed

    def kept(self) -> list[TransactionEvidence]:
        """Those of which more than the number is kept."""
        return [*self.recent.values(), *self.open.values()]

    # --- what begins --------------------------------------------------------------------------

    def begin(self, message: Message) -> TransactionEvidence:
        """A request left the terminal: it is the current one from now on."""
        if self.current is not None:
            self._touched[self.current.key] = self.current
        self.visit_requests += 1
        self.previous = self.latest
        transaction = self.current = self.latest = self.of(message)
        self.swept = []
        transaction.requests += 1
        transaction.unseen |= not self.observed.host
        if not transaction.requested:
            transaction.requested = True
            transaction.particulars = message.particulars
            transaction.card, transaction.customer = self.visitor
            self._by_stan.setdefault(transaction.stan, []).append(transaction)
        return transaction

    def begin_reversal(self, transaction: TransactionEvidence, message: Message) -> None:
        """A reversal is sent for the first time, under its own STAN and time."""
        if message.stan and message.sent:
            self._by_reversal[number_of(message.stan, message.sent)] = transaction

    # --- what happens to them -----------------------------------------------------------------

    def lay_tombstone(self, transaction: TransactionEvidence) -> None:
        """The host has taken its reversal before any debit: it must never be approved."""
        transaction.tombstone = True
        self._tombstones.add(transaction.key)

    def reversal_answered(self, at: float, message: Message, outcome: AdviceOutcome) -> None:
        """A reversal got an answer at the terminal's end: the one with the answer's STAN and time,
        and where there is none, each with its STAN.
        """
        stan = message.stan
        exact = self._by_reversal.get(number_of(stan, message.sent))
        final = outcome in (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED)
        for transaction in [exact] if exact is not None else list(self.open.values()):
            if transaction.reversal is not None and transaction.reversal[0] == stan:
                transaction.unseen |= not self.observed.host
                transaction.reversal_final |= final
                sent = transaction.reversals_sent
                if final and sent > transaction.reversal_answered:
                    transaction.reversal_answers += 1
                    transaction.reversal_answered = sent
                transaction.parked |= outcome is AdviceOutcome.PARK
                transaction.reversal_moved_at = at
                self._touched[transaction.key] = transaction

    def power_lost(self, *, card_inside: bool) -> None:
        """The power failed in all that is not over."""
        for transaction in self.open.values():
            if not is_over(transaction):
                self.cut(transaction)
        if self.current is not None and card_inside:
            self.current.shaken = True

    def cut(self, transaction: TransactionEvidence) -> None:
        """The power failed in that one: it must not be lost now (T10)."""
        self.cut_withdrawals += (
            not transaction.cut and transaction.requested and transaction.withdrawal
        )
        transaction.cut = True

    def host_was_killed(self) -> None:
        """The host's process is gone, and with it what it saw after its last commit."""
        for transaction in self.open.values():
            reversing = transaction.reversal is not None and not transaction.reversal_final
            transaction.unsure |= transaction.answer is None or reversing

    # --- what is over -------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Put away what is over. Where many are open, only those are looked at of which something
        was seen since the last time.
        """
        looked_at = self.open if self.device_seen else self._touched
        self.swept = [
            x
            for key, x in looked_at.items()
            if x is not self.current
            and key in self.open
            and self._decided(x)
            and (x.reversal is None or x.reversal_final)
        ]
        self._touched = {}
        for transaction in self.swept:
            del self.open[transaction.key]
            transaction.reversal_message = None
            self._settled.add(transaction.key)
            self.recent[transaction.key] = transaction
        while len(self.recent) > RECENT:
            oldest = next(iter(self.recent.values()))
            if self._stays(oldest, now):
                break
            self._forget(self.recent.pop(oldest.key))

    def _stays(self, oldest: TransactionEvidence, now: float) -> bool:
        young = oldest.start > now - STAYS
        return young and not self.device_seen and len(self.recent) <= MOST

    def _decided(self, x: TransactionEvidence) -> bool:
        """Is nothing more to come of it, as far as can be seen?"""
        ended = bool(x.endings) or not x.withdrawal or not x.requested
        if not self.device_seen:  # what becomes of an approval is seen only if it is reversed
            return ended or (x.answer is not None and not x.aborted)
        settled = x.unseen or (not x.stood and x.debit - x.back == x.taken)
        return ended and (not self.ledger_seen or settled)

    def _forget(self, transaction: TransactionEvidence) -> None:
        """Its number stays of it."""
        if not self.device_seen and transaction.debit and not transaction.back:
            self._debited[transaction.key] = transaction.debit
        if transaction.reversal is not None:
            self._reversed.add(transaction.key)
            self._by_reversal.pop(number_of(*transaction.reversal[:2]), None)
        same_stan = self._by_stan.get(transaction.stan)
        if same_stan is not None and transaction in same_stan:
            same_stan.remove(transaction)
            if not same_stan:
                del self._by_stan[transaction.stan]
