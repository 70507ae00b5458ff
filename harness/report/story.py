"""Chooses the entries of a journal that belong to the story of one terminal or one customer.

The story of a customer is what happens at the terminal until the next customer arrives, and after
that whatever concerns the requests of this one: reversals that name such a request as their
original, the answers to them, and the postings. The two sightings of a frame, one at each end of
the link, are joined, so that the ladder can show which frame was lost on its way. Where a timer of
the machine ended and nothing followed, that is a step of the story too.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict, deque
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from harness import events as e
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.journal import Entry, JournalReader
from harness.report.messages import dialect_of, message_in
from harness.report.silence import Silence, silences
from harness.wire.dialects.base import Dialect
from harness.wire.message import REQUESTS, REVERSALS, Kind, Message


class Step(NamedTuple):
    """One line of a ladder: an event, or a silence. `message` is the one that the event tells of,
    if it does. For a frame, `fate` says how it went: 'through', 'leaves' and 'arrives' (when it
    took its time), or 'lost'; '' for everything else.
    """

    at: float
    event: e.Event | Silence
    message: Message | None = None
    fate: str = ""


PROMPT = 0.5  # seconds within which a frame's two sightings are drawn as one arrow


def story_of(journal: Path, terminal: str, customer: int = 0) -> list[Step]:
    """The steps of one terminal, of one of its customers where `customer` is not 0.

    Raises:
        ConfigError: no such journal, terminal or customer in it.
    """
    reader = JournalReader(journal)
    return select(reader, terminal, customer, dialect=dialect_of(reader.header), place=str(journal))


class _Told(NamedTuple):
    """One entry of the journal, with the message that it tells of."""

    at: float
    actor: str
    event: e.Event | Silence
    message: Message | None


def select(
    entries: Iterable[Entry], terminal: str, customer: int, *, dialect: Dialect, place: str
) -> list[Step]:
    """As `story_of`, from entries that are already read, their messages in that dialect."""
    mine: list[_Told] = []
    own: list[tuple[float, e.Event]] = []
    others: dict[str, None] = {}
    end = 0.0
    for entry in entries:
        end = entry.at
        if entry.actor == terminal:
            own.append((entry.at, entry.event))
        if entry.actor == terminal or _is_about(entry.event, terminal):
            message = message_in(entry.event, dialect)
            mine.append(_Told(entry.at, entry.actor, entry.event, message))
        elif entry.actor not in e.NOT_TERMINALS:
            others.setdefault(entry.actor)
    if not own:
        unknown("terminal", terminal, others, place=place)
    for silence in silences(own, end):
        told = _Told(silence.at, terminal, silence, None)
        insort(mine, told, key=lambda entry: entry.at)
    if customer:
        mine = _of_customer(mine, customer, place)
    return _paired(mine)


def _is_about(event: e.Event, terminal: str) -> bool:
    """Does an event of another actor belong to the story of the terminal? What the host does with
    it does, and the faults that act on it or on all terminals.
    """
    if isinstance(event, e.FaultActed):
        return event.whom in (terminal, e.HOST)
    if isinstance(event, e.FaultAdded | e.FaultBegan | e.FaultEnded):
        return True
    return getattr(event, "terminal", "") == terminal


def _of_customer(entries: list[_Told], customer: int, place: str) -> list[_Told]:
    first: dict[int, int] = {}  # the reader may report the card before its owner arrives
    for index, entry in enumerate(entries):
        event = entry.event
        if isinstance(event, e.CustomerArrived | e.CardInserted):
            first.setdefault(event.customer, index)
    if customer not in first:
        raise ConfigError(
            f"no customer {customer} came to this terminal",
            place=place,
            remedy=f"the customers are 1 to {max(first)}" if first else "nobody came at all",
        )
    start = first[customer]
    end = min((index for index in first.values() if index > start), default=len(entries))
    names = _Names()
    chosen = [entry for entry in entries[start:end] if names.learn(entry)]
    return chosen + [entry for entry in entries[end:] if names.concerns(entry)]


class _Names:
    """The requests of one customer and their reversals, by the names that events give them."""

    def __init__(self) -> None:
        self._requests: set[tuple[str, str]] = set()
        self._stans: set[str] = set()
        self._numbers: set[int] = set()

    def learn(self, entry: _Told) -> bool:
        """Note the names of an entry of the session itself. Always true."""
        event, message = entry.event, entry.message
        if isinstance(event, e.FrameSeen) and message is not None:
            if message.kind in REQUESTS:
                self._requests.add((message.stan, message.sent))
                self._stans.add(message.stan)
        elif isinstance(event, e.TransactionBegun):
            self._numbers.add(event.transaction)
            self._stans.add(event.stan)
        elif isinstance(event, e.ReversalQueued) and event.transaction in self._numbers:
            self._stans.add(event.stan)
        return True

    def concerns(self, entry: _Told) -> bool:
        """Is a later entry about one of these requests?"""
        event = entry.event
        if isinstance(event, Silence):
            return False  # a later customer's
        if isinstance(event, e.FrameSeen):
            return entry.message is not None and self._frame(entry.message)
        if isinstance(event, e.Posted):
            return (event.stan, event.sent) in self._requests
        if isinstance(event, e.ReversalQueued):
            if event.transaction in self._numbers:
                self._stans.add(event.stan)
                return True
            return False
        if isinstance(event, e.CustomerArrived | e.TransactionBegun | e.FaultBegan | e.FaultEnded):
            return False
        if hasattr(event, "transaction"):
            return event.transaction in self._numbers
        if isinstance(event, e.TerminalEvent) and hasattr(event, "stan"):
            return event.stan in self._stans
        return False

    def _frame(self, message: Message) -> bool:
        kind = message.kind
        if kind in REVERSALS:
            original = message.original
            if original is not None and (original.stan, original.sent) in self._requests:
                self._stans.add(message.stan)
                return True
            return False
        return kind in (Kind.ANSWER, Kind.REVERSAL_ANSWER) and message.stan in self._stans


def _paired(entries: list[_Told]) -> list[Step]:
    """Join the two sightings of each frame. Without any sighting at the host's end no frame is
    called lost; a network message never is, since the host's end does not always report those, and
    then only its sighting at the terminal's end is told.
    """
    both = any(_seen_at(entry.event) == "host" for entry in entries)
    arrivals: dict[tuple[str, ...], deque[int]] = defaultdict(deque)
    for index, entry in enumerate(entries):
        event = entry.event
        if isinstance(event, e.FrameSeen) and event.end == event.to:
            arrivals[_name(event, entry.message)].append(index)
    steps: list[Step] = []
    joined: set[int] = set()
    for index, (at, _, event, message) in enumerate(entries):
        if not isinstance(event, e.FrameSeen):
            steps.append(Step(at, event, message))
            continue
        network = message is not None and message.is_network_management
        if network and event.end == "host":
            continue
        if not both or network:
            fate = "through"
        elif event.end == event.to:
            if index in joined:
                continue
            fate = "arrives"
        else:
            waiting = arrivals[_name(event, message)]
            while waiting and waiting[0] < index:
                waiting.popleft()
            arrived = waiting.popleft() if waiting else None
            if arrived is None:
                fate = "lost"
            elif entries[arrived].at - at <= PROMPT:
                joined.add(arrived)
                fate = "through"
            else:
                fate = "leaves"
        steps.append(Step(at, event, message, fate))
    return steps


def _seen_at(event: e.Event | Silence) -> str:
    return event.end if isinstance(event, e.FrameSeen) else ""


def _name(event: e.FrameSeen, message: Message | None) -> tuple[str, ...]:
    """What the two sightings of one frame have in common."""
    if message is None:
        return (event.to, event.digest)
    return (event.to, event.digest, message.mti, message.sent, message.stan, message.code)
