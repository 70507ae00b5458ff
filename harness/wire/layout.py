"""How one field of a specification lies in a message, worked out once.

A field is 'text' (ASCII, one character a byte) or hexadecimal (two characters a byte). Latin-1
counts as ASCII here: a compiled codec takes the ASCII in it, and leaves the rest to pyiso8583.
What no compiled codec should try (other charsets, odd combinations, giant lengths) has no
layout here and is left to pyiso8583.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from harness.wire.spec import SpecMap

_LONGEST = 9999  # a table of lengths has an entry for each
_TABLES = 64  # tables of lengths that are kept; a specification has a few different ones


class Field(NamedTuple):
    """One field's layout. `size` is its (greatest) length in characters of its text,
    `prefix` the bytes of its length, `left` and `right` the pads of an odd number of nibbles.
    """

    key: str
    text: bool
    nibbles: bool
    size: int
    prefix: int
    prefix_text: bool
    spelled: tuple[str, ...]  # every length as it stands on the wire, in units of len_count
    left: str
    right: str

    @property
    def var(self) -> str:
        return f"v{self.key}"

    @property
    def wire(self) -> int:
        """Bytes of a fixed field."""
        return self.size if self.text else (self.size + 1) // 2

    @property
    def pad(self) -> str:
        return self.left or self.right

    @property
    def odd(self) -> bool:
        return self.nibbles and not self.prefix and self.size % 2 == 1


def is_ascii(encoding: str) -> bool:
    """Whether a character encoding is ASCII, under whichever of its names."""
    try:
        return codecs.lookup(encoding).name == "ascii"
    except LookupError:
        return False


def _begins_as_ascii(encoding: str) -> bool:
    """Is the text of ASCII characters written as ASCII?"""
    try:
        return codecs.lookup(encoding).name in ("ascii", "iso8859-1")
    except LookupError:
        return False


def layout(key: str, properties: Mapping[str, Any]) -> Field | None:
    """How a field lies in a message; None for what is left to pyiso8583 (other charsets,
    odd combinations, giant lengths).
    """
    data, length = properties["data_enc"], properties["len_enc"]
    text, nibbles = data != "b", properties.get("len_count", "bytes") == "nibbles"
    left = properties.get("left_pad", "")[:1]
    right = "" if left else properties.get("right_pad", "")[:1]
    prefix, longest = properties["len_type"], properties["max_len"]
    if text and (nibbles or not _begins_as_ascii(data)):
        return None
    if prefix and (longest > _LONGEST or (length not in ("b", "bcd") and not is_ascii(length))):
        return None
    size = longest if text or nibbles else 2 * longest
    if nibbles and (prefix or size % 2) and not (left or right):
        return None
    return Field(
        key,
        text,
        nibbles,
        size,
        prefix,
        length not in ("b", "bcd"),
        _spelled(length, prefix, longest) if prefix else (),
        left,
        right,
    )


@lru_cache(maxsize=_TABLES)
def _spelled(length: str, prefix: int, longest: int) -> tuple[str, ...]:
    if length == "b":
        texts = [f"{n:0{2 * prefix}X}" for n in range(longest + 1)]
    elif length == "bcd":
        texts = [f"{n:0{2 * prefix}d}" for n in range(longest + 1)]
    else:
        texts = [f"{n:0{prefix}d}" for n in range(longest + 1)]
    return tuple(text for text in texts if len(text) == len(texts[0]))


@lru_cache(maxsize=_TABLES)
def lengths_of(spelled: tuple[str, ...], units: int) -> Mapping[str, int]:
    """What each length says as it stands on the wire, times `units`: one table for all fields whose
    lengths are alike.
    """
    return {text: n * units for n, text in enumerate(spelled)}


def layouts(spec: SpecMap, keys: Sequence[str]) -> list[Field] | None:
    """The layouts of several fields, None if one of them has none."""
    found = [layout(key, spec[key]) for key in keys]
    fields = [field for field in found if field is not None]
    return fields if len(fields) == len(found) else None
