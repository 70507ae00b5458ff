"""Which request does an answer belong to, and what does it say?

An answer matches on response MTI + DE 41 + DE 11. Then the echo of DE 7 is checked, of DE 37
where both have it, and of DE 4 on approvals: equal for 00, 0 < DE 4 <= requested for a partial
approval where those are enabled (docs/domain.md, "Matching").
"""

from __future__ import annotations

import msgspec

from harness.machines import inputs as i
from harness.wire.message import Message, Outcome


class Request(msgspec.Struct, gc=False):
    """A request as the terminal remembers it: enough to know its answer again."""

    stan: str
    sent: str
    rrn: str
    amount: int
    status: str = "waiting"  # then 'answered' or 'aborted'


class Matcher:
    """Remembers the last requests of one terminal and names what comes back."""

    KEEPS = 8

    __slots__ = ("_known", "_partial", "_terminal")

    def __init__(self, terminal: str, *, partial_approval: bool) -> None:
        self._terminal = terminal
        self._partial = partial_approval
        self._known: dict[str, Request] = {}

    def remember(self, request: Request) -> None:
        self._known.pop(request.stan, None)
        self._known[request.stan] = request
        if len(self._known) > self.KEEPS:
            del self._known[next(iter(self._known))]

    def classify(self, answer: Message) -> i.Input:
        """The input that an authentic answer to a request is."""
        stan = answer.stan
        request = self._known.get(stan)
        if request is None or answer.terminal != self._terminal:
            return i.Stray(answer.mti, stan, answer.terminal)
        outcome, amount = answer.outcome, answer.amount
        wrong = self._wrong_echo(request, answer)
        if wrong:
            return i.Damaged(f"DE {wrong} echoed wrongly", request.status == "waiting")
        code = answer.code
        if request.status == "aborted":
            return i.Late(outcome, stan, code, amount)
        if request.status == "answered":
            return i.Duplicate(outcome, stan, amount)
        return self._answer(outcome, amount, code)

    def _wrong_echo(self, request: Request, answer: Message) -> str:
        """The data element that does not agree with the request, '' when all do."""
        return answer.wrong_echo(sent=request.sent, rrn=request.rrn, amount=request.amount)

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
