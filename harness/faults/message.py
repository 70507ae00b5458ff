"""Faults that deliver messages which were never sent in this form: replayed, invented or malformed.

A replayed message was right when it was sent. All other messages are made with the right key, as a
partner's faulty program would make them. The receiver has to withstand them, because their MAC is
good (except with `bad_mac`). No host can withstand a request whose content was changed under a good
MAC.

Unless mti= says otherwise these faults affect financial and reversal responses.
"""

from __future__ import annotations

from typing import ClassVar

from harness.contract import MOST_NAMES
from harness.errors import EncodeError, LocalProtocolError
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import DAMAGE, TIMING, Altering, WireRule
from harness.keyed_random import Draw
from harness.wire.frame_builder import BITMAP_PART, MTI_PART, FrameBuilder, Part
from harness.wire.framing import framing
from harness.wire.message import Message

_AWAY = 500_000  # distance from a STAN in use to an unused STAN


class ReplayOld(WireRule):
    """Each frame is an attempt if an earlier frame of the same terminal has the same MTI."""

    kind = "replay_old"
    summary = "the terminal's first frame of that kind comes once more, before the right one"
    stage = TIMING

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._first: dict[tuple[str, str], bytes] = {}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if not passing.mti or not self.concerns(passing):
            return None
        kind = passing.terminal, passing.mti
        if len(self._first) >= MOST_NAMES and kind not in self._first:
            return None
        old = self._first.setdefault(kind, passing.data)
        if old == passing.data or not self.strikes(now, passing.terminal):
            return None
        self.acted(passing.terminal, f"an old {passing.mti} came before this one")
        return [Deliver(0.0, old), Deliver(0.0, passing.data)]


class Unsolicited(WireRule):
    """A copy of the passing message, about a transaction that the terminal never began."""

    kind = "unsolicited"
    summary = "behind the message comes another like it, about a transaction nobody began"
    withstood = "response"
    variants = ("", "after=100ms")
    parameters: ClassVar[dict[str, Parameter]] = {
        "after": Parameter("duration", "1s", "so much later"),
        **MTI,
        **COMMON,
    }

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        message = passing.message
        if message is None or not (message.stan.isascii() and message.stan.isdigit()):
            return None
        digits = len(message.stan)
        stan = f"{(int(message.stan) + _AWAY) % 10**digits:0{digits}d}"
        other = message.replaced(stan=stan, rrn="9" * len(message.rrn) or None)
        what = f"a {passing.mti} about DE {message.element('stan')} {stan}"
        effect = self.effect(passing.terminal, what)
        try:
            made = passing.frame_builder.reseal(other.fields, passing.data)
        except (EncodeError, LocalProtocolError):
            return None  # the specification or the framing cannot carry it
        return [Deliver(0.0, passing.data), Deliver(self.value("after"), made, effects=(effect,))]


# --- malformed messages ---------------------------------------------------------------------------


class Malformed(WireRule):
    """Damages one part of the encoded message."""

    stage = DAMAGE
    withstood = "response"

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        builder = passing.frame_builder
        parts = builder.parts(passing.data)
        what = self.spoil(parts, self.shape(passing.terminal), builder)
        if not what:
            return None
        try:
            made = builder.joined(parts, passing.data)
        except LocalProtocolError:
            return None  # the framing cannot carry it
        self.acted(passing.terminal, f"{passing.mti} {what}")
        return [Deliver(0.0, made)]

    def spoil(self, parts: dict[str, Part], draw: Draw, builder: FrameBuilder) -> str:
        """Change `parts` in place; returns the change in words, or '' if no change was possible."""
        raise NotImplementedError


class BadMti(Malformed):
    """No message has class 9."""

    kind = "bad_mti"
    summary = "the message is of a class that does not exist (MTI x9xx), under a right MAC"
    withstood = ""

    def spoil(self, parts: dict[str, Part], _draw: Draw, _builder: FrameBuilder) -> str:
        mti = parts.get(MTI_PART)
        if mti is None:
            return ""
        data = bytearray(mti.data)
        if len(data) == 2:  # packed
            data[0] = data[0] & 0xF0 | 9
        else:
            data[1] = data[1] & 0xF0 | 9  # a digit's high half tells ASCII from EBCDIC
        parts[MTI_PART] = Part(b"", bytes(data))
        return "sent as one of class 9"


