"""What the terminal says of itself. It explains a verdict, and it can be used against the terminal,
but never in its favour.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from harness.events.base import Event


class TerminalEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "terminal"


class Booted(TerminalEvent, frozen=True, gc=False):
    """The terminal's logic started; `recovering` counts the open transactions in its store."""

    recovering: int


class StateEntered(TerminalEvent, frozen=True, gc=False):
    """A state of the terminal, with the state's timer and when it fires ('' and 0 for none);
    see docs/domain.md, "Terminal states".
    """

    state: str
    timer: str
    until: float


class TimerRearmed(TerminalEvent, frozen=True, gc=False):
    """A running timer was started again within its state. `cause` is what led to it: 'customer',
    'device', 'network', 'operator', 'store' or 'timer'.
    """

    timer: str
    until: float
    cause: str


class TransactionBegun(TerminalEvent, frozen=True, gc=False):
    """A request is on its way. `kind` is 'withdrawal' or 'balance'."""

    transaction: int
    kind: str
    stan: str
    amount: int


class TransactionEnded(TerminalEvent, frozen=True, gc=False, omit_defaults=True):
    """How the transaction ended in the terminal's view: declined, completed, partial, reversed,
    captured, suspense, answered (balance), pin_again. `code` is the answer's response code (DE 39,
    '' for no answer), `issuer` the card's issuer in the terminal's routing table.
    """

    transaction: int
    outcome: str
    amount: int
    code: str = ""
    issuer: str = ""


class Aborted(TerminalEvent, frozen=True, gc=False):
    """A request was given up, with the reason code of its reversal (4021...) and the cause in a
    word.
    """

    transaction: int
    reason: str
    why: str


class SessionCancelled(TerminalEvent, frozen=True, gc=False):
    """The customer's visit ended without a request, and why: key, session, cancel, link,
    unreadable, hotlist, operator, closed (the card came while the machine went out of service).
    """

    why: str


class ReversalQueued(TerminalEvent, frozen=True, gc=False):
    """A reversal is in the store. `stan` is the reversal's, `original` the request's."""

    transaction: int
    reason: str
    stan: str
    original: str
    amount: int


class ReversalSent(TerminalEvent, frozen=True, gc=False):
    """A reversal left, for the `attempt`-th time (from 1)."""

    stan: str
    attempt: int


class ReversalAnswered(TerminalEvent, frozen=True, gc=False):
    """A reversal got its final answer. `flagged`: the host knew no original, or had declined it."""

    stan: str
    code: str
    flagged: bool


class ReversalParked(TerminalEvent, frozen=True, gc=False):
    """The host refused a reversal with `code`: it is not sent again, a person must look at it."""

    stan: str
    code: str


class SuspenseRecorded(TerminalEvent, frozen=True, gc=False):
    """A suspense record is in the store: nobody can prove how much cash left the machine, so there
    is no automatic reversal and a person must look. It is reported again at each boot.
    """

    transaction: int
    amount: int
    why: str


class LateApproval(TerminalEvent, frozen=True, gc=False):
    """An approval came after the abort: it is recorded and never paid (reason 4006)."""

    stan: str


class LateAnswer(TerminalEvent, frozen=True, gc=False):
    """Another answer came after the abort."""

    stan: str
    code: str


class DuplicateAnswer(TerminalEvent, frozen=True, gc=False):
    """The answer to a request came again."""

    stan: str


class StrayMessage(TerminalEvent, frozen=True, gc=False):
    """A message that is unexpected, unknown or for another terminal: dropped and counted."""

    mti: str
    stan: str
    terminal: str


class HostRequestRefused(TerminalEvent, frozen=True, gc=False):
    """The host asked for what the terminal does not carry out: answered so, and nothing done."""

    mti: str
    stan: str
    code: str
    why: str


class DamagedMessage(TerminalEvent, frozen=True, gc=False):
    """A message would not decode, had a wrong MAC, or echoed wrong values: dropped, counted, and an
    alarm raised.
    """

    why: str


class OrderAcknowledged(TerminalEvent, frozen=True, gc=False):
    """The terminal confirms to its operator that it carries an order out: 'stop' or 'resume'."""

    order: str


class AlarmRaised(TerminalEvent, frozen=True, gc=False):
    """The terminal raised an alarm. `kind` is security, hardware, suspense, capture, parked,
    breaker or store.
    """

    kind: str
    detail: str


class BreakerTripped(TerminalEvent, frozen=True, gc=False):
    """Too many captures were ordered: from now on the terminal gives cards back."""


class LinkJudged(TerminalEvent, frozen=True, gc=False):
    """The terminal's judgement of the host: up, doubtful or down."""

    judgement: Literal["up", "doubtful", "down"]
    why: str


class ServiceChanged(TerminalEvent, frozen=True, gc=False):
    """The reasons for being out of service have changed; without any the terminal is in service."""

    reasons: tuple[str, ...]


class StanWrapped(TerminalEvent, frozen=True, gc=False):
    """The last STAN has been used: the next one is 000001 again."""


class Noted(TerminalEvent, frozen=True, gc=False):
    """A remark in free text, for machines that users bring themselves."""

    text: str
