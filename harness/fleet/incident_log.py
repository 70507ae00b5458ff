"""A log of incidents: a file to which each change adds a line of JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from harness.control.announcer import IncidentChange
from harness.control.payloads import encode
from harness.errors import ConfigError

TELLS_AGAIN = 60.0  # wall seconds between two complaints that nothing can be written


class IncidentLog:
    """Adds `{"change": "opened", ...}` and the members of the incident, as docs/monitor.md has
    them. A full disk is told of, and ends nothing: `lost` counts the lines that were not written.
    """

    def __init__(
        self,
        path: Path,
        tell: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ConfigError: the file cannot be opened."""
        self._path = path
        self._tell = tell
        self._clock = clock
        self._told_at = float("-inf")
        self.lost = 0
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as trouble:
            why = trouble.strerror or str(trouble)
            raise ConfigError(f"cannot be written: {why}", place=f"--log {path}") from trouble

    def __call__(self, change: IncidentChange) -> None:
        line = b'{"change":"%s",' % change.what.encode() + encode(change.incident)[1:] + b"\n"
        try:
            self._file.write(line)
        except OSError as trouble:
            self.lost += 1
            now = self._clock()
            if now - self._told_at >= TELLS_AGAIN:
                self._told_at = now
                why = trouble.strerror or str(trouble)
                self._tell(f"--log {self._path}: {why}; {self.lost} lines are lost so far")

    def close(self) -> None:
        self._file.close()
