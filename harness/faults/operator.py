"""The operator: orders to a terminal, a person who works at it, a planned restart. And the mains of
the house, which fail at any moment.

None of them is a mistake of anybody: a terminal has to obey, or to recover, in every state. `at`
names what the terminal has just done, `after` how much later the first order comes, so that each
state can be met.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.power import OperationRule
from harness.faults.rule import COMMON, Parameter
from harness.machines.operator import Kind, Visit

MOMENTS = (
    *("connect", "frame", "write:Intent"),
    *(f"motor:{motor}" for motor in ("eject", "capture", "stack", "present", "retract")),
)
"""What a terminal does shortly before an order comes."""

WHEN = {
    "at": Parameter("choice", "connect", "what the terminal has just done", choices=MOMENTS),
    "after": Parameter("duration", "1s", "the order comes so much later", least=0.001),
}


class OperatorRule(OperationRule):
    """Strikes what `at` names. A visit acts once its first order has reached the terminal."""

    layer = "operator"
    visit_kind: ClassVar[Kind]
    order: ClassVar[str] = ""

    def visit(self, now: float, terminal: str) -> Visit:
        """The visit that follows what the fault has struck."""
        begins = now + float(self.value("after"))
        return Visit(self.visit_kind, begins, self.lasts, lambda: self.acted(terminal, self.order))


class OperatorStop(OperatorRule):
    kind = "operator_stop"
    visit_kind = "stop"
    order = "ordered to stop"
    lasting = "for"
    summary = "the operator stops the terminal, and resumes it later"
    variants = ("", "after=300ms,for=2s", "after=20s")
    parameters: ClassVar[dict[str, Parameter]] = {
        **WHEN,
        "for": Parameter("duration", "60s", "until the operator resumes it", least=0.001),
        **COMMON,
    }


class OperatorResume(OperatorRule):
    kind = "operator_resume"
    visit_kind = "resume"
    order = "ordered to resume"
    summary = "the operator resumes a terminal, whether it was stopped or not"
    parameters: ClassVar[dict[str, Parameter]] = {**WHEN, **COMMON}


class ServiceVisit(OperatorRule):
    kind = "service_visit"
    visit_kind = "service"
    order = "a person came to work at it"
    lasting = "stays"
    summary = "a person has the terminal stopped, opens the safe, counts and fills the cassettes"
    variants = ("stays=20s", "after=20s,stays=20s")
    parameters: ClassVar[dict[str, Parameter]] = {
        **WHEN,
        "stays": Parameter("duration", "60s", "how long the safe is open", least=0.001),
        **COMMON,
    }


class PlannedRestart(OperatorRule):
    kind = "planned_restart"
    visit_kind = "restart"
    order = "stopped for a planned restart"
    lasting = "off"
    summary = "the operator stops the terminal, and restarts it as soon as it is free"
    variants = ("off=10s",)
    parameters: ClassVar[dict[str, Parameter]] = {
        **WHEN,
        "off": Parameter("duration", "20s", "until it is on again", least=0.001),
        **COMMON,
    }


class MainsFail(OperatorRule):
    """`power_cut` strikes between two operations. Between these a card lies at the slot, a customer
    types, and cash waits for a hand.
    """

    kind = "mains_fail"
    visit_kind = "mains"
    order = "the mains failed"
    lasting = "off"
    summary = "the mains fail some time after an operation, whatever the terminal does by then"
    variants = ("after=1500ms,off=60s", "after=4s,off=60s")
    parameters: ClassVar[dict[str, Parameter]] = {
        **WHEN,
        "off": Parameter("duration", "120s", "until the power is back", least=0.001),
        **COMMON,
    }


OPERATOR_RULES: tuple[type[OperatorRule], ...] = (
    OperatorStop,
    OperatorResume,
    ServiceVisit,
    PlannedRestart,
    MainsFail,
)
