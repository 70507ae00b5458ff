"""A request and what became of it, and the collection of a terminal's requests.

A `TransactionEvidence` is one request as the wire showed it, named by its STAN and its time. It is
kept while anything of it is open; of what is long over only the number stays (`NumberSet`).
"""

from __future__ import annotations

from harness.checks.number_set import NumberSet
from harness.machines.timers import NEVER
from harness.wire.echo import NOTHING_ASKED
from harness.wire.identity import number_of
from harness.wire.message import AdviceOutcome, Message, Outcome

RECENT = 16

HOST_TIMER = "the host timer"
BY_TIMER = (HOST_TIMER, "timer")
"""Why a transaction was aborted that had no answer in time: by the wire, and in the words of a
terminal of ours.
"""


class TransactionEvidence:
    """One request and what became of it. Amounts are in minor units, times in run seconds."""

    __slots__ = (
        "aborted", "aborted_at", "amount", "answer", "answer_at", "answer_mac", "approved", "asked",
        "back", "back_posts", "before", "causes", "cut", "debit", "debits", "endings", "forged",
        "heard_at", "heard_first", "host_answered", "host_asked", "judged", "key", "parked",
        "requested", "retracted", "reversal", "reversal_final", "reversal_taken",
        "reversals_sent", "rrn", "sent", "shaken", "stacked", "stacks", "stan", "start",
        "stood", "stood_in", "stood_still", "taken", "tombstone", "uncounted", "unsure",
        "withdrawal",
    )  # fmt: skip

    def __init__(self, stan: str, sent: str, key: int | str) -> None:
        self.stan = stan
        self.sent = sent
        self.key = key
        # the wire, at the terminal's end
        self.requested = False  # its request was seen
        self.withdrawal = True
        self.amount = 0
        self.rrn = ""
        self.asked = NOTHING_ASKED  # what its answer has to repeat
        self.start = 0.0
        self.answer: Outcome | None = None  # the first valid one, in time or not
        self.answer_at = 0.0
        self.answer_mac = ""
        self.approved = 0
        self.forged = ""  # an approval came whose MAC was this
        self.reversal: tuple[str, str, str] | None = None  # STAN, time and digest of the first
        self.reversals_sent = 0  # frames, the repeats included
        self.reversal_taken: int | None = None  # what a partial reversal says was dispensed
        self.reversal_final = False
        self.parked = False
        # the wire, at the host's end
        self.host_asked = False
        self.host_answered = False
        self.heard_first = False  # its reversal came to the host before any debit
        self.heard_at = 0.0
        self.tombstone = False  # ... and the host acknowledged it
        self.unsure = False  # an answer may have left unseen, when the host's process was killed
        # the device
        self.stacks = 0
        self.stacked = 0
        self.uncounted = False
        self.taken = 0
        self.retracted = 0
        self.cut = False  # the power failed while it was undecided
        self.shaken = False  # the power failed before anyone could know it decided
        self.stood_still = False  # the terminal's process did, with its cash on the way
        # the ledger
        self.debit = 0
        self.debits = 0
        self.back = 0  # what reversals gave back
        self.back_posts = 0
        self.stood_in = False  # approved in its issuer's stead
        self.stood = 0  # what of that the issuer has not posted yet
        self.before = False  # posted before this run began
        self.causes: list[str] = []
        # several of them
        self.aborted = ""  # why, by the evidence or by the terminal's own word
        self.aborted_at = NEVER
        self.endings: list[str] = []
        self.judged: tuple[str, ...] = ()  # how it had ended when T8 last looked


