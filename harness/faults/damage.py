"""Faults of the wire that spoil a frame: its meaning, its bits, its length, its end.

Faults of meaning are sealed again with the right key, or they would only be a bad MAC. The others
keep to what they spoil: a flipped bit is one of the message and never of the length, and a wrong
length stands before a right message.

Without mti= they touch financial and reversal responses; with it, that message whichever way it
goes.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import CUT, DAMAGE, MEANING, SLICE, WireRule
from harness.wire.framing import Framing, framing

_CLOSES_AFTER = 0.001  # run seconds: the bytes before a FIN have arrived


class WrongField(WireRule):
    """One data element becomes another one of its kind. In a request, under a right MAC, that makes
    another transaction, which nobody asked for and nobody can reverse.
    """

    stage = MEANING
    withstood = "response"
    field: ClassVar[str] = ""

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        altered = self.altered(now, passing)
        return None if altered is passing else [Deliver(0.0, altered.data)]

    def altered(self, now: float, passing: Passing) -> Passing:
        """What goes on in the frame's stead: itself, or one with other fields."""
        if not self.means(passing) or not self.strikes(now, passing.terminal):
            return passing
        fields = passing.fields or {}
        right = fields.get(self.field, "")
        wrong = self.other(right) if right else ""
        if not wrong:
            return passing
        self.acted(passing.terminal, f"{passing.mti} DE {self.field} {wrong} instead of {right}")
        other = {**fields, self.field: wrong}
        return passing._replace(fields=other, data=passing.reseal(other))

    def other(self, right: str) -> str:
        """A wrong value of the same form; '' if there is none."""
        raise NotImplementedError


class WrongStan(WrongField):
    kind = "wrong_stan"
    summary = "the message carries the next STAN (DE 11), under a right MAC"
    field = "11"

    def other(self, right: str) -> str:
        if not (right.isascii() and right.isdigit()):
            return ""
        width = len(right)
        return f"{int(right) % (10**width - 1) + 1:0{width}d}"  # 999999 wraps to 000001


class WrongTerminal(WrongField):
    kind = "wrong_terminal"
    summary = "the message names another terminal (DE 41), under a right MAC"
    field = "41"

    def other(self, right: str) -> str:
        return right[:-1] + ("1" if right[-1] == "0" else "0")


class FramedRule(WireRule):
    """Knows where the message starts in a frame, and how its header spells a length."""

    stage = DAMAGE

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._framing: Framing = framing(context.framing)
        self.message_at = len(self._framing.wrap(b"?")) - 1
        self._address = self.message_at - self._framing.head  # a TPDU is counted in the length

    def relabelled(self, data: bytes, by: int) -> bytes | None:
        """The frame with a length that is off by so many; None where the header cannot say it."""
        head = self._framing.head
        length = len(data) - head + by
        if not self._address < length <= self._framing.most:
            return None
        return self._framing.wrap(bytes(length - self._address))[:head] + data[head:]


class BitFlip(FramedRule):
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
        byte = 1 + draw.below(len(data) - self.message_at)
        bit = 1 + draw.below(8)
        byte, bit = self.value("byte") or byte, self.value("bit") or bit
        at = self.message_at + byte - 1
        if at >= len(data):
            return None
        data[at] ^= 0x80 >> (bit - 1)
        self.acted(passing.terminal, f"{passing.mti} byte {byte}, bit {bit} flipped")
        return [Deliver(0.0, bytes(data))]


class LengthLong(FramedRule):
    kind = "len_long"
    summary = "the length header says more than there is"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("count", "3", "so many bytes", least=1),
        **MTI,
        **COMMON,
    }
    sign: ClassVar[int] = 1

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        by = self.sign * self.value("by")
        data = self.relabelled(passing.data, by)
        if data is None:
            return None
        self.acted(passing.terminal, f"{passing.mti} length off by {by:+d}")
        return [Deliver(0.0, data)]


class LengthShort(LengthLong):
    kind = "len_short"
    summary = "the length header says less than there is"
    sign = -1


class FinMidResponse(WireRule):
    kind = "fin_mid_response"
    summary = "half of the answer, then the connection is closed"
    speaks = "response"
    stage = CUT

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        data = passing.data
        half = data[: len(data) // 2]
        self.acted(
            passing.terminal, f"{passing.mti} cut off after {len(half)} of {len(data)} bytes"
        )
        return [Deliver(0.0, half), Close(_CLOSES_AFTER, "fin")]


class Slice(WireRule):
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
        return [Deliver(gap * number, piece) for number, piece in enumerate(pieces)]


DAMAGE_RULES: tuple[type[WireRule], ...] = (
    WrongStan,
    WrongTerminal,
    BitFlip,
    LengthShort,
    LengthLong,
    FinMidResponse,
    Slice,
)
