"""What an earlier process left in a journal, and whether it can be gone on with.

A store says with each commit which journal was written, how long it was, and its checksum. What a
killed process wrote after its last commit has not happened (docs/decisions/0020). A journal that
does not hold what the store says, because somebody has deleted, shortened, replaced or damaged it,
is evidence that is missing. It is left as it is under another name, and a new journal begins, which
says what is missing: `EvidenceMissing`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zlib import crc32

from harness import events as e
from harness.checks.judge import KILLED
from harness.errors import ConfigError, EnvironmentTrouble
from harness.journal import JournalReader, Mark
from harness.live.state_files import UNKNOWN

_BEGUN = f'"phase":"{KILLED}"'.encode()
_FRAME = f'"{e.FrameSeen.__name__}"'.encode()
_PIECE = 1 << 20  # bytes that are read at a time


class Earlier(NamedTuple):
    """What there is of earlier processes. `goes_on`: their journal is whole, and the entries in its
    first `mark.size` bytes count. Otherwise `lacks` says why there is none to go on with ('' where
    there were no such processes), and `keep` that the file must not be written over.
    """

    goes_on: bool = False
    mark: Mark = Mark(0, 0)
    lacks: str = ""
    keep: bool = False


def earlier_lives(path: Path, told: tuple[Path, Mark] | None, *, asked_for: bool) -> Earlier:
    """What the journal at this path holds of what the store has `told` of it; None: the store knows
    of no journal. A file that was `asked_for` is written over where the store knows nothing of it.
    """
    there = path.exists() and path.stat().st_size > 0
    if told is None:
        return Earlier(keep=there and not asked_for and _has_entries(path))
    where, mark = told
    if where not in (Path(), path.resolve()):
        return Earlier(lacks=f"what came before is in {where}", keep=there and not asked_for)
    if not there:
        return Earlier(lacks=f"the store counts {mark.size:,} bytes of it, and it is gone")
    lacks, whole = _lacks(path, mark)
    return Earlier(lacks=lacks, keep=True) if lacks else Earlier(goes_on=True, mark=whole)


def set_aside(path: Path) -> Path:
    """Give the file another name, so that nothing of it is lost; the name."""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.stem}-{number}{path.suffix}")):
        number += 1
    try:
        return path.rename(aside)
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot rename {path}: {trouble}") from trouble


def has_messages(path: Path) -> bool:
    """Has any message passed in this journal? A store notes its journal before the first one does,
    so that the store that belongs to it cannot be empty.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError):
        return False
    with file:
        before = b""
        while piece := file.read(_PIECE):
            if _FRAME in before + piece:
                return True
            before = piece[-len(_FRAME) :]
    return False


def _has_entries(path: Path) -> bool:
    with path.open("rb") as file:
        file.readline()
        return bool(file.read(1))


def _lacks(path: Path, mark: Mark) -> tuple[str, Mark]:
    """Why the journal is not what the store says, '' if it is; and what there is of it."""
    size = path.stat().st_size
    if size < mark.size:
        return f"it has {size:,} of the {mark.size:,} bytes that the store counts", mark
    with path.open("rb") as file:
        found = Mark(mark.size, _checksum(file, mark.size))
        tail = file.read()
    if mark.checksum not in (UNKNOWN, found.checksum):
        return _what_is_wrong(path, mark.size), mark
    if _another_life(tail):
        return "it is newer than the store, which knows nothing of its last process", mark
    return "", found


def _checksum(file: BinaryIO, size: int) -> int:
    found = 0
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        found = crc32(piece, found)
        size -= len(piece)
    return found


def _what_is_wrong(path: Path, size: int) -> str:
    """The first line that does not read, among those that count."""
    try:
        reader = JournalReader(path)
    except ConfigError as trouble:
        return f"line 1 cannot be read: {trouble.problem}"
    for _ in reader:
        pass
    if reader.wrong:
        return reader.wrong
    return f"its first {size:,} bytes are not those that the store counts: it was altered"


def _another_life(tail: bytes) -> bool:
    """Was what is behind the last commit written by more than one process? Each of them makes a
    commit with its end, and one as it begins, before any message passes, so that the store would
    know of them.
    """
    _, ended, after = tail.partition(f'"{e.RunEnded.__name__}"'.encode())
    if ended and b"\n{" in after:
        return True
    _, begun, after = tail.partition(_BEGUN)
    return bool(begun) and _FRAME in after
