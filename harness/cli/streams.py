"""Standard output and standard error: a terminal, a file or a pipe that knows fewer characters than
a report has, or that takes no more.
"""

from __future__ import annotations

import codecs
import select
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any, TextIO

_ERRORS = "harness.plain"
_PLAIN = str.maketrans({"\u00b7": "-", "\u2013": "-", "\u2026": "...", "\u00d7": "x"})


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands in place of characters that the stream cannot show: a plain one that looks like
    it, or a question mark.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(char if char.isascii() else "?" for char in text), error.end


codecs.register_error(_ERRORS, _plain)


def plain_where_needed(*streams: TextIO) -> None:
    """Let no character that a stream does not know end the run."""
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


# --- output that cannot be written ----------------------------------------------------------------


class Outlet(FileIO):
    """A standard descriptor on which writing never ends a run. What cannot be written, because the
    disk behind it is full or the terminal is gone, is lost, and `trouble` says why. A pipe that
    nobody reads any more is another matter: then there is nobody to run for.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self.trouble: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write it, or lose it; a reader that shares its end without blocking is waited for."""
        if self.trouble is None:
            try:
                while (written := super().write(data)) is None:
                    select.select([], [self], [])
                return written
            except BrokenPipeError:
                raise
            except OSError as trouble:
                self.trouble = trouble
        return len(data)


_outlets: dict[str, Outlet] = {}


def guard_output() -> None:
    """Let nothing that a standard stream cannot take end the run: neither characters that it does
    not know, nor a disk behind it that is full.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper) and name not in _outlets:
            setattr(sys, name, _guarded(name, stream))
    plain_where_needed(sys.stdout, sys.stderr)


def _guarded(name: str, stream: TextIOWrapper) -> TextIOWrapper:
    stream.flush()
    outlet = _outlets[name] = Outlet(stream.fileno())
    return TextIOWrapper(
        BufferedWriter(outlet),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering or stream.write_through,
    )


def output_trouble() -> str:
    """Why a part of standard output is lost, '' if none is."""
    outlet = _outlets.get("stdout")
    if outlet is None or outlet.trouble is None:
        return ""
    return f"standard output cannot be written: {outlet.trouble.strerror}"
