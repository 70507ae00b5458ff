"""What a terminal says is true (M1), and none of its numbers is used twice (M2).

The messages are read and judged where the wire's evidence takes them in (said_by_terminal.py and
numbers_used.py), each once for all of these checks, and the checks count what was found there.
"""

from __future__ import annotations

from typing import ClassVar

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.number_set import NumberSet
from harness.checks.transaction_evidence import Key


class SaysTrue(Check):
    """Base of the checks of what stands in a message; `subject` is what they look at."""

    needs: ClassVar[tuple[str, ...]] = ("device", "wire.terminal")
    by_any_message = True
    subject: ClassVar[str]

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        del now
        said = terminal.wire.said
        if said is None:
            return
        self.tried += said.tried.get(self.subject, 0)
        for untrue in said.untrue.get(self.subject, ()):
            self.fail(terminal, untrue.at, untrue.what, of=untrue.whose)


class SaysWhatBelongsThere(SaysTrue):
    """M1. A message has the elements that its kind has in this dialect, and no others, and the MAC
    that is right for it. Elements
    that the standard makes mandatory are T16's business, and private ones are anybody's.
    """

    id = "M1"
    subject = "elements"


class NamesTheCard(SaysTrue):
    """M1.card. A request names the card that is in the reader (DE 2, 14, 35, 45), and its PIN block
    (DE 52) opens for that card and holds the PIN that was typed. Of a terminal whose device is not
    seen, the elements of a message have to be of one card.
    """

    id = "M1.card"
    subject = "card"
    needs = ("wire.terminal",)


class NamesTheAmount(SaysTrue):
    """M1.amount. A request is for what the customer wants (DE 3, 4, 49). A partial reversal says
    what the customer took (DE 95), and says it in full.
    """

    id = "M1.amount"
    subject = "amount"


class TellsTheTime(SaysTrue):
    """M1.clock. DE 7 is the time at which the message was made, in UTC, and the local date and time
    (DE 12, 13) are those of the same moment. Of somebody else's terminals only DE 7 is judged,
    within a quarter of an hour.
    """

    id = "M1.clock"
    subject = "clock"
    needs = ("wire.terminal",)


class NamesItself(SaysTrue):
    """M1.terminal. What is the same in all messages of a terminal is what the run has set up: its
    place and its bank, the acquirer, how it reads cards (DE 18, 22, 25, 32, 41, 42, 43).
    """

    id = "M1.terminal"
    subject = "terminal"


class RepeatsTheAnswer(SaysTrue):
    """M1.original. A reversal repeats the number of its request (DE 37), and the response code
    (DE 39) if the request was answered, and only then. Of somebody else's terminal the approval
    code (DE 38) is judged, where a reversal has one.
    """

    id = "M1.original"
    subject = "original"
    needs = ("wire.terminal",)


class NumbersOnce(Check):
    """M2. No STAN, no retrieval reference number, and no number of a transaction at the dispenser
    is used twice. A STAN is not 0, and a repeat has that of what it repeats. The dispenser keeps
    its counters by that number: under one that was used before, they are those of somebody else's
    cash.
    """

    id = "M2"
    needs = ("device", "wire.terminal")
    by_any_message = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._given: dict[str, NumberSet] = {}
        self._last: dict[str, tuple[int, Key]] = {}  # of each terminal, with its transaction

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, event: e.StackBegun) -> None:
        current = terminal.transactions.current
        if current is None:
            return  # cash without any request is T4's business
        self.tried += 1
        last = event.transaction, current.key
        known = self._given.setdefault(terminal.name, NumberSet()).add(event.transaction)
        if known and last != self._last.get(terminal.name):
            what = f"the dispenser was given transaction {event.transaction}, which was used before"
            self.fail(terminal, at, what, of=current)
        self._last[terminal.name] = last

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        del now
        numbers = terminal.wire.numbers
        self.tried += numbers.tried
        for twice in numbers.wrong:
            self.fail(terminal, twice.at, twice.what, of=twice.whose)
