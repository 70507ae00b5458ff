"""Faults of a message's meaning: a field has a wrong value, or the message comes at a wrong time.

A message with a wrong value differs from the original in one field, and its MAC is right: the MAC
is calculated again with the right key, because otherwise the fault would only be a bad MAC. Without
mti= such faults affect financial and reversal responses; with mti= they affect that message in
either direction.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.host import HostRule
from harness.faults.message_delivery import DropResponse
from harness.faults.rule import COMMON, MTI, WHOSE, Context, FaultSpec, Parameter, Rule
from harness.faults.wire import TO_HOST, TO_TERMINAL, Altering, WireRule
from harness.wire.host_habits import with_fewer_elements, with_more_elements
from harness.wire.message import Kind, Message, MessageClass

_NOTE = 1000  # minor units


class WrongField(Altering):
    """One element of the message gets another value of the same form. `meaning` names the element,
    as in `Message.ELEMENTS`. A request that is changed in this way under a right MAC is a different
    transaction: no customer asked for it, and no terminal can reverse it.
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
        """The value that replaces `right`; '' to leave the message unchanged."""
        return self.other(right)

    def other(self, right: str) -> str:
        """A wrong value of the same form as `right`; '' if there is none."""
        raise NotImplementedError


def _next(right: str, by: int = 1) -> str:
    """`right` plus `by`, in as many digits; after the greatest number comes 1. '' for no number."""
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
    """The fault does not act on a message without DE 37."""

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
    """The host has posted the amount that the terminal requested."""

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


class OtherFields(Altering):
    """An answer of another host is as right with fewer elements than ours, or with more."""

    kind = "other_fields"
    layer = "meaning"
    summary = "the answer has fewer elements than ours, or more; it says the same"
    speaks = "response"
    parameters: ClassVar[dict[str, Parameter]] = {
        "how": Parameter(
            "choice", "fewer", "only what it must carry, or more", choices=("fewer", "more")
        ),
        **MTI,
        **COMMON,
    }

    def alter(self, message: Message) -> tuple[Message, str] | None:
        few = self.value("how") == "fewer"
        altered = (with_fewer_elements if few else with_more_elements)(message)
        if altered is None:
            return None
        differing = [*(message.fields.keys() ^ altered.fields.keys())]
        elements = ", ".join(f"DE {name}" for name in sorted(differing, key=int))
        return altered, f"{'without' if few else 'with'} {elements}"


# --- the code ------------------------------------------------------------------------------------


class UnknownCode(WrongField):
    """The host has posted; the terminal has to allow for that, as it does not know the code."""

    kind = "unknown_code"
    summary = "the answer's code (DE 39) is on no list, under a right MAC"
    speaks = "response"
    meaning = "code"

    def other(self, right: str) -> str:
        return "Z" * len(right)


class ReversalDeclined(WrongField):
    """The host has posted the reversal. By code 12 the terminal parks the reversal, by 91 it tries
    again, and 05 is on no list.
    """

    kind = "reversal_declined"
    summary = "the answer to a reversal says no, under a right MAC"
    speaks = "response"
    meaning = "code"
    parameters: ClassVar[dict[str, Parameter]] = {
        "code": Parameter(
            "choice", "refused", "12, 91 or 05", choices=("refused", "retry", "unlisted")
        ),
        **WHOSE,
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


# --- right messages whose meaning changes ---------------------------------------------------------


class ReversalAckLost(DropResponse):
    kind = "reversal_ack_lost"
    summary = "the host has posted the reversal, and its answer vanishes"
    layer = "meaning"
    variants = ("", "row=4")
    parameters: ClassVar[dict[str, Parameter]] = {**WHOSE, **COMMON}

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
    """Affects only answers to withdrawals, as only withdrawals are reversed. The held answer is
    delivered behind the answer to the terminal's next reversal, however late that comes. Until then
    no other answer of the terminal is held.
    """

    kind = "approve_after_reversal"
    summary = "the answer is held until a reversal has been answered, and comes then"
    layer = "meaning"
    parameters: ClassVar[dict[str, Parameter]] = {**WHOSE, **COMMON}

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._held: dict[str, Passing] = {}

    def means(self, passing: Passing) -> bool:
        message = passing.message
        if passing.to != self.to or message is None:
            return False
        return message.kind is Kind.ANSWER and message.is_withdrawal

    def renewed(self, terminal: str) -> None:
        """Keep the held answer: it is delivered on the new connection, as a switch would do."""

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
    """Each approved withdrawal of at least 20.00 is an attempt. The host posts the part that it
    approves.
    """

    kind = "partial_approval"
    layer = "meaning"
    summary = "the host approves half of what was asked for (code 10), and posts that"
    parameters: ClassVar[dict[str, Parameter]] = {**WHOSE, **COMMON}

    def halves(self, wanted: int) -> bool:
        """Can the amount `wanted` (minor units) be halved into whole notes?"""
        return bool(_half(wanted))

    def part(self, terminal: str, wanted: int) -> int:
        """The part of `wanted` that the host approves; both in minor units."""
        half = _half(wanted)
        self.acted(terminal, f"{half / 100:.2f} approved of {wanted / 100:.2f}")
        return half


def _half(wanted: int) -> int:
    """Half of `wanted`, rounded down to whole notes of 10.00; minor units."""
    return wanted // 2 // _NOTE * _NOTE


MEANING_RULES: tuple[type[Rule], ...] = (
    WrongStan,
    WrongRrn,
    WrongTerminal,
    WrongAmount,
    StaleDate,
    OtherFields,
    UnknownCode,
    ReversalDeclined,
    ReversalAckLost,
    DoublePost,
    ApproveAfterReversal,
    PartialApproval,
)
