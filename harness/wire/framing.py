"""How a message is put into a frame: one small class for each length header.

A frame is a header that gives the length of what follows, perhaps an address, one ISO 8583 message,
and perhaps a trailer. Frames have a greatest length. A length of 0 is a keep-alive (deframer.py).

`2byte`             two bytes, big-endian, then the message
`2byte-tpdu`        the same; the length counts a TPDU (60, destination 2, source 2) and the message
`2byte-little`      two bytes, little-endian
`2byte-inclusive`   two bytes, big-endian, and the length counts them too
`2byte-bcd`         two bytes that hold four BCD digits
`2byte-bcd-tpdu`    the same, with a TPDU that the length counts
`2byte-etx`         two bytes, big-endian; the length counts one byte 03 (ETX) behind the message
`2byte-zeros`       two bytes, big-endian, and two bytes 00 that the length does not count
`3byte` `4byte`     three or four bytes, big-endian
`4byte-inclusive`   four bytes, big-endian, and the length counts them too
`4ascii`            four ASCII digits, then the message
`4ascii-inclusive`  four ASCII digits, and the length counts them too
`4hex`              four hexadecimal digits in ASCII
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Self

from harness.errors import ConfigError, LocalProtocolError
from harness.wire.deframer import Deframer, Frame

MAX_FRAME = 4096
_DIGITS = frozenset(b"0123456789")
_HEX_DIGITS = frozenset(b"0123456789ABCDEFabcdef")
_TPDU_ID = 0x60
_ETX = b"\x03"


_frame = tuple.__new__  # half the time of Frame(...), for what every byte of a run passes


class Framing:
    """Two bytes of length, big-endian; the other framings override what differs.

    `head` is how many bytes the header takes, and `most` the greatest length that it can spell.
    `address` and `trailer` are how many bytes stand before and behind the message; the length
    counts them. `binary`: the header is a number in bytes, so that it has an order of bytes.
    """

    name = "2byte"
    about = "2 bytes of length, big-endian"
    head = 2
    most = 0xFFFF
    address = 0
    trailer = 0
    binary = True

    def wrap(self, payload: bytes) -> bytes:
        """The frame that carries a message.

        Raises:
            LocalProtocolError: the message is empty or longer than the header can say.
        """
        length = len(payload)
        if not 0 < length <= self.most:
            raise _unframeable(length, self.name)
        return self.header(length) + payload

    def header(self, length: int) -> bytes:
        """A length from 0 to `most`, as the header spells it."""
        return length.to_bytes(2, "big")

    def deframer(self, max_frame: int = MAX_FRAME) -> Deframer:
        """For one connection; a frame's length, as its header says it, is at most `max_frame`."""
        return Deframer(self, max_frame)

    def addressed(self, _address: bytes) -> Framing:
        """The framing that puts that address before each message; this one if it has none."""
        return self

    def answering(self, _address: bytes) -> Framing:
        """The framing of the answer to a frame with that address."""
        return self

    def length(self, header: bytes) -> int:
        """What a header says of the bytes behind it: 0 is a keep-alive, below 0 says nothing."""
        return int.from_bytes(header, "big")

    def payload(self, body: bytes) -> bytes | None:
        """The message of a frame's body; None if the body is not as it should be."""
        return body

    def whole(self, data: bytes, max_frame: int) -> Frame | None:
        """The frame, if the bytes are exactly one; None if they are anything else, or if finding
        out takes the long way. This is the usual case, so it is kept short.
        """
        length = int.from_bytes(data[:2], "big")
        if 0 < length <= max_frame and len(data) == length + 2:
            return _frame(Frame, (data, data[2:], b""))
        return None

    def refusal(self, length: int, max_frame: int) -> str:
        """Why a length cannot be right."""
        if length > max_frame:
            return f"length {length} exceeds {max_frame}"
        return f"no length of {self.name}"

    def misfit(self, body: bytes) -> str:
        """Why `payload` would not take a body."""
        return f"{len(body)} bytes hold no message"


class OtherFraming(Framing):
    """The base of the framings that are used less often, and take longer."""

    def whole(self, data: bytes, max_frame: int) -> Frame | None:
        head = self.head
        length = self.length(data[:head]) if len(data) > head else 0
        if not 0 < length <= max_frame or len(data) != head + length:
            return None
        body = data[head:]
        payload = self.payload(body)
        return None if payload is None else Frame(data, payload, body[: self.address])


