"""Characters that do something instead of being seen, spelled out.

A text that somebody else has sent may hold a newline, which would begin a line that looks like one
of ours, an escape sequence, which the terminal would obey, or a mark that turns the direction of
reading. All characters that cannot be printed are spelled as Python spells them: `\\n`, `\\x1b`,
`\\u202e`. What can be printed stays as it is, and so does a text that was spelled out before.
"""

from __future__ import annotations

import re

_UNPRINTABLE_JSON = re.compile(r"[^\x00-\x7e]")


def escaped(text: str) -> str:
    """The text on one line, each character that cannot be printed spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def escaped_lines(text: str) -> str:
    """The same, with its newlines: for texts of several lines that are put together here."""
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(escaped(line) for line in text.split("\n"))


def escaped_json(encoded: bytes) -> bytes:
    """The same JSON, with each character that cannot be printed spelled `\\uXXXX`. It means what it
    meant before: JSON spells the other control characters in this way already.
    """
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    text = encoded.decode("utf-8")
    return _UNPRINTABLE_JSON.sub(_spelled_in_json, text).encode("utf-8")


def _spelled(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _spelled_in_json(match: re.Match[str]) -> str:
    char = match[0]
    if char.isprintable():
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
