"""A store that takes its time: a write, and every one behind it, reaches it only later.

What is delayed is not durable, and is lost with the power.
"""

from __future__ import annotations

from harness import events as e
from harness.machines.effects import Write
from harness.machines.operations import OperationFaults, operation_of
from harness.machines.timers import NEVER


class SlowStore:
    """The writes of one ATM that its store has not taken in yet. `due` is when it goes on (run
    seconds).
    """

    __slots__ = ("_faults", "_writes", "due")

    def __init__(self, faults: OperationFaults | None) -> None:
        self._faults = faults
        self._writes: list[Write] = []
        self.due = NEVER

    def delays(self, write: Write, now: float) -> e.RecordDelayed | None:
        """Is this write delayed, by a fault or because one before it is? Then it is kept here."""
        if self._faults is None:
            return None
        fault = self._faults.device_fault(now, operation_of(write))
        if self.due == NEVER:
            if fault is None:
                return None
            self.due = now + fault.seconds
        self._writes.append(write)
        return e.RecordDelayed(write.record.name, getattr(write.record, "transaction", 0))

    def goes_on(self) -> list[Write]:
        """What had waited, in its order."""
        writes, self._writes = self._writes, []
        self.due = NEVER
        return writes
