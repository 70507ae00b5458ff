"""What a fault makes of a frame: deliveries, each with its delay, and ends of the connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Deliver(NamedTuple):
    """Bytes of the stream, `delay` run seconds from now: a whole frame or a piece of one."""

    delay: float
    data: bytes


class Close(NamedTuple):
    """The connection ends `delay` run seconds from now; `how` is 'fin' or 'rst'."""

    delay: float
    how: str


Act = Deliver | Close


class Passing(NamedTuple):
    """A frame on its way to 'host' or 'terminal'.

    `data` are the framed bytes, `fields` what the tap decoded (None if it could not), `reseal`
    encodes, MACs with the right key and frames other fields, for faults of meaning.
    """

    terminal: str
    to: str
    data: bytes
    fields: dict[str, str] | None
    reseal: Callable[[dict[str, str]], bytes]

    @property
    def mti(self) -> str:
        """'' if the frame could not be decoded."""
        return self.fields.get("t", "") if self.fields else ""
