"""The customer's wait for the host's answer, and the abort that has to end it.

A wait begins with the screen 'please wait', or with the request where no screen can be seen. It is
aborted when the contract's host timer expires without a timely answer, when the link closes while
an answer is awaited, or when the terminal says so itself, whichever comes first.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.checks.operating_time import Moment, OperatingTime
from harness.checks.transaction_evidence import TransactionEvidence
from harness.checks.transactions import TerminalTransactions

_AT_ONCE = 0.05
"""Seconds between an abort and a request that was on its way already: a terminal that goes on after
a pause writes that the request is stored, and gives it up, before the request leaves.
"""


class _GivenUp(NamedTuple):
    at: float
    why: str


class HostWait:
    """`since` is when the wait began (None when nobody waits), `aborted_at` when it was aborted for
    another reason than the timer, `released_after` the abort that the card's last way out answered
    (None if there was none).
    """

    __slots__ = (
        "_given_up", "_host_response", "_time", "_transactions", "aborted_at", "released_after",
        "since",
    )  # fmt: skip

    def __init__(
        self, host_response: float, time: OperatingTime, transactions: TerminalTransactions
    ) -> None:
        """`host_response` is the contract's host timer, seconds."""
        self._host_response = host_response
        self._time = time
        self._transactions = transactions
        self.since: Moment | None = None
        self.aborted_at: float | None = None
        self.released_after: float | None = None
        self._given_up = _GivenUp(float("-inf"), "")  # a request that was not seen yet

    def begin(self, at: float) -> None:
        """The customer waits from now on."""
        self.since = self._time.moment(at)

    def asked(self, at: float, transaction: TransactionEvidence, *, screen_seen: bool) -> None:
        """A request has left, for which somebody has waited since the screen said so, or else from
        now on.
        """
        if not screen_seen:
            self.since = None  # each request is a wait of its own
        transaction.start = self.since.at if self.since is not None else at
        transaction.began = self._time.moment(at)
        if self.since is None and self._time.powered:
            self.begin(at)
        if at - self._given_up.at <= _AT_ONCE:
            transaction.aborted, transaction.aborted_at = self._given_up.why, self._given_up.at

    def end(self) -> None:
        """Nobody waits any more, and an abort is settled."""
        self.since = None
        self.aborted_at = None

    def awaits_answer(self) -> bool:
        """Does the customer wait for an answer that has not come?"""
        since, current = self.since, self._transactions.current
        return since is not None and (
            current is None or current.start < since.at or current.answer is None
        )

    def abort(self, at: float, why: str) -> None:
        """The request was given up, and its transaction with it if that was not answered."""
        self.cancel(at)
        current = self._transactions.current
        if current is not None and not current.aborted and self._may_abort(at, current):
            current.aborted = why
            current.aborted_at = at
        elif current is None:
            self._given_up = _GivenUp(at, why)

    def _may_abort(self, at: float, current: TransactionEvidence) -> bool:
        """Had it no answer? Or one in the instant in which its timer ran out, where that was
        started before the process stood still, and the screen was changed afterwards?
        """
        if current.answer is None:
            return True
        armed = self._time.decided_at(current.start, _AT_ONCE)
        ran_out = armed + self._host_response
        return armed < current.start and ran_out <= at <= current.answer_at + _AT_ONCE

    def cancel(self, at: float) -> None:
        """The visit was ended; its first end counts."""
        if self.aborted_at is None:
            self.aborted_at = at

    def abort_due(self, at: float) -> float | None:
        """When an abort was due, None if none was by the time `at`."""
        due = self.aborted_at
        if self.awaits_answer() or self._answered_late():
            assert self.since is not None
            expiry = self.since.at + self._host_response
            if expiry <= at and (due is None or expiry < due):
                return expiry
        return due

    def _answered_late(self) -> bool:
        """Did the answer of this wait come after the host timer?"""
        current = self._transactions.current
        return (
            self.since is not None
            and current is not None
            and current.start >= self.since.at
            and current.answer is not None
            and current.answer_at >= current.start + self._host_response
        )

    def card_released(self, at: float, *, inside: bool) -> None:
        """The card has come out, or its capture has begun. That answers an abort that was due;
        `inside` is whether the card was seen to go in.
        """
        self.released_after = self.abort_due(at)
        if inside and self.released_after is not None:
            self.end()
