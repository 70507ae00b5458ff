"""A host that answers with a response code of the table, whatever it would have decided.

The code is in force when the host decides: about a request, a reversal that it does not know yet,
or (with mti=) a sign-on or an echo. The ledger does what the code says: a request that is not
approved is not posted, and a reversal that is refused, for now or for good, gives nothing back and
is not remembered, so that it may be accepted when it comes again. A duplicate gets the answer of
the first one, and is no attempt.

A code that approves is never ordered: what that would post, nobody has decided (`partial_approval`
approves a part).
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.host import HostRule
from harness.faults.rule import COMMON, MTI, Parameter
from harness.wire.message import AdviceOutcome, Message, MessageClass, Outcome

_APPROVING = (Outcome.APPROVED, Outcome.PARTIAL)
_GROUPS: dict[str, tuple[Outcome, ...]] = {
    "decline": (Outcome.DECLINED,),
    "capture": (Outcome.CAPTURE,),
    "pin_again": (Outcome.PIN_AGAIN,),
    "system_error": (Outcome.SYSTEM_ERROR,),
    "security_error": (Outcome.SECURITY_ERROR,),
}
GROUPS = ("any", *_GROUPS, "referral", "unlisted", "retry", "park")
"""What may be written instead of a code: rows of the table of response codes (docs/domain.md).
One code of the row is drawn for each message.
"""


class HostAnswers(HostRule):
    """Each decision about a request, and each new reversal, is an attempt."""

    kind = "host_answers"
    summary = "the host answers with this response code, and posts what the code says"
    parameters: ClassVar[dict[str, Parameter]] = {
        "code": Parameter(
            "code", "any", "a code such as 41, or a row of the table of codes", choices=GROUPS
        ),
        **MTI,
        **COMMON,
    }

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._codes: dict[str, tuple[str, ...]] = {}  # those to draw from, by class of message

    def code_for(self, message: Message, decided: str) -> str:
        """The code that is ordered for a message; '' if none is, as the host has `decided` the same
        or the code has no meaning for such a message.
        """
        said: str = self.value("code")
        kind = message.message_class
        codes = self._codes.get(kind)
        if codes is None:
            codes = self._codes[kind] = _codes_of(type(message), kind, said)
        code = codes[self.shape(message.terminal).below(len(codes))] if codes else ""
        if code == decided:
            return ""
        if code:
            self.acted(message.terminal, f"{message.mti} answered {code}")
        return code


def _codes_of(dialect: type[Message], message_class: str, said: str) -> tuple[str, ...]:
    """The codes from which one is drawn for messages of that class."""
    every = _every_code(dialect)
    if said not in GROUPS:
        every = (said,) if len(said) == len(every[0]) else ()
    of_advices = message_class == MessageClass.REVERSAL
    belongs = _is_of_advices if of_advices else _is_of_requests
    return tuple(code for code in every if belongs(dialect, code, said))


def _every_code(dialect: type[Message]) -> tuple[str, ...]:
    """All codes of that many digits, and one that is no number."""
    digits = len(dialect.CODES["approved"])
    return (*(f"{number:0{digits}d}" for number in range(10**digits)), "Z" * digits)


def _is_of_advices(dialect: type[Message], code: str, said: str) -> bool:
    """Is it a code of that row for reversals? One that settles a reversal is none."""
    outcome = dialect.ADVICE_OUTCOMES.get(code, AdviceOutcome.PARK)
    if outcome in (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED):
        return False
    if said == "retry":
        return outcome is AdviceOutcome.RETRY
    listed = code in dialect.OUTCOMES
    if said == "unlisted":
        return not listed and outcome is AdviceOutcome.PARK
    if said == "park":
        return listed and outcome is AdviceOutcome.PARK
    if said == "any":
        return listed
    return said not in GROUPS


def _is_of_requests(dialect: type[Message], code: str, said: str) -> bool:
    """Is it a code of that row for requests?"""
    outcome = dialect.OUTCOMES.get(code, Outcome.UNKNOWN)
    if outcome in _APPROVING:
        return False
    if said == "unlisted":
        return outcome is Outcome.UNKNOWN and code not in dialect.ADVICE_OUTCOMES
    if said == "referral":
        return code in dialect.HOSTS.referrals
    if said == "any":
        return outcome is not Outcome.UNKNOWN
    if said in _GROUPS:
        return outcome in _GROUPS[said]
    return said not in GROUPS


HOST_ANSWER_RULES: tuple[type[HostRule], ...] = (HostAnswers,)
