"""Collects what the strip of time shows: a run in a few hundred intervals of equal length.

`TimeStrip.see` subscribes to a journal. It notes for each interval how many terminals were in
service by what their screens showed (on average), how many cards were inside (at most), how many
requests were sent and how many of those had no answer within the host's timer, and whether a fault
was active. When the run grows longer than the intervals reach, they are merged in pairs, so that
memory is bounded however long a run is.

A fault with a time window is active as long as the window is open. Any other is active when it
acts, and as long as the effect lasts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import events as e
from harness.journal import Header, JournalReader
from harness.wire.dialects import load_dialect
from harness.wire.message import REQUESTS, Kind

INTERVALS = 256
_SHORTEST = 0.25  # seconds
_CLOSED = ("out_of_service", "supervisor", "blank")  # the screens of a machine that serves nobody


class TimeStrip:
    """One run. `length` is that of an interval in run seconds; `finish` before reading it."""

    def __init__(self, dialect: str, patience: float) -> None:
        """`dialect` is that of the messages, by name; after `patience` seconds without an answer a
        request counts as unanswered.
        """
        self.length = _SHORTEST
        self.now = 0.0
        self.terminals = 0
        """How many terminals were in service at the same time, at most."""
        self.served = [0.0] * INTERVALS
        """Terminals in service, times seconds."""
        self.inside = [0] * INTERVALS
        self.sent = [0] * INTERVALS
        self.unanswered = [0] * INTERVALS
        self.faulty = [False] * INTERVALS
        self._patience = patience
        self._read = load_dialect(dialect).read
        self._at = 0  # the interval that `now` is in
        self._serving: dict[str, None] = {}
        self._holding: dict[str, None] = {}
        self._waiting: dict[tuple[str, str], float] = {}  # requests, the oldest first
        self._windows: dict[str, None] = {}
        self._acting_until = -1.0
        self._handlers: dict[type[e.Event], Callable[[str, Any], None]] = {
            e.FrameSeen: self._frame,
            e.ScreenShown: self._shown,
            e.PowerLost: self._stopped,
            e.CardInserted: self._card_in,
            e.CardTaken: self._card_out,
            e.CardCaptured: self._card_out,
            e.FaultBegan: self._fault_began,
            e.FaultEnded: self._fault_ended,
            e.FaultActed: self._fault_acted,
        }

    def see(self, at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            if at > self.now:
                self._advance(at)
            handler(actor, event)
        elif type(event) is e.RunEnded:
            self.finish(at)

    @property
    def used(self) -> int:
        """How many intervals the run has reached."""
        return self._at + 1

    def finish(self, at: float) -> None:
        """Nothing more comes after `at`: what was not answered until then never was."""
        self._advance(max(at, self.now))
        for sent in self._waiting.values():
            self.unanswered[self._index(sent)] += 1
        self._waiting.clear()

    # --- time ----------------------------------------------------------------------------------

    def _index(self, at: float) -> int:
        return min(int(at / self.length), INTERVALS - 1)

    def _advance(self, at: float) -> None:
        """Account for the time from `now` to `at`."""
        while at >= self.length * INTERVALS:
            self._merge()
        serving = len(self._serving)
        while True:
            end = (self._at + 1) * self.length
            self.served[self._at] += serving * (min(at, end) - self.now)
            self.now = min(at, end)
            if at < end:
                break
            self._at += 1
            self.inside[self._at] = len(self._holding)
            self._shade()
        while self._waiting:
            request, sent = next(iter(self._waiting.items()))
            if sent + self._patience > at:
                break
            del self._waiting[request]
            self.unanswered[self._index(sent)] += 1

    def _merge(self) -> None:
        """Twice as long intervals, half as many of them in use."""
        half = [0] * (INTERVALS // 2)
        for counts in (self.sent, self.unanswered):
            counts[:] = [a + b for a, b in zip(counts[::2], counts[1::2], strict=True)] + half
        pairs = zip(self.inside[::2], self.inside[1::2], strict=True)
        self.inside[:] = [max(pair) for pair in pairs] + half
        sums = zip(self.served[::2], self.served[1::2], strict=True)
        self.served[:] = [a + b for a, b in sums] + [0.0] * len(half)
        shades = zip(self.faulty[::2], self.faulty[1::2], strict=True)
        self.faulty[:] = [a or b for a, b in shades] + [False] * len(half)
        self.length *= 2
        self._at //= 2

    def _shade(self) -> None:
        if self._windows or self._acting_until >= self._at * self.length:
            self.faulty[self._at] = True

    # --- what happens ----------------------------------------------------------------------------

    def _frame(self, actor: str, event: e.FrameSeen) -> None:
        if event.end != "terminal":
            return
        message = self._read(event.fields)
        kind = message.kind
        if kind is Kind.ANSWER:
            self._waiting.pop((actor, message.stan), None)
        elif kind in REQUESTS and (actor, message.stan) not in self._waiting:
            self._waiting[actor, message.stan] = self.now
            self.sent[self._at] += 1

    def _shown(self, actor: str, event: e.ScreenShown) -> None:
        if event.screen in _CLOSED:
            self._serving.pop(actor, None)
        elif actor not in self._serving:
            self._serving[actor] = None
            self.terminals = max(self.terminals, len(self._serving))

    def _stopped(self, actor: str, _event: e.PowerLost) -> None:
        self._serving.pop(actor, None)

    def _card_in(self, actor: str, _event: e.CardInserted) -> None:
        self._holding[actor] = None
        self.inside[self._at] = max(self.inside[self._at], len(self._holding))

    def _card_out(self, actor: str, _event: e.Event) -> None:
        self._holding.pop(actor, None)

    def _fault_began(self, _actor: str, event: e.FaultBegan) -> None:
        if "@" in event.fault:
            self._windows[event.fault] = None
            self._shade()

    def _fault_ended(self, _actor: str, event: e.FaultEnded) -> None:
        self._windows.pop(event.fault, None)

    def _fault_acted(self, _actor: str, event: e.FaultActed) -> None:
        if "@" not in event.fault or event.lasts:
            self._acting_until = max(self._acting_until, self.now + event.lasts)
            self._shade()


def strip_for(header: Header) -> TimeStrip:
    """An empty strip for the journal with that header."""
    return TimeStrip(header.link.dialect_name, header.contract.host_response)


def strip_of(journal: Path) -> TimeStrip:
    """The strip of a recorded run.

    Raises:
        ConfigError: there is no such file, or it is not a journal.
    """
    reader = JournalReader(journal)
    strip = strip_for(reader.header)
    at = 0.0
    for entry in reader:
        at = entry.at
        strip.see(at, entry.actor, entry.event)
    strip.finish(at)
    return strip
