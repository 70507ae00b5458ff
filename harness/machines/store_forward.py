"""Reversals repeat until they are answered for good (docs/domain.md, "Store and forward").

First in, first out, one in flight. First 0420, then 0421 for ever with identical fields. Final
answers close a reversal; some codes are retried after a pause; all others park it, with an
alarm, out of the queue's way. Nothing is ever dropped.
"""

from __future__ import annotations

from collections import deque

from harness.machines.store import ReversalRecord
from harness.machines.timers import NEVER


class Advice:
    """A reversal on its way. `attempts` counts sendings; one found at boot may have been sent
    before, so it starts as a repeat.
    """

    __slots__ = ("attempts", "record")

    def __init__(self, record: ReversalRecord, attempts: int = 0) -> None:
        self.record = record
        self.attempts = attempts


class StoreForward:
    """The queue of one terminal."""

    __slots__ = ("_pause", "_retry_at", "in_flight", "parked", "queue")

    def __init__(self, pause: float = 60.0) -> None:
        """`pause`: advice_response, also the pause after a code to be retried (seconds)."""
        self._pause = pause
        self._retry_at = 0.0
        self.queue: deque[Advice] = deque()
        self.parked: list[Advice] = []
        self.in_flight = False

    def add(self, record: ReversalRecord, *, attempts: int = 0) -> None:
        self.queue.append(Advice(record, attempts))

    def link_lost(self) -> None:
        """What was in flight will be repeated after the next sign-on."""
        self.in_flight = False
        self._retry_at = 0.0

    def signed_on(self) -> None:
        """Parked ones get one more chance, behind the queue (rule 4)."""
        self.link_lost()
        self.queue.extend(self.parked)
        self.parked.clear()

    def next_deadline(self) -> float:
        return self._retry_at if self.queue else NEVER

    def next_to_send(self, now: float) -> Advice | None:
        """The head, if it may leave now; it counts as in flight from here on."""
        if not self.queue or now < self._retry_at:
            return None
        advice = self.queue[0]
        advice.attempts += 1
        self.in_flight = True
        self._retry_at = now + self._pause
        return advice

    def answered_by(self, stan: str) -> Advice | None:
        """The advice in flight, if the answer carries its STAN (DE 11)."""
        if self.in_flight and self.queue and self.queue[0].record.stan == stan:
            return self.queue[0]
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
