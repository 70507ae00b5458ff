"""The ATM, as its end of the control plane sees it."""

from __future__ import annotations

from typing import Protocol

from harness.machines import inputs as i
from harness.machines.device import Device
from harness.machines.terminal import Terminal


class Machine(Protocol):
    """The ATM that is commanded."""

    device: Device
    terminal: Terminal | None

    def give(self, order: str, what: i.Input, now: float) -> bool:
        """Give the terminal's logic an order; False if it has no power."""

    def lose_power(self, now: float, seconds: float, phase: str) -> None:
        """Take the power away for so many seconds."""

    def show_message(self, text: str) -> None:
        """Put a line on the display."""
