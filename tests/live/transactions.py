"""Who came to each machine in a run, and how each of their transactions ended, by the evidence:
read from a journal, and two runs compared, visit by visit.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import msgspec
from raw_fields import said

from harness import events as e
from harness.faults.rule import FOREVER
from harness.journal import JournalReader
from harness.wire.message import Kind


class Transaction(msgspec.Struct):
    """A request and what became of it; amounts in minor units. Its STAN is left out: a machine
    counts its echoes with it, and how many those are is a matter of time.
    """

    kind: str
    amount: int
    answers: list[str] = msgspec.field(default_factory=list)  # DE 39, in time or not
    aborted: str = ""  # the reversal reason that the terminal gave
    reversed: list[str] = msgspec.field(default_factory=list)  # messages, with the amount taken
    answered: list[str] = msgspec.field(default_factory=list)  # DE 39 of the reversal's
    posted: list[tuple[str, int]] = msgspec.field(default_factory=list)


class Session(msgspec.Struct):
    """One customer before one machine: what became of their card (its token first), their cash and
    their transactions. `moments` are when they came and when a message of theirs passed (run
    seconds): when, not what, and so no part of a comparison.
    """

    moments: list[float]
    card: list[str] = msgspec.field(default_factory=list)
    notes: list[tuple[str, dict[int, int]]] = msgspec.field(default_factory=list)
    transactions: list[Transaction] = msgspec.field(default_factory=list)
    left: str = ""

    def story(self) -> Session:
        """All but when."""
        return msgspec.structs.replace(self, moments=[])


class Machine:
    """What a journal says of one machine. `turns` are the moments at which it went out of service
    or came back, or got rid of a card that nobody took.
    """

    def __init__(self) -> None:
        self.visits: dict[int, Session] = {}
        self.turns: list[float] = []
        self.faults: list[str] = []
        self._at = 0.0
        self._visit = self._inside = Session([])
        self._by_stan: dict[str, Transaction] = {}
        self._reversals: dict[str, Transaction] = {}

    def see(self, at: float, event: e.Event) -> None:
        self._at = at
        handler = getattr(self, f"on_{type(event).__name__}", None)
        if handler is not None:
            handler(event)

    def on_CustomerArrived(self, event: e.CustomerArrived) -> None:
        self._visit = self.visits[event.customer] = Session([self._at])

    def on_TurnedAway(self, event: e.TurnedAway) -> None:
        self.visits[event.customer].left = "turned away"

    def on_CustomerLeft(self, event: e.CustomerLeft) -> None:
        self.visits[event.customer].left = event.how

    def on_CardInserted(self, event: e.CardInserted) -> None:
        self._inside = self._visit
        self._inside.card.append(event.card)

    def on_CardTaken(self, _event: e.CardTaken) -> None:
        self._inside.card.append("taken")

    def on_CardCaptured(self, _event: e.CardCaptured) -> None:
        self._inside.card.append("captured")  # the next customer may have come by then
        self.turns.append(self._at)

    def on_NotesTaken(self, event: e.NotesTaken) -> None:
        self._visit.notes.append(("taken", event.notes))

    def on_NotesRetracted(self, event: e.NotesRetracted) -> None:
        self._visit.notes.append(("retracted", event.notes))

    def on_ServiceChanged(self, _event: e.ServiceChanged) -> None:
        self.turns.append(self._at)

    def on_Aborted(self, event: e.Aborted) -> None:
        self._visit.transactions[-1].aborted = event.reason

    def on_FrameSeen(self, event: e.FrameSeen) -> None:
        message = said(event.fields)
        if event.end != "terminal" or event.problem:
            return
        self._visit.moments.append(self._at)
        kind, stan = message.kind, message.stan
        if kind is Kind.REQUEST:
            wants = "withdrawal" if message.is_withdrawal else "balance"
            self._by_stan[stan] = Transaction(wants, message.amount)
            self._visit.transactions.append(self._by_stan[stan])
        elif kind is Kind.ANSWER and stan in self._by_stan:
            self._by_stan[stan].answers.append(message.code)
        elif kind in (Kind.REVERSAL, Kind.REVERSAL_REPEAT):
            original = message.original
            assert original is not None
            self._reversals[stan] = self._by_stan[original.stan]
            taken = message.amount_taken or 0
            self._reversals[stan].reversed.append(f"{message.mti} {taken}")
        elif kind is Kind.REVERSAL_ANSWER and stan in self._reversals:
            self._reversals[stan].answered.append(message.code)

    def on_Posted(self, event: e.Posted) -> None:
        self._by_stan[event.stan].posted.append((event.kind, event.amount))


def machines_of(journal: Path) -> dict[str, Machine]:
    """Each machine of a run."""
    found: dict[str, Machine] = {}
    for entry in JournalReader(journal):
        event: e.Event = entry.event
        whose = entry.actor
        if isinstance(event, e.FaultActed):
            whose = event.on.partition(":")[0]
            if whose.startswith("ATM"):
                found.setdefault(whose, Machine()).faults.append(event.fault)
            continue
        if isinstance(event, e.Posted):
            whose = event.terminal
        if whose.startswith("ATM"):
            found.setdefault(whose, Machine()).see(entry.at, event)
    return found


class Comparison(msgspec.Struct):
    """Two runs of one plan. `near` were left out, as a moment of theirs lay so near to an edge that
    time alone decides; `stories` are those that were alike.
    """

    differences: list[str]
    stories: list[Session]
    near: int

    @property
    def share(self) -> float:
        """Of the visits, how many were compared."""
        compared = len(self.differences) + len(self.stories)
        return compared / (compared + self.near)


def drift(first: dict[str, Machine], second: dict[str, Machine]) -> float:
    """By how much the visits began earlier or later in the other run, in seconds, twice the median:
    whoever cannot hold the clock is late, and ever more so. (Not the most: where an edge turned one
    customer away, all who follow at that machine come a whole visit earlier.)
    """
    off = sorted(
        abs(visit.moments[0] - second[name].visits[customer].moments[0])
        for name in first.keys() & second.keys()
        for customer, visit in first[name].visits.items()
        if customer in second[name].visits
    )
    return 2 * off[len(off) // 2]


def compare(
    first: dict[str, Machine], second: dict[str, Machine], edges: list[float], margin: float
) -> Comparison:
    """Visit by visit. A visit is near an edge when one of its moments is near to where the world
    changes for all (`edges`), or when it began about when its machine went out of service or came
    back, in whichever run: who stands before it then is served or turned away. Where time did
    decide, the machine counts its transactions otherwise from then on, and so draws the host. The
    last edge is the evening's end: who comes to a machine of which the one run is behind the other
    may come there too late.
    """
    result = Comparison([], [], 0)
    for name in sorted(first.keys() | second.keys()):
        one, other = first[name], second[name]
        turns = [
            (min(pair) - margin, max(pair) + margin)
            for pair in zip_longest(one.turns, other.turns, fillvalue=FOREVER)
        ]
        spans = [(edge - margin, edge + margin) for edge in edges]
        near = {
            customer
            for machine in (one, other)
            for customer, visit in machine.visits.items()
            if _within(visit.moments, spans) or _within(visit.moments[:1], turns)
        }
        behind = 0.0
        for customer in sorted(one.visits.keys() | other.visits.keys()):
            a, b = one.visits.get(customer), other.visits.get(customer)
            alike = a is not None and b is not None and a.story() == b.story()
            if customer in near:
                result.near += 1
                if not alike:
                    result.near += sum(1 for number in one.visits if number > customer)
                    break
            elif alike and a is not None and b is not None:
                result.stories.append(a)
                behind = abs(b.moments[-1] - a.moments[-1])
            elif _came_alone(a, b) + 2 * behind > edges[-1] - margin:
                result.near += 1
                break
            else:
                result.differences.append(f"{name} customer {customer}:\n  {a}\n  {b}")
    return result


def _came_alone(a: Session | None, b: Session | None) -> float:
    """When somebody came who came in one run alone; who came in both has no such excuse."""
    return -FOREVER if a and b else min(x.moments[0] for x in (a, b) if x)


def _within(moments: list[float], spans: list[tuple[float, float]]) -> bool:
    return any(begin < moment < end for moment in moments for begin, end in spans)
