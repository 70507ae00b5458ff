"""Faults of the wire: what becomes of a frame between the two taps.

Unless `mti=` says otherwise they touch financial and reversal messages only, so that a link with a
broken answer still echoes.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Parameter, Rule


class WireRule(Rule):
    """A rule that gives a frame its fate."""

    layer = "wire"
    parameters: ClassVar[dict[str, Parameter]] = {**MTI, **COMMON}
    to: ClassVar[str] = "terminal"  # which way the frames it touches are going
    whole: ClassVar[bool] = True  # what it delivers are whole frames, so further rules may act

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """What happens to a frame; None leaves it alone."""
        if passing.to != self.to or not self.touches(passing.mti):
            return None
        if not self.strikes(now, passing.terminal):
            return None
        return self.strike(now, passing)

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        raise NotImplementedError

    def opened(self, terminal: str) -> None:
        """A new connection of that terminal."""


class DropRequest(WireRule):
    kind = "drop_request"
    summary = "the request vanishes on its way to the host"
    to = "host"

    def strike(self, now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"{passing.mti} dropped")
        return []


class DropResponse(WireRule):
    kind = "drop_response"
    summary = "the host has posted, and its answer vanishes"

    def strike(self, now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"{passing.mti} dropped")
        return []


class DuplicateResponse(WireRule):
    kind = "dup_response"
    summary = "the answer arrives several times"
    parameters: ClassVar[dict[str, Parameter]] = {
        "times": Parameter("count", "3", "copies in all"),
        "every": Parameter("duration", "1s", "between the copies"),
        **MTI,
        **COMMON,
    }

    def strike(self, now: float, passing: Passing) -> list[Act]:
        times, gap = self.value("times"), self.value("every")
        self.acted(passing.terminal, f"{passing.mti} {times} times")
        return [Deliver(gap * copy, passing.data) for copy in range(times)]


class DuplicateRequest(DuplicateResponse):
    kind = "dup_request"
    summary = "the request arrives several times"
    to = "host"


class LateResponse(WireRule):
    kind = "late_response"
    summary = "the answer comes `past` after the end of the terminal's host timer"
    parameters: ClassVar[dict[str, Parameter]] = {
        "past": Parameter("duration", "5s", "after host_response has run out"),
        **MTI,
        **COMMON,
    }
    _KEEPS = 8

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._asked: dict[str, dict[str, float]] = {}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if passing.to == "host" and passing.fields is not None:
            asked = self._asked.setdefault(passing.terminal, {})
            asked[passing.fields.get("11", "")] = now
            if len(asked) > self._KEEPS:
                del asked[next(iter(asked))]
            return None
        return super().fate(now, passing)

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        stan = (passing.fields or {}).get("11", "")
        asked = self._asked.get(passing.terminal, {}).get(stan)
        if asked is None:
            return None
        due = asked + self.context.host_response + self.value("past")
        if due <= now:
            return None
        self.acted(passing.terminal, f"{passing.mti} held for {due - now:.1f} s")
        return [Deliver(due - now, passing.data)]


class Reorder(WireRule):
    kind = "reorder"
    summary = "a frame is held back, so that what is sent in the meantime arrives first"
    parameters: ClassVar[dict[str, Parameter]] = {
        "to": Parameter("word", "host", "which way: host or terminal"),
        "hold": Parameter("duration", "60s", "for how long"),
        **MTI,
        **COMMON,
    }

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if passing.to != self.value("to") or not self.touches(passing.mti):
            return None
        if not self.strikes(now, passing.terminal):
            return None
        self.acted(passing.terminal, f"{passing.mti} held back for {self.value('hold'):g} s")
        return [Deliver(self.value("hold"), passing.data)]


class Latency(WireRule):
    kind = "latency"
    summary = "every frame takes longer, both ways"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "200ms", "added to each way"),
        "jitter": Parameter("duration", "0s", "and up to so much more, drawn"),
        **MTI,
        **COMMON,
    }

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if self.mti is not None and passing.mti != self.mti:
            return None
        if not self.strikes(now, passing.terminal):
            return None
        more = self.draw(passing.terminal).uniform(0.0, self.value("jitter") or 0.0)
        self.acted(passing.terminal, f"{passing.mti} later by {self.value('by') + more:.3f} s")
        return [Deliver(self.value("by") + more, passing.data)]


class Slice(WireRule):
    whole = False
    kind = "slice"
    summary = "a frame arrives in small pieces"
    parameters: ClassVar[dict[str, Parameter]] = {
        "bytes": Parameter("count", "1", "in a piece"),
        "gap": Parameter("duration", "10ms", "between pieces"),
        **MTI,
        **COMMON,
    }

    def strike(self, now: float, passing: Passing) -> list[Act]:
        size, gap = self.value("bytes"), self.value("gap")
        data = passing.data
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        self.acted(passing.terminal, f"{passing.mti} in {len(pieces)} pieces")
        return [Deliver(gap * number, piece) for number, piece in enumerate(pieces)]


class BitFlip(WireRule):
    kind = "bitflip"
    summary = "one bit of the message is turned over; the length stays right"
    parameters: ClassVar[dict[str, Parameter]] = {
        "byte": Parameter("count", None, "which byte of the frame, from 1 (drawn otherwise)"),
        **MTI,
        **COMMON,
    }

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        head = _head(self.context.framing)
        draw = self.draw(passing.terminal)
        draw.random()  # the first was spent on p
        data = bytearray(passing.data)
        at = (self.value("byte") or head + 1 + draw.below(len(data) - head)) - 1
        if at >= len(data):
            return None
        data[at] ^= 1 << draw.below(7)  # ASCII stays 7-bit, or every flip is the same mistake
        self.acted(passing.terminal, f"{passing.mti} byte {at + 1}")
        return [Deliver(0.0, bytes(data))]


class _WrongLength(WireRule):
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("count", "3", "bytes that the header is off"),
        **MTI,
        **COMMON,
    }
    sign: ClassVar[int] = 0

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        framing = self.context.framing
        head = _head(framing)
        body = passing.data[head:]
        length = len(body) + self.sign * self.value("by")
        if length <= 0:
            return None
        header = f"{length:04d}".encode() if framing == "4ascii" else length.to_bytes(2, "big")
        self.acted(passing.terminal, f"{passing.mti} length {length} for {len(body)}")
        return [Deliver(0.0, header + body)]


class LengthShort(_WrongLength):
    kind = "len_short"
    summary = "the length header says less than there is"
    sign = -1


class LengthLong(_WrongLength):
    kind = "len_long"
    summary = "the length header says more than there is"
    sign = 1


class FinMidResponse(WireRule):
    whole = False
    kind = "fin_mid_response"
    summary = "half of the answer, then the connection is closed"

    def strike(self, now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"{passing.mti} cut in the middle")
        return [Deliver(0.0, passing.data[: len(passing.data) // 2]), Close(0.001, "fin")]


class WrongStan(WireRule):
    kind = "wrong_stan"
    summary = "the answer carries another STAN (DE 11), with a right MAC"

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        fields = passing.fields
        if fields is None or not fields.get("11", "").isdecimal():
            return None
        other = f"{int(fields['11']) % 999_999 + 1:06d}"
        self.acted(passing.terminal, f"{passing.mti} STAN {fields['11']} became {other}")
        return [Deliver(0.0, passing.reseal(_without_mac({**fields, "11": other})))]


class WrongTerminal(WireRule):
    kind = "wrong_terminal"
    summary = "the answer is addressed to another terminal (DE 41), with a right MAC"

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        fields = passing.fields
        if fields is None or "41" not in fields:
            return None
        other = fields["41"][:-1] + ("0" if fields["41"][-1] != "0" else "1")
        self.acted(passing.terminal, f"{passing.mti} addressed to {other}")
        return [Deliver(0.0, passing.reseal(_without_mac({**fields, "41": other})))]


class HalfOpen(WireRule):
    kind = "half_open"
    summary = "after the sign-on nothing passes any more, and nobody closes"
    parameters: ClassVar[dict[str, Parameter]] = dict(COMMON)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._open: dict[str, str] = {}  # terminal -> 'new', 'spared' or 'hole'

    def opened(self, terminal: str) -> None:
        self._open[terminal] = "new"

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        state = self._open.get(passing.terminal, "new")
        if state == "hole" and self.active(now):
            self.acted(passing.terminal, f"{passing.mti} vanished")
            return []
        if state == "new" and passing.to == "terminal" and passing.mti[1:2] == "8":
            struck = self.strikes(now, passing.terminal)
            self._open[passing.terminal] = "hole" if struck else "spared"
        return None


def _head(framing: str) -> int:
    return 4 if framing == "4ascii" else 2


def _without_mac(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in ("64", "128", "p", "1")}


WIRE_RULES: tuple[type[WireRule], ...] = (
    DropRequest,
    DropResponse,
    DuplicateRequest,
    DuplicateResponse,
    LateResponse,
    Reorder,
    Latency,
    Slice,
    BitFlip,
    LengthShort,
    LengthLong,
    FinMidResponse,
    WrongStan,
    WrongTerminal,
    HalfOpen,
)
