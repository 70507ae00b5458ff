"""Faults of the device: a command to a motor fails."""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import COMMON, Parameter, Rule
from harness.machines.device_fault import DeviceFault

RECORDS = tuple(
    f"write:{name}" for name in ("Intent", "Decision", "Reversal", "Closed", "OutOfService")
)
"""The records without which something must not happen yet, and one that nothing waits for."""

MOTORS = ("read", "eject", "capture", "stack", "present", "retract")


class CommandRule(Rule):
    """Strikes commands of the device (`DeviceFaults` says which there are)."""

    layer = "device"
    where = "terminals"

    def concerns(self, command: str) -> bool:
        """Is this a command that the fault may strike?"""
        raise NotImplementedError

    def device_fault(self, terminal: str) -> DeviceFault:
        """Record the fault; returns its effect on the struck command."""
        raise NotImplementedError


class DeviceRule(CommandRule):
    """Strikes commands of one kind: 'eject', 'stack' or 'retract'. Each command is an attempt."""

    command: ClassVar[str] = ""

    def concerns(self, command: str) -> bool:
        return command == self.command


class EjectJam(DeviceRule):
    kind = "eject_jam"
    summary = "the motor runs and the card stays; the terminal's retry is an attempt of its own"
    command = "eject"
    variants = ("", "row=2")

    def device_fault(self, terminal: str) -> DeviceFault:
        self.acted(terminal, "card jammed")
        return DeviceFault("jam")


class MotorRule(CommandRule):
    """Strikes the movements of one motor. Each movement is an attempt."""

    def concerns(self, command: str) -> bool:
        return command == f"motor:{self.value('motor')}"


class MotorSlow(MotorRule):
    kind = "motor_slow"
    summary = "a motor takes so much longer, and reports only then"
    variants = ("by=8s", "by=20s", "by=45s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "motor": Parameter("choice", "eject", "which motor", choices=MOTORS),
        "by": Parameter("duration", "20s", "so much longer", least=0.001),
        **COMMON,
    }

    def device_fault(self, terminal: str) -> DeviceFault:
        by: float = self.value("by")
        self.acted(terminal, f"{self.value('motor')} takes {by:g} s longer")
        return DeviceFault("slow", seconds=by)


class MotorHangs(MotorRule):
    kind = "motor_hangs"
    summary = "a motor stops on its way and never reports; what comes next moves it again"
    parameters: ClassVar[dict[str, Parameter]] = {
        "motor": Parameter("choice", "stack", "which motor", choices=MOTORS),
        **COMMON,
    }

    def device_fault(self, terminal: str) -> DeviceFault:
        self.acted(terminal, f"{self.value('motor')} hangs")
        return DeviceFault("hangs")


class DispenseShort(DeviceRule):
    kind = "dispense_short"
    summary = "fewer notes are stacked than asked for, and the dispenser says so"
    command = "stack"
    variants = ("", "notes=100")
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


class StoreStalls(CommandRule):
    """A disk that is full, worn or busy answers late, and what needs the record has to wait."""

    kind = "store_stalls"
    summary = "the store takes a record, and all behind it, only this much later"
    variants = ("by=5s", "by=50s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "at": Parameter("choice", "write:Decision", "which record", choices=RECORDS),
        "by": Parameter("duration", "5s", "so much later", least=0.001),
        **COMMON,
    }

    def concerns(self, command: str) -> bool:
        at: str = self.value("at")
        return command == at

    def device_fault(self, terminal: str) -> DeviceFault:
        by: float = self.value("by")
        self.acted(terminal, f"{self.value('at')} is durable {by:g} s later")
        return DeviceFault("slow", seconds=by)


DEVICE_RULES: tuple[type[CommandRule], ...] = (
    EjectJam,
    DispenseShort,
    DispenseUnknown,
    RetractFail,
    MotorSlow,
    MotorHangs,
    StoreStalls,
)
