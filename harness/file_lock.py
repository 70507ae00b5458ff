"""One process for one file: a lock that lasts as long as its holder, and says who that is.

The lock is the operating system's (`flock`), on the file itself. So it ends with the process, even
with one that is killed; it is the same one under each name of the file, behind symbolic and hard
links; and a second holder within one process is refused as well. Who holds it stands as text in a
file beside it, which is only information: nothing is decided by it.

Where the file system has no locks, as some network file systems, or the operating system has no
`flock`, as Windows, the work goes on without a lock, after an `UnlockedWarning`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import stat
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import EnvironmentTrouble
from harness.shown import shown

if sys.platform != "win32":
    import fcntl

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
OWNER_ONLY, USUAL = 0o600, 0o666  # permissions of a new file, before the umask
_MAGIC = "harness holds the lock"  # the first line of a note; then the process, and its command
_TOLD = 400  # characters of a command line that are told
_LOOKS_TAKE = 0.2  # seconds: who asks `is_free` has the lock for a moment, and is no holder
_PAUSE = 0.01  # seconds between two tries


class UnlockedWarning(UserWarning):
    """Nothing keeps a second process away from a file."""


def owner_note(path: Path) -> Path:
    """Where it stands who holds the lock of that file."""
    real = path.resolve()
    return real.with_name(f".{real.name}.lock")


class FileLock:
    """The lock of a file, from now until `release` or the end of the process. The file is made if
    it is not there. What is no regular file (a pipe, a terminal) is shared by nature: no lock.
    """

    def __init__(
        self,
        path: Path,
        *,
        what: str,
        remedy: str,
        note: Path | None = None,
        permissions: int = USUAL,
    ) -> None:
        """`what` is locked, and the `remedy` where somebody else has it, are for the message.
        `note` is where it stands who holds it; by default `owner_note` says where.

        Raises:
            EnvironmentTrouble: somebody else holds it.
            OSError: the file cannot be opened.
        """
        self._note = owner_note(path) if note is None else note
        self._is_its_own_note = self._note == path
        self._descriptor = _locked(path, permissions, patience=_LOOKS_TAKE)
        if self._descriptor is None:
            return
        if self._descriptor < 0:
            self._descriptor = None
            raise EnvironmentTrouble(f"{what} is in use by {_holder(self._note)}\n{remedy}")
        with contextlib.suppress(OSError):  # it is only information
            _write_note(self._note, permissions)

    def release(self) -> None:
        """Let go of it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with contextlib.suppress(OSError):
            if self._is_its_own_note:
                os.truncate(self._note, 0)
            else:
                self._note.unlink()
        os.close(descriptor)


def is_note(path: Path) -> bool:
    """Is that a file in which a process says that it holds a lock?"""
    with path.open("rb") as file:
        return file.read(len(_MAGIC) + 1) == f"{_MAGIC}\n".encode()


def is_free(path: Path) -> bool:
    """Does nobody hold the lock of that file? Where there are no locks, nobody can say so."""
    if not path.exists():
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UnlockedWarning)
            descriptor = _locked(path, USUAL)
    except (OSError, UnlockedWarning):
        return False
    if descriptor is None or descriptor < 0:
        return False
    os.close(descriptor)
    return True


def _locked(path: Path, permissions: int, *, patience: float = 0.0) -> int | None:
    """The descriptor that holds the lock, -1 where somebody else still has it after so many
    seconds, None without a lock.
    """
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, permissions)
    try:
        _lock(descriptor, patience)
        if permissions == OWNER_ONLY:
            os.fchmod(descriptor, permissions)  # it may have been there
    except BlockingIOError:
        os.close(descriptor)
        return -1
    except OSError as trouble:
        os.close(descriptor)
        if trouble.errno not in _NO_LOCKS:
            raise
        warnings.warn(
            f"{path}: the file system has no locks ({trouble.strerror}): nothing keeps a second "
            "process away from it",
            UnlockedWarning,
            stacklevel=4,
        )
        return None
    return descriptor


def _lock(descriptor: int, patience: float) -> None:
    """Take the lock; BlockingIOError where somebody else still has it after so many seconds."""
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, "Windows has no flock")
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _write_note(note: Path, permissions: int) -> None:
    command = shlex.join(["harness" if _is_ours(sys.argv[0]) else sys.argv[0], *sys.argv[1:]])
    text = f"{_MAGIC}\n{os.getpid()}\n{command}\n".encode(errors="backslashreplace")
    descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, permissions)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def _is_ours(program: str) -> bool:
    return Path(program).name in ("harness", "__main__.py")


def _holder(note: Path) -> str:
    """Who holds a lock, as far as the note beside it says."""
    try:
        _, pid, command = note.read_text(encoding="utf-8").split("\n", 2)
        since = datetime.fromtimestamp(note.stat().st_mtime, UTC)
        os.kill(int(pid), 0)  # asks whether there is such a process, and does nothing to it
    except PermissionError:
        pass  # there is one, and it is somebody else's
    except (OSError, ValueError, OverflowError):
        return "another process"
    told = shown(command.strip())[:_TOLD]
    own = " (this very process)" if int(pid) == os.getpid() else ""
    return f"process {pid}{own}: {told}, since {since:%Y-%m-%d %H:%M:%S} UTC"
