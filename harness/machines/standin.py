"""Stand-in: who approves small withdrawals while the issuer cannot be asked, and tells it later.

    stand-in --0220, then 0221 for ever--> issuer
             <--------- 0230 --------------

The issuer must post what it is told, even if that overdraws the account (section 4, rule 9). An
advice keeps its original's DE 7, 11 and 37, so that a repeat posts nothing. What is reversed before
it was advised is advised as what was taken of it, and not at all if that is nothing.

Both are part of the host actor. What passes between them are messages of the specification, with a
MAC, told as `AdviceSeen` by who decodes them on the way.
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
from harness.machines.transaction_log import DONE, STOOD_IN, Entry
from harness.wire.message import ADVICES, AdviceOutcome, Dialect, Message, TransactionId

FIRST_AFTER = 1.0  # seconds from the approval to its first advice
REPEAT_AFTER = 60.0  # advice_response


class Advice(msgspec.Struct, gc=False):
    """An approval that the issuer has not heard of: `amount` is what it is to post."""

    entry: Entry
    request: Message
    amount: int
    attempts: int = 0


class Issuer:
    """Posts what it is told, each advice once. A defect overrides `decide`."""

    def __init__(
        self, dialect: Dialect, link: Link, post: Callable[[Message, int, float], None]
    ) -> None:
        """`post(advice, amount, now)` books a debit."""
        self._dialect = dialect
        self._link = link
        self._post = post
        self._heard: dict[TransactionId, str] = {}

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """The frames that answer what these bytes complete; what it cannot trust it drops."""
        answers = []
        for advice, mac, problem in self._link.receive(data):
            if problem or mac == "bad" or advice.kind not in ADVICES:
                continue
            name = advice.identity
            code = self._heard.get(name)
            if code is None:
                code = self._heard[name] = self.decide(advice)
                if code == self._dialect.codes["approved"]:
                    self._post(advice, advice.amount, now)
            answers.append(self._link.frame(self._dialect.answer(advice, code)))
        return answers

    def decide(self, _advice: Message) -> str:
        """Never a reason of business: the cash is gone (H5)."""
        return self._dialect.codes["approved"]


class StandIn:
    """The advices, first in, first out; one is under way at a time."""

    def __init__(
        self,
        dialect: Dialect,
        link: Link,
        issuer: Issuer,
        reaches_issuer: Callable[[float, Message], bool],
        tell: Callable[[e.Event], None],
    ) -> None:
        """`tell` takes what happened; `reaches_issuer(now, message)` says whether a message gets
        there and back.
        """
        self._dialect = dialect
        self._link = link
        self._issuer = issuer
        self._reaches_issuer = reaches_issuer
        self._tell = tell
        self._queue: deque[Advice] = deque()
        self._due = NEVER

    @property
    def owes(self) -> bool:
        """Is there an approval that the issuer has not heard of?"""
        return bool(self._queue)

    def next_deadline(self) -> float:
        return self._due

    def approve(self, entry: Entry, request: Message, now: float) -> None:
        """It was approved in the issuer's stead."""
        amount = request.amount
        entry.state = STOOD_IN
        if not self._queue:
            self._due = now + FIRST_AFTER
        self._queue.append(Advice(entry, request, amount))
        self._tell(self._stood(request, amount))

    def _stood(self, request: Message, amount: int) -> e.StoodIn:
        return e.StoodIn(request.terminal, request.stan, request.sent, amount)

    def reverse(self, entry: Entry, taken: int) -> None:
        """Only so much of it was taken, which the issuer will be told instead."""
        for advice in self._queue:
            if advice.entry is entry:
                entry.reversed = advice.amount - taken
                advice.amount = taken
                self._tell(self._stood(advice.request, taken))
        if not taken:
            entry.state = DONE
            self._queue = deque(x for x in self._queue if x.entry is not entry)

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
        """Whether the issuer has answered for good."""
        message = self._dialect.advice(advice.request, advice.amount)
        if advice.attempts > 1:
            message = self._dialect.repeat(message)
        frame = self._link.frame(message)
        self._see(frame, "issuer")
        if not self._reaches_issuer(now, message):
            return False
        done = False
        for answer in self._issuer.receive(frame, now):
            done |= self._heard(advice, self._see(answer, "host"))
        return done

    def _see(self, frame: bytes, to: Literal["issuer", "host"]) -> Message:
        """Decode what passes, and tell of it."""
        (heard,) = self._link.receive(frame)
        if heard.problem:
            raise ProtocolError(f"an advice of our own cannot be read: {heard.problem}")
        message = heard.message
        told = message.without_card_data()
        self._tell(e.AdviceSeen(to, message.terminal, told, heard.mac))  # type: ignore[arg-type]
        return message

    def _heard(self, advice: Advice, answer: Message) -> bool:
        outcome = answer.advice_outcome
        if outcome is AdviceOutcome.RETRY:
            return False
        advice.entry.state = DONE
        if outcome is not AdviceOutcome.PARK:
            advice.entry.amount = advice.amount
        return True
