"""Names for files, made of names that somebody else has given.

The name of a scenario can come from a case that was sent by mail. In a path, `../` in it would lead
out of the directory, and a line break or an escape sequence would do harm on a screen later.
"""

from __future__ import annotations

import re

_UNFIT = re.compile(r"[^\w.-]+")
_LONGEST = 120  # bytes: file systems allow 255, and a number and a suffix are added


def file_name(text: str) -> str:
    """The text as part of the name of a file: letters, digits, '_', '-' and dots within, and never
    empty.
    """
    name = _UNFIT.sub("_", text).lstrip("._-")
    short = name.encode("utf-8")[:_LONGEST].decode("utf-8", "ignore")
    return short or "unnamed"
