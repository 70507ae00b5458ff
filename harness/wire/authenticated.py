"""Messages that carry a MAC: it is added when they are encoded and verified when they are decoded.

The MAC stands in the last field, DE 64 without a secondary bitmap and DE 128 with one,
and covers every byte from the MTI up to that field, the bitmap announcing it included
(docs/domain.md, "Secrets and keys"). A message is encoded once, with zeros in the MAC's place.
"""

from __future__ import annotations

from typing import Protocol

from harness.errors import ConfigError, EncodeError
from harness.wire.codec import Codec, mac_field

_ZEROS = "0" * 16


class MacAlgorithm(Protocol):
    """What a MAC is to the wire: eight bytes for any bytes."""

    def tag(self, data: bytes) -> bytes: ...


class AuthenticatedCodec:
    """A codec with a MAC over it; with `mac` None, a codec that says 'none'.

    Raises:
        ConfigError: the specification has no place for a MAC.
    """

    __slots__ = ("_hexadecimal", "_mac", "_tertiary", "_width", "codec")

    def __init__(self, codec: Codec, mac: MacAlgorithm | None) -> None:
        self.codec = codec
        self._mac = mac
        self._width = codec.mac_width
        self._hexadecimal = self._width == 16
        self._tertiary = frozenset(str(number) for number in range(129, 193)).intersection(
            codec.spec
        )
        if mac is not None and not self._width:
            raise ConfigError(
                "DE 64 and 128 are not eight bytes each, so there is no place for a MAC",
                place="spec",
                remedy="correct the specification, or run without a MAC",
            )

    def encode(self, fields: dict[str, str]) -> bytes:
        """The message with its MAC; one that it holds already is made anew.

        Raises:
            EncodeError: a field does not fit, or stands behind the place of the MAC.
        """
        if self._mac is None:
            return self.codec.encode(fields)
        place = mac_field(fields)
        whole = {**fields, place: _ZEROS}
        if place == "128" and "64" in whole:
            del whole["64"]
        if self._tertiary and not self._tertiary.isdisjoint(whole):
            raise EncodeError("A field stands behind the MAC", field=place)
        return self.sign(self.codec.encode(whole))

    def sign(self, message: bytes) -> bytes:
        """The right MAC over any bytes, in place of the last ones; as they are without a key."""
        if self._mac is None:
            return message
        body = message[: -self._width]
        return body + self._written(self._mac.tag(body))

    def decode(self, data: bytes) -> tuple[dict[str, str], str]:
        """The fields, and what the MAC says: 'good', 'bad' (missing, misplaced or wrong), or
        'none' when there is no key to verify it with.

        Raises:
            DecodeError: the bytes are not a message of the specification.
        """
        fields = self.codec.decode(data)
        mac = self._mac
        if mac is None:
            return fields, "none"
        if "1" in fields:
            placed = "128" in fields and len(fields["1"]) == 16
        else:
            placed = "64" in fields
        if placed and data[-self._width :] == self._written(mac.tag(data[: -self._width])):
            return fields, "good"
        return fields, "bad"

    def _written(self, tag: bytes) -> bytes:
        return tag.hex().upper().encode("ascii") if self._hexadecimal else tag
