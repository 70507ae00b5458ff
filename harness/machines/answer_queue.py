"""What a host has to do later: decide about a request, or send an answer that has to wait.

A duplicate that comes before its request is decided waits for that request's answer. All of it is
lost in a crash.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from harness.machines.host_inputs import Received
from harness.machines.timers import NEVER
from harness.machines.transaction_log import TransactionRecord
from harness.wire.message import Message


class Due(NamedTuple):
    """`due` is in run seconds; what is due at the same time comes in the `order` in which it was
    put in. `answer` is sent; None: the request is to be decided.
    """

    due: float
    order: int
    received: Received
    answer: Message | None


class AnswerQueue:
    """What is due, the earliest first, and the duplicates that wait."""

    __slots__ = ("_due", "_order", "_waiting")

    def __init__(self) -> None:
        self._due: list[Due] = []
        self._waiting: dict[int, list[Received]] = {}
        self._order = 0

    def next_deadline(self) -> float:
        """When the next thing is due, in run seconds; infinite if nothing is."""
        return self._due[0].due if self._due else NEVER

    def put(self, due: float, received: Received, answer: Message | None = None) -> None:
        """Send an answer at that time; without one, decide about the request."""
        self._order += 1
        heapq.heappush(self._due, Due(due, self._order, received, answer))

    def pop(self, now: float) -> Due | None:
        """Take out the next thing that is due by now."""
        return heapq.heappop(self._due) if self._due and self._due[0].due <= now else None

    def wait(self, record: TransactionRecord, received: Received) -> None:
        """A duplicate is to get the answer that the request of that record will get."""
        self._waiting.setdefault(id(record), []).append(received)

    def waiting(self, record: TransactionRecord) -> list[Received]:
        """Take out those that wait for the answer of that record's request."""
        return self._waiting.pop(id(record), [])

    def clear(self) -> None:
        """A crash: all is lost."""
        self._due.clear()
        self._waiting.clear()
