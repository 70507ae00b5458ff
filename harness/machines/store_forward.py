"""Store and forward: a reversal is repeated until it has a final answer (docs/domain.md, "Store and
forward").

The queue is first in, first out, and one reversal is in flight at a time. A repeat differs from the
first attempt in nothing but the MTI. A final answer closes the reversal. With some codes it is
tried again after a pause. With any other code it is parked, with an alarm, so that the queue goes
on. Nothing is ever dropped.
"""

from __future__ import annotations

from collections import deque

from harness.machines.store import ReversalRecord


class Advice:
    """A reversal in the queue. `attempts` counts how often it was sent. One that is found at boot
    may have been sent before, and so begins as a repeat. `answer` is the MTI of what answers it.
    """

    __slots__ = ("answer", "attempts", "record")

    def __init__(self, record: ReversalRecord, attempts: int = 0) -> None:
        self.record = record
        self.attempts = attempts
        self.answer = ""


class StoreForward:
    """The queue of one terminal."""

    __slots__ = ("_pause", "_retry_at", "in_flight", "parked", "queue")

    def __init__(self, pause: float) -> None:
        """`pause` is the time until a reversal is repeated or tried again, in seconds."""
        self._pause = pause
        self._retry_at = 0.0
        self.queue: deque[Advice] = deque()
        self.parked: list[Advice] = []
        self.in_flight = False

    def add(self, record: ReversalRecord, *, attempts: int = 0) -> None:
        self.queue.append(Advice(record, attempts))

    def link_lost(self) -> None:
        """The connection is gone: what was in flight is repeated after the next sign-on."""
        self.in_flight = False
        self._retry_at = 0.0

    def signed_on(self) -> None:
        """Signed on: parked reversals are tried once more, behind the queue (docs/domain.md, "Store
        and forward", rule 4).
        """
        self.link_lost()
        self.queue.extend(self.parked)
        self.parked.clear()

    def next_deadline(self) -> float:
        """When the first of the queue may be sent."""
        return self._retry_at

    def next_to_send(self, now: float) -> Advice | None:
        """The first of the queue if it may be sent now; it is in flight from then on."""
        if not self.queue or now < self._retry_at:
            return None
        advice = self.queue[0]
        advice.attempts += 1
        self.in_flight = True
        self._retry_at = now + self._pause
        return advice

    def answered_by(self, mti: str, stan: str) -> Advice | None:
        """The advice in flight, if the answer has the type that answers it and its STAN (DE 11)."""
        head = self.queue[0] if self.in_flight and self.queue else None
        if head is not None and (head.answer, head.record.stan) == (mti, stan):
            return head
        return None

    def close_head(self) -> None:
        self.queue.popleft()
        self.link_lost()

    def park_head(self) -> None:
        self.parked.append(self.queue.popleft())
        self.link_lost()

    def retry_later(self, now: float) -> None:
        self.in_flight = False
        self._retry_at = now + self._pause
