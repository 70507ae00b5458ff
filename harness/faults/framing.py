"""Faults of the framing: a wrong length header, an incomplete frame, or extra bytes after a frame.

The message itself stays right. If a framing cannot express a fault, the fault does not act.

The receiver's reaction is the same in all framings. A length that is impossible breaks the stream,
and the link is closed ('garbage'). With a length that is possible but wrong, the receiver takes
bytes of the next frame, or begins to read a header in the middle of a message.

Unless mti= says otherwise these faults affect financial and reversal responses.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import CUT, FRAME, WireRule
from harness.wire.framing import Framing, framing


class FramingRule(WireRule):
    """Knows how the header encodes a length, and what it counts besides the message."""

    layer = "framing"
    stage = FRAME

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self.framing: Framing = framing(context.framing)
        self.around = self.framing.address + self.framing.trailer  # counted in the length


# --- the length ----------------------------------------------------------------------------------


class LengthRule(FramingRule):
    """Replaces the length header of the frame; all other bytes stay the same."""

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        head = self.framing.head
        header = passing.data[:head]
        wrong = self.header(header, passing.terminal)
        if wrong is None or wrong == header:
            return None
        self.acted(
            passing.terminal, f"{passing.mti} length {_spelled(wrong)} for {_spelled(header)}"
        )
        return [Deliver(0.0, wrong + passing.data[head:])]

    def header(self, right: bytes, terminal: str) -> bytes | None:
        """The header that replaces `right`; None if the framing cannot express the fault."""
        raise NotImplementedError

    def off_by(self, right: bytes, by: int) -> bytes | None:
        """A header with the length of `right` plus `by` bytes; None if that leaves no byte of
        message, or is more than the header can encode.
        """
        length = self.framing.length(right) + by
        if not self.around < length <= self.framing.most:
            return None
        return self.framing.header(length)


class LengthLong(LengthRule):
    """All framings. The receiver takes the missing bytes from the next frame."""

    kind = "len_long"
    summary = "the length header says more than there is"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("count", "3", "so many bytes", least=1),
        **MTI,
        **COMMON,
    }

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return self.off_by(right, self.value("by"))


class LengthShort(LengthLong):
    """All framings. The receiver reads the rest of the message as the header of the next frame."""

    kind = "len_short"
    summary = "the length header says less than there is"

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return self.off_by(right, -self.value("by"))


class LengthZero(LengthRule):
    """All framings. The receiver takes the header for a keep-alive and reads the message as the
    next header: nearly always that is a length that is too great, and the link is closed.
    """

    kind = "len_zero"
    summary = "the length header says 0, and the message follows"

    def header(self, _right: bytes, _terminal: str) -> bytes | None:
        return self.framing.header(0)


class LengthMax(LengthRule):
    """All framings, such as FFFF in two bytes, or the digits 9999. A receiver does not accept a
    frame of that length (`MAX_FRAME`), so the link is closed. A receiver that accepts it waits for
    the missing bytes.
    """

    kind = "len_max"
    summary = "the length header says the most that it can spell"

    def header(self, _right: bytes, _terminal: str) -> bytes | None:
        return self.framing.header(self.framing.most)


class WrongEndianness(LengthRule):
    """The framings with a number in bytes. Digits have no byte order, so the fault does not act in
    `4ascii`. It also does not act on a length whose bytes are equal.
    """

    kind = "wrong_endianness"
    summary = "the bytes of the length header stand the other way round"

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return right[::-1] if self.framing.binary else None


class InclusiveLength(LengthRule):
    """All framings: the length is 2 too large with a two-byte header, 4 with a four-digit one."""

    kind = "inclusive_len"
    summary = "the length counts its own header too"

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return self.off_by(right, self.framing.head)


class HeaderGarbage(LengthRule):
    """All framings. The address (TPDU), if there is one, is not changed. Two drawn bytes are nearly
    always a greater length than a receiver accepts, and four drawn bytes are hardly ever digits.
    Otherwise they are a wrong length.
    """

    kind = "header_garbage"
    summary = "drawn bytes stand where the length was"

    def header(self, right: bytes, terminal: str) -> bytes | None:
        draw = self.shape(terminal)
        return bytes((byte + 1 + draw.below(255)) & 0xFF for byte in right)  # all are wrong


def _spelled(header: bytes) -> str:
    return header.decode("ascii") if header.isdigit() and len(header) == 4 else header.hex(" ")


# --- the frame and what comes after it -----------------------------------------------------------


class PartialFrameHang(FramingRule):
    """All framings; half of a frame is always longer than the header. After it the connection
    carries nothing more in that direction, until one side closes the connection.
    """

    kind = "partial_frame_hang"
    summary = "half of the frame, then nothing more that way, and the connection stays open"
    stage = CUT

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._hung: dict[tuple[str, str], None] = {}

    def renewed(self, terminal: str) -> None:
        for to in ("host", "terminal"):
            self._hung.pop((terminal, to), None)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if (passing.line, passing.to) in self._hung:
            return []
        return super().fate(now, passing)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        data = passing.data
        half = data[: len(data) // 2]
        self._hung[(passing.line, passing.to)] = None
        self.acted(passing.terminal, f"{passing.mti} hangs after {len(half)} of {len(data)} bytes")
        return [Deliver(0.0, half)]


class TrailingBytes(FramingRule):
    """All framings. The receiver reads the message, then takes the extra bytes for a header."""

    kind = "trailing_bytes"
    variants = ("", "bytes=1")
    summary = "bytes that belong to no frame follow the frame"
    parameters: ClassVar[dict[str, Parameter]] = {
        "bytes": Parameter("count", "3", "so many, drawn", least=1, most=1000),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        count: int = self.value("bytes")
        draw = self.shape(passing.terminal)
        self.acted(passing.terminal, f"{passing.mti} and {count} bytes after it")
        return [Deliver(0.0, passing.data + bytes(draw.below(256) for _ in range(count)))]


class TwoFramesOneWrite(FramingRule):
    """All framings. The second frame is a copy of the first. A receiver that expects one frame in
    each read misses the second frame or fails on it. A receiver that handles the first frame before
    it sees the second gets a duplicate in the same instant. `coalesce` joins different frames.
    """

    kind = "two_frames_one_write"
    summary = "the frame comes twice, in one write"

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"{passing.mti} twice in one write")
        return [Deliver(0.0, passing.data * 2)]


FRAMING_RULES: tuple[type[FramingRule], ...] = (
    LengthShort,
    LengthLong,
    LengthZero,
    LengthMax,
    WrongEndianness,
    InclusiveLength,
    HeaderGarbage,
    PartialFrameHang,
    TrailingBytes,
    TwoFramesOneWrite,
)
