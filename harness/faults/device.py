"""Faults of the device: a command to a motor fails."""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import COMMON, Parameter, Rule
from harness.machines.device_fault import DeviceFault


class DeviceRule(Rule):
    """Strikes commands of one kind: 'eject', 'stack' or 'retract'. Each command is an attempt."""

    layer = "device"
    where = "terminals"
    command: ClassVar[str] = ""

    def device_fault(self, terminal: str) -> DeviceFault:
        """Record the fault; returns its effect on the struck command."""
        raise NotImplementedError


class EjectJam(DeviceRule):
    kind = "eject_jam"
    summary = "the motor runs and the card stays; the terminal's retry is an attempt of its own"
    command = "eject"

    def device_fault(self, terminal: str) -> DeviceFault:
        self.acted(terminal, "card jammed")
        return DeviceFault("jam")


class DispenseShort(DeviceRule):
    kind = "dispense_short"
    summary = "fewer notes are stacked than asked for, and the dispenser says so"
    command = "stack"
    parameters: ClassVar[dict[str, Parameter]] = {
        "notes": Parameter("count", "1", "how many are missing", least=1),
        **COMMON,
    }

    def device_fault(self, terminal: str) -> DeviceFault:
        notes: int = self.value("notes")
        self.acted(terminal, f"{notes} {'note' if notes == 1 else 'notes'} short")
        return DeviceFault("short", notes)


class DispenseUnknown(DeviceRule):
    kind = "dispense_unknown"
    summary = "the dispenser loses count of what it stacked"
    command = "stack"
    parameters: ClassVar[dict[str, Parameter]] = {
        "notes": Parameter("count", "0", "how many are missing, for all that nobody knows it"),
        **COMMON,
    }

    def device_fault(self, terminal: str) -> DeviceFault:
        self.acted(terminal, "dispenser lost count")
        return DeviceFault("unknown", self.value("notes"))


class RetractFail(DeviceRule):
    kind = "retract_fail"
    summary = "notes that are drawn back in get stuck between slot and bin, uncounted"
    command = "retract"

    def device_fault(self, terminal: str) -> DeviceFault:
        self.acted(terminal, "notes stuck")
        return DeviceFault("stuck")


DEVICE_RULES: tuple[type[DeviceRule], ...] = (
    EjectJam,
    DispenseShort,
    DispenseUnknown,
    RetractFail,
)
