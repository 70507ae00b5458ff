"""Answers around the end of the terminal's host timer: in time, too late, or in the same instant.

Where nobody at the wire knows when the timer runs out, it is counted from when the request passed,
by the contract's host_response; `exact_tie` needs the one heap of time that only `sim` has.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import TO_HOST, WireRule
from harness.wire.message import Message, message_class_of


class Asked(WireRule):
    """Remembers when requests passed, by STAN: the latest few of each terminal."""

    speaks = "response"
    remembers: ClassVar[int] = 8

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._asked: dict[str, dict[str, float]] = {}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if passing.to == TO_HOST:
            self._remember(now, passing)
            return None
        return super().fate(now, passing)

    def _remember(self, now: float, passing: Passing) -> None:
        message = passing.message
        if message is None or not self._asks(message):
            return
        asked = self._asked.setdefault(passing.terminal, {})
        asked.pop(message.stan, None)
        asked[message.stan] = now
        if len(asked) > self.remembers:
            del asked[next(iter(asked))]

    def _asks(self, message: Message) -> bool:
        """Is this of the class whose answers are meant?"""
        if self.mti is None:
            return self.touches(message)
        return message.message_class == message_class_of(self.mti)

    def runs_out(self, passing: Passing) -> float | None:
        """When the wait for this answer ends by the contract; None if its request did not pass."""
        stan = passing.message.stan if passing.message is not None else ""
        asked = self._asked.get(passing.terminal, {}).get(stan)
        return None if asked is None else asked + self.context.host_response


class LateResponse(Asked):
    kind = "late_response"
    variants = ("", "past=0s")
    summary = "the answer comes when the terminal's host timer has run out"
    parameters: ClassVar[dict[str, Parameter]] = {
        "past": Parameter("duration", "5s", "so long after the end of host_response"),
        **MTI,
        **COMMON,
    }

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        end = self.runs_out(passing)
        wait = 0.0 if end is None else end + self.value("past") - now
        if wait <= 0.0:
            return None  # nobody asked, or it is late enough by itself
        self.acted(passing.terminal, f"{passing.mti} held for {wait:.1f} s")
        return [Deliver(wait, passing.data)]


class JustBeforeTimeout(Asked):
    kind = "just_before_timeout"
    summary = "the answer comes at the last moment: in time"
    layer = "time"
    variants = ("", "by=1ms")
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "500ms", "so long before the host timer runs out", least=0.001),
        **MTI,
        **COMMON,
    }
    side: ClassVar[float] = -1.0

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        end = self.runs_out(passing)
        if end is None:
            return None
        left = end - now if passing.deadline is None else passing.deadline
        wait = left + self.side * self.value("by")
        if wait <= 0.0:
            return None  # it is later than that by itself
        self.acted(passing.terminal, f"{passing.mti} held for {wait:.3f} s")
        return [Deliver(wait, passing.data)]


class JustAfterTimeout(JustBeforeTimeout):
    kind = "just_after_timeout"
    summary = "the answer comes a moment too late"
    side = 1.0
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "500ms", "so long after the host timer ran out", least=0.001),
        **MTI,
        **COMMON,
    }


class ExactTie(WireRule):
    """An answer that is handled at its deadline is late (docs/domain.md, "Terminal states")."""

    kind = "exact_tie"
    summary = "the answer comes in the very instant in which the host timer runs out: too late"
    layer = "time"
    speaks = "response"
    virtual = True

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        if passing.deadline is None or passing.deadline <= 0.0:
            return None
        self.acted(passing.terminal, f"{passing.mti} held for {passing.deadline:.3f} s, to a tie")
        return [Deliver(passing.deadline, passing.data, first=True)]


TIMEOUT_RULES: tuple[type[WireRule], ...] = (
    LateResponse,
    JustBeforeTimeout,
    JustAfterTimeout,
    ExactTie,
)
