"""Faults of what a message means: it says something wrong, or comes when it means another thing.

A message that says something wrong has one other field, under a right MAC: it is authenticated
again with the right key, or it would only have a bad MAC. Without mti= such faults touch financial
and reversal responses; with it, that message whichever way it goes.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.host import HostRule
from harness.faults.message_delivery import DropResponse
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter, Rule
from harness.faults.wire import TO_HOST, TO_TERMINAL, Altering, WireRule
from harness.wire.message import Kind, Message, MessageClass

_NOTE = 1000  # minor units


class WrongField(Altering):
    """One element of the message becomes another one of its kind; `meaning` says which, in the
    words of `Message.ELEMENTS`. In a request, under a right MAC, that makes another transaction,
    which nobody asked for and nobody can reverse.
    """

    layer = "meaning"
    meaning: ClassVar[str] = ""

    def alter(self, message: Message) -> tuple[Message, str] | None:
        right = message.text(self.meaning)
        wrong = self.wrong_text(message, right) if right else ""
        if not wrong:
            return None
        what = f"DE {message.element(self.meaning)} {wrong} instead of {right}"
        return message.replaced(**{self.meaning: wrong}), what

    def wrong_text(self, _message: Message, right: str) -> str:
        """What the message says instead of `right`; '' to leave it as it is."""
        return self.other(right)

    def other(self, right: str) -> str:
        """A wrong value of the same form as `right`; '' if there is none."""
        raise NotImplementedError


def _next(right: str, by: int = 1) -> str:
    """So much more, in as many digits, the greatest followed by 1; '' if it is no number."""
    if not (right.isascii() and right.isdigit()):
        return ""
    width = len(right)
    return f"{(int(right) + by - 1) % (10**width - 1) + 1:0{width}d}"  # 999999 wraps to 000001


class WrongStan(WrongField):
    kind = "wrong_stan"
    summary = "the message carries the next STAN (DE 11), under a right MAC"
    meaning = "stan"

    def other(self, right: str) -> str:
        return _next(right)


class WrongRrn(WrongField):
    """Does not act on a message without DE 37."""

    kind = "wrong_rrn"
    summary = "the message carries the next reference number (DE 37), under a right MAC"
    meaning = "rrn"

    def other(self, right: str) -> str:
        return _next(right)


class WrongTerminal(WrongField):
    kind = "wrong_terminal"
    summary = "the message names another terminal (DE 41), under a right MAC"
    meaning = "terminal"

    def other(self, right: str) -> str:
        return right[:-1] + ("1" if right[-1] == "0" else "0")


class WrongAmount(WrongField):
    """The host has posted what was asked for."""

    kind = "wrong_amount"
    summary = "the message names 10.00 more than the right amount (DE 4), under a right MAC"
    meaning = "amount"

    def other(self, right: str) -> str:
        return _next(right, 1000)


class StaleDate(WrongField):
    kind = "stale_date"
    summary = "the message has the date of days ago (DE 7), under a right MAC"
    meaning = "sent"
    parameters: ClassVar[dict[str, Parameter]] = {
        "days": Parameter("count", "3", "so many days ago", least=1, most=300),
        **MTI,
        **COMMON,
    }

    def wrong_text(self, message: Message, _right: str) -> str:
        return message.sent_earlier(self.value("days"))


# --- the code ------------------------------------------------------------------------------------


class UnknownCode(WrongField):
    """The host has posted: what the code means is for the terminal to fear."""

    kind = "unknown_code"
    summary = "the answer's code (DE 39) is on no list, under a right MAC"
    speaks = "response"
    meaning = "code"

    def other(self, right: str) -> str:
        return "Z" * len(right)


class ReversalDeclined(WrongField):
    """The host has posted the reversal. 12 parks it, 91 asks for another try, 05 is on no list."""

    kind = "reversal_declined"
    summary = "the answer to a reversal says no, under a right MAC"
    speaks = "response"
    meaning = "code"
    parameters: ClassVar[dict[str, Parameter]] = {
        "code": Parameter(
            "choice", "refused", "12, 91 or 05", choices=("refused", "retry", "unlisted")
        ),
        **COMMON,
    }
    _codes: ClassVar[dict[str, str]] = {
        "refused": "invalid_transaction",
        "retry": "issuer_down",
        "unlisted": "do_not_honour",
    }

    def touches(self, message: Message) -> bool:
        return message.message_class == MessageClass.REVERSAL

    def wrong_text(self, message: Message, right: str) -> str:
        code = message.CODES[self._codes[self.value("code")]]
        return "" if code == right else code


# --- messages that are right, and come to mean something else -------------------------------------


class ReversalAckLost(DropResponse):
    kind = "reversal_ack_lost"
    summary = "the host has posted the reversal, and its answer vanishes"
    layer = "meaning"
    parameters: ClassVar[dict[str, Parameter]] = COMMON

    def touches(self, message: Message) -> bool:
        return message.message_class == MessageClass.REVERSAL


class DoublePost(WireRule):
    kind = "double_post"
    summary = "the host reads the request twice in one instant"
    layer = "meaning"
    speaks = "request"
    to = TO_HOST

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"{passing.mti} twice in one instant")
        return [Deliver(0.0, passing.data), Deliver(0.0, passing.data)]


class ApproveAfterReversal(WireRule):
    """Answers to withdrawals only, as nothing else is ever reversed. What is held comes behind the
    answer to the terminal's next reversal, whenever that is; until then no other answer is held.
    """

    kind = "approve_after_reversal"
    summary = "the answer is held until a reversal has been answered, and comes then"
    layer = "meaning"
    parameters: ClassVar[dict[str, Parameter]] = COMMON

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._held: dict[str, Passing] = {}

    def means(self, passing: Passing) -> bool:
        message = passing.message
        if passing.to != self.to or message is None:
            return False
        return message.kind is Kind.ANSWER and message.is_withdrawal

    def renewed(self, terminal: str) -> None:
        """What was held for an earlier connection comes on this one: a switch has kept it."""

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        held = self._held.get(passing.terminal)
        if held is None:
            return super().fate(now, passing)
        self.overlook(now, passing)
        message = passing.message
        if passing.to != TO_TERMINAL or message is None:
            return None
        if message.kind is not Kind.REVERSAL_ANSWER:
            return None
        del self._held[passing.terminal]
        self.acted(passing.terminal, f"the {held.mti} came behind the {passing.mti}")
        return [Deliver(0.0, passing.data), Deliver(0.0, held.data)]

    def unfinished(self) -> bool:
        return bool(self._held)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self._held[passing.terminal] = passing
        self.acted(passing.terminal, f"{passing.mti} held until a reversal is answered")
        return []


# --- inside the host ------------------------------------------------------------------------------


class PartialApproval(HostRule):
    """An attempt is a withdrawal of at least 20.00 that is approved. It posts what it approves."""

    kind = "partial_approval"
    layer = "meaning"
    summary = "the host approves half of what was asked for (code 10), and posts that"

    def halves(self, wanted: int) -> bool:
        """Is there half of an amount (minor units)?"""
        return bool(_half(wanted))

    def part(self, terminal: str, wanted: int) -> int:
        """What it approves of that, in minor units."""
        half = _half(wanted)
        self.acted(terminal, f"{half / 100:.2f} approved of {wanted / 100:.2f}")
        return half


def _half(wanted: int) -> int:
    """In notes of 10.00; minor units."""
    return wanted // 2 // _NOTE * _NOTE


MEANING_RULES: tuple[type[Rule], ...] = (
    WrongStan,
    WrongRrn,
    WrongTerminal,
    WrongAmount,
    StaleDate,
    UnknownCode,
    ReversalDeclined,
    ReversalAckLost,
    DoublePost,
    ApproveAfterReversal,
    PartialApproval,
)
