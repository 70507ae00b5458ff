"""Faults of the power: the mains of a terminal fail between two of its operations.

An operation is named by what is done: 'write:Intent' (a record's name), 'sync' (the store has told
that it holds it), 'motor:eject', 'frame:0200', 'connect', 'disconnect'. `at` may be the beginning
of such a name; `nth` counts the operations that it names.
"""

from __future__ import annotations

from typing import ClassVar, get_args

from harness.faults.rule import COMMON, Parameter, Rule
from harness.machines.store import AnyRecord
from harness.wire.dialects import load_dialect
from harness.wire.message import function_of_mti

OPERATIONS: tuple[str, ...] = (
    *(f"write:{record.name}" for record in get_args(AnyRecord)),
    *("sync", "connect", "disconnect"),
    *(f"motor:{motor}" for motor in ("eject", "capture", "stack", "present", "retract")),
    *(
        f"frame:{mti}"
        for mti in load_dialect().message_types()
        if function_of_mti(mti) == "request"
    ),
)


OPERATION = {
    "at": Parameter(
        "operation", None, "write:Intent, sync, motor:stack, frame:0200 ... or how one begins"
    )
}


class OperationRule(Rule):
    """Strikes operations that `at` names; each is an attempt."""

    where = "terminals"

    def names(self, operation: str) -> bool:
        """Is this one of the operations that `at` names?"""
        at: str | None = self.value("at")
        return at is None or operation.startswith(at)


class PowerCut(OperationRule):
    kind = "power_cut"
    lasting = "off"
    layer = "power"
    summary = "the mains fail at a store's write or sync, a motor's start or a frame's sending"
    parameters: ClassVar[dict[str, Parameter]] = {
        **OPERATION,
        "off": Parameter("duration", "120s", "until the power is back", least=0.001),
        **COMMON,
    }

    def cut(self, terminal: str, operation: str) -> float:
        """Seconds without power."""
        self.acted(terminal, f"power lost at {operation}")
        off: float = self.value("off")
        return off


POWER_RULES: tuple[type[OperationRule], ...] = (PowerCut,)


def is_operation(text: str) -> bool:
    """Does the name of some operation begin like that? Other versions' MTIs are as good."""
    family, _, mti = text.partition(":")
    if family == "frame" and mti.isascii() and mti.isdigit() and len(mti) <= 4:
        return True
    return any(name.startswith(text) for name in OPERATIONS)
