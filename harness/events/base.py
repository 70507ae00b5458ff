"""The base of all events, and the types that several of them share."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Notes = dict[int, int]
"""Banknotes: how many of each denomination, denominations in minor units (cents)."""

End = Literal["terminal", "host"]
"""One of the two ends of a link."""

RUN, HOST = "RUN", "HOST"
"""The actors of a journal that are no terminals: the run itself, and the host. In a live run the
process of the host records under the one name what is its own, and that of the terminals under the
other.
"""

NOT_TERMINALS = (RUN, HOST)


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="is", tag=True):
    """Something that happened. In the journal its class's name stands under 'is'."""

    layer: ClassVar[str] = ""
