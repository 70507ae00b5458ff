"""Exchanges at the host's end of the link: what the host was asked, and what it answered.

A request or a reversal is an exchange from its first arrival at the host. Only what arrived as the
terminal sent it is held against the host: a fault of ours that altered the message on its way is
no mistake of the host's. What was still unanswered when the connection ended is not held against
it either, unless its time was over by then, or the host's reply was to end the connection.

A few exchanges are kept for each terminal, found by their STAN. A fault inside a host of ours
excuses what was unanswered when it acted.
"""

from __future__ import annotations

from typing import NamedTuple

from harness import events as e
from harness.checks.base import Whose
from harness.checks.network_exchanges import FaultsInForce
from harness.contract import Contract
from harness.wire.echo import NOTHING_ASKED, Echo, echo_of
from harness.wire.message import REVERSALS, AdviceOutcome, Fields, Kind, Message, Outcome

_ON_ITS_WAY = 2.0
"""Seconds within which a message that a fault has sent has come to the host."""
KEEPS = 16
"""Exchanges of a terminal. It has one request and one reversal under way at a time."""

UNANSWERED_KEPT = 100
HUNG_UP = ("fin", "rst")
"""How a connection ends that was closed at the host's side, by the host or by a fault."""
NOT_AT_ONCE = 1.0
"""Seconds. A host that ends each connection after its answer may have done so already when the
terminal's next message comes."""
IN_REPLY = 2.0
"""Seconds from a message to the end of its connection that is taken for the host's reply to it. A
network may break at any moment, and no host can help that.
"""


class Unanswered:
    """A message that the host had not answered when its time was over, or when it hung up, as was
    seen at `seen_at`. Where it `hung_up`, no fault may have acted since `doubtful_since`, which is
    None once that is known.
    """

    __slots__ = (
        "arrived_at", "bound", "card", "customer", "doubtful_since", "excused", "hung_up",
        "seen_at", "what",
    )  # fmt: skip

    def __init__(
        self,
        exchange: Exchange,
        bound: float,
        seen_at: float,
        *,
        hung_up: bool = False,
        doubtful_since: float | None = None,
    ) -> None:
        self.card, self.customer = exchange.card, exchange.customer
        self.bound = bound
        self.hung_up = hung_up
        self.doubtful_since = doubtful_since
        self.seen_at = seen_at
        self.arrived_at = exchange.arrived_at
        self.what = exchange.what
        self.excused = exchange.excused


class Exchange:
    """What was asked and what was answered. `arrived_at` is when the message came to the host that
    waits for an answer, `closings` how many connections had ended when the terminal last sent it,
    `settled_at` when an answer left that settled it, the `settled_by`-th (run
    seconds); `code` and `approval` are that answer's, `first_code` is that of the first of all.
    `card` and `customer` are those of the transaction that it is about, where they are seen.
    """

    __slots__ = (
        "answers", "approval", "arrivals", "arrived_at", "asked", "came_after", "card", "closings",
        "code", "customer", "doubtful", "early", "excused", "first_code", "in_turn", "judged",
        "latest", "message_class", "mti", "of_before", "original", "pin", "request", "reversal",
        "said", "sent", "settled_amount", "settled_at", "settled_by", "stan", "stranger", "struck", "taken_back",
        "waits", "word_ordered",
    )  # fmt: skip

    def __init__(self, message: Message) -> None:
        self.card = ""
        self.customer = 0
        self.stan = message.stan
        self.sent = message.sent
        self.mti = message.mti
        self.message_class = message.message_class
        self.reversal = message.kind in REVERSALS
        self.said = 0  # what the terminal first sent, as a hash, ...
        self.latest = 0  # ... and what it sent last: the repeat has another MTI
        self.asked: Echo = NOTHING_ASKED  # as it came to the host
        self.request: Message | None = None  # ... until it has its first answer
        self.judged = True  # all that came to the host is as the terminal had sent it
        self.stranger = False  # no terminal had sent it; it came with a right MAC all the same
        self.doubtful = False  # a reversal that does not agree with its original
        self.excused = False
        self.struck = False  # a fault inside a host of ours acted while it waited, once at least
        self.word_ordered = False  # ... that orders the response code
        self.arrivals = 0
        self.arrived_at = 0.0
        self.closings = 0
        self.waits = False
        self.answers = 0
        self.settled_at = 0.0
        self.settled_by = 0
        self.settled_amount = 0  # minor units, 0 where nothing was approved
        self.code = self.first_code = ""
        self.approval = ""
        self.original: Exchange | None = None  # what a reversal is about, where that is kept
        self.early = False  # it came last on a connection that had not signed on
        self.in_turn = 0  # how often it came on one that had, and has no answer yet
        self.of_before = False  # the answer that left last may be that of one that came in turn
        self.taken_back = False  # the host has said that its reversal is settled ...
        self.came_after = False  # ... before it came last
        self.pin = ""  # 'right' or 'wrong' is the PIN in its block, '' where nobody knows

    @property
    def what(self) -> str:
        """'0200, STAN 000001'."""
        return f"{self.mti}, STAN {self.stan}"


