"""Rates, latencies and errors of a load run, read from its journal.

- The latency of a message is the time from the request to its answer, both seen by the tap at
  the terminal's end.
- The queue is how long a customer who came had waited for the customer before, where customers come
  at a rate of their own.
- The latency of a visit is the time from the moment at which the customer meant to come until
  card and cash are taken. It has the queue in it, so that a host which stalls is charged for all
  customers who would have come meanwhile.
- Messages that were sent during the warm-up, or after the customers stopped, are left out.
- An error is counted once under each of its kinds: an answer that does not come ('0200
  unanswered') and the damage that was the reason ('damaged answer') are two lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from harness import events as e
from harness.cardholders import CUSTOMERS
from harness.journal import Entry
from harness.load.histogram import Histogram
from harness.wire.dialects.base import Dialect
from harness.wire.message import AdviceOutcome, Message, MessageClass, Outcome

VISIT = "visit"
QUEUE = "queue"
_CLASSES: dict[str, str] = {
    MessageClass.FINANCIAL: "declined",
    MessageClass.REVERSAL: "reversal answered",
    MessageClass.NETWORK: "sign-on or echo answered",
}


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """One message: how many were answered, how many a second, and how long it took (seconds)."""

    message: str
    count: int
    rate: float
    p50: float
    p95: float
    p99: float
    p999: float
    longest: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a load run measured between the run seconds `since` and `until`.

    `asked` customers a second (0: flat out) were to come, and `came` a second did. `backlog` are
    those who should have come by `until` and had not: they queued behind others. `dry` is a
    terminal that had no more customers, where the measurement ends. `busy` is for what share of the
    time the terminals' process used a core.
    """

    since: float
    until: float
    asked: float
    came: float
    backlog: int
    intended: int
    dry: str
    messages: tuple[Latencies, ...]
    errors: dict[str, int]
    busy: float = 0.0

    @property
    def behind(self) -> bool:
        """Could the fleet not keep up with what was asked? Someone always queues for a moment."""
        return self.backlog > max(5, 0.02 * self.intended)


class _Request(NamedTuple):
    mti: str
    sent: float


