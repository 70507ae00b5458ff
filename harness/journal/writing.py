"""A journal as it is written: one process has it, and its lines come in order."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zlib import crc32

from harness.errors import EnvironmentTrouble
from harness.events import Event
from harness.file_lock import USUAL, FileLock
from harness.journal.entries import Header, encode_entry, encode_header


class Mark(NamedTuple):
    """How much of a journal there was at some moment: its bytes, and their CRC-32."""

    size: int
    checksum: int


class Resume(NamedTuple):
    """What of a journal counts for whoever goes on with it, and the number of its last entry."""

    mark: Mark
    seq: int


NOTHING_WRITTEN = Resume(Mark(0, 0), 0)


def lock_journal(path: Path, *, permissions: int = USUAL) -> FileLock:
    """The lock of a journal, whose directory is made; for the owner alone with `OWNER_ONLY`.

    Raises:
        EnvironmentTrouble: another process writes it, or it cannot be written.
    """
    remedy = "wait until that has ended, or name another file with --journal"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path, what=f"the journal {path}", remedy=remedy, permissions=permissions)
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot write the journal {path}: {trouble}") from trouble


class JournalWriter:
    """Writes lines as they come. `write` subscribes to a `Journal`; a full disk or a lost
    directory raises EnvironmentTrouble with the path.
    """

    def __init__(
        self,
        path: Path,
        header: Header | None,
        *,
        resume: Resume = NOTHING_WRITTEN,
        lock: FileLock | None = None,
    ) -> None:
        """A new journal with its header; or, without one, a journal that goes on after what
        `resume` says. `lock` is that of the file, where it has been taken already (`lock_journal`);
        it is released with `close`.

        Raises:
            EnvironmentTrouble: it cannot be written, or another process writes it.
        """
        self.path = path
        self.size = resume.mark.size
        """Bytes that were written, those before `resume` included."""
        self._seq = resume.seq
        self._checksum = resume.mark.checksum
        self._lock = lock_journal(path) if lock is None else lock
        try:
            self._file = self._opened(path, header, resume.mark.size)
        except OSError as trouble:
            self._lock.release()
            raise EnvironmentTrouble(f"cannot write the journal {path}: {trouble}") from trouble

    def _opened(self, path: Path, header: Header | None, size: int) -> BinaryIO:
        if header is None:
            file: BinaryIO = path.open("r+b", buffering=1 << 18)
            file.truncate(size)
            file.seek(size)
            return file
        file = path.open("wb", buffering=1 << 18)
        line = encode_header(header) + b"\n"
        self._checksum = crc32(line)
        self.size = len(line)
        file.write(line)
        try:
            file.flush()  # so that a reader finds a header from the start
        except OSError:
            with contextlib.suppress(OSError):
                file.close()  # tries to write once more
            raise
        return file

    def mark(self) -> Mark:
        """Hand over what was written, and say what is in the file by now."""
        return Mark(self.flush(), self._checksum)

    def sync(self) -> None:
        """Wait until what was flushed is on the disk; from any thread."""
        os.fsync(self._file.fileno())

    def flush(self) -> int:
        """Hand over to the operating system what was written; the size of the journal, bytes.
        From here on it survives SIGKILL.
        """
        try:
            self._file.flush()
            return self._file.tell()
        except OSError as trouble:
            raise EnvironmentTrouble(
                f"cannot write the journal {self.path}: {trouble}"
            ) from trouble

    def _put(self, line: bytes) -> None:
        line += b"\n"
        self._checksum = crc32(line, self._checksum)
        self.size += len(line)
        try:
            self._file.write(line)
        except OSError as trouble:
            raise EnvironmentTrouble(
                f"cannot write the journal {self.path}: {trouble}"
            ) from trouble

    def write(self, at: float, actor: str, event: Event) -> None:
        self._seq += 1
        self._put(encode_entry(at, self._seq, actor, event))

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as trouble:
            raise EnvironmentTrouble(
                f"cannot write the journal {self.path}: {trouble}"
            ) from trouble
        finally:
            self._lock.release()
