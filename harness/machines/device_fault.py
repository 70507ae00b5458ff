"""What can go wrong with a movement of the device."""

from __future__ import annotations

from typing import Literal, NamedTuple


class DeviceFault(NamedTuple):
    """The kinds of fault:

    - `jam`: the eject motor runs, and the card stays inside.
    - `short`: `notes` fewer than asked are stacked, and that is reported.
    - `stuck`: the notes are not retracted.
    - `slow`: the motor takes `seconds` longer than usual, and reports only then.
    - `hangs`: the motor stops on its way, and never reports.
    - `unknown`: `notes` fewer than asked are stacked, and the sensor has lost count.
    """

    kind: Literal["jam", "short", "stuck", "unknown", "slow", "hangs"]
    notes: int = 0
    seconds: float = 0.0