class WideFraming(OtherFraming):
    """Three bytes of length, big-endian."""

    name = "3byte"
    about = "3 bytes of length, big-endian"
    head = 3
    most = 0xFFFFFF

    def header(self, length: int) -> bytes:
        return length.to_bytes(self.head, "big")


class FourByteFraming(WideFraming):
    """Four bytes of length, big-endian."""

    name = "4byte"
    about = "4 bytes of length, big-endian"
    head = 4
    most = 0xFFFFFFFF


class LittleEndianFraming(OtherFraming):
    """Two bytes of length, little-endian."""

    name = "2byte-little"
    about = "2 bytes of length, little-endian"

    def header(self, length: int) -> bytes:
        return length.to_bytes(2, "little")

    def length(self, header: bytes) -> int:
        return int.from_bytes(header, "little")


class InclusiveFraming(WideFraming):
    """Two bytes of length that count themselves: 2 is a keep-alive."""

    name = "2byte-inclusive"
    about = "2 bytes of length, big-endian, which count themselves"
    head = 2
    most = 0xFFFF - 2

    def header(self, length: int) -> bytes:
        return super().header(length + self.head)

    def length(self, header: bytes) -> int:
        return super().length(header) - self.head


class FourByteInclusiveFraming(InclusiveFraming):
    """Four bytes of length that count themselves."""

    name = "4byte-inclusive"
    about = "4 bytes of length, big-endian, which count themselves"
    head = 4
    most = 0xFFFFFFFF - 4


class BcdFraming(OtherFraming):
    """Two bytes that hold four decimal digits."""

    name = "2byte-bcd"
    about = "2 bytes of length, 4 BCD digits"
    most = 9999
    binary = False

    def header(self, length: int) -> bytes:
        return bytes.fromhex(f"{length:04d}")

    def length(self, header: bytes) -> int:
        digits = header.hex()
        return int(digits) if digits.isdecimal() else -1


class ZerosFraming(OtherFraming):
    """Two bytes of length and two bytes 00."""

    name = "2byte-zeros"
    about = "2 bytes of length, big-endian, then 2 bytes 00 that it does not count"
    head = 4

    def header(self, length: int) -> bytes:
        return length.to_bytes(2, "big") + bytes(2)

    def length(self, header: bytes) -> int:
        return int.from_bytes(header[:2], "big") if header[2:] == bytes(2) else -1


class EtxFraming(OtherFraming):
    """Two bytes of length, counting a byte 03 that stands behind the message."""

    name = "2byte-etx"
    about = "2 bytes of length, big-endian, which count a byte 03 (ETX) behind the message"
    trailer = 1

    def wrap(self, payload: bytes) -> bytes:
        if not 0 < len(payload) < self.most:
            raise _unframeable(len(payload), self.name)
        return self.header(len(payload) + 1) + payload + _ETX

    def payload(self, body: bytes) -> bytes | None:
        return body[:-1] if len(body) > 1 and body[-1:] == _ETX else None

    def misfit(self, body: bytes) -> str:
        if body == _ETX:
            return "1 byte holds no message before its ETX"
        return f"ETX missing: {body[-1:].hex()} instead of 03 behind the message"


