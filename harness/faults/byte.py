"""Faults of the byte stream: when its bytes arrive, how many at a time, and whether they are right.

`latency`, `jitter`, `throttle`, `stall_after_n` and `truncate_after_n` are of the line and touch
everything, both ways. The others touch financial and reversal responses, or what mti= names, and
never the length header: it goes on saying what there was.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.draw import Draw
from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import CUT, DAMAGE, PACE, SLICE, TIMING, TO_HOST, TO_TERMINAL, WireRule
from harness.wire.framing import framing

CLOSES_AFTER = 0.001  # run seconds: the bytes before a FIN have arrived


class ByteRule(WireRule):
    layer = "byte"


# --- when they arrive ----------------------------------------------------------------------------


class LineRule(ByteRule):
    """Frames that it delays stay in order among themselves, as in any stream."""

    stage = TIMING

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._last: dict[tuple[str, str], float] = {}  # when each way's latest frame arrives

    def means(self, passing: Passing) -> bool:
        return self.mti is None or passing.mti == self.mti

    def opened(self, terminal: str) -> None:
        for to in (TO_HOST, TO_TERMINAL):
            self._last.pop((terminal, to), None)

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        way = (passing.terminal, passing.to)
        due = self.arrives(now, self._last.get(way, 0.0), passing)
        self._last[way] = due
        if due <= now:
            return None
        self.acted(passing.terminal, f"{passing.mti or 'frame'} later by {due - now:.3f} s")
        return [Deliver(due - now, passing.data)]

    def arrives(self, now: float, last: float, passing: Passing) -> float:
        """When a frame arrives, `last` being when the one before it does."""
        raise NotImplementedError


class Latency(LineRule):
    kind = "latency"
    variants = ("", "by=30s")
    summary = "every frame takes longer, both ways"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "200ms", "so much longer, each way"),
        **MTI,
        **COMMON,
    }

    def arrives(self, now: float, last: float, _passing: Passing) -> float:
        by: float = self.value("by")
        return max(now + by, last)


class Jitter(LineRule):
    kind = "jitter"
    summary = "every frame takes longer, both ways, each by a time of its own, and in order"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "1s", "up to so much longer, drawn evenly", least=0.001),
        **MTI,
        **COMMON,
    }

    def arrives(self, now: float, last: float, passing: Passing) -> float:
        return max(now + self.shape(passing.terminal).uniform(0.0, self.value("by")), last)


class Throttle(LineRule):
    """Works on the bytes as they leave, after all damage: a frame arrives with its last byte."""

    kind = "throttle"
    summary = "the line carries so many bytes a second, each way"
    stage = PACE
    parameters: ClassVar[dict[str, Parameter]] = {
        "rate": Parameter("count", "100", "bytes per second", least=1),
        **MTI,
        **COMMON,
    }

    def arrives(self, now: float, last: float, passing: Passing) -> float:
        rate: int = self.value("rate")
        return max(now, last) + len(passing.data) / rate


# --- how many arrive -----------------------------------------------------------------------------


class AfterBytes(ByteRule):
    """Strikes when a connection has carried `n` bytes, both ways together, since it opened or since
    the window did, whichever came later. An attempt is a connection that has.
    """

    stage = CUT

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._carried: dict[str, int] = {}

    def opened(self, terminal: str) -> None:
        self._carried.pop(terminal, None)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        terminal = passing.terminal
        before = self._carried.get(terminal, 0)
        n: int = self.value("n")
        if before > n:
            return self.beyond(now, passing)
        if not self.active(now) or not self.meant(terminal):
            return None
        self._carried[terminal] = before + len(passing.data)
        if self._carried[terminal] <= n or not self.strikes(now, terminal):
            return None
        return self.reached(now, passing, n - before)

    def reached(self, now: float, passing: Passing, fit: int) -> list[Act]:
        """The fate of the frame of which only `fit` bytes are among the first n."""
        raise NotImplementedError

    def beyond(self, now: float, passing: Passing) -> list[Act] | None:
        """The fate of a frame after that one, struck or not."""
        raise NotImplementedError


class StallAfterN(AfterBytes):
    kind = "stall_after_n"
    summary = "after so many bytes of a connection nothing moves for a while, either way"
    parameters: ClassVar[dict[str, Parameter]] = {
        "n": Parameter("count", "300", "bytes that still pass, both ways together", least=0),
        "hold": Parameter("duration", "60s", "for how long: past host_response", least=0.001),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._until: dict[str, float] = {}

    def opened(self, terminal: str) -> None:
        super().opened(terminal)
        self._until.pop(terminal, None)

    def reached(self, now: float, passing: Passing, fit: int) -> list[Act]:
        hold: float = self.value("hold")
        self._until[passing.terminal] = now + hold
        self.acted(
            passing.terminal, f"nothing moves for {hold:g} s, {passing.mti or 'frame'} first"
        )
        data = passing.data
        begun: list[Act] = [Deliver(0.0, data[:fit], more=True)] if fit else []
        return [*begun, Deliver(hold, data[fit:])]

    def beyond(self, now: float, passing: Passing) -> list[Act] | None:
        until = self._until.get(passing.terminal, 0.0)
        return [Deliver(until - now, passing.data)] if now < until else None


class TruncateAfterN(AfterBytes):
    kind = "truncate_after_n"
    summary = "after so many bytes of a connection it ends with a FIN, in the middle of a frame"
    parameters: ClassVar[dict[str, Parameter]] = {
        "n": Parameter("count", "300", "bytes that still pass, both ways together", least=0),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._ended: dict[str, None] = {}

    def opened(self, terminal: str) -> None:
        super().opened(terminal)
        self._ended.pop(terminal, None)

    def reached(self, _now: float, passing: Passing, fit: int) -> list[Act]:
        self._ended[passing.terminal] = None
        data = passing.data
        self.acted(
            passing.terminal,
            f"{passing.mti or 'frame'} and connection end after {fit} of {len(data)} bytes",
        )
        begun: list[Act] = [Deliver(0.0, data[:fit])] if fit else []
        return [*begun, Close(CLOSES_AFTER, "fin")]

    def beyond(self, _now: float, passing: Passing) -> list[Act] | None:
        return [] if passing.terminal in self._ended else None


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
    """What is held leaves with the frames that follow it the same way, whatever they are; it is
    lost with its connection. When the fault is over, the next frame takes along what is held.
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

    def opened(self, terminal: str) -> None:
        for to in (TO_HOST, TO_TERMINAL):
            self._held.pop((terminal, to), None)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        terminal, way = passing.terminal, (passing.terminal, passing.to)
        held = self._held.get(way)
        if held is None:
            return super().fate(now, passing)
        held.append(passing.data)
        if self.active(now) and len(held) < self.value("frames"):
            return []
        del self._held[way]
        self.acted(terminal, f"{len(held)} frames in one write, {passing.mti or 'frame'} the last")
        return [Deliver(0.0, b"".join(held))]

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self._held[(passing.terminal, passing.to)] = [passing.data]
        self.acted(passing.terminal, f"{passing.mti} held until others leave with it")
        return []


