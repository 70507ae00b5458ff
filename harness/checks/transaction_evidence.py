"""A request and what became of it, as the wire, the device and the ledger showed it.

It has the identity that the host too goes by: the class of its MTI, terminal, acquirer, STAN and
time.
"""

from __future__ import annotations

from harness.checks.operating_time import Moment
from harness.machines.timers import NEVER
from harness.wire.echo import NOTHING_ASKED
from harness.wire.identity import Number
from harness.wire.message import Message, Outcome
from harness.wire.particulars import Particulars

Key = Number | tuple[str, str, Number]  # with class and acquirer where they are unusual

CLOSING = (Outcome.DECLINED, Outcome.CAPTURE, Outcome.PIN_AGAIN, Outcome.SYSTEM_ERROR)
"""Only listed codes close a transaction without a reversal (docs/domain.md, "Response codes")."""

APPROVING = (Outcome.APPROVED, Outcome.PARTIAL)
HOST_TIMER = "the host timer"
BY_TIMER = (HOST_TIMER, "timer")
"""Why one was aborted that had no answer in time: by the wire, and in our terminals' words."""


class TransactionEvidence:
    """One request and what became of it. Amounts are in minor units, times in run seconds."""

    __slots__ = (
        "aborted", "aborted_at", "account", "acquirer", "amount", "answer", "answer_at",
        "answer_code", "answer_mac", "answer_unseen", "approval_code", "approved", "asked", "back",
        "back_posts", "before", "began", "card", "causes", "counted", "customer", "cut", "damaged",
        "debit", "debits", "endings", "forged", "given_up_at", "heard_at", "heard_first",
        "host_answers", "host_asks", "judged", "key", "message_class", "parked", "particulars",
        "requested", "requests", "retracted", "reversal", "reversal_answered", "reversal_answers",
        "reversal_begun_at", "reversal_final", "reversal_message", "reversal_moved_at",
        "reversal_taken", "reversals_sent", "rrn", "sent", "shaken", "stacked", "stacks", "stan",
        "start", "stood", "stood_in", "stood_still", "taken", "tombstone", "uncounted", "unseen",
        "unsure", "withdrawal",
    )  # fmt: skip

    def __init__(
        self, stan: str, sent: str, key: Key, message_class: str = "", acquirer: str = ""
    ) -> None:
        self.stan = stan
        self.sent = sent
        self.key = key
        self.message_class = message_class
        self.acquirer = acquirer
        # who stood before the machine, where that is seen
        self.card = ""
        self.customer = 0
        # the wire, at the terminal's end
        self.requested = False  # its request was seen
        self.requests = 0  # how often, its repeats included
        self.particulars: Particulars | None = None  # of the first of them
        self.began: Moment | None = None  # when the last of them left
        self.withdrawal = True
        self.amount = 0
        self.rrn = ""
        self.asked = NOTHING_ASKED  # what its answer has to repeat
        self.start = 0.0
        self.answer: Outcome | None = None  # the first valid one, in time or not
        self.answer_at = 0.0
        self.answer_code = ""
        self.answer_mac = ""
        self.approval_code = ""
        self.damaged = False  # an answer to it came that is not valid, before one that is
        self.approved = 0
        self.forged = ""  # an approval came whose MAC was this
        self.reversal: tuple[str, str, str] | None = None  # STAN, time and digest of the first
        self.reversals_sent = 0  # frames, the repeats included
        self.reversal_begun_at = 0.0  # the first of them
        self.reversal_moved_at = 0.0  # the last of them, or when its answer asked for another try
        self.reversal_message: Message | None = None  # the first of them, while it is open
        self.reversal_taken: int | None = None  # what a partial reversal says was dispensed
        self.reversal_final = False
        self.reversal_answers = 0  # how many frames of it got a final one
        self.reversal_answered = 0  # of the frames sent by then; what is left has none
        self.parked = False
        # the wire, at the host's end
        self.account = ""  # the token of the account that the card draws on which came to the host
        self.host_asks = 0  # how often its request came, repeats included
        self.host_answers = 0  # how many answers to it left
        self.heard_first = False  # its reversal came to the host before any debit
        self.heard_at = 0.0
        self.tombstone = False  # ... and the host acknowledged it
        self.given_up_at = NEVER  # when the host acknowledged a reversal of it, tombstone or not
        self.answer_unseen = False  # ... to the request, before it was reversed
        self.unsure = False  # an answer may have left unseen, when the host's process was killed
        # the device
        self.stacks = 0
        self.stacked = 0
        self.uncounted = False
        self.counted = False  # the stacker has finished, and said how many notes it moved
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
        self.unseen = False  # a part of it lies where one of two journals has nothing
        self.causes: list[str] = []
        # several of them
        self.aborted = ""  # why, by the evidence or by the terminal's own word
        self.aborted_at = NEVER
        self.endings: list[str] = []
        self.judged: tuple[str, ...] = ()  # how it had ended when T8 last looked


def is_over(transaction: TransactionEvidence) -> bool:
    """Has it ended, and its reversal, if it has one, been answered for good or parked?"""
    settled = transaction.reversal is None or transaction.reversal_final or transaction.parked
    return settled and bool(transaction.endings)


def awaits_final_answer(x: TransactionEvidence) -> bool:
    """Has it a reversal that was sent, and that was neither answered for good nor parked?"""
    return x.reversal is not None and not (x.reversal_final or x.parked)
