"""When a message may have got lost with the connection of its terminal.

Between the last message before a connection ended and the first one after it, a terminal may have
sent what nobody here has seen. Times are compared as the messages name them (DE 7 in 1987), because
a reversal names its original so.
"""

from __future__ import annotations

import msgspec

KEEPS = 16
"""Gaps of each terminal: a reversal comes soon after the connection that took its original."""


class Gap(msgspec.Struct, gc=False):
    """The connection ended at `at` (run seconds); `after` and `until` are the times that the last
    message before and the first one after it name, '' where there is none.
    """

    at: float
    after: str
    until: str = ""

    def holds(self, sent: str) -> bool:
        """May a message of that time have been sent in it? The turn of a year may lie in it."""
        if not (self.after and self.until):
            return sent >= self.after if self.after else False
        if self.after <= self.until:
            return self.after <= sent <= self.until
        return sent >= self.after or sent <= self.until


class ConnectionGaps:
    """Those of one terminal."""

    __slots__ = ("_gaps", "_last")

    def __init__(self) -> None:
        self._gaps: list[Gap] = []
        self._last = ""

    def sends(self, sent: str) -> None:
        """A message of that time leaves the terminal."""
        if not sent:
            return
        self._last = sent
        if self._gaps and not self._gaps[-1].until:
            self._gaps[-1].until = sent

    def closed(self, at: float) -> None:
        """A connection has ended."""
        if self._gaps and not self._gaps[-1].until:
            return  # nothing was sent since the one before: they are one gap
        self._gaps = [*self._gaps[1 - KEEPS :], Gap(at, self._last)]

    def lost_at(self, sent: str) -> float | None:
        """When the connection ended with which a message of that time may have got lost (run
        seconds); None where none did.
        """
        return next((gap.at for gap in self._gaps if gap.holds(sent)), None)
