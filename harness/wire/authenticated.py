"""Messages that carry a MAC: it is added when they are encoded and verified when they are decoded.

The MAC stands in the last field, DE 64 without a secondary bitmap and DE 128 with one,
and covers every byte from the MTI up to that field, the bitmap announcing it included
(docs/domain.md, "Secrets and keys"). A message is encoded once, with zeros in the MAC's place.
Where the two fields are shorter than eight bytes the MAC is cut on its right. A header (field h)
stands before the MTI and is not covered.
"""

from __future__ import annotations

from typing import Protocol

from harness.errors import ConfigError, EncodeError
from harness.wire.codec import Codec, mac_field
from harness.wire.fitting import HEADER, Fitting


class MacAlgorithm(Protocol):
    """What a MAC is to the wire: eight bytes for any bytes."""

    def tag(self, data: bytes) -> bytes: ...


class AuthenticatedCodec:
    """A codec with a MAC over it; with `mac` None, a codec that says 'none'. `fitting` changes what
    a dialect writes into what the specification has, and back.

    Raises:
        ConfigError: the specification has no place for a MAC.
    """

    __slots__ = (
        *("_fitting", "_from", "_hexadecimal", "_mac", "_tertiary", "_width", "_zeros"),
        "codec",
    )

    def __init__(
        self, codec: Codec, mac: MacAlgorithm | None, fitting: Fitting | None = None
    ) -> None:
        self.codec = codec
        self._mac = mac
        self._fitting = fitting if fitting is not None and fitting.changes else None
        self._width, self._hexadecimal = codec.mac_place
        self._zeros = "0" * (self._width if self._hexadecimal else 2 * self._width)
        self._from = _bytes_of_header(codec) if mac is not None else 0
        self._tertiary = frozenset(str(number) for number in range(129, 193)).intersection(
            codec.spec
        )
        if mac is not None and not self._width:
            missing = [key for key in ("64", "128") if key not in codec.spec]
            what = "is missing" if missing else "and 64 are not of one length, of 4 to 8 bytes"
            raise ConfigError(
                f"field {missing[0] if missing else '128'} {what}: there is no place for a MAC",
                place="spec",
                remedy="correct the specification, or run without a MAC: --mac none",
            )

    def encode(self, fields: dict[str, str]) -> bytes:
        """The message with its MAC; one that it holds already is made anew.

        Raises:
            EncodeError: a field does not fit, or stands behind the place of the MAC.
        """
        if self._fitting is not None:
            fields = self._fitting.outward(fields)
        if self._mac is None:
            return self.codec.encode(fields)
        place = mac_field(fields)
        whole = {**fields, place: self._zeros}
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
        return body + self._written(self._mac.tag(body[self._from :]))

    def decode(self, data: bytes) -> tuple[dict[str, str], str]:
        """The fields, and what the MAC says: 'good', 'bad' (missing, misplaced or wrong), or
        'none' when there is no key to verify it with.

        Raises:
            DecodeError: the bytes are not a message of the specification.
        """
        fields = self.codec.decode(data)
        if self._fitting is not None:
            fields = self._fitting.inward(fields)
        mac = self._mac
        if mac is None:
            return fields, "none"
        if "1" in fields:
            placed = "128" in fields and len(fields["1"]) == 16
        else:
            placed = "64" in fields
        tag = mac.tag(data[self._from : -self._width]) if placed else b""
        if placed and data[-self._width :] == self._written(tag):
            return fields, "good"
        return fields, "bad"

    def _written(self, tag: bytes) -> bytes:
        if self._hexadecimal:
            return tag.hex().upper()[: self._width].encode(self._hexadecimal)
        return tag[: self._width]


def _bytes_of_header(codec: Codec) -> int:
    """How many bytes stand before the MTI."""
    field = codec.spec[HEADER]
    if field["max_len"] <= 0:
        return 0
    if field["len_type"]:
        raise ConfigError(
            "a header of variable length has no place before a MAC",
            place=f"spec: field {HEADER}",
            remedy="make it a fixed length (len_type 0), or run without a MAC: --mac none",
        )
    size = int(field["max_len"])
    return (size + 1) // 2 if field.get("len_count") == "nibbles" else size
