"""Output on a terminal, in a file or in a pipe that knows fewer characters than a report has."""

from __future__ import annotations

import codecs
from io import TextIOWrapper
from typing import TextIO

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
