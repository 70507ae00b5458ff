"""Faults of the wire that leave a frame whole: it is lost, repeated, late, or overtaken.

    terminal | tap | these | tap | host

Unless mti= says otherwise they touch financial and reversal messages only (0200, 0210, 0420,
0421, 0430 ...), so that a link whose answers are broken still echoes.

Several rules compose by stage (compose.py).
"""

from __future__ import annotations

from typing import ClassVar

from harness.errors import EncodeError
from harness.events import FaultActed
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter, Rule
from harness.wire.message import Kind, Message, MessageClass

LOSS, MEANING, TIMING, DAMAGE, FRAME, CUT, PACE, SLICE = range(8)
TO_HOST, TO_TERMINAL = "host", "terminal"


class WireRule(Rule):
    """Gives a frame its fate. `to` is where the frames go that it touches without mti=."""

    layer = "message"
    stage: ClassVar[int] = TIMING
    to: ClassVar[str] = TO_TERMINAL
    parameters: ClassVar[dict[str, Parameter]] = {**MTI, **COMMON}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """What is delivered in a frame's stead; None leaves it alone."""
        if not self.means(passing) or not self.strikes(now, passing.terminal):
            return None
        return self.strike(now, passing)

    def overlook(self, now: float, passing: Passing) -> None:
        """Another fault has taken the frame: it counts as an attempt all the same, so that no `nth`
        depends on other faults.
        """
        if self.means(passing):
            self.strikes(now, passing.terminal)

    def means(self, passing: Passing) -> bool:
        """Is this frame one of those that the rule is about?"""
        if self.mti is None and passing.to != self.to:
            return False
        return passing.message is not None and self.touches(passing.message)

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        """The fate of a frame that is struck; None if it cannot be."""
        raise NotImplementedError

    def holds(self, passing: Passing, effects: tuple[FaultActed, ...]) -> None:
        """It gave a frame no delivery, of which other faults' effects were to tell."""

    def renewed(self, terminal: str) -> None:
        """A new connection of that terminal stands."""


class Altering(WireRule):
    """The message says something else, under a right MAC. In a request that is another transaction,
    which nobody asked for and nobody can undo.
    """

    stage = MEANING
    withstood = "response"

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        altered = self.altered(now, passing)
        return None if altered is passing else [Deliver(0.0, altered.data)]

    def altered(self, now: float, passing: Passing) -> Passing:
        """What goes on in the frame's stead: itself, or one that says something else."""
        if not self.means(passing) or not self.strikes(now, passing.terminal):
            return passing
        altered = self.alter(passing.message) if passing.message is not None else None
        if altered is None:
            return passing
        message, what = altered
        try:
            data = passing.press.reseal(message.fields)
        except EncodeError:
            return passing  # the specification has no spelling for it
        self.acted(passing.terminal, f"{passing.mti} {what}")
        return passing._replace(message=message, data=data)

    def alter(self, message: Message) -> tuple[Message, str] | None:
        """The message that goes on in its stead, and what was done; None if nothing could be."""
        raise NotImplementedError


class DropResponse(WireRule):
    kind = "drop_response"
    summary = "the host has posted, and its answer vanishes"
    stage = LOSS
    speaks = "response"

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"{passing.mti} dropped")
        return []


class DropRequest(DropResponse):
    kind = "drop_request"
    summary = "the request vanishes on its way to the host"
    speaks = "request"
    to = TO_HOST


class DuplicateResponse(WireRule):
    kind = "dup_response"
    variants = ("", "every=6s")
    summary = "the answer arrives several times"
    speaks = "response"
    parameters: ClassVar[dict[str, Parameter]] = {
        "times": Parameter("count", "3", "copies in all", least=2, most=1000),
        "every": Parameter("duration", "1s", "between the copies"),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        times, every = self.value("times"), self.value("every")
        again = self.effect(passing.terminal, f"{passing.mti} came again")
        copies = [Deliver(every * copy, passing.data) for copy in range(times)]
        copies[1] = copies[1]._replace(effects=(again,))
        return [*copies]


class DuplicateRequest(DuplicateResponse):
    kind = "dup_request"
    summary = "the request arrives several times"
    speaks = "request"
    to = TO_HOST


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


class Reorder(WireRule):
    kind = "reorder"
    summary = "a frame is held back, and what is sent meanwhile arrives before it"
    parameters: ClassVar[dict[str, Parameter]] = {
        "to": Parameter(
            "choice", TO_HOST, "which way, without mti=", choices=(TO_HOST, TO_TERMINAL)
        ),
        "hold": Parameter("duration", "60s", "for how long: past host_response", least=0.001),
        **MTI,
        **COMMON,
    }

    def means(self, passing: Passing) -> bool:
        if self.mti is None and passing.to != self.value("to"):
            return False
        return passing.message is not None and self.touches(passing.message)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        hold = self.value("hold")
        self.acted(passing.terminal, f"{passing.mti} held back for {hold:g} s")
        return [Deliver(hold, passing.data)]


WIRE_RULES: tuple[type[WireRule], ...] = (
    DropRequest,
    DropResponse,
    DuplicateRequest,
    DuplicateResponse,
    Reorder,
    ReversalAckLost,
    DoublePost,
    ApproveAfterReversal,
)
