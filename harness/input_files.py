"""Files that somebody else may have written, read without trust in their kind or their size.

A scenario, a case, cards, keys, a specification and a journal come from outside, and any of them
may be a device, a pipe that nobody writes to, or a file without end. Nothing here reads more than
the limit of the kind of file, and nothing waits for ever:

- A regular file is refused where it is longer than its limit.
- A pipe, such as `<(...)` of a shell or /dev/stdin, is read up to the limit, and refused when
  nothing comes out of it for a minute. What was read is kept, since a pipe can be read only once
  and a run reads its keys and its specification several times; `piped` hands it to another process.
- Any other device is refused.
- A journal is read several times and may have any length: it has to be a regular file, and each of
  its lines has a limit.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from harness.errors import ConfigError

KIB, MIB = 1 << 10, 1 << 20
UNREADABLE = (ValueError, RecursionError, OverflowError)
"""What parsers raise on a text that is not of their format, or is nested too deep for them."""


class Limit(NamedTuple):
    """What kind of file it is, and how many bytes it may have."""

    kind: str
    most: int


SCENARIO = Limit("scenario", MIB)  # the longest shipped one has 4 KiB
POLICY = Limit("policy of the monitor", 64 * KIB)
KEYS = Limit("keys file", 64 * KIB)  # four keys
SPECIFICATION = Limit("specification", 4 * MIB)  # 192 fields take 40 KiB
CASE = Limit("case", 16 * MIB)  # a plan and a few faults: 8 KiB
CARDS = Limit("card file", 64 * MIB)  # about a million cards
JOURNAL_LINE = Limit("journal", 4 * MIB)  # the longest frame takes about 200 KiB

SILENCE = 60.0
"""Wall seconds for which a pipe may be silent. A program that decrypts or fetches a file answers
sooner, and nobody who waits for one that never will is helped by waiting longer.
"""

_PIECE = 1 << 16
_Identity = tuple[int, int]
_piped: dict[str, tuple[_Identity | None, bytes]] = {}


def read_input(path: Path, limit: Limit, *, place: str = "") -> bytes:
    """The content of a file or of a pipe.

    Raises:
        ConfigError: it cannot be read, is of a kind that is not read, or is longer than the limit;
            at `place`, or else at the path.
    """
    place = place or str(path)
    kept = _piped.get(str(path))
    if kept is not None and kept[0] in (None, _identity(path)):
        return kept[1]
    number = _opened(path, limit, place)
    try:
        status = os.fstat(number)
        if stat.S_ISREG(status.st_mode):
            return _bounded(number, limit, place)
        if stat.S_ISFIFO(status.st_mode) or os.isatty(number):
            data = _bounded(number, limit, place, waits=True)
            _piped[str(path)] = (status.st_dev, status.st_ino), data
            return data
    finally:
        os.close(number)
    raise ConfigError(
        f"is {_named(status.st_mode)}, and no file",
        place=place,
        remedy=f"give the {limit.kind} as a regular file or through a pipe",
    )


def read_text(path: Path, limit: Limit, *, place: str = "") -> str:
    """The same as text: UTF-8, with or without a byte order mark.

    Raises:
        ConfigError: as `read_input`; or it is not UTF-8.
    """
    data = read_input(path, limit, place=place)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        raise ConfigError(
            f"the {limit.kind} cannot be read (not UTF-8 text: byte {trouble.start})",
            place=place or str(path),
            remedy="save it as UTF-8",
        ) from None


def open_journal(path: Path) -> BinaryIO:
    """A journal, open for reading.

    Raises:
        ConfigError: it cannot be read, or is no regular file.
    """
    number = _opened(path, JOURNAL_LINE, str(path))
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(number, "rb")
    os.close(number)
    raise ConfigError(
        f"cannot be read ({_named(mode)}, and no file)",
        place=str(path),
        remedy="a journal is read more than once: write it to a regular file first",
    )


def whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a journal, up to the first that is longer than a line may be."""
    while line := file.readline(JOURNAL_LINE.most + 1):
        if len(line) > JOURNAL_LINE.most:
            return
        yield line


def is_there(path: Path) -> bool:
    """Is there something of that name, or was there a pipe?"""
    return str(path) in _piped or _identity(path) is not None


def piped() -> dict[str, bytes]:
    """What has been read through pipes, by path."""
    return {path: data for path, (_, data) in _piped.items()}


def keep_piped(contents: dict[str, bytes]) -> None:
    """In another process: what the first one has read through pipes, which are not here."""
    _piped.update((path, (None, data)) for path, data in contents.items())


def _identity(path: Path) -> _Identity | None:
    """Which file that is now; None if it is gone."""
    with contextlib.suppress(OSError, ValueError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def _opened(path: Path, limit: Limit, place: str) -> int:
    """Without waiting: a pipe that nobody writes to would keep us here."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as trouble:
        reason = trouble.strerror
    except ValueError:
        reason = "its name holds a null character"
    raise ConfigError(f"the {limit.kind} cannot be read ({reason})", place=place)


def _bounded(number: int, limit: Limit, place: str, *, waits: bool = False) -> bytes:
    data = bytearray()
    try:
        while len(data) <= limit.most:
            if waits:
                _wait(number, place)
            piece = os.read(number, min(_PIECE, limit.most + 1 - len(data)))
            if not piece:
                return bytes(data)
            data += piece
    except OSError as trouble:
        raise ConfigError(
            f"the {limit.kind} cannot be read ({trouble.strerror})", place=place
        ) from None
    raise ConfigError(
        f"is longer than a {limit.kind} may be: {_size(limit.most)}",
        place=place,
        remedy=f"is it the right file? Give a {limit.kind} of {_size(limit.most)} at most",
    )


def _wait(number: int, place: str) -> None:
    """Until there is something to read, or the end."""
    watch = select.poll()
    watch.register(number, select.POLLIN | select.POLLHUP)
    if not watch.poll(SILENCE * 1000):
        raise ConfigError(
            f"nothing came through this pipe for {SILENCE:g} s",
            place=place,
            remedy="does something write to it? Else write it to a regular file first",
        )


def _named(mode: int) -> str:
    for test, name in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return name
    return "something special"


def _size(size: int) -> str:
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} bytes"