# --- whether they are right ----------------------------------------------------------------------


class SpoiledRule(ByteRule):
    """Spoils bytes of the message. The length header and the address (a TPDU) stay as they were."""

    stage = DAMAGE

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self.message_at = len(framing(context.framing).wrap(b"?")) - 1

    def place(self, draw: Draw, places: int, given: Any) -> int | None:
        """At which of so many places of the message, from 1: the given or a drawn one; None if
        there is no such place.
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
        byte = self.place(draw, len(data) - self.message_at, self.value("byte"))
        if byte is None:
            return None
        bit = self.value("bit") or 1 + draw.below(8)
        data[self.message_at + byte - 1] ^= 0x80 >> (bit - 1)
        self.acted(passing.terminal, f"{passing.mti} byte {byte}, bit {bit} flipped")
        return [Deliver(0.0, bytes(data))]


class DropBytes(SpoiledRule):
    """The receiver takes what is missing from the frame that follows, and reads on from there."""

    kind = "drop_bytes"
    summary = "bytes of the message vanish; its length stays as it was"
    parameters: ClassVar[dict[str, Parameter]] = {
        "bytes": Parameter("count", "3", "so many, side by side", least=1),
        "at": Parameter("count", None, "the first of them, from 1; else drawn", least=1),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        count, data = self.value("bytes"), passing.data
        places = len(data) - self.message_at - count + 1
        place = self.place(self.shape(passing.terminal), places, self.value("at"))
        if place is None:
            return None
        at = self.message_at + place - 1
        self.acted(passing.terminal, f"{passing.mti} without {count} bytes from byte {place} on")
        return [Deliver(0.0, data[:at] + data[at + count :])]


class InsertBytes(SpoiledRule):
    """What the length leaves over of the message is read as the header of the next frame."""

    kind = "insert_bytes"
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
        place = self.place(draw, len(data) - self.message_at, self.value("at"))
        if place is None:
            return None
        at = self.message_at + place - 1
        noise = bytes(draw.below(256) for _ in range(count))
        self.acted(passing.terminal, f"{passing.mti} with {count} more bytes before byte {place}")
        return [Deliver(0.0, data[:at] + noise + data[at:])]


BYTE_RULES: tuple[type[ByteRule], ...] = (
    Latency,
    Jitter,
    Throttle,
    StallAfterN,
    TruncateAfterN,
    Slice,
    Coalesce,
    BitFlip,
    DropBytes,
    InsertBytes,
)
