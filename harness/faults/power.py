"""Faults of the power: the mains of a terminal fail between two of its operations.

An operation is named by what is done: 'write:Intent' (with the name of the record), 'sync' (the
store has confirmed that it holds the record), 'motor:eject', 'frame:0200', 'connect', 'disconnect'.
`at` may be the beginning of such a name; `nth` counts the operations that `at` names.
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
    """Strikes the operations that `at` names. Each such operation is an attempt."""

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
        """Tell of the power cut; return the seconds without power."""
        self.acted(terminal, f"power lost at {operation}")
        off: float = self.value("off")
        return off


POWER_RULES: tuple[type[OperationRule], ...] = (PowerCut,)


def is_operation(text: str) -> bool:
    """Does the name of some operation begin with `text`? After 'frame:' the MTIs of other ISO 8583
    versions are accepted as well: any text of at most four digits.
    """
    family, _, mti = text.partition(":")
    if family == "frame" and mti.isascii() and mti.isdigit() and len(mti) <= 4:
        return True
    return any(name.startswith(text) for name in OPERATIONS)