class TpduFraming(Framing):
    """Two bytes of length, counting a TPDU of 5 bytes that stands before the message."""

    name = "2byte-tpdu"
    about = "2 bytes of length, big-endian, then a 5-byte TPDU that it counts"
    address = 5

    def __init__(self, tpdu: bytes = bytes.fromhex("6000000000")) -> None:
        """`tpdu` is what goes before every message that is sent."""
        if len(tpdu) != 5 or tpdu[0] != _TPDU_ID:
            raise ConfigError(
                f"'{tpdu.hex()}' is not a TPDU", place="framing", remedy="60, then 4 bytes"
            )
        self.tpdu = tpdu

    def wrap(self, payload: bytes) -> bytes:
        length = len(payload) + 5
        if not 5 < length <= self.most:
            raise _unframeable(len(payload), self.name)
        return self.header(length) + self.tpdu + payload

    def addressed(self, address: bytes) -> Self:
        return type(self)(address) if address else self

    def answering(self, address: bytes) -> Self:
        """The framing that answers a TPDU: its destination and source swapped."""
        return self.addressed(address[:1] + address[3:5] + address[1:3])

    def payload(self, body: bytes) -> bytes | None:
        return body[5:] if len(body) > 5 and body[0] == _TPDU_ID else None

    def whole(self, data: bytes, max_frame: int) -> Frame | None:
        length = int.from_bytes(data[:2], "big")
        if 5 < length <= max_frame and len(data) == length + 2 and data[2] == _TPDU_ID:
            return _frame(Frame, (data, data[7:], data[2:7]))
        return None

    def misfit(self, body: bytes) -> str:
        if len(body) <= 5 and body[0] == _TPDU_ID:
            return f"{len(body)} bytes hold no message behind a TPDU"
        return f"TPDU missing: {body[:2].hex(' ')} instead of 60"


class BcdTpduFraming(TpduFraming):
    """Two bytes of BCD digits, counting a TPDU of 5 bytes that stands before the message."""

    name = "2byte-bcd-tpdu"
    about = "2 bytes of length, 4 BCD digits, then a 5-byte TPDU that they count"
    most = 9999
    binary = False
    header = BcdFraming.header
    length = BcdFraming.length
    whole = OtherFraming.whole


class AsciiFraming(Framing):
    """Four ASCII digits of length, not counting themselves."""

    name = "4ascii"
    about = "4 ASCII digits of length"
    head = 4
    most = 9999
    binary = False

    def header(self, length: int) -> bytes:
        return b"%04d" % length

    def length(self, header: bytes) -> int:
        # int() would take ' 12', '+12 ' and '1_2'
        return int(header) if _DIGITS.issuperset(header) else -1

    def whole(self, data: bytes, max_frame: int) -> Frame | None:
        length = self.length(data[:4]) if len(data) > 4 else 0
        if 0 < length <= max_frame and len(data) == length + 4:
            return _frame(Frame, (data, data[4:], b""))
        return None


class AsciiInclusiveFraming(OtherFraming):
    """Four ASCII digits of length that count themselves."""

    name = "4ascii-inclusive"
    about = "4 ASCII digits of length, which count themselves"
    head = 4
    most = 9999 - 4
    binary = False

    def header(self, length: int) -> bytes:
        return b"%04d" % (length + 4)

    def length(self, header: bytes) -> int:
        return int(header) - 4 if _DIGITS.issuperset(header) else -1


class HexFraming(OtherFraming):
    """Four hexadecimal digits of length, in ASCII."""

    name = "4hex"
    about = "4 hexadecimal digits of length, in ASCII"
    head = 4
    binary = False

    def header(self, length: int) -> bytes:
        return b"%04X" % length

    def length(self, header: bytes) -> int:
        return int(header, 16) if _HEX_DIGITS.issuperset(header) else -1


_FRAMINGS: dict[str, type[Framing]] = {
    kind.name: kind
    for kind in (
        *(Framing, TpduFraming, AsciiFraming),  # the usual ones: a guess tries them first
        *(InclusiveFraming, BcdFraming, BcdTpduFraming, EtxFraming, LittleEndianFraming),
        *(FourByteFraming, FourByteInclusiveFraming, ZerosFraming, WideFraming),
        *(AsciiInclusiveFraming, HexFraming),
    )
}


def framing(name: str) -> Framing:
    """The framing of that name.

    Raises:
        ConfigError: no framing is called that.
    """
    if name not in _FRAMINGS:
        close = get_close_matches(name, _FRAMINGS, 1) or list(_FRAMINGS)
        raise ConfigError(
            f"no framing is called '{name}'",
            place="framing",
            remedy=f"did you mean {' or '.join(close)}?",
        )
    return _FRAMINGS[name]()


def framing_names() -> dict[str, str]:
    """Every framing, with one line about it."""
    return {name: kind.about for name, kind in _FRAMINGS.items()}


def _unframeable(length: int, name: str) -> LocalProtocolError:
    return LocalProtocolError(f"a message of {length} bytes has no frame in {name}")
