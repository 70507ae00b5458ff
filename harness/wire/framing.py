"""A stream of bytes cut into frames, one small class for each length header.

A frame is a header that gives the length of what follows, perhaps an address, and one
ISO 8583 message. Frames have a greatest length, and a message has at least one byte. There is no
resynchronising: a header that cannot be right breaks the stream for good, as any guess at
where the next frame starts might be a wrong amount. The error names the bytes, and the likely
cause where they look like another framing.

`2byte`       two bytes, big-endian, then the message
`2byte-tpdu`  the same; the length counts a TPDU (60, destination 2, source 2) and the message
`4ascii`      four ASCII digits, then the message
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

from harness.errors import ConfigError, FramingError, LocalProtocolError

MAX_FRAME = 4096
_DIGITS = frozenset(b"0123456789")
_TPDU_ID = 0x60


class Frame(NamedTuple):
    """One whole frame: `raw` are all its bytes as they came, `payload` is the ISO 8583 message in
    it, and `address` is what stood between the length and the message: a TPDU, or nothing.
    """

    raw: bytes
    payload: bytes
    address: bytes


_frame = tuple.__new__  # half the time of Frame(...), for what every byte of a run passes


class Framing:
    """Two bytes of length, big-endian; the other framings override what differs.

    `head` is how many bytes the length takes, `most` the greatest length it can spell.
    """

    name = "2byte"
    about = "2 bytes of length, big-endian"
    head = 2
    most = 0xFFFF

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

    def length(self, header: bytes) -> int:
        """What a header says; -1 if it says nothing."""
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

    def refusal(self, header: bytes, length: int, max_frame: int) -> tuple[str, str] | None:
        """Why a length cannot be right and what that looks like; None if it can."""
        if length == 0:
            return "length 0", ""
        if length <= max_frame:
            return None
        hint = ""
        if _DIGITS.issuperset(header):
            hint = f"length {length} looks like ASCII digits: is the peer using 4ascii?"
        elif 0 < int.from_bytes(header, "little") <= max_frame:
            other = int.from_bytes(header, "little")
            hint = f"length {other} the other way round: is the peer little-endian?"
        return f"length {length} exceeds {max_frame}", hint

    def misfit(self, body: bytes) -> tuple[str, str]:
        """Why `payload` would not take a body, and what it looks like."""
        return f"{len(body)} bytes hold no message", ""


class TpduFraming(Framing):
    """Two bytes of length, counting a TPDU of 5 bytes that stands before the message."""

    name = "2byte-tpdu"
    about = "2 bytes of length, big-endian, then a 5-byte TPDU that it counts"

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

    def reply_to(self, tpdu: bytes) -> TpduFraming:
        """The framing that answers a TPDU: its destination and source swapped."""
        return TpduFraming(tpdu[:1] + tpdu[3:5] + tpdu[1:3])

    def payload(self, body: bytes) -> bytes | None:
        return body[5:] if len(body) > 5 and body[0] == _TPDU_ID else None

    def whole(self, data: bytes, max_frame: int) -> Frame | None:
        length = int.from_bytes(data[:2], "big")
        if 5 < length <= max_frame and len(data) == length + 2 and data[2] == _TPDU_ID:
            return _frame(Frame, (data, data[7:], data[2:7]))
        return None

    def misfit(self, body: bytes) -> tuple[str, str]:
        start = body[:2].hex(" ")
        if len(body) <= 5 and body[0] == _TPDU_ID:
            return f"{len(body)} bytes hold no message behind a TPDU", ""
        hint = ""
        if _DIGITS.issuperset(body[:4]) or body[0] in (0x01, 0x02, 0x04, 0x05, 0x08):
            hint = f"{start} looks like an MTI: is the peer using 2byte, without a TPDU?"
        return f"TPDU missing: {start} instead of 60", hint


class AsciiFraming(Framing):
    """Four ASCII digits of length, not counting themselves."""

    name = "4ascii"
    about = "4 ASCII digits of length"
    head = 4
    most = 9999

    def wrap(self, payload: bytes) -> bytes:
        length = len(payload)
        if not 0 < length <= self.most:
            raise _unframeable(length, self.name)
        return self.header(length) + payload

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

    def refusal(self, header: bytes, length: int, max_frame: int) -> tuple[str, str] | None:
        if length == 0:
            return "length 0", ""
        if length > max_frame:
            return f"length {length} exceeds {max_frame}", ""
        if length > 0:
            return None
        binary = int.from_bytes(header[:2], "big")
        hint = ""
        if 0 < binary <= max_frame:
            hint = f"it looks like a binary length of {binary}: is the peer using 2byte?"
        return "length is not 4 ASCII digits", hint


class Deframer:
    """Collects the bytes of one connection and gives the frames in them.

    `error` is None until the stream breaks; from then on `feed` gives nothing more.
    """

    __slots__ = ("_buffer", "_framing", "_max", "_taken", "error")

    def __init__(self, framing: Framing, max_frame: int) -> None:
        self._framing = framing
        self._max = max_frame
        self._buffer = b""
        self._taken = 0
        self.error: FramingError | None = None

    def reset(self) -> None:
        """A new connection: nothing of the old stream counts."""
        self._buffer = b""
        self._taken = 0
        self.error = None

    @property
    def rest(self) -> bytes:
        """The bytes that wait for the rest of their frame. When the stream has broken: what of the
        bytes that were fed last belongs to no frame.
        """
        return self._buffer

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete, in order; never raises. What came whole
        before a bad frame is given, and `error` is set.
        """
        if self.error is not None:
            self._buffer = data
            return []
        if not self._buffer:  # nearly always one whole frame at a time
            frame = self._framing.whole(data, self._max)
            if frame is not None:
                self._taken += len(data)
                return [frame]
        return self._cut(self._buffer + data)

    def _cut(self, stream: bytes) -> list[Frame]:
        framing, head, most = self._framing, self._framing.head, self._max
        frames: list[Frame] = []
        at, end = 0, len(stream)
        while at + head <= end:
            header = stream[at : at + head]
            length = framing.length(header)
            if not 0 < length <= most:
                self._broken(framing.refusal(header, length, most), at, header)
                break
            stop = at + head + length
            if stop > end:
                break
            body = stream[at + head : stop]
            payload = framing.payload(body)
            if payload is None:
                self._broken(framing.misfit(body), at + head, body)
                break
            frames.append(Frame(stream[at:stop], payload, body[: -len(payload)]))
            at = stop
        self._buffer = stream[at:]
        self._taken += at
        return frames

    def _broken(self, why: tuple[str, str] | None, at: int, data: bytes) -> None:
        reason, hint = why or ("unusable length", "")
        self.error = FramingError(reason, offset=self._taken + at, data=data, hint=hint)


_FRAMINGS: dict[str, type[Framing]] = {
    kind.name: kind for kind in (Framing, TpduFraming, AsciiFraming)
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
