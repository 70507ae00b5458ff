"""How much of a standalone host its peers may take. The defaults hit no terminal and no switch."""

from __future__ import annotations

import msgspec

from harness.errors import ConfigError
from harness.live.connection import UNREAD_FOR

CONNECTIONS = 10_000
"""More than the terminals of a large bank, each with a connection of its own."""


class PeerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`connections` is how many may be open at the same time, and `unread_for` how many wall
    seconds a peer that takes nothing of what waits for it is put up with.
    """

    connections: int = CONNECTIONS
    unread_for: float = UNREAD_FOR

    def checked(self) -> PeerLimits:
        """These limits. Raises ConfigError where they let nobody in."""
        if self.connections < 1:
            raise ConfigError(
                f"{self.connections} connections let nobody in",
                place="max_connections",
                remedy=f"1 or more; without it, {CONNECTIONS:,}",
            )
        if not 0 < self.unread_for < float("inf"):
            raise ConfigError(
                f"{self.unread_for:g} s are no time to read in",
                place="unread_for",
                remedy=f"more than 0; without it, {UNREAD_FOR:g} s",
            )
        return self
