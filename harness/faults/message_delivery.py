"""Faults of delivery: a message is lost, repeated, late, or overtaken by another message.

The content of the message stays right. Unless mti= says otherwise these faults affect financial and
reversal messages, so that echoes still work on a link whose answers are broken.

If the end of the terminal's host timer is not known at the wire, it is calculated: the time at
which the request passed, plus host_response of the contract.
"""

from __future__ import annotations

from typing import ClassVar

from harness.bounded import keep_latest
from harness.contract import MOST_NAMES
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import LOSS, TO_HOST, TO_TERMINAL, WireRule
from harness.wire.message import Message, message_class_of


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
    variants: ClassVar[tuple[str, ...]] = ("", "every=6s")
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
    variants = ("", "every=100ms", "every=60s")  # before the commit, and after the reversal
    summary = "the request arrives several times"
    speaks = "request"
    to = TO_HOST


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


# --- answers later than the host timer ------------------------------------------------------------


class Asked(WireRule):
    """Remembers by STAN when requests passed: the latest `remembers` requests of each terminal."""

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
        if len(self._asked) >= MOST_NAMES and passing.terminal not in self._asked:
            return
        asked = self._asked.setdefault(passing.terminal, {})
        asked.pop(message.stan, None)
        asked[message.stan] = now
        keep_latest(asked, self.remembers)

    def _asks(self, message: Message) -> bool:
        """Is this message of the class whose answers the fault affects?"""
        if self.mti is None:
            return self.touches(message)
        return message.message_class == message_class_of(self.mti)

    def runs_out(self, passing: Passing) -> float | None:
        """The run second at which the wait for this answer ends by the contract; None if no request
        with its STAN is remembered.
        """
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
            return None  # no remembered request, or the answer is late enough already
        self.acted(passing.terminal, f"{passing.mti} held for {wait:.1f} s")
        return [Deliver(wait, passing.data)]


DELIVERY_RULES: tuple[type[WireRule], ...] = (
    DropRequest,
    DropResponse,
    DuplicateRequest,
    DuplicateResponse,
    Reorder,
    LateResponse,
)
