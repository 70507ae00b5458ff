"""A journal whose disk takes no more is cut behind its last whole line.

The judge of a run listens while the run goes on, so that its verdict does not need the file. What
is lost is the evidence for others, and that is said: in `trouble`, and by the journal itself, which
has no RunEnded line.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from harness.errors import EnvironmentTrouble
from harness.events import Event
from harness.journal.writing import JournalWriter

_BLOCK = 1 << 16  # bytes that are looked through at once for the end of a line


class CuttableJournal:
    """Writes a journal until that fails. `trouble` then says why, and nothing more is written. With
    `strict` the first failure is raised too: for a run that must not go on without its journal.
    """

    def __init__(self, writer: JournalWriter, *, strict: bool = False) -> None:
        self.trouble = ""
        self._writer = writer
        self._strict = strict

    def write(self, at: float, actor: str, event: Event) -> None:
        """Write an entry, unless writing has failed.

        Raises:
            EnvironmentTrouble: with `strict`, at the first failure.
        """
        if self.trouble:
            return
        try:
            self._writer.write(at, actor, event)
        except EnvironmentTrouble as trouble:
            self._cut(trouble)
            if self._strict:
                raise

    def close(self) -> None:
        """Let go of the file; what is still in memory may fail to be written now."""
        if self.trouble:
            return
        try:
            self._writer.close()
        except EnvironmentTrouble as trouble:
            self._cut(trouble)

    def _cut(self, trouble: EnvironmentTrouble) -> None:
        self.trouble = str(trouble)
        with contextlib.suppress(EnvironmentTrouble):
            self._writer.close()  # tries once more to write what it holds
        keep_whole_lines(self._writer.path)


def keep_whole_lines(path: Path) -> None:
    """Cut what stands behind the last newline of a file."""
    if not path.is_file():
        return  # a device
    with contextlib.suppress(OSError), path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                file.truncate(start + at + 1)
                return
            end = start
        file.truncate(0)


def whole_enough(path: Path | None) -> Path | None:
    """The journal at that path if it can be read at all: a file with its first line."""
    with contextlib.suppress(OSError):
        if path is not None and path.is_file():
            with path.open("rb") as file:
                return path if file.readline(_BLOCK * 16).endswith(b"\n") else None
    return None
