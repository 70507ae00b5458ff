"""The members that every message of the control plane has."""

from __future__ import annotations

from typing import Any

from harness.wire.calendar import Calendar


class Heads:
    """Numbers the messages of one process, which `boot_id` names, from 1 on. Its last will, which
    is written before all of them, has the number 0.
    """

    def __init__(self, calendar: Calendar, boot_id: str) -> None:
        self.boot_id = boot_id
        self._calendar = calendar
        self._seq = 0

    def next(self, now: float) -> dict[str, Any]:
        """The head of the next message."""
        self._seq += 1
        return self.numbered(self._seq, now)

    def numbered(self, seq: int, now: float) -> dict[str, Any]:
        """A head with the number of another message, or with that of the last will."""
        at = self._calendar.iso(now)
        return {"id": f"{self.boot_id}-{seq}", "boot_id": self.boot_id, "seq": seq, "at": at}
