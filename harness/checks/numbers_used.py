"""The numbers that a terminal has given to its messages: none of them is given twice (M2).

Every message that is not a repeat has a STAN (DE 11) of its own, whatever it is about, until the
numbers wrap, which takes a million messages. Every request has a retrieval reference number (DE 37)
of its own. A restart begins neither of them anew. A reversal may have the STAN of its request, as
some networks want it. STANs begin with 1, and what is sent as a repeat was sent before.
"""

from __future__ import annotations

from collections.abc import Hashable

from harness.checks.base import FAILURES_KEPT, NOBODY, Whose
from harness.checks.number_set import NumberSet
from harness.checks.said_by_terminal import Untrue
from harness.checks.transaction_evidence import TransactionEvidence
from harness.wire.message import REQUESTS, REVERSALS, Kind, Message

_STANS = 999_999


class NumbersUsed:
    """The numbers of one terminal. `tried` counts those that were looked up, `wrong` are the first
    ones that had been used, that are none, or that name nothing.
    """

    __slots__ = ("_rrns", "_stans", "_used", "tried", "wrong")

    def __init__(self) -> None:
        self._stans = NumberSet()
        self._used = 0
        self._rrns = NumberSet()
        self.tried = 0
        self.wrong: list[Untrue] = []

    def sent(self, at: float, message: Message, subject: TransactionEvidence | None) -> None:
        """A message leaves the terminal. `subject` is the transaction of a request or reversal."""
        kind = message.kind
        whose: Whose = NOBODY
        if kind in REQUESTS or kind in REVERSALS:
            if subject is None:
                return
            times = subject.requests if kind in REQUESTS else subject.reversals_sent
            if times != 1 or (kind in REVERSALS and message.stan == subject.stan):
                return
            whose = subject
            first = kind is not Kind.REQUEST_REPEAT
        elif kind is Kind.NETWORK:
            first = not message.is_repeat
        else:
            return
        self.tried += 1
        number = _number(message.stan)
        if not first and number not in self._stans:
            self._tell(at, message, "is sent as a repeat of what was never sent", whose)
        if number == 0:
            self._tell(at, message, f"DE {message.element('stan')} has no number", whose)
        if kind is Kind.NETWORK and not first:
            return
        self._give(at, message, "stan", self._stans, whose)
        self._used += 1
        if self._used == _STANS:  # they begin anew
            self._stans, self._used = NumberSet(), 0
        if kind is Kind.REQUEST and message.rrn.strip(" 0"):
            self._give(at, message, "rrn", self._rrns, whose)

    def _give(
        self, at: float, message: Message, meaning: str, given: NumberSet, whose: Whose
    ) -> None:
        text = message.text(meaning)
        if text and given.add(_number(text)):
            self._tell(at, message, f"DE {message.element(meaning)} {text} was used before", whose)

    def _tell(self, at: float, message: Message, what: str, whose: Whose) -> None:
        if len(self.wrong) < FAILURES_KEPT:
            self.wrong.append(Untrue(at, f"{message.mti} of STAN {message.stan}: {what}", whose))


def _number(text: str) -> Hashable:
    """A number as it is compared; what is no number is the text itself."""
    return int(text) if text.isascii() and text.isdigit() else text
