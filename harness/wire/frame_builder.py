"""Frames made to order: right ones around any fields, and right MACs around wrong bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.errors import DecodeError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.framing import Framing

MTI_PART, BITMAP_PART = "t", "p"
"""The names of the parts that are no data elements: the MTI and the primary bitmap."""
_MAC_PARTS = ("128", "64")


class Part(NamedTuple):
    """A field as it stands in a message: its length prefix (empty where there is none), its data.

    Its name is the number of its data element; see also `MTI_PART` and `BITMAP_PART`.
    """

    prefix: bytes
    data: bytes


class FrameBuilder:
    """Makes frames for whoever stands between two machines and knows their key."""

    __slots__ = ("_codec", "_framing")

    def __init__(self, codec: AuthenticatedCodec, framing: Framing) -> None:
        self._codec = codec
        self._framing = framing

    def reseal(self, fields: dict[str, str], like: bytes = b"") -> bytes:
        """A frame with the right MAC around any fields; with the address of the frame `like`.

        Raises:
            EncodeError: a field does not fit.
        """
        return self._around(self._codec.encode(fields), like)

    def parts(self, frame: bytes) -> dict[str, Part]:
        """The parts of the message in a whole frame, in their order; empty if it is no message."""
        frames = self._framing.deframer().feed(frame)
        if len(frames) != 1:
            return {}
        try:
            encoded = self._codec.codec.parts(frames[0].payload)
        except DecodeError:
            return {}
        return {name: Part(*part) for name, part in encoded.items()}

    def bitmap_text(self, data: bytes) -> str:
        """The primary bitmap as it stands in a message, in hexadecimal; '' if it cannot be read."""
        encoding = self._codec.codec.spec["p"]["data_enc"]
        try:
            return data.hex() if encoding == "b" else bytes.fromhex(data.decode(encoding)).hex()
        except ValueError:
            return ""

    def bitmap_bytes(self, text: str) -> bytes:
        """The bytes of a bitmap that is given in hexadecimal, as it stands in a message."""
        encoding = self._codec.codec.spec["p"]["data_enc"]
        return bytes.fromhex(text) if encoding == "b" else text.upper().encode(encoding)

    def mac_element(self, frame: bytes) -> str:
        """The data element with the MAC of the message in a whole frame; '' if there is none."""
        parts = self.parts(frame)
        return next((name for name in _MAC_PARTS if name in parts), "")

    def joined(self, parts: Mapping[str, Part], like: bytes = b"") -> bytes:
        """A frame of these parts, whatever they say, with the right MAC where one has its place and
        with the address of the frame `like`.

        Raises:
            LocalProtocolError: it is longer than the framing can spell.
        """
        message = b"".join(part.prefix + part.data for part in parts.values())
        if any(name in parts for name in _MAC_PARTS):
            message = self._codec.sign(message)
        return self._around(message, like)

    def _around(self, message: bytes, like: bytes) -> bytes:
        framing = self._framing
        address = like[framing.head : framing.head + framing.address]
        return framing.addressed(address).wrap(message)
