"""Faults at the machine itself: its device, its mains, the person in front of it."""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import COMMON, Parameter, Rule
from harness.machines.mishap import Mishap


class DeviceRule(Rule):
    """Strikes a command of one kind: 'eject' or 'stack'."""

    layer = "device"
    parameters: ClassVar[dict[str, Parameter]] = dict(COMMON)
    command: ClassVar[str] = ""

    def mishap(self, now: float, terminal: str, command: str) -> Mishap | None:
        if command != self.command or not self.strikes(now, terminal):
            return None
        mishap = self.happens()
        self.acted(terminal, self.kind)
        return mishap

    def happens(self) -> Mishap:
        raise NotImplementedError


class EjectJam(DeviceRule):
    kind = "eject_jam"
    summary = "the motor runs and the card does not move (the retry is an attempt of its own)"
    command = "eject"

    def happens(self) -> Mishap:
        return Mishap("jam")


class DispenseShort(DeviceRule):
    kind = "dispense_short"
    summary = "fewer notes are stacked than asked for, and the stacker says so"
    command = "stack"
    parameters: ClassVar[dict[str, Parameter]] = {
        "notes": Parameter("count", "1", "missing"),
        **COMMON,
    }

    def happens(self) -> Mishap:
        return Mishap("short", self.value("notes"))


class DispenseUnknown(DeviceRule):
    kind = "dispense_unknown"
    summary = "the stacker loses count"
    command = "stack"

    def happens(self) -> Mishap:
        return Mishap("unknown")


class CustomerRule(Rule):
    """Strikes when a customer could take what lies at the slot."""

    layer = "customer"
    parameters: ClassVar[dict[str, Parameter]] = dict(COMMON)
    what: ClassVar[str] = ""

    def forgets(self, now: float, terminal: str, what: str) -> bool:
        if what != self.what or not self.strikes(now, terminal):
            return False
        self.acted(terminal, f"left the {what}")
        return True


class LeavesCard(CustomerRule):
    kind = "customer_leaves_card"
    summary = "the customer walks away without the card"
    what = "card"


class LeavesCash(CustomerRule):
    kind = "customer_leaves_cash"
    summary = "the customer walks away without the cash"
    what = "cash"


class PowerCut(Rule):
    kind = "power_cut"
    layer = "power"
    summary = "the mains fail at a store write or sync, a motor's start or a frame's sending"
    parameters: ClassVar[dict[str, Parameter]] = {
        "at": Parameter(
            "word",
            None,
            "the operation, or how it begins: write:Intent, sync, motor:stack, frame:0200 ...",
        ),
        "off": Parameter("duration", "120s", "until the power is back"),
        **COMMON,
    }

    def cut(self, now: float, terminal: str, operation: str) -> float | None:
        """Seconds without power, or None. `nth` counts the operations that `at` names."""
        at = self.value("at")
        if at is not None and not operation.startswith(at):
            return None
        if not self.strikes(now, terminal):
            return None
        self.acted(terminal, f"power lost at {operation}")
        off: float = self.value("off")
        return off


DEVICE_RULES: tuple[type[DeviceRule], ...] = (EjectJam, DispenseShort, DispenseUnknown)
CUSTOMER_RULES: tuple[type[CustomerRule], ...] = (LeavesCard, LeavesCash)
POWER_RULES: tuple[type[PowerCut], ...] = (PowerCut,)
