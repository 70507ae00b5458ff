"""What all faults of the wire have in common: they give each frame its fate.

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
from harness.faults.rule import COMMON, MTI, Parameter, Rule
from harness.wire.message import Message

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
            data = passing.frame_builder.reseal(message.fields)
        except EncodeError:
            return passing  # the specification has no spelling for it
        self.acted(passing.terminal, f"{passing.mti} {what}")
        return passing._replace(message=message, data=data)

    def alter(self, message: Message) -> tuple[Message, str] | None:
        """The message that goes on in its stead, and what was done; None if nothing could be."""
        raise NotImplementedError
