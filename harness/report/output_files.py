"""Writing a report to the file that the user named."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

from harness.errors import ConfigError, EnvironmentTrouble

STANDARD_OUTPUT = Path("-")

_pipes: dict[Path, int] = {}
"""Descriptors of pipes that are read. A reader whose last writer is gone takes that for the end, so
they stay open until this process ends.
"""


def check_writable(path: Path, *, place: str) -> None:
    """Find out before the run whether the file can be written. It leaves an empty file behind.

    Raises:
        ConfigError: the directory does not exist, the path is a directory itself, or writing is
            not permitted.
        EnvironmentTrouble: the disk is full or broken, or it is a pipe that nobody reads.
    """
    if path == STANDARD_OUTPUT:
        return
    try:
        _refuse_unread_pipe(path)
        path.open("ab").close()
    except (FileNotFoundError, NotADirectoryError) as trouble:
        raise ConfigError(
            f"there is no directory {path.parent}", place=place, remedy=f"mkdir -p {path.parent}"
        ) from trouble
    except (IsADirectoryError, PermissionError) as trouble:
        reason = trouble.strerror or "refused"
        raise ConfigError(f"{path} cannot be written ({reason})", place=place) from trouble
    except OSError as trouble:
        raise EnvironmentTrouble(f"{path} cannot be written: {trouble}") from trouble


def _refuse_unread_pipe(path: Path) -> None:
    """To open a named pipe for writing waits until somebody reads it, for ever if nobody does.

    Raises:
        EnvironmentTrouble: nobody reads it.
        OSError: it cannot be opened for another reason.
    """
    if path in _pipes or not path.is_fifo():
        return
    try:
        _pipes[path] = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as trouble:
        if trouble.errno != errno.ENXIO:
            raise
        raise EnvironmentTrouble(
            f"{path} is a pipe that nobody reads: start its reader first, or name a file"
        ) from trouble


def write_file(path: Path, data: bytes) -> None:
    """Write a report; to standard output where the path is '-'. A report that cannot be written
    whole is not left there, nor an older one that might be taken for it.

    Raises:
        EnvironmentTrouble: it cannot be written, for example because the disk is full.
    """
    if path == STANDARD_OUTPUT:
        sys.stdout.write(data.decode("utf-8"))
        sys.stdout.flush()
        return
    try:
        path.write_bytes(data)
    except OSError as trouble:
        with contextlib.suppress(OSError):
            if path.is_file():  # and no device
                path.unlink()
        raise EnvironmentTrouble(f"{path} cannot be written: {trouble}") from trouble
