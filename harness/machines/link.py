"""Bytes <-> authenticated messages, for either end of a connection."""

from __future__ import annotations

from typing import NamedTuple

from harness.errors import DecodeError, FramingError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.deframer import Frame
from harness.wire.dialects.base import Dialect
from harness.wire.element_classes import Wrong
from harness.wire.framing import Framing
from harness.wire.message import Message


class Heard(NamedTuple):
    """What one frame holds: its message, the MAC's verdict ('good', 'bad', 'none'), and why it
    would not decode ('' when it did; else the message is empty). `address` is what stood between
    the length and the message: a TPDU, or nothing. `wrong` are the elements that do not hold what
    their class says.
    """

    message: Message
    mac: str
    problem: str
    address: bytes = b""
    wrong: Wrong = ()


class Link:
    """One end of one connection. Blind to its role."""

    __slots__ = ("_codec", "_deframer", "_dialect", "_framing", "_read")

    def __init__(self, codec: AuthenticatedCodec, framing: Framing, dialect: Dialect) -> None:
        self._codec = codec
        self._framing = framing
        self._dialect = dialect
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
        """What the bytes complete, in order. Never raises: a frame that will not decode says so.
        A keep-alive says nothing.
        """
        return [self._open(frame) for frame in self._deframer.feed(data) if frame.payload]

    def _open(self, frame: Frame) -> Heard:
        try:
            fields, mac = self._codec.decode(frame.payload)
        except DecodeError as error:
            return Heard(self._read({}), "none", str(error), frame.address)
        message = self._read(fields)
        return Heard(message, mac, "", frame.address, self._dialect.wrong(message))

    def frame(self, message: Message, answers: bytes = b"") -> bytes:
        """The bytes of a message, with its MAC, in a frame. `answers` is the address of the frame
        that it answers.

        Raises:
            EncodeError: a field does not fit the specification.
        """
        framing = self._framing.answering(answers) if answers else self._framing
        return framing.wrap(self._codec.encode(message.fields))
