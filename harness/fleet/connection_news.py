"""Tells in words when a broker cannot be used, and when it can be used again: once for all the
connections of a process, which fail together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.fleet.address import BrokerAddress

TOLD_EVERY = 10.0
"""Wall seconds between two lines about connections that come and go."""


class ConnectionNews:
    """`tell` gets a line for the first connection that is refused or lost, and one when a
    connection stands again. Where that happens again and again, each `TOLD_EVERY` seconds.
    """

    def __init__(self, address: BrokerAddress, tell: Callable[[str], None]) -> None:
        self._address = address
        self._tell = tell
        self._trouble = False
        self._told = False
        self._quiet_until = 0.0

    def bad(self, why: str) -> None:
        """A connection was refused or lost."""
        if not self._trouble:
            self._trouble = True
            self._told = self._say(
                f"control plane: the broker at {self._address} cannot be used: {why}; "
                "it is tried again, and the terminals go on without it"
            )

    def good(self) -> None:
        """A connection stands."""
        if self._trouble:
            self._trouble = False
            if self._told:
                self._tell(f"control plane: the broker at {self._address} is used again")

    def _say(self, line: str) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._quiet_until:
            return False
        self._quiet_until = now + TOLD_EVERY
        self._tell(line)
        return True