class Answer(NamedTuple):
    """A message that left the host as an answer. `exchange` is None where nobody had asked. `took`
    is for how many seconds that exchange had waited, None where it waited no longer.
    """

    message: Message
    exchange: Exchange | None
    took: float | None


class Exchanges:
    """The exchanges of one terminal. `answer` is set while the last frame is an answer that leaves
    the host, and `unanswered` are exchanges whose time was over without one. `in_force` are the
    faults of the run: who ended a connection is known only where none of them can have; None: it
    is not known. `opened_at` is when the connection was made, `spoke_at` when the host last sent
    anything, `unread_at` when bytes last came to the host that are no message (run seconds).
    """

    __slots__ = (
        "_ahead_until", "_by_stan", "_closings", "_contract", "_trouble_until", "answer",
        "in_force", "opened_at", "spoke_at", "unanswered", "unread_at",
    )  # fmt: skip

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._by_stan: dict[str, Exchange] = {}
        self._closings = 0
        self._ahead_until = -1.0
        self._trouble_until = -1.0
        self.answer: Answer | None = None
        self.unanswered: list[Unanswered] = []
        self.in_force: FaultsInForce | None = None
        self.opened_at = self.spoke_at = 0.0
        self.unread_at = -1.0

    def bound(self, exchange: Exchange) -> float:
        """Within how many seconds the host has to answer."""
        contract = self._contract
        return contract.advice_response if exchange.reversal else contract.host_response

    # --- what passes ---------------------------------------------------------------------------

    def passes(self, at: float, frame: e.FrameSeen) -> None:
        """A frame of any kind passes the host's end."""
        if frame.to == "terminal":
            self.spoke_at = at
        elif frame.problem:
            self.unread_at = at

    def asks(self, message: Message) -> None:
        """A request or a reversal leaves the terminal."""
        known = self._by_stan.get(message.stan)
        if known is None or not self._is_of(known, message):
            known = self._begin(message)
        known.latest = _hash_of(message.fields)
        known.closings = self._closings
        known.said = known.said or known.latest

    def is_about(self, message: Message, whose: Whose, *, pin: str) -> None:
        """What the terminal has just asked is about that transaction. `pin` as in `FrameSeen`, ''
        where nobody knows whether it is right.
        """
        exchange = self._by_stan[message.stan]
        exchange.card, exchange.customer = whose.card, whose.customer
        exchange.pin = pin

    def doubts(self, reversal: Message) -> None:
        """That reversal does not agree with what it reverses: a host may refuse it."""
        self._by_stan[reversal.stan].doubtful = True

    def arrives(
        self, at: float, message: Message, *, authentic: bool, connected: bool, early: bool
    ) -> None:
        """A request or a reversal comes to the host; `early`: before any sign-on."""
        exchange = self._by_stan.get(message.stan)
        if exchange is None or not self._is_of(exchange, message):
            exchange = self._begin(message)
            exchange.stranger = authentic
        own = authentic and _hash_of(message.fields) in (exchange.said, exchange.latest)
        exchange.judged = exchange.judged and own
        exchange.early = early or at <= self._ahead_until
        exchange.in_turn += not exchange.early
        exchange.came_after = exchange.taken_back
        if not exchange.arrivals:
            exchange.asked, exchange.request = echo_of(message), message
        self._reversed(exchange, message)
        exchange.arrivals += 1
        if not (own and connected) or exchange.closings < self._closings:
            return  # a host that stood still reads it when the terminal has given the connection up
        if exchange.waits and not self._over(exchange, at, again=True):
            return  # the first one still waits
        exchange.waits = True
        exchange.arrived_at = at
        exchange.excused = at <= self._trouble_until

    def _reversed(self, reversal: Exchange, message: Message) -> None:
        """What is answered to a request after its reversal is for the host to say anew: it declines
        what it approved before. Without MACs a host believes a request that was altered on its way,
        and the reversal does not agree with that.
        """
        original = message.original if message.kind in REVERSALS else None
        if original is None:
            return
        exchange = self._by_stan.get(original.stan)
        if exchange is not None and not exchange.reversal and exchange.sent == original.sent:
            exchange.settled_by = 0
            reversal.original = exchange
            reversal.doubtful |= not (exchange.judged or self._contract.mac)

    def leaves(self, at: float, message: Message) -> None:
        """An answer to a request or a reversal leaves the host."""
        exchange = self._by_stan.get(message.stan)
        took = None
        if exchange is not None:
            exchange.answers += 1
            if exchange.answers == 1:
                exchange.first_code = message.code
            if exchange.original is not None and is_final(exchange, message):
                exchange.original.taken_back = True
            if not (exchange.settled_by or exchange.early) and is_final(exchange, message):
                exchange.settled_at, exchange.settled_by = at, exchange.answers
                exchange.code, exchange.approval = message.code, message.text("approval")
                exchange.settled_amount = approved_amount(message)
            exchange.of_before = exchange.in_turn > 0
            if exchange.of_before and not (exchange.early and _refuses(message)):
                exchange.in_turn -= 1
            if exchange.waits:
                exchange.waits = False
                took = at - exchange.arrived_at
        self.answer = Answer(message, exchange, took)

    def closed(self, at: float, *, how: str = "") -> None:
        """The connection has ended, as `LinkClosed` says: what waits, or is still on its way, gets
        no answer any more.
        """
        self._closings += 1
        for exchange in self._by_stan.values():
            exchange.in_turn = 0
            if exchange.waits:
                if not self._over(exchange, at) and how in HUNG_UP:
                    self._hung_up(exchange, at)
                exchange.waits = False

    def _hung_up(self, exchange: Exchange, at: float) -> None:
        """Nobody answers by hanging up (IN_REPLY, NOT_AT_ONCE). It is judged once it is known which
        faults acted in that instant. What came since and cannot be read is a reason to hang up.
        """
        if self.unread_at >= exchange.arrived_at:
            return
        apart = exchange.arrived_at - self.spoke_at > NOT_AT_ONCE
        in_reply = at - exchange.arrived_at <= IN_REPLY
        if apart and in_reply and exchange.judged and len(self.unanswered) < UNANSWERED_KEPT:
            bound = self.bound(exchange)
            doubtful = Unanswered(exchange, bound, at, hung_up=True, doubtful_since=self.opened_at)
            self.unanswered.append(doubtful)

    def overdue(self, now: float) -> list[Unanswered]:
        """Nothing more comes after `now`: those that had no answer in time, or to which the host
        hung up although no fault had acted on that connection.
        """
        for exchange in self._by_stan.values():
            if exchange.waits and self._over(exchange, now):
                exchange.waits = False
        self._leave_out_faults()
        return self.unanswered

    def opened(self, at: float) -> None:
        """A connection was made."""
        self.opened_at = at
        self._leave_out_faults()

    def _leave_out_faults(self) -> None:
        """What a fault may have ended is nobody's reply. It was told by now."""
        self.unanswered = [x for x in self.unanswered if self._none_since(x.doubtful_since)]
        for x in self.unanswered:
            x.doubtful_since = None

    def _none_since(self, moment: float | None) -> bool:
        if moment is None:
            return True
        return self.in_force is not None and self.in_force.none_acted_since(moment)

    # --- faults inside a host of ours ----------------------------------------------------------

    def struck(self, at: float, lasts: float, *, host: bool, orders: bool = False) -> None:
        """A fault acted on this terminal, or on the whole `host` for that many seconds. `orders`:
        it orders the response code of an answer.
        """
        if host:
            self._trouble_until = max(self._trouble_until, at + lasts)
        for exchange in self._by_stan.values():
            exchange.excused |= exchange.waits
            exchange.struck |= exchange.waits
            exchange.word_ordered |= exchange.waits and orders
        for unanswered in self.unanswered:
            if not unanswered.hung_up:  # it has been known since whether a fault ended that one
                unanswered.excused = True

    def comes_ahead(self, at: float) -> None:
        """A fault has sent an old message ahead of a sign-on. Whether the host has read that by
        then, a live run does not say.
        """
        self._ahead_until = at + _ON_ITS_WAY

    def relieved(self, at: float) -> None:
        """The fault of the whole host that went on has ended."""
        self._trouble_until = at

    # --- which ---------------------------------------------------------------------------------

    def _begin(self, message: Message) -> Exchange:
        exchange = Exchange(message)
        exchange.closings = self._closings
        before = self._by_stan.pop(exchange.stan, None)
        self._by_stan[exchange.stan] = exchange
        if before is None and len(self._by_stan) > KEEPS:
            before = self._by_stan.pop(next(iter(self._by_stan)))
        if before is not None and before.waits:
            before.waits = False
            before.excused = True  # nobody is left to say how long it waited
        return exchange

    def _is_of(self, exchange: Exchange, message: Message) -> bool:
        """Is the message this exchange's, or a repeat of it?"""
        same_class = exchange.message_class == message.message_class
        return same_class and exchange.sent == message.sent

    def _over(self, exchange: Exchange, at: float, *, again: bool = False) -> bool:
        """Has it waited too long? Then it is kept as unanswered. One that comes `again` when the
        time of the first is just over had no answer, and what answers it does not answer the first.
        """
        slack = -1e-6 if again else 1e-6
        late = at - exchange.arrived_at > self.bound(exchange) + slack
        if late and exchange.judged and len(self.unanswered) < UNANSWERED_KEPT:
            self.unanswered.append(Unanswered(exchange, self.bound(exchange), at))
        return late


def _hash_of(fields: Fields) -> int:
    return hash(tuple(fields.items()))


def approved_amount(message: Message) -> int:
    """What an answer to a request approves, in minor units; 0 for any other one."""
    approves = message.outcome in (Outcome.APPROVED, Outcome.PARTIAL)
    return message.amount if approves and message.kind is Kind.ANSWER else 0


def _refuses(message: Message) -> bool:
    """Does the answer neither approve a request nor settle a reversal?"""
    settles = message.advice_outcome in (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED)
    return not (approved_amount(message) or message.outcome is Outcome.APPROVED or settles)


def is_final(exchange: Exchange, message: Message) -> bool:
    """Does the answer settle the exchange, so that a repeat gets the same one? After a system error
    a host may find another answer.
    """
    if exchange.reversal:
        return message.advice_outcome in (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED)
    return message.outcome not in (Outcome.SYSTEM_ERROR, Outcome.UNKNOWN)
