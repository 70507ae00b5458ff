"""What a peer has sent, as a person may see it: without secrets and without control characters.

`shown` is for text, `shown_bytes` for bytes. Whatever shows something that came over the wire (a
console, a journal, a report, an error) shows it through one of them. `masked` hides secrets, which
are found by what they look like and not by where they stand; `escaped` spells out the characters
that would move a cursor, end a line or turn the direction of reading.
"""

from harness.shown.escaping import escaped, escaped_json, escaped_lines
from harness.shown.masking import masked
from harness.shown.octets import shown_bytes

__all__ = [
    "escaped",
    "escaped_json",
    "escaped_lines",
    "masked",
    "shown",
    "shown_bytes",
    "shown_lines",
]


def shown(text: str) -> str:
    """A text of a peer on one line, its secrets masked."""
    return escaped(masked(text))


def shown_lines(text: str) -> str:
    """Lines that were put together here and may quote a peer, such as a traceback."""
    return "\n".join(masked(line) for line in escaped_lines(text).split("\n"))
