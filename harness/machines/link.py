"""Bytes <-> authenticated messages, for either end of a connection."""

from __future__ import annotations

from typing import NamedTuple

from harness.errors import DecodeError, FramingError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.dialects.base import Dialect
from harness.wire.framing import Framing
from harness.wire.message import Message


class Heard(NamedTuple):
    """What one frame holds: its message, the MAC's verdict ('good', 'bad', 'none'), and why it
    would not decode ('' when it did; else the message is empty).
    """

    message: Message
    mac: str
    problem: str


class Link:
    """One end of one connection. Blind to its role."""

    __slots__ = ("_codec", "_deframer", "_framing", "_read")

    def __init__(self, codec: AuthenticatedCodec, framing: Framing, dialect: Dialect) -> None:
        self._codec = codec
        self._framing = framing
        self._read = dialect.message
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
            fields, mac = self._codec.decode(payload)
        except DecodeError as error:
            return Heard(self._read({}), "none", str(error))
        return Heard(self._read(fields), mac, "")

    def frame(self, message: Message) -> bytes:
        """The bytes of a message, with its MAC, in a frame.

        Raises:
            EncodeError: a field does not fit the specification.
        """
        return self._framing.wrap(self._codec.encode(message.fields))
