"""Faults of the wire that leave a frame whole: it is lost, repeated, late, or overtaken.

    terminal | tap | these | tap | host

Unless mti= says otherwise they touch financial and reversal messages only (0200, 0210, 0420,
0421, 0430 ...), so that a link whose answers are broken still echoes.

Several rules compose by stage (compose.py).
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter, Rule

LOSS, MEANING, TIMING, DAMAGE, FRAME, CUT, PACE, SLICE = range(8)
TO_HOST, TO_TERMINAL = "host", "terminal"


class WireRule(Rule):
    """Gives a frame its fate. `to` is where the frames go that it touches without mti=."""

    layer = "wire"
    stage: ClassVar[int] = TIMING
    to: ClassVar[str] = TO_TERMINAL
    parameters: ClassVar[dict[str, Parameter]] = {**MTI, **COMMON}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """What is delivered in a frame's stead; None leaves it alone."""
        if not self.means(passing) or not self.strikes(now, passing.terminal):
            return None
        return self.strike(now, passing)

    def means(self, passing: Passing) -> bool:
        """Is this frame one of those that the rule is about?"""
        if self.mti is None and passing.to != self.to:
            return False
        return self.touches(passing.mti)

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        """The fate of a frame that is struck; None if it cannot be."""
        raise NotImplementedError

    def opened(self, terminal: str) -> None:
        """A new connection of that terminal stands."""


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
        self.acted(passing.terminal, f"{passing.mti} delivered {times} times")
        return [Deliver(every * copy, passing.data) for copy in range(times)]


class DuplicateRequest(DuplicateResponse):
    kind = "dup_request"
    summary = "the request arrives several times"
    speaks = "request"
    to = TO_HOST


class LateResponse(WireRule):
    """Remembers when requests passed, by STAN: the latest few of each terminal."""

    kind = "late_response"
    variants = ("", "past=0s")
    summary = "the answer comes when the terminal's host timer has run out"
    speaks = "response"
    parameters: ClassVar[dict[str, Parameter]] = {
        "past": Parameter("duration", "5s", "so long after the end of host_response"),
        **MTI,
        **COMMON,
    }
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
        fields, mti = passing.fields, passing.mti
        if not fields or not (mti[1:2] == self.mti[1:2] if self.mti else self.touches(mti)):
            return
        asked = self._asked.setdefault(passing.terminal, {})
        stan = fields.get("11", "")
        asked.pop(stan, None)
        asked[stan] = now
        if len(asked) > self.remembers:
            del asked[next(iter(asked))]

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        stan = passing.fields.get("11", "") if passing.fields else ""
        asked = self._asked.get(passing.terminal, {}).get(stan)
        if asked is None:
            return None
        wait = asked + self.context.host_response + self.value("past") - now
        if wait <= 0.0:
            return None  # late enough by itself
        self.acted(passing.terminal, f"{passing.mti} held for {wait:.1f} s")
        return [Deliver(wait, passing.data)]


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
        return self.touches(passing.mti)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        hold = self.value("hold")
        self.acted(passing.terminal, f"{passing.mti} held back for {hold:g} s")
        return [Deliver(hold, passing.data)]


WIRE_RULES: tuple[type[WireRule], ...] = (
    DropRequest,
    DropResponse,
    DuplicateRequest,
    DuplicateResponse,
    LateResponse,
    Reorder,
)
