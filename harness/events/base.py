"""The base of all events, and the types that several of them share."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Notes = dict[int, int]
"""Banknotes: how many of each denomination, denominations in minor units (cents)."""

End = Literal["terminal", "host"]
"""One of the two ends of a link."""


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="is", tag=True):
    """Something that happened. In the journal its class's name stands under 'is'."""

    layer: ClassVar[str] = ""
