"""What a fault makes of a frame: deliveries, each with its delay, and ends of the connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Deliver(NamedTuple):
    """Bytes of the stream, `delay` run seconds from now: a whole frame or a piece of one."""

    delay: float
    data: bytes


class Close(NamedTuple):
    """The connection ends: how is 'fin' or 'rst'."""

    delay: float
    how: str


Act = Deliver | Close


class Passing(NamedTuple):
    """A frame on its way. `data` are the framed bytes, `fields` what the tap decoded (None if it
    could not), `reseal` frames other fields with the right MAC, for faults of meaning."""

    terminal: str
    to: str
    data: bytes
    fields: dict[str, str] | None
    reseal: Callable[[dict[str, str]], bytes]

    @property
    def mti(self) -> str:
        return self.fields.get("t", "") if self.fields else ""