class Meter:
    """A listener of the journal. `flat_out` is without a rate; `since` ends the warm-up, run
    seconds; `dialect` is that of the messages.
    """

    def __init__(self, since: float, dialect: Dialect, *, flat_out: bool) -> None:
        self.since = since
        self.until = 0.0
        self.came = 0  # customers, from the very start
        self.came_since = 0
        self.dry = ""
        self.histograms: dict[str, Histogram] = {}
        self.errors: dict[str, int] = {}
        self._busy: list[float] = []
        self._read = dialect.read
        self._flat_out = flat_out
        self._over = False
        self._waited: dict[str, tuple[float, float]] = {}  # actor -> (came, queued)
        self._open: dict[tuple[str, str, str, str], _Request] = {}
        self._handlers: dict[type[e.Event], Callable[[float, str, Any], None]] = {
            e.FrameSeen: self._frame,
            e.CustomerArrived: self._arrived,
            e.CustomerLeft: self._left,
            e.CustomersStopped: self._stopped,
            e.LagMeasured: self._measured,
            e.RunEnded: self._stopped,
        }

    def read(self, journal: Iterable[Entry]) -> None:
        """All of it, to its end."""
        for entry in journal:
            self.see(entry.at, entry.actor, entry.event)
        self.finish()

    def finish(self) -> None:
        """Nothing more comes: what was never answered is an error."""
        for request in self._open.values():
            self._unanswered(request)
        self._open.clear()

    def see(self, at: float, actor: str, event: e.Event) -> None:
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(at, actor, event)
        elif at >= self.since:
            kind = _kind_of_error(event)
            if kind:
                self._error(kind)

    def _error(self, kind: str) -> None:
        self.errors[kind] = self.errors.get(kind, 0) + 1

    def _took(self, message: str, seconds: float) -> None:
        self.histograms.setdefault(message, Histogram()).add(max(0.0, seconds))

    # --- customers -----------------------------------------------------------------------

    def _arrived(self, at: float, actor: str, event: e.CustomerArrived) -> None:
        self._waited[actor] = (at, event.queued)
        if self._over:
            return
        self.came += 1
        if at >= self.since:
            self.came_since += 1
            self._took(QUEUE, event.queued)
        if self._flat_out and event.customer == CUSTOMERS - 1:
            self.dry = actor
            self._stopped(at, actor, event)

    def _left(self, at: float, actor: str, event: e.CustomerLeft) -> None:
        came, queued = self._waited.get(actor, (at, 0.0))
        if event.how == "served" and came >= self.since and not self._over:
            self._took(VISIT, at - came + queued)

    def _stopped(self, at: float, _actor: str, _event: e.Event) -> None:
        if not self._over:
            self._over = True
            self.until = at

    def _measured(self, at: float, actor: str, event: e.LagMeasured) -> None:
        if actor == e.RUN and at >= self.since and not self._over:
            self._busy.append(event.busy)

    # --- messages ------------------------------------------------------------------------

    def _frame(self, at: float, actor: str, frame: e.FrameSeen) -> None:
        if frame.end != "terminal" or frame.problem or frame.mac == "bad":
            return
        message = self._read(frame.fields)
        key = (actor, message.message_class, message.stan, message.sent)
        before = self._open.pop(key, None)
        if frame.to == "host":
            if before is not None:
                self._unanswered(before)  # and is now repeated
            if not self._over:
                self._open[key] = _Request(message.mti, at)
        elif before is not None and before.sent >= self.since:
            self._took(before.mti, at - before.sent)
            if message.code and not _accepts(message):
                whose = _CLASSES.get(message.message_class, message.mti)
                self._error(f"{whose} {message.code}")

    def _unanswered(self, request: _Request) -> None:
        if request.sent >= self.since:
            self._error(f"{request.mti} unanswered")

    # --- the result ----------------------------------------------------------------------

    def figures(self, asked: float, starts_before: Callable[[float], int]) -> Figures:
        """`asked` customers a second (0: flat out); `starts_before(run second)` says how many
        should have come.
        """
        span = max(self.until - self.since, 1e-9)
        meant = starts_before(self.until) if asked else self.came
        intended = meant - starts_before(self.since) if asked else self.came_since
        return Figures(
            since=self.since,
            until=max(self.until, self.since),
            asked=asked,
            came=self.came_since / span,
            backlog=max(0, meant - self.came),
            intended=intended,
            dry=self.dry,
            messages=tuple(
                _latencies(name, self.histograms[name], span)
                for name in sorted(self.histograms)
                if asked or name != QUEUE  # without a rate nobody queues
            ),
            errors=dict(sorted(self.errors.items())),
            busy=sum(self._busy) / len(self._busy) if self._busy else 0.0,
        )


def _latencies(name: str, histogram: Histogram, span: float) -> Latencies:
    return Latencies(
        message=name,
        count=histogram.count,
        rate=histogram.count / span,
        p50=histogram.quantile(0.5),
        p95=histogram.quantile(0.95),
        p99=histogram.quantile(0.99),
        p999=histogram.quantile(0.999),
        longest=histogram.largest,
    )


def _accepts(answer: Message) -> bool:
    """Does the answer agree to all that it was asked?"""
    if answer.is_network_management:
        return answer.network_accepted
    if answer.message_class == MessageClass.REVERSAL:
        return answer.advice_outcome is AdviceOutcome.ACCEPTED
    return answer.outcome is Outcome.APPROVED


def _kind_of_error(event: e.Event) -> str:
    """What to count it under; '' for what is no error."""
    match event:
        case e.TurnedAway():
            return f"turned away: {event.screen}"
        case e.ConnectFailed():
            return f"connection {event.how}"
        case e.LinkClosed():
            return "" if event.how == "local" else f"link closed: {event.how}"
        case e.LateApproval() | e.LateAnswer():
            return "late answer"
        case e.DuplicateAnswer():
            return "duplicate answer"
        case e.StrayMessage():
            return "stray message"
        case e.DamagedMessage():
            return "damaged answer"
        case e.HostDamaged():
            return "damaged request"
        case _:
            return ""
