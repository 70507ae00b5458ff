"""Answers that say something wrong: one field is another, under a right MAC.

They are sealed again with the right key, or they would only be a bad MAC.

Without mti= they touch financial and reversal responses; with it, that message whichever way it
goes.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import COMMON, MTI, Parameter
from harness.faults.wire import Altering, WireRule
from harness.wire.message import Message, MessageClass


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


MEANING_RULES: tuple[type[WireRule], ...] = (
    WrongStan,
    WrongRrn,
    WrongTerminal,
    WrongAmount,
    StaleDate,
    UnknownCode,
    ReversalDeclined,
)
