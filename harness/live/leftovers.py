"""What a killed run leaves behind, and how the next one removes it.

A live run writes its journal in parts beside it, and keeps its store in a temporary directory. Both
go when it ends; what SIGKILL leaves is removed by the next run in the same place. The owner of each
is known by a lock, so that nothing of a run that lives is touched: of the parts, the one of their
journal; of a directory, the one of the file `lock` in it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import EnvironmentTrouble
from harness.file_lock import OWNER_ONLY, FileLock, is_free, is_note
from harness.live.clock import unix_time
from harness.live.journal_merge import PARTS, part_path

_OURS = "harness-run-"
_UNFINISHED = "harness-new-"  # its owner is about to lock it, and then to give it its name
_TO_FINISH = 600.0  # wall seconds that a run may need for that: it takes a few milliseconds
_LOCK = "lock"
_HEADER = b'{"format":'  # what each part begins with


@contextlib.contextmanager
def temporary_state() -> Iterator[Path]:
    """A directory for the store of this run alone. Those of killed runs are removed.

    Raises:
        EnvironmentTrouble: no directory for temporary files can be written.
    """
    try:
        place = Path(tempfile.gettempdir())
        remove_directories(place)
        fresh = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=place))
    except OSError as trouble:
        raise EnvironmentTrouble(
            f"there is no directory for temporary files: {trouble.strerror or trouble}\n"
            "name one that can be written in TMPDIR, or one for the store with --state-dir"
        ) from trouble
    lock = FileLock(
        fresh / _LOCK,
        what="the directory",
        remedy="run it again",
        note=fresh / _LOCK,
        permissions=OWNER_ONLY,
    )
    ours = fresh.rename(place / fresh.name.replace(_UNFINISHED, _OURS, 1))
    try:
        yield ours
    finally:
        shutil.rmtree(ours, ignore_errors=True)
        lock.release()


def remove_directories(place: Path) -> list[Path]:
    """Remove the directories of this user's killed runs in that place; which they were."""
    gone = []
    for found in sorted(place.glob(f"{_OURS}*")):
        with contextlib.suppress(OSError):
            lock = found / _LOCK
            if _is_mine(found) and lock.exists() and is_free(lock):
                shutil.rmtree(found, ignore_errors=True)
                gone.append(found)
    return gone + _remove_unfinished(place)


def _remove_unfinished(place: Path) -> list[Path]:
    """Those of runs that were killed as they made one: whoever lives has given it its name by now.
    In each is its lock at most.
    """
    gone = []
    for found in sorted(place.glob(f"{_UNFINISHED}*")):
        with contextlib.suppress(OSError):
            lock = found / _LOCK
            old = unix_time() - found.stat().st_mtime > _TO_FINISH
            if _is_mine(found) and old and set(found.iterdir()) <= {lock}:
                if lock.exists():
                    if not is_free(lock):
                        continue
                    lock.unlink()
                found.rmdir()
                gone.append(found)
    return gone


def _is_mine(directory: Path) -> bool:
    return not directory.is_symlink() and directory.stat().st_uid == os.getuid()


def remove_parts(directory: Path) -> list[Path]:
    """Remove the parts that killed runs have left in that directory, and their notes of who held a
    lock; which they were.
    """
    gone = []
    for found in sorted(directory.glob(".*")):
        with contextlib.suppress(OSError):
            owner = _owner(found)
            if owner is not None and is_free(owner):
                found.unlink()
                gone.append(found)
    return gone


def _owner(found: Path) -> Path | None:
    """The file whose lock says whether the owner of this one lives; None for what is not ours."""
    if not found.is_file():
        return None
    name = found.name.removeprefix(".")
    if name.endswith(".lock"):
        return found.with_name(name.removesuffix(".lock")) if is_note(found) else None
    for part in PARTS:
        journal = found.with_name(name.removesuffix(f".{part}"))
        if part_path(journal, part) == found and _is_part(found):
            return journal
    return None


def _is_part(found: Path) -> bool:
    with found.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER
