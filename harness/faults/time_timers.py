"""Faults around the end of a timer. An answer or a movement of the customer's hand comes just
before the end, just after it or in the same instant; or the terminal's process is paused then.

`exact_tie` and `hand_tie` need a single queue of timed events, which only `sim` has.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.customer import HandRule, Moment
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.message_delivery import Asked
from harness.faults.power import OPERATION, OperationRule
from harness.faults.rule import COMMON, FOREVER, MTI, Context, FaultSpec, Parameter, Rule
from harness.faults.wire import WireRule
from harness.machines.customer_keys import MachineDeadlines


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
            return None  # the answer is later than that already
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
    """An answer handled exactly at its deadline is late (docs/domain.md, "Terminal states")."""

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


# --- the customer's hand --------------------------------------------------------------------------


class HandTie(HandRule):
    """When the hand moves in the instant in which a timer ends, the device decides what happened
    (docs/domain.md, "Terminal states"). The fault acts once when the hand begins to wait, because
    the wait alone may end the customer's visit, and once when the hand moves as the timer ends.
    """

    kind = "hand_tie"
    layer = "time"
    summary = "a customer's hand moves in the very instant in which a timer of the machine runs out"
    virtual = True
    variants = ("", "lets=3")
    parameters: ClassVar[dict[str, Parameter]] = {
        "of": Parameter(
            "choice", "timer", "of the visit, or of the link", choices=("timer", "link")
        ),
        "lets": Parameter("count", "0", "how many it lets run out first"),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._lets: dict[str, int] = {}

    def waits_until(self, now: float, terminal: str, machine: MachineDeadlines) -> Moment:
        until = self._next(now, machine)
        if until == now:
            return Moment(now)
        self._lets[terminal] = self.value("lets")
        return Moment(until, "a hand waits for a timer to run out")

    def _next(self, now: float, machine: MachineDeadlines) -> float:
        until = machine.timer if self.value("of") == "timer" else machine.link
        return now if until == FOREVER else until

    def goes_on(self, now: float, terminal: str, machine: MachineDeadlines) -> Moment:
        if machine.fired != now:  # the timer was put off, or did not act
            return Moment(self._next(now, machine))
        if self._lets[terminal]:
            self._lets[terminal] -= 1
            return Moment(self._next(now, machine))
        return Moment(now, "a hand moved as a timer ran out")


# --- the terminal's process -----------------------------------------------------------------------


class ProcessPause(OperationRule):
    """The process is paused as by SIGSTOP and continued as by SIGCONT. Device, customer and network
    continue meanwhile. The process handles their events when it continues, at the time of that
    moment.
    """

    kind = "process_pause"
    lasting = "hold"
    layer = "time"
    variants = ("", "hold=60s")
    summary = "a terminal's process stands still behind an operation, and goes on later"
    parameters: ClassVar[dict[str, Parameter]] = {
        **OPERATION,
        "hold": Parameter("duration", "20s", "until it goes on", least=0.001),
        **COMMON,
    }

    def pause(self, terminal: str, operation: str) -> float:
        """Record the pause; returns the seconds for which the process is paused."""
        self.acted(terminal, f"process stands still at {operation}")
        hold: float = self.value("hold")
        return hold


TIMER_RULES: tuple[type[Rule], ...] = (
    JustBeforeTimeout,
    JustAfterTimeout,
    ExactTie,
    HandTie,
    ProcessPause,
)
