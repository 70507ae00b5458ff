"""Which entries of a journal belong to one terminal's story, or to one customer's.

A customer's story is what happens at the terminal from the arrival until the next one's, and
after that what still concerns the customer's requests: the reversals that name them in DE 90,
the answers to those, and the postings. Frames are paired across the two ends of the link, so
that the ladder can show which one got lost on its way.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from harness import events as e
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.journal import Entry, JournalReader


class Step(NamedTuple):
    """One line of a ladder. For a frame, `fate` says how it went: 'through', 'leaves' and
    'arrives' (when it took its time), or 'lost'; '' for everything else.
    """

    at: float
    event: e.Event
    fate: str = ""


PROMPT = 0.5  # seconds within which a frame's two sightings are drawn as one arrow


def story_of(journal: Path, terminal: str, customer: int = 0) -> list[Step]:
    """The steps of one terminal, of one of its customers where `customer` is not 0.

    Raises:
        ConfigError: no such journal, terminal or customer in it.
    """
    return select(JournalReader(journal), terminal, customer, place=str(journal))


def select(entries: Iterable[Entry], terminal: str, customer: int, *, place: str) -> list[Step]:
    """As `story_of`, from entries already read."""
    mine: list[Entry] = []
    others: dict[str, None] = {}
    for entry in entries:
        if entry.actor == terminal or _is_about(entry.event, terminal):
            mine.append(entry)
        elif entry.actor not in ("HOST", "RUN"):
            others.setdefault(entry.actor)
    if not any(entry.actor == terminal for entry in mine):
        unknown("terminal", terminal, others, place=place)
    if customer:
        mine = _of_customer(mine, customer, place)
    return _paired(mine)


def _is_about(event: e.Event, terminal: str) -> bool:
    """Whether what others report belongs to the terminal's story: the host's dealings with it,
    and the faults that act on it or on all.
    """
    if isinstance(event, e.FaultActed):
        return event.on.partition(":")[0] in (terminal, "HOST")
    if isinstance(event, e.FaultBegan | e.FaultEnded):
        return True
    return getattr(event, "terminal", "") == terminal


def _of_customer(entries: list[Entry], customer: int, place: str) -> list[Entry]:
    first: dict[int, int] = {}  # the reader may report the card before the street its owner
    for index, entry in enumerate(entries):
        event: e.Event = entry.event
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
    chosen = [entry for entry in entries[start:end] if names.learn(entry.event)]
    return chosen + [entry for entry in entries[end:] if names.concerns(entry.event)]


class _Names:
    """The keys under which a customer's requests and their reversals are known."""

    def __init__(self) -> None:
        self._requests: set[tuple[str, str]] = set()
        self._stans: set[str] = set()
        self._numbers: set[int] = set()

    def learn(self, event: e.Event) -> bool:
        """Note what a step of the visit itself is called; always true."""
        if isinstance(event, e.FrameSeen) and event.fields.get("t", "")[1:3] == "20":
            self._requests.add((event.fields.get("11", ""), event.fields.get("7", "")))
            self._stans.add(event.fields.get("11", ""))
        elif isinstance(event, e.TransactionBegun):
            self._numbers.add(event.transaction)
            self._stans.add(event.stan)
        elif isinstance(event, e.ReversalQueued) and event.transaction in self._numbers:
            self._stans.add(event.stan)
        return True

    def concerns(self, event: e.Event) -> bool:
        """Whether a later step is about one of those."""
        if isinstance(event, e.FrameSeen):
            return self._frame(event.fields)
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

    def _frame(self, fields: dict[str, str]) -> bool:
        kind = fields.get("t", "")[1:3]
        if kind == "42":
            original = fields.get("90", "")
            if (original[4:10], original[10:20]) in self._requests:
                self._stans.add(fields.get("11", ""))
                return True
            return False
        return kind in ("21", "43") and fields.get("11", "") in self._stans


def _paired(entries: list[Entry]) -> list[Step]:
    """Join a frame's two sightings. Without any from the host's end nothing is called lost, and
    network messages are never, as the host's end does not report them.
    """
    both = any(_seen_at(entry.event) == "host" for entry in entries)
    arrivals: dict[tuple[str, ...], deque[int]] = defaultdict(deque)
    for index, entry in enumerate(entries):
        event: e.Event = entry.event
        if isinstance(event, e.FrameSeen) and event.end == event.to:
            arrivals[_name(event)].append(index)
    steps: list[Step] = []
    joined: set[int] = set()
    for index, entry in enumerate(entries):
        event = entry.event
        if not isinstance(event, e.FrameSeen):
            steps.append(Step(entry.at, event))
        elif not both or event.fields.get("t", "")[1:2] == "8":
            steps.append(Step(entry.at, event, "through"))
        elif event.end == event.to:
            if index not in joined:
                steps.append(Step(entry.at, event, "arrives"))
        else:
            waiting = arrivals[_name(event)]
            while waiting and waiting[0] < index:
                waiting.popleft()
            if not waiting:
                steps.append(Step(entry.at, event, "lost"))
            elif entries[waiting[0]].at - entry.at <= PROMPT:
                joined.add(waiting.popleft())
                steps.append(Step(entry.at, event, "through"))
            else:
                waiting.popleft()
                steps.append(Step(entry.at, event, "leaves"))
    return steps


def _seen_at(event: e.Event) -> str:
    return event.end if isinstance(event, e.FrameSeen) else ""


def _name(event: e.FrameSeen) -> tuple[str, ...]:
    return (event.to, event.digest, *(event.fields.get(key, "") for key in ("t", "7", "11", "39")))
