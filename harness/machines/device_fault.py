"""What can go wrong with a movement of the device."""

from __future__ import annotations

from typing import Literal, NamedTuple


class DeviceFault(NamedTuple):
    """The kinds of fault:

    - `jam`: the eject motor runs, and the card stays inside.
    - `short`: `notes` fewer than asked are stacked, and that is reported.
    - `stuck`: the notes are not retracted.
    - `unknown`: `notes` fewer than asked are stacked, and the sensor has lost count.
    """

    kind: Literal["jam", "short", "stuck", "unknown"]
    notes: int = 0
