"""Faults of the framing: a header that says what is not so, and frames that do not stand alone.

The message itself stays right. Where a framing cannot spell a fault, the fault does not act.

What the receiver makes of it is alike in all framings: a length that cannot be right breaks the
stream, and the link is closed ('garbage'); one that can be and is not makes it wait for bytes that
are the next frame's, or begin to read in the middle of a message.

Unless mti= says otherwise they touch financial and reversal responses.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import CUT, FRAME, WireRule
from harness.wire.framing import Framing, framing


class FramingRule(WireRule):
    """Knows where the message starts in a frame, and how its header spells a length."""

    layer = "framing"
    stage = FRAME

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self.framing: Framing = framing(context.framing)
        self.message_at = len(self.framing.wrap(b"?")) - 1
        self.address = self.message_at - self.framing.head  # a TPDU is counted in the length


# --- the length ----------------------------------------------------------------------------------


class LengthRule(FramingRule):
    """Another header before the same bytes."""

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
        """The header that stands there instead; None if there is no such."""
        raise NotImplementedError

    def off_by(self, right: bytes, by: int) -> bytes | None:
        """A length that is off by so much and leaves room for at least one byte of message."""
        length = self.framing.length(right) + by
        if not self.address < length <= self.framing.most:
            return None
        return self.framing.header(length)


class LengthLong(LengthRule):
    """All framings. The receiver takes the rest from the frame that follows."""

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
    """All framings. What is left of the message is read as the header of the next frame."""

    kind = "len_short"
    summary = "the length header says less than there is"

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return self.off_by(right, -self.value("by"))


class LengthZero(LengthRule):
    """All framings: 0000 in two bytes, or the digits 0000. No frame is empty: the link is closed.
    Some peers take it for a keep-alive and read the message as the next header.
    """

    kind = "len_zero"
    summary = "the length header says 0, and the message follows"

    def header(self, _right: bytes, _terminal: str) -> bytes | None:
        return self.framing.header(0)


class LengthMax(LengthRule):
    """All framings: FFFF in two bytes, or the digits 9999. It is more than a receiver takes
    (`MAX_FRAME`), so the link is closed; one that takes as much waits.
    """

    kind = "len_max"
    summary = "the length header says the most that it can spell"

    def header(self, _right: bytes, _terminal: str) -> bytes | None:
        return self.framing.header(self.framing.most)


class WrongEndianness(LengthRule):
    """The two-byte framings. Digits have no such order, so in `4ascii` it does not act; nor on a
    length whose two bytes are equal.
    """

    kind = "wrong_endianness"
    summary = "the two bytes of the length header stand the other way round"

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return right[::-1] if self.framing.head == 2 else None


class InclusiveLength(LengthRule):
    """All framings: 2 too many where the header has two bytes, 4 where it has four digits."""

    kind = "inclusive_len"
    summary = "the length counts its own header too"

    def header(self, right: bytes, _terminal: str) -> bytes | None:
        return self.off_by(right, self.framing.head)


class HeaderGarbage(LengthRule):
    """All framings. The address, if there is one, stays. Two drawn bytes are nearly always more
    than a receiver takes, and four are hardly ever digits; else they are some wrong length.
    """

    kind = "header_garbage"
    summary = "drawn bytes stand where the length was"

    def header(self, right: bytes, terminal: str) -> bytes | None:
        draw = self.shape(terminal)
        return bytes((byte + 1 + draw.below(255)) & 0xFF for byte in right)  # none stays right


def _spelled(header: bytes) -> str:
    return header.decode("ascii") if header.isdigit() and len(header) == 4 else header.hex(" ")


# --- the frame and what comes after it -----------------------------------------------------------


class PartialFrameHang(FramingRule):
    """All framings; half of the frame is past every header. That way the connection is dead from
    then on, until somebody gives it up.
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
        if (passing.terminal, passing.to) in self._hung:
            return []
        return super().fate(now, passing)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        data = passing.data
        half = data[: len(data) // 2]
        self._hung[(passing.terminal, passing.to)] = None
        self.acted(passing.terminal, f"{passing.mti} hangs after {len(half)} of {len(data)} bytes")
        return [Deliver(0.0, half)]


class TrailingBytes(FramingRule):
    """All framings. The message is read, and what trails is taken for the next header."""

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
    """All framings. The second frame is the first one again: a receiver that reads one frame from
    each piece it is given misses it or chokes on it, and one that acts on the first before it has
    seen the second meets a duplicate at the same instant. `coalesce` joins different frames.
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
