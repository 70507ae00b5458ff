"""How long the movements of an ATM's device take."""

from __future__ import annotations

import msgspec


class Motors(msgspec.Struct, frozen=True, kw_only=True):
    """How long each movement takes, in seconds."""

    read: float = 1.0
    eject: float = 1.2
    capture: float = 1.5
    stack: float = 2.0
    present: float = 0.8
    retract: float = 1.5
