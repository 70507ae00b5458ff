"""Stand-in: approvals in the issuer's stead while it cannot be asked, and the advices that tell it.

    stand-in --advice, then its repeats--> issuer
             <------- answer -------------

The issuer must post what it is told, even if that overdraws the account
(docs/domain.md, "Store and forward", rule 9). An
advice has the identity of the request that was approved, so that a repeat posts nothing. If the
request was reversed before the issuer was told, the issuer is told of the amount that was taken,
and of nothing if that is zero.

Both are part of the host. What passes between them are messages of the specification, with a MAC.
They are decoded on the way and told as `AdviceSeen`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

from harness import events as e
from harness.errors import ProtocolError
from harness.machines.link import Link
from harness.machines.timers import NEVER
from harness.machines.transaction_log import REVERSED, STOOD_IN, TransactionRecord
from harness.wire.dialects.base import Dialect
from harness.wire.identity import TransactionId
from harness.wire.message import ADVICES, AdviceOutcome, Message

FIRST_AFTER = 1.0  # seconds from the approval to its first advice
REPEAT_AFTER = 60.0  # seconds without an answer after which an advice is repeated


class Advice(msgspec.Struct, gc=False):
    """An approval of which the issuer is to be told; it is to post `amount` (minor units)."""

    record: TransactionRecord
    request: Message
    amount: int
    attempts: int = 0


class Issuer:
    """Posts what it is told of, each advice once. A defect overrides `decide`."""

    def __init__(
        self, dialect: Dialect, link: Link, post: Callable[[Message, int, float], None]
    ) -> None:
        """`post(advice, amount, now)` posts a debit of `amount` minor units."""
        self._dialect = dialect
        self._link = link
        self._post = post
        self._codes: dict[TransactionId, str] = {}  # of the advices that it has decided about

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """The frames that answer what these bytes complete. A message that cannot be decoded, has a
        wrong MAC or is no advice is not answered.
        """
        answers = []
        for advice, mac, problem, *_ in self._link.receive(data):
            if problem or mac == "bad" or advice.kind not in ADVICES:
                continue
            identity = advice.identity
            code = self._codes.get(identity)
            if code is None:
                code = self._codes[identity] = self.decide(advice)
                if code == self._dialect.codes["approved"]:
                    self._post(advice, advice.amount, now)
            answers.append(self._link.frame(self._dialect.answer(advice, code)))
        return answers

    def decide(self, _advice: Message) -> str:
        """The response code: always an approval, as the cash is gone (H5)."""
        return self._dialect.codes["approved"]


class StandIn:
    """The advices, first in, first out. One is sent at a time, and repeated until its answer."""

    def __init__(
        self,
        dialect: Dialect,
        link: Link,
        issuer: Issuer,
        reaches_issuer: Callable[[float, Message], bool],
        tell: Callable[[e.Event], None],
        answered: Callable[[Advice, AdviceOutcome, float], None],
    ) -> None:
        """`reaches_issuer(now, message)` says whether a message gets there and its answer back;
        `tell` takes what happened; `answered(advice, outcome, now)` is called when the issuer has
        answered for good.
        """
        self._dialect = dialect
        self._link = link
        self._issuer = issuer
        self._reaches_issuer = reaches_issuer
        self._tell = tell
        self._answered = answered
        self._queue: deque[Advice] = deque()
        self._due = NEVER

    @property
    def owes(self) -> bool:
        """Is there an approval that the issuer has not heard of?"""
        return bool(self._queue)

    def next_deadline(self) -> float:
        """When the next advice is due (run seconds)."""
        return self._due

    def approve(self, record: TransactionRecord, request: Message, now: float) -> None:
        """A request was approved in the issuer's stead."""
        amount = request.amount
        record.state = STOOD_IN
        if not self._queue:
            self._due = now + FIRST_AFTER
        self._queue.append(Advice(record, request, amount))
        self._tell(self._stood(request, amount))

    def _stood(self, request: Message, amount: int) -> e.StoodIn:
        return e.StoodIn(request.terminal, request.stan, request.sent, amount)

    def amount_of(self, record: TransactionRecord) -> int:
        """What the issuer is to be told of an approval (minor units); 0 if it is to be told
        nothing.
        """
        return sum(advice.amount for advice in self._queue if advice.record is record)

    def reverse(self, record: TransactionRecord, taken: int) -> None:
        """Only `taken` (minor units) was taken, which the issuer will be told instead."""
        for advice in self._queue:
            if advice.record is record:
                record.reversed = advice.amount - taken
                advice.amount = taken
                self._tell(self._stood(advice.request, taken))
        record.state = REVERSED
        if not taken:
            self._queue = deque(x for x in self._queue if x.record is not record)

    def tick(self, now: float) -> None:
        """Advise what is due."""
        while self._queue and self._due <= now:
            advice = self._queue[0]
            advice.attempts += 1
            if not self._advise(advice, now):
                self._due = now + REPEAT_AFTER
                return
            self._queue.popleft()
        if not self._queue:
            self._due = NEVER

    def _advise(self, advice: Advice, now: float) -> bool:
        """Send an advice; has the issuer answered for good?"""
        message = self._dialect.advice(advice.request, advice.amount)
        if advice.attempts > 1:
            message = self._dialect.repeat(message)
        frame = self._link.frame(message)
        self._see(frame, "issuer")
        if not self._reaches_issuer(now, message):
            return False
        outcomes = [
            self._see(answer, "host").advice_outcome for answer in self._issuer.receive(frame, now)
        ]
        final = [outcome for outcome in outcomes if outcome is not AdviceOutcome.RETRY]
        for outcome in final:
            self._answered(advice, outcome, now)
        return bool(final)

    def _see(self, frame: bytes, to: Literal["issuer", "host"]) -> Message:
        """Decode what passes, and tell of it.

        Raises:
            ProtocolError: an advice of our own, or its answer, cannot be decoded.
        """
        ((message, mac, problem, *_),) = self._link.receive(frame)
        if problem:
            raise ProtocolError(f"an advice of our own cannot be read: {problem}")
        told = message.without_card_data()
        self._tell(e.AdviceSeen(to, message.terminal, told, mac))  # type: ignore[arg-type]
        return message
