"""Who takes in each kind of event: a table that is made once for a judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from harness import events as e
from harness.checks.base import Check, handlers_of
from harness.checks.evidence import EVIDENCE_HANDLERS, EvidenceHandler
from harness.checks.expectations import EventCounter
from harness.checks.totals import TotalsCounter
from harness.checks.unread import UnreadCounter

Counter = EventCounter | UnreadCounter


class Recipients:
    """Who takes in one kind of event: first the `counters` of events, then the evidence
    of its terminal (`take_in`, called with the `witness` of that name, see `EvidenceHandler`), then
    the `handlers` of checks and totals.
    """

    __slots__ = ("counters", "handlers", "take_in", "witness")

    def __init__(
        self,
        counters: tuple[Counter, ...],
        evidence: EvidenceHandler | None,
        handlers: tuple[Callable[..., None], ...],
    ) -> None:
        self.counters = counters
        self.witness = "" if evidence is None else evidence.witness
        self.take_in = None if evidence is None else evidence.take_in
        self.handlers = handlers


class Dispatch(dict[type[e.Event], Recipients]):
    """The recipients by kind of event. An entry is made when the first event of its kind comes."""

    def __init__(
        self,
        checks: Sequence[Check],
        totals: TotalsCounter,
        counters: Iterable[EventCounter],
        unread: UnreadCounter | None,
    ) -> None:
        """`unread` counts what a stranger sent that does not read; None in a run without one."""
        super().__init__()
        self._checks = checks
        self._caring = handlers_of(tuple(type(check) for check in checks))
        self._totals = totals
        self._counters = tuple(counters)
        self._unread = unread
        self._counts = True  # are the totals counted?

    def without(self, check: Check) -> Dispatch:
        """The same without a check."""
        others = [other for other in self._checks if other is not check]
        made = Dispatch(others, self._totals, self._counters, self._unread)
        made._counts = self._counts
        return made

    def without_counter(self, what: object) -> Dispatch:
        """The same without a counter, or without the totals."""
        made = Dispatch(
            self._checks,
            self._totals,
            [counter for counter in self._counters if counter is not what],
            None if self._unread is what else self._unread,
        )
        made._counts = self._counts and self._totals is not what
        return made

    def __missing__(self, kind: type[e.Event]) -> Recipients:
        handlers = [getattr(self._checks[n], method) for n, method in self._caring[kind]]
        if self._counts and kind in self._totals.handlers:
            handlers.append(self._totals.handlers[kind])
        counters: tuple[Counter, ...] = tuple(
            x for x in self._counters if x.wanted.event == kind.__name__
        )
        if self._unread is not None and kind in self._unread.kinds:
            counters += (self._unread,)
        found = Recipients(counters, EVIDENCE_HANDLERS.get(kind), tuple(handlers))
        self[kind] = found
        return found
