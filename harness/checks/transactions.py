"""A request and what became of it, and the collection of a terminal's requests.

A `TransactionEvidence` is one request as the wire showed it, named by DE 11 and DE 7. It is kept
while anything of it is open; what must be remembered for ever (that it was there) is eight bytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort

from harness.machines.timers import NEVER
from harness.wire.dialect import Outcome

RECENT = 16


def key_of(stan: str, sent: str) -> int:
    """DE 11 and DE 7 in one number; what is not decimal is hashed by its bytes."""
    text = sent + stan
    if text.isascii() and text.isdigit():
        return int(text)
    return -int.from_bytes(text.encode()[:7].ljust(7, b"\0"), "big")


class TransactionEvidence:
    """One request and what became of it."""

    __slots__ = (
        "aborted", "aborted_at", "amount", "answer", "answer_at", "answer_mac", "approved",
        "back", "back_posts", "before", "causes", "cut", "debit", "debits", "endings",
        "forged", "heard_at", "heard_first", "host_answered", "host_asked", "judged", "key",
        "parked", "requested", "retracted", "reversal", "reversal_final", "reversal_taken",
        "reversals_sent", "rrn", "sent", "shaken", "stacked", "stacks", "stan", "start",
        "stood", "stood_in", "stood_still", "taken", "tombstone", "uncounted", "unsure",
        "withdrawal",
    )  # fmt: skip

    def __init__(self, stan: str, sent: str) -> None:
        self.stan = stan
        self.sent = sent
        self.key = key_of(stan, sent)
        self.requested = False  # its request was seen at the terminal's end
        self.withdrawal = True
        self.amount = 0
        self.rrn = ""
        self.start = 0.0
        self.answer: Outcome | None = None  # the first valid one, in time or not
        self.answer_at = 0.0
        self.answer_mac = ""
        self.approved = 0
        self.forged = ""  # an approval came whose MAC was this
        self.aborted = ""  # why, by the evidence or by its own word
        self.aborted_at = NEVER
        self.cut = False  # the power failed while it was undecided
        self.shaken = False  # the power failed before anyone could know it decided
        self.stood_still = False  # the terminal's process did, with its cash on the way
        self.stacks = 0
        self.stacked = 0
        self.uncounted = False
        self.taken = 0
        self.retracted = 0
        self.endings: list[str] = []
        self.judged: tuple[str, ...] = ()  # how it had ended when T8 last looked
        self.reversal: tuple[str, str, str] | None = None  # STAN, DE 7, digest of the first
        self.reversals_sent = 0  # frames, the repeats included
        self.reversal_taken: int | None = None  # DE 95
        self.reversal_final = False
        self.parked = False
        self.debit = 0
        self.debits = 0
        self.back = 0
        self.back_posts = 0
        self.stood_in = False  # approved in its issuer's stead
        self.stood = 0  # what of that the issuer has not posted yet
        self.before = False  # posted before this run began
        self.unsure = False  # an answer may have left unseen, when the host's process was killed
        self.heard_first = False  # its reversal came to the host before any debit
        self.heard_at = 0.0
        self.tombstone = False  # ... and the host acknowledged it
        self.host_asked = False
        self.host_answered = False
        self.causes: list[str] = []


class TerminalTransactions:
    """The transactions of one terminal: `current` is the last one that was begun, `open` those of
    which something is undecided or owed, `recent` the last few that are over, and `swept` what the
    last request found to be over.
    """

    def __init__(self, *, ledger: bool, device: bool = True) -> None:
        """`ledger`: can postings be seen? `device`: can it be seen what the customer took?"""
        self._ledger = ledger
        self.device_seen = device
        self.current: TransactionEvidence | None = None
        self.open: dict[int, TransactionEvidence] = {}
        self.recent: dict[int, TransactionEvidence] = {}
        self.swept: list[TransactionEvidence] = []
        self.settled: array[int] = array("q")
        self.tombstones: array[int] = array("q")
        self.reversed: array[int] = array("q")
        self._debited: dict[int, int] = {}  # without a device: what was debited and kept

    def transaction(self, stan: str, sent: str) -> TransactionEvidence:
        """The transaction of that name, made if it is new."""
        key = key_of(stan, sent)
        found = self.open.get(key)
        if found is None:
            found = self.recent.pop(key, None) or self._anew(stan, sent, key)
            self.open[key] = found
        return found

    def _anew(self, stan: str, sent: str, key: int) -> TransactionEvidence:
        """An transaction that is new, or so old that only its marks are left."""
        transaction = TransactionEvidence(stan, sent)
        transaction.tombstone = _holds(self.tombstones, key)
        debit = self._debited.pop(key, 0)
        if debit:
            transaction.debit, transaction.debits = debit, 1
        return transaction

    def was_settled(self, key: int) -> bool:
        return _holds(self.settled, key)

    def was_reversed(self, transaction: TransactionEvidence) -> bool:
        """Had it been reversed and put away before?"""
        return not transaction.requested and _holds(self.reversed, transaction.key)

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
            if not self.was_settled(transaction.key):
                insort(self.settled, transaction.key)
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
        """Eight bytes stay of it."""
        if not self.device_seen and transaction.debit and not transaction.back:
            self._debited[transaction.key] = transaction.debit
        if transaction.reversal is not None and not _holds(self.reversed, transaction.key):
            insort(self.reversed, transaction.key)


def is_over(transaction: TransactionEvidence) -> bool:
    """Has it ended, and its reversal, if it has one, been answered for good or parked?"""
    settled = transaction.reversal is None or transaction.reversal_final or transaction.parked
    return settled and bool(transaction.endings)


def _holds(known: array[int], key: int) -> bool:
    at = bisect_left(known, key)
    return at < len(known) and known[at] == key
