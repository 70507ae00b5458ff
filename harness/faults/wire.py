"""The base of all faults of the wire: they decide what is delivered instead of each frame.

    terminal | tap | these | tap | host

In the diagram, "these" are the faults, and a "tap" is a recording point. Unless mti= says
otherwise the faults affect financial and reversal messages only (0200, 0210, 0420, 0421, 0430 ...),
so that echoes still work on a link whose answers are broken.

Several rules are applied in the order of their stages (compose.py).
"""

from __future__ import annotations

from typing import ClassVar

from harness.errors import EncodeError, LocalProtocolError
from harness.events import FaultActed
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Parameter, Rule
from harness.wire.message import Message

LOSS, MEANING, TIMING, DAMAGE, FRAME, CUT, PACE, SLICE = range(8)
TO_HOST, TO_TERMINAL = "host", "terminal"


class WireRule(Rule):
    """Decides what is delivered instead of a frame. Without mti= it affects frames sent to `to`."""

    layer = "message"
    stage: ClassVar[int] = TIMING
    to: ClassVar[str] = TO_TERMINAL
    parameters: ClassVar[dict[str, Parameter]] = {**MTI, **COMMON}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """What is delivered instead of the frame; None leaves the frame unchanged."""
        if not self.concerns(passing) or not self.strikes(now, passing.terminal):
            return None
        return self.strike(now, passing)

    def overlook(self, now: float, passing: Passing) -> None:
        """Count a frame that another fault has taken as an attempt too, so that `nth` does not
        depend on other faults.
        """
        if self.concerns(passing):
            self.strikes(now, passing.terminal)

    def concerns(self, passing: Passing) -> bool:
        """Is the frame an attempt: does the rule apply to it, and to its card and STAN?"""
        if not self.means(passing):
            return False
        if self.pan is None and self.stan is None:
            return True
        return passing.message is not None and self.about(passing.message, passing.card)

    def means(self, passing: Passing) -> bool:
        """Does the rule apply to this frame?"""
        if self.mti is None and passing.to != self.to:
            return False
        return passing.message is not None and self.touches(passing.message)

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        """What is delivered instead of a struck frame; None if the fault cannot act on it."""
        raise NotImplementedError

    def holds(self, passing: Passing, effects: tuple[FaultActed, ...]) -> None:
        """Take over the `effects` of other faults: they were to be reported with the delivery of
        this frame, and this rule has delivered nothing for it.
        """

    def renewed(self, terminal: str) -> None:
        """Handle a new connection of that terminal."""


class Altering(WireRule):
    """Changes the content of the message, under a right MAC. A request that is changed is a
    different transaction: no customer asked for it, and no terminal can reverse it.
    """

    stage = MEANING
    withstood = "response"

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        altered = self.altered(now, passing)
        return None if altered is passing else [Deliver(0.0, altered.data)]

    def altered(self, now: float, passing: Passing) -> Passing:
        """The frame that is passed on: `passing` itself, or one with a changed message."""
        if not self.concerns(passing) or not self.strikes(now, passing.terminal):
            return passing
        altered = self.alter(passing.message) if passing.message is not None else None
        if altered is None:
            return passing
        message, what = altered
        try:
            data = passing.frame_builder.reseal(message.fields, passing.data)
        except (EncodeError, LocalProtocolError):
            return passing  # the specification or the framing cannot carry the changed message
        self.acted(passing.terminal, f"{passing.mti} {what}")
        return passing._replace(message=message, data=data)

    def alter(self, message: Message) -> tuple[Message, str] | None:
        """The changed message, and the change in words; None if no change was possible."""
        raise NotImplementedError
