"""What can go wrong in a device, as the fault rules tell it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class DeviceFault(NamedTuple):
    """`jam`: the motor runs and the card stays. `short`: `notes` fewer are stacked, reported
    truthfully. `stuck`: the notes do not come back in. `unknown`: the sensor lost count; `notes`
    fewer left than asked.
    """

    kind: Literal["jam", "short", "stuck", "unknown"]
    notes: int = 0
