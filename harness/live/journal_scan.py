"""The scan for secrets (S3) of a journal that still grows.

It follows the file while the run goes on, so that the end of a run does not wait for it: a journal
of some gigabytes takes minutes to scan. What an earlier process has written into the same journal
is scanned too. A journal that is no regular file (a device, a pipe) has no content to be scanned,
and S3 is not tried then.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.checks.secrecy import SecrecyScan

PIECE = 1 << 16
"""Bytes that are scanned at once: some 2 ms, for which nobody else is served."""

BEHIND, IDLE = 0.01, 0.25
"""Wall seconds until the next piece, where there may be more and where there was none."""


class JournalScan:
    """Scans the whole lines of a journal as they come into the file; `found` has the result. It
    holds no descriptor while it waits.
    """

    def __init__(self, path: Path, scan: SecrecyScan) -> None:
        self.found = scan
        self._path = path
        self._at = 0  # bytes that were scanned
        self._line = 1
        self._error: Exception | None = None

    @property
    def tried(self) -> bool:
        """Is there a file to be scanned?"""
        return self._path.is_file()

    def advance(self) -> bool:
        """Scan the next piece; whether there was one. Raises OSError where it cannot be read."""
        if not self.tried:
            return False
        with self._path.open("rb") as file:
            file.seek(self._at)
            lines = file.readlines(PIECE)
        if lines and not lines[-1].endswith(b"\n"):  # the rest of it is not written yet
            lines.pop()
        self.found.scan_lines(lines, self._path.name, self._line)
        self._at += sum(map(len, lines))
        self._line += len(lines)
        return bool(lines)

    async def follow(self) -> None:
        """Scan while the journal is written, until this is cancelled. What cannot be read now, for
        instance for want of descriptors, is read later. What else raises is raised again by
        `finish`, as a run needs no scan to go on.
        """
        more = True
        while True:
            await asyncio.sleep(BEHIND if more else IDLE)
            try:
                more = self.advance()
            except OSError:
                more = False
            except Exception as error:
                self._error = error
                return

    def finish(self) -> None:
        """Scan what is left, when nothing more is written. Raises what a scan has raised, and
        OSError where the file cannot be read.
        """
        if self._error is not None:
            raise self._error
        while self.advance():
            pass
