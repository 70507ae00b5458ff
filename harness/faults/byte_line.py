"""Faults of the line, whatever it carries: its delay, its rate, and the number of bytes after which
it stalls or ends.

They touch all frames, in both directions, and do not change the bytes that they deliver.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import CLOSES_AFTER, Act, Close, Deliver, Passing
from harness.faults.rule import COMMON, MTI, Context, FaultSpec, Parameter
from harness.faults.wire import CUT, PACE, TIMING, TO_HOST, TO_TERMINAL, WireRule


class LineRule(WireRule):
    """Delays frames. The delayed frames of one direction keep their order, as in any stream."""

    layer = "byte"
    stage = TIMING

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._last: dict[tuple[str, str], float] = {}  # arrival of the latest frame, by direction

    def means(self, passing: Passing) -> bool:
        return self.mti is None or passing.mti == self.mti

    def renewed(self, terminal: str) -> None:
        for to in (TO_HOST, TO_TERMINAL):
            self._last.pop((terminal, to), None)

    def strike(self, now: float, passing: Passing) -> list[Act] | None:
        way = (passing.line, passing.to)
        due = self.arrives(now, self._last.get(way, 0.0), passing)
        self._last[way] = due
        if due <= now:
            return None
        self.acted(passing.terminal, f"{passing.mti or 'frame'} later by {due - now:.3f} s")
        return [Deliver(due - now, passing.data)]

    def arrives(self, now: float, last: float, passing: Passing) -> float:
        """When a frame arrives (run seconds). `last` is when the frame before it arrives."""
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
    variants = ("", "by=30s")
    summary = "every frame takes longer, both ways, each by a time of its own, and in order"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "1s", "up to so much longer, drawn evenly", least=0.001),
        **MTI,
        **COMMON,
    }

    def arrives(self, now: float, last: float, passing: Passing) -> float:
        return max(now + self.shape(passing.terminal).uniform(0.0, self.value("by")), last)


class Throttle(LineRule):
    """Works on the bytes as they leave, after all faults that damage them. A frame arrives when its
    last byte arrives.
    """

    kind = "throttle"
    variants = ("", "rate=7")
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


class AfterBytes(WireRule):
    """Strikes at the frame with which a connection carries more than `n` bytes. The bytes of both
    directions are counted together, from the opening of the connection or of the window, whichever
    is later. An attempt is a connection that carries more than `n` bytes.
    """

    layer = "byte"
    stage = CUT

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._carried: dict[str, int] = {}

    def renewed(self, terminal: str) -> None:
        self._carried.pop(terminal, None)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        terminal, line = passing.terminal, passing.line
        before = self._carried.get(line, 0)
        n: int = self.value("n")
        if before > n:
            return self.beyond(now, passing)
        if not self.active(now) or not self.meant(terminal):
            return None
        self._carried[line] = before + len(passing.data)
        if self._carried[line] <= n or not self.strikes(now, terminal):
            return None
        return self.reached(now, passing, n - before)

    def reached(self, now: float, passing: Passing, fit: int) -> list[Act]:
        """The fate of the frame that passes the limit: only its first `fit` bytes are within n."""
        raise NotImplementedError

    def beyond(self, now: float, passing: Passing) -> list[Act] | None:
        """The fate of a frame that comes after the one that passed the limit; None leaves the frame
        alone.
        """
        raise NotImplementedError


class StallAfterN(AfterBytes):
    kind = "stall_after_n"
    variants = ("", "n=100", "hold=10s")
    summary = "after so many bytes of a connection nothing moves for a while, either way"
    parameters: ClassVar[dict[str, Parameter]] = {
        "n": Parameter("count", "300", "bytes that still pass, both ways together", least=0),
        "hold": Parameter("duration", "60s", "for how long: past host_response", least=0.001),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._until: dict[str, float] = {}

    def renewed(self, terminal: str) -> None:
        super().renewed(terminal)
        self._until.pop(terminal, None)

    def reached(self, now: float, passing: Passing, fit: int) -> list[Act]:
        hold: float = self.value("hold")
        self._until[passing.line] = now + hold
        self.acted(
            passing.terminal, f"nothing moves for {hold:g} s, {passing.mti or 'frame'} first"
        )
        data = passing.data
        begun: list[Act] = [Deliver(0.0, data[:fit], more=True)] if fit else []
        return [*begun, Deliver(hold, data[fit:])]

    def beyond(self, now: float, passing: Passing) -> list[Act] | None:
        until = self._until.get(passing.line, 0.0)
        return [Deliver(until - now, passing.data)] if now < until else None


class TruncateAfterN(AfterBytes):
    kind = "truncate_after_n"
    variants = ("", "n=100", "n=500")
    summary = "after so many bytes of a connection it ends with a FIN, in the middle of a frame"
    parameters: ClassVar[dict[str, Parameter]] = {
        "n": Parameter("count", "300", "bytes that still pass, both ways together", least=0),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._ended: dict[str, None] = {}

    def renewed(self, terminal: str) -> None:
        super().renewed(terminal)
        self._ended.pop(terminal, None)

    def reached(self, _now: float, passing: Passing, fit: int) -> list[Act]:
        self._ended[passing.line] = None
        data = passing.data
        self.acted(
            passing.terminal,
            f"{passing.mti or 'frame'} and connection end after {fit} of {len(data)} bytes",
        )
        begun: list[Act] = [Deliver(0.0, data[:fit], more=True)] if fit else []
        return [*begun, Close(CLOSES_AFTER, "fin")]

    def beyond(self, _now: float, passing: Passing) -> list[Act] | None:
        return [] if passing.line in self._ended else None


LINE_RULES: tuple[type[WireRule], ...] = (Latency, Jitter, Throttle, StallAfterN, TruncateAfterN)
