"""Bytes <-> authenticated messages, for either end of a connection."""

from __future__ import annotations

from typing import NamedTuple

from harness.errors import DecodeError, FramingError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.dialect import Fields
from harness.wire.framing import Framing


class Heard(NamedTuple):
    """One frame's message: its fields, the MAC's verdict ('good', 'bad', 'none'), and why it
    would not decode ('' when it did; then the fields are empty).
    """

    fields: Fields
    mac: str
    problem: str


class Link:
    """One end of one connection. Blind to its role."""

    __slots__ = ("_deframer", "_framing", "_sealed")

    def __init__(self, sealed: AuthenticatedCodec, framing: Framing) -> None:
        self._sealed = sealed
        self._framing = framing
        self._deframer = framing.deframer()

    def reset(self) -> None:
        """A new connection: nothing of the old stream counts."""
        self._deframer.reset()

    @property
    def error(self) -> FramingError | None:
        """Set once the stream cannot be cut into frames any more."""
        return self._deframer.error

    def receive(self, data: bytes) -> list[Heard]:
        """What the bytes complete, in order. Never raises: a frame that will not decode says so."""
        return [self._open(frame.payload) for frame in self._deframer.feed(data)]

    def _open(self, payload: bytes) -> Heard:
        try:
            fields, mac = self._sealed.open(payload)
        except DecodeError as error:
            return Heard({}, "none", str(error))
        return Heard(fields, mac, "")

    def frame(self, fields: Fields) -> bytes:
        """A message sealed and framed.

        Raises:
            EncodeError: a field does not fit the specification.
        """
        return self._framing.wrap(self._sealed.seal(fields))
