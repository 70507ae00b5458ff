"""What the operator commands over the control plane.

A command is not a fault: a terminal has to obey it in every state. `operator_commands` is given at
one moment to a fleet, `remote_command` to one terminal shortly after it has done something.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.control.topics import VERBS
from harness.faults.fleet import OF, TERMINAL, region_of
from harness.faults.operator import WHEN
from harness.faults.power import OperationRule
from harness.faults.rule import COMMON, FOREVER, Context, FaultSpec, Mistake, Parameter, Rule

REGION = Parameter("count", None, "only this region", least=1)
VERB = Parameter("choice", "return_card_and_stop", "what is commanded", choices=VERBS)
COUNTS = Parameter("duration", "60s", "how long the command counts", least=0.001)


def region_mistake(parameters: dict[str, Any]) -> Mistake | None:
    """What is wrong with a region and the number of regions; None if nothing is."""
    region = parameters.get("region")
    if region is None or region <= parameters["of"]:
        return None
    return Mistake("region", "there are not so many regions", "such as region=2,of=4")


class OperatorCommands(Rule):
    """Given once, when the window of the fault opens."""

    kind = "operator_commands"
    layer = "operator"
    virtual = True
    summary = "the operator commands all terminals, a region or one, over the control plane"
    parameters: ClassVar[dict[str, Parameter]] = {
        "verb": VERB,
        "counts": COUNTS,
        "region": REGION,
        **OF,
        **TERMINAL,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._given = False

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        return region_mistake(parameters)

    def due(self) -> float:
        """When it is given (run seconds); infinite once it has been, or if it never is."""
        return self.start if not self._given and self.start < self.until else FOREVER

    def given(self) -> None:
        """The operator's desk gives the command now."""
        self._given = True

    def names_all(self) -> bool:
        """Is it one command to everybody?"""
        return self.terminal is None and self.value("region") is None

    def concerns(self, terminal: str) -> bool:
        """Is that terminal commanded?"""
        region = self.value("region")
        return self.meant(terminal) and region in (None, region_of(terminal, self.value("of")))


class RemoteCommand(OperationRule):
    """Strikes the operations that `at` names. The command leaves the desk `after` seconds later."""

    kind = "remote_command"
    layer = "operator"
    virtual = True
    summary = "the operator commands a terminal over the control plane, shortly after an operation"
    variants = ("", "after=100ms", "after=20s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "verb": VERB,
        "counts": COUNTS,
        **WHEN,
        **COMMON,
    }

    @property
    def after(self) -> float:
        return float(self.value("after"))


CommandGiver = OperatorCommands | RemoteCommand


COMMAND_RULES: tuple[type[Rule], ...] = (OperatorCommands, RemoteCommand)
