"""Which request an answer belongs to, and what it says (docs/domain.md, "Matching").

An answer belongs to a request if it names the same terminal and STAN. Then every element that it
repeats must say what the request said, and an approval the amount as well (`wire/echo.py`).
"""

from __future__ import annotations

import msgspec

from harness.bounded import keep_latest
from harness.machines import inputs as i
from harness.wire.echo import NOTHING_ASKED, Echo, in_words, wrong_echo
from harness.wire.message import Message, Outcome

ECHOED_WRONGLY = "echoed wrongly"
"""How the reason of a damaged answer ends where it names the elements that differed."""


class Request(msgspec.Struct, gc=False):
    """What the terminal remembers of a request, to recognize its answer. `asked` is what the answer
    has to repeat; `status` is 'waiting', then 'answered' or 'aborted'.
    """

    stan: str
    asked: Echo = NOTHING_ASKED
    status: str = "waiting"


class Matcher:
    """Remembers the last requests of one terminal and classifies the answers that come."""

    KEEPS = 8

    __slots__ = ("_known", "_partial", "_terminal")

    def __init__(self, terminal: str, *, partial_approval: bool) -> None:
        self._terminal = terminal
        self._partial = partial_approval
        self._known: dict[str, Request] = {}

    def remember(self, request: Request) -> None:
        self._known.pop(request.stan, None)
        self._known[request.stan] = request
        keep_latest(self._known, self.KEEPS)

    def classify(self, answer: Message) -> i.Input:
        """The input of the table that an answer with a good MAC is."""
        stan = answer.stan
        request = self._known.get(stan)
        if request is None or answer.terminal != self._terminal:
            return i.Stray(answer.mti, stan, answer.terminal)
        outcome, amount = answer.outcome, answer.amount
        wrong = self._wrong_echo(request, answer)
        if wrong:
            return i.Damaged(f"{in_words(wrong)} {ECHOED_WRONGLY}", request.status == "waiting")
        code = answer.code
        if request.status == "aborted":
            return i.Late(outcome, stan, code, amount)
        if request.status == "answered":
            return i.Duplicate(outcome, stan, amount)
        return self._answer(outcome, amount, code)

    def _wrong_echo(self, request: Request, answer: Message) -> tuple[str, ...]:
        """The data elements that do not repeat what the request said."""
        return wrong_echo(answer, request.asked)

    def _answer(self, outcome: Outcome, amount: int, code: str) -> i.Input:
        if outcome is Outcome.APPROVED or (outcome is Outcome.PARTIAL and self._partial):
            return i.Approved(amount, code)
        if outcome in (Outcome.DECLINED, Outcome.SYSTEM_ERROR):
            return i.Declined(code)
        if outcome is Outcome.CAPTURE:
            return i.CaptureOrdered(code)
        if outcome is Outcome.PIN_AGAIN:
            return i.PinWrong(code)
        if outcome is Outcome.SECURITY_ERROR:
            return i.SecurityError(code)
        return i.UnknownCode(code)
