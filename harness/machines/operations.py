"""The names of what an ATM's logic does to its device, its store and its connection.

A fault such as a power cut or a pause of the process can be keyed to one of them:
`power_cut:at=motor:eject`, `process_pause:at=frame:0200`. The names are 'motor:' and a motor,
'write:' and a record's name, 'frame:' and an MTI, 'connect' and 'disconnect'; the ATM itself adds
'sync' for a record that has become durable.
"""

from __future__ import annotations

from typing import Protocol

from harness.machines import inputs as i
from harness.machines.device import Device
from harness.machines.device_fault import DeviceFault
from harness.machines.effects import Transmit, Write
from harness.machines.operator import Visit

MOTORS: dict[type[i.Effect], str] = {
    i.Eject: "motor:eject",
    i.Capture: "motor:capture",
    i.Stack: "motor:stack",
    i.Present: "motor:present",
    i.Retract: "motor:retract",
}


def operation_of(effect: i.Effect) -> str:
    """The name of the operation that an effect is."""
    motor = MOTORS.get(type(effect))
    if motor is not None:
        return motor
    if type(effect) is Write:
        return f"write:{effect.record.name}"
    if type(effect) is Transmit:
        return f"frame:{effect.mti}"
    return type(effect).__name__.lower()


def command(device: Device, effect: i.Effect, now: float) -> None:
    """Carry out an effect on the device; what concerns another part of the ATM is ignored."""
    match effect:
        case i.Show():
            device.show(effect.screen)
        case i.AcceptCards():
            device.accept_cards(effect.open)
        case i.Eject():
            device.eject(now)
        case i.Capture():
            device.capture(now)
        case i.Stack():
            device.stack(effect.transaction, effect.amount, now)
        case i.Present():
            device.present(now)
        case i.Retract():
            device.retract(now)


class OperationFaults(Protocol):
    """What can happen to an ATM between two operations; faults are such."""

    @property
    def acts(self) -> bool:
        """Is there any need to ask?"""

    def power_cut(self, now: float, operation: str) -> float | None:
        """Seconds without power from this operation on, or None."""

    def visits(self, now: float, operation: str) -> list[Visit]:
        """The visits of the operator that follow this operation."""

    def device_fault(self, now: float, command: str) -> DeviceFault | None:
        """What goes wrong with a write to the store, named as the operation is."""

    def pause(self, now: float, operation: str) -> float | None:
        """Seconds for which the process stands still behind this operation, or None."""
