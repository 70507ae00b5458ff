"""Faults of the bytes of a frame: how many bytes arrive at a time, and whether they are right. The
faults of the line are in byte_line.py.

These faults touch financial and reversal responses, or the messages that mti= names. They never
change the length header: it still gives the length of the original message.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.events import FaultActed
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import DAMAGE, PACE, SLICE, TO_HOST, TO_TERMINAL, WireRule
from harness.keyed_random import Draw
from harness.wire.framing import framing


class ByteRule(WireRule):
    layer = "byte"


# --- how many arrive -----------------------------------------------------------------------------


class Slice(ByteRule):
    kind = "slice"
    summary = "a frame arrives in small pieces"
    stage = SLICE
    parameters: ClassVar[dict[str, Parameter]] = {
        "bytes": Parameter("count", "1", "in a piece", least=1),
        "gap": Parameter("duration", "10ms", "between the pieces"),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        size, gap, data = self.value("bytes"), self.value("gap"), passing.data
        if size >= len(data):
            return None
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        self.acted(passing.terminal, f"{passing.mti} in {len(pieces)} pieces")
        last = len(pieces) - 1
        return [
            Deliver(gap * number, piece, more=number < last) for number, piece in enumerate(pieces)
        ]


class Coalesce(ByteRule):
    """A held frame leaves together with the next frames in the same direction, whatever messages
    they carry. If the connection ends first, the held frames are lost. When the fault is over, the
    held frames leave together with the next frame.
    """

    kind = "coalesce"
    summary = "a frame is held until several can leave in one write"
    stage = PACE
    parameters: ClassVar[dict[str, Parameter]] = {
        "frames": Parameter("count", "2", "that leave together", least=2, most=100),
        **MTI,
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._held: dict[tuple[str, str], list[bytes]] = {}
        self._told: dict[tuple[str, str], tuple[FaultActed, ...]] = {}  # effects to tell on arrival

    def renewed(self, terminal: str) -> None:
        for to in (TO_HOST, TO_TERMINAL):
            self._held.pop((terminal, to), None)
            self._told.pop((terminal, to), None)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        terminal, way = passing.terminal, (passing.line, passing.to)
        held = self._held.get(way)
        if held is None:
            return super().fate(now, passing)
        held.append(passing.data)
        if self.active(now) and len(held) < self.value("frames"):
            return []
        del self._held[way]
        self.acted(terminal, f"{len(held)} frames in one write, {passing.mti or 'frame'} the last")
        return [Deliver(0.0, b"".join(held), effects=self._told.pop(way, ()))]

    def holds(self, passing: Passing, effects: tuple[FaultActed, ...]) -> None:
        way = passing.line, passing.to
        self._told[way] = self._told.get(way, ()) + effects

    def unfinished(self) -> bool:
        return bool(self._held)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self._held[(passing.line, passing.to)] = [passing.data]
        self.acted(passing.terminal, f"{passing.mti} held until others leave with it")
        return []


# --- whether they are right ----------------------------------------------------------------------


class SpoiledRule(ByteRule):
    """Damages bytes of the message. What stands around it (header, TPDU, trailer) stays."""

    stage = DAMAGE

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        kind = framing(context.framing)
        self.message_at = kind.head + kind.address
        self.around = self.message_at + kind.trailer

    def place(self, draw: Draw, places: int, given: Any) -> int | None:
        """The place in the message, from 1 to `places`: the given one, or a drawn one if none is
        given. None if there is no such place.
        """
        if places < 1 or (given or 1) > places:
            return None
        drawn = 1 + draw.below(places)
        return given or drawn


class BitFlip(SpoiledRule):
    kind = "bitflip"
    summary = "one bit of the message is turned over; its length stays right"
    parameters: ClassVar[dict[str, Parameter]] = {
        "byte": Parameter("count", None, "which byte of the message, from 1; else drawn", least=1),
        "bit": Parameter("count", None, "which bit, 1 the highest; else drawn", least=1, most=8),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        draw = self.shape(passing.terminal)
        data = bytearray(passing.data)
        byte = self.place(draw, len(data) - self.around, self.value("byte"))
        if byte is None:
            return None
        bit = self.value("bit") or 1 + draw.below(8)
        data[self.message_at + byte - 1] ^= 0x80 >> (bit - 1)
        self.acted(passing.terminal, f"{passing.mti} byte {byte}, bit {bit} flipped")
        return [Deliver(0.0, bytes(data))]


class DropBytes(SpoiledRule):
    """The receiver takes the missing bytes from the start of the next frame, and reads on after
    them.
    """

    kind = "drop_bytes"
    variants = ("", "bytes=1")
    summary = "bytes of the message vanish; its length stays as it was"
    parameters: ClassVar[dict[str, Parameter]] = {
        "bytes": Parameter("count", "3", "so many, side by side", least=1),
        "at": Parameter("count", None, "the first of them, from 1; else drawn", least=1),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        count, data = self.value("bytes"), passing.data
        places = len(data) - self.around - count + 1
        place = self.place(self.shape(passing.terminal), places, self.value("at"))
        if place is None:
            return None
        at = self.message_at + place - 1
        self.acted(passing.terminal, f"{passing.mti} without {count} bytes from byte {place} on")
        return [Deliver(0.0, data[:at] + data[at + count :])]


class InsertBytes(SpoiledRule):
    """The length header does not cover the last bytes of the message; the receiver reads them as
    the header of the next frame.
    """

    kind = "insert_bytes"
    variants = ("", "bytes=1")
    summary = "bytes that nobody sent stand in the message; its length stays as it was"
    parameters: ClassVar[dict[str, Parameter]] = {
        "bytes": Parameter("count", "3", "so many, drawn", least=1, most=1000),
        "at": Parameter("count", None, "before which byte, from 1; else drawn", least=1),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        count, data = self.value("bytes"), passing.data
        draw = self.shape(passing.terminal)
        place = self.place(draw, len(data) - self.around, self.value("at"))
        if place is None:
            return None
        at = self.message_at + place - 1
        noise = bytes(draw.below(256) for _ in range(count))
        self.acted(passing.terminal, f"{passing.mti} with {count} more bytes before byte {place}")
        return [Deliver(0.0, data[:at] + noise + data[at:])]


BYTE_RULES: tuple[type[ByteRule], ...] = (
    Slice,
    Coalesce,
    BitFlip,
    DropBytes,
    InsertBytes,
)