class TerminalTransactions:
    """The transactions of one terminal.

    `current` is the one that was begun last, `open` are those of which something is undecided or
    owed, `recent` the last few that are over, `swept` those that the last request found to be over,
    and `cut_withdrawals` counts the withdrawals during which the power failed.
    """

    __slots__ = (
        "_debited", "_ledger", "_reversed", "_settled", "_tombstones", "current",
        "cut_withdrawals", "device_seen", "open", "recent", "swept",
    )  # fmt: skip

    def __init__(self, *, ledger: bool, device: bool = True) -> None:
        """`ledger`: can postings be seen? `device`: can it be seen what the customer took?"""
        self._ledger = ledger
        self.device_seen = device
        self.current: TransactionEvidence | None = None
        self.open: dict[int | str, TransactionEvidence] = {}
        self.recent: dict[int | str, TransactionEvidence] = {}
        self.swept: list[TransactionEvidence] = []
        self.cut_withdrawals = 0
        self._settled = NumberSet()
        self._tombstones = NumberSet()
        self._reversed = NumberSet()
        self._debited: dict[int | str, int] = {}  # without a device: what was debited and kept

    # --- which --------------------------------------------------------------------------------

    def of(self, message: Message) -> TransactionEvidence:
        """The transaction of a request or of its answer, made if it is new."""
        return self.named(message.stan, message.sent)

    def named(self, stan: str, sent: str) -> TransactionEvidence:
        """The transaction of that STAN and time, made if it is new."""
        key = number_of(stan, sent)
        found = self.open.get(key)
        if found is None:
            found = self.recent.pop(key, None) or self._anew(stan, sent, key)
            self.open[key] = found
        return found

    def _anew(self, stan: str, sent: str, key: int | str) -> TransactionEvidence:
        """A transaction that is new, or so old that only its number is left."""
        transaction = TransactionEvidence(stan, sent, key)
        transaction.tombstone = key in self._tombstones
        debit = self._debited.pop(key, 0)
        if debit:
            transaction.debit, transaction.debits = debit, 1
        return transaction

    def was_settled(self, transaction: TransactionEvidence) -> bool:
        """Was it over and put away before?"""
        return transaction.key in self._settled

    def was_reversed(self, transaction: TransactionEvidence) -> bool:
        """Had it been reversed and put away before?"""
        return not transaction.requested and transaction.key in self._reversed

    def kept(self) -> list[TransactionEvidence]:
        """Those of which more than the number is kept."""
        return [*self.recent.values(), *self.open.values()]

    # --- what happens to them -----------------------------------------------------------------

    def lay_tombstone(self, transaction: TransactionEvidence) -> None:
        """The host has taken its reversal before any debit: it must never be approved."""
        transaction.tombstone = True
        self._tombstones.add(transaction.key)

    def reversal_answered(self, stan: str, outcome: AdviceOutcome) -> None:
        """The reversal with that STAN got an answer at the terminal's end."""
        for transaction in self.open.values():
            if transaction.reversal is not None and transaction.reversal[0] == stan:
                transaction.reversal_final |= outcome in (
                    AdviceOutcome.ACCEPTED,
                    AdviceOutcome.FLAGGED,
                )
                transaction.parked |= outcome is AdviceOutcome.PARK

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

    def sweep(self) -> None:
        """Put away what is over."""
        self.swept = [
            x
            for x in self.open.values()
            if x is not self.current
            and self._decided(x)
            and (x.reversal is None or x.reversal_final)
        ]
        for transaction in self.swept:
            del self.open[transaction.key]
            self._settled.add(transaction.key)
            self.recent[transaction.key] = transaction
            if len(self.recent) > RECENT:
                self._forget(self.recent.pop(next(iter(self.recent))))

    def _decided(self, x: TransactionEvidence) -> bool:
        """Is nothing more to come of it, as far as can be seen?"""
        ended = bool(x.endings) or not x.withdrawal or not x.requested
        if not self.device_seen:  # what becomes of an approval is seen only if it is reversed
            return ended or (x.answer is not None and not x.aborted)
        return ended and (not self._ledger or (not x.stood and x.debit - x.back == x.taken))

    def _forget(self, transaction: TransactionEvidence) -> None:
        """Its number stays of it."""
        if not self.device_seen and transaction.debit and not transaction.back:
            self._debited[transaction.key] = transaction.debit
        if transaction.reversal is not None:
            self._reversed.add(transaction.key)


def is_over(transaction: TransactionEvidence) -> bool:
    """Has it ended, and its reversal, if it has one, been answered for good or parked?"""
    settled = transaction.reversal is None or transaction.reversal_final or transaction.parked
    return settled and bool(transaction.endings)