class BadBitmap(Malformed):
    kind = "bad_bitmap"
    summary = "the bitmap announces a field that is not there, under a right MAC"

    def spoil(self, parts: dict[str, Part], draw: Draw, builder: FrameBuilder) -> str:
        bitmap = parts.get(BITMAP_PART)
        if bitmap is None:
            return ""
        text = builder.bitmap_text(bitmap.data)
        if len(text) != 16:
            return ""
        bits = int(text, 16)
        absent = [n for n in range(2, 64) if not bits >> (64 - n) & 1]
        if not absent:
            return ""
        field = absent[draw.below(len(absent))]
        wrong = f"{bits | 1 << (64 - field):016X}"
        parts[BITMAP_PART] = Part(b"", builder.bitmap_bytes(wrong))
        return f"announces DE {field}, which is not there"


class MissingField(Altering):
    kind = "missing_field"
    summary = "a field is left out, under a right MAC"
    variants = ("", "de=4", "de=7", "de=11", "de=41")
    parameters: ClassVar[dict[str, Parameter]] = {
        "de": Parameter("count", "39", "which data element", least=2, most=128),
        **MTI,
        **COMMON,
    }

    def alter(self, message: Message) -> tuple[Message, str] | None:
        field, fields = str(self.value("de")), message.fields.copy()
        if field == message.mac_element or fields.pop(field, None) is None:
            return None
        return type(message)(fields), f"without DE {field}"


class BadLlvar(Malformed):
    """The fault does not act on a message without a field of variable length."""

    kind = "bad_llvar"
    summary = "a field says that it is longer than the message, under a right MAC"

    def spoil(self, parts: dict[str, Part], draw: Draw, _builder: FrameBuilder) -> str:
        variable = [name for name, part in parts.items() if part.prefix]
        if not variable:
            return ""
        name = variable[draw.below(len(variable))]
        part = parts[name]
        parts[name] = Part(_nines(part.prefix), part.data)
        return f"says that DE {name} is {'9' * len(part.prefix)} long"


def _nines(prefix: bytes) -> bytes:
    """The greatest length in the encoding of `prefix`: ASCII, EBCDIC or packed digits."""
    if all(0x30 <= byte <= 0x39 for byte in prefix):
        return b"9" * len(prefix)
    if all(0xF0 <= byte <= 0xF9 for byte in prefix):
        return b"\xf9" * len(prefix)
    return b"\x99" * len(prefix)


class BadCharset(Altering):
    """The fault does not act where the specification packs digits, which cannot encode a letter."""

    kind = "bad_charset"
    summary = "a letter stands where a digit belongs, under a right MAC"
    variants = ("", "de=4", "de=7", "de=11")
    parameters: ClassVar[dict[str, Parameter]] = {
        "de": Parameter("count", "4", "which data element", least=2, most=128),
        **MTI,
        **COMMON,
    }

    def alter(self, message: Message) -> tuple[Message, str] | None:
        field = str(self.value("de"))
        right = message.fields.get(field, "")
        if not (right.isascii() and right.isdigit()):
            return None
        wrong = "O" + right[1:]
        return type(message)({**message.fields, field: wrong}), f"DE {field} {wrong} for {right}"


class BadMac(WireRule):
    """The fault does not act on a message without a MAC."""

    kind = "bad_mac"
    summary = "the MAC is wrong, and all else is right"
    stage = DAMAGE

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._trailer = framing(context.framing).trailer

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        place = passing.frame_builder.mac_element(passing.data)
        if not place:
            return None
        data = bytearray(passing.data)
        last = len(data) - 1 - self._trailer
        data[last] = ord("0") if data[last] == ord("1") else ord("1")
        self.acted(passing.terminal, f"{passing.mti} with a wrong DE {place}")
        return [Deliver(0.0, bytes(data))]


MESSAGE_RULES: tuple[type[WireRule], ...] = (
    ReplayOld,
    Unsolicited,
    BadMti,
    BadBitmap,
    MissingField,
    BadLlvar,
    BadCharset,
    BadMac,
)
