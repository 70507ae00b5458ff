"""How large the journal of a standalone run may grow.

Money messages are always written, so that a peer which sends them without a pause would fill the
disk. With its limit the run ends in order, and its verdict says so.
"""

from __future__ import annotations

from harness.contract import MOST_JOURNAL
from harness.errors import ConfigError

MEGABYTE = 1_000_000
"""Bytes; the limit counts in them."""

MORE_TO_SETTLE = 0.1
"""The share of the limit by which the journal may grow while the run waits for what is open."""


class JournalLimit:
    """The limit in `megabytes`; `told` where the journal has an entry that it was reached."""

    def __init__(self, megabytes: int) -> None:
        """Raises ConfigError for a limit below 1."""
        if megabytes < 1:
            raise ConfigError(
                f"{megabytes} MB hold no journal",
                place="most_journal",
                remedy=f"1 or more; without it, {MOST_JOURNAL:,} MB",
            )
        self.megabytes = megabytes
        self.told = False

    def is_reached(self, size: int) -> bool:
        """Is a journal of so many bytes full? Then the run is to end."""
        return size >= self.megabytes * MEGABYTE

    def is_passed(self, size: int) -> bool:
        """Has it grown so much since that the run waits no more for what is open?"""
        return size > self.megabytes * MEGABYTE * (1 + MORE_TO_SETTLE)
