"""Faults of the connection that take effect when a frame passes: the frame vanishes, or the
connection ends.

`half_open`, `accept_never_read` and `one_way_partition` touch all frames, and neither end closes
the connection. For these three an attempt is a connection, and frames pass again when the window
closes. The other faults touch financial and reversal messages, or the messages that mti= names.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import CLOSES_AFTER, Act, Close, Deliver, Passing
from harness.faults.rule import COMMON, Context, FaultSpec, Parameter
from harness.faults.wire import CUT, LOSS, TO_HOST, TO_TERMINAL, WireRule


class LinkRule(WireRule):
    layer = "connection"


# --- the frames vanish ---------------------------------------------------------------------------


class Hole(LinkRule):
    """Makes frames vanish. Whether it strikes a connection is decided once, at the first frame for
    which `may` is true; where several terminals share the connection, once for each of them. All
    frames vanish on a connection that is struck.
    """

    stage = LOSS
    parameters: ClassVar[dict[str, Parameter]] = COMMON

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._asked: dict[str, dict[str, None]] = {}  # by connection, the terminals decided about
        self._struck: dict[str, None] = {}  # connections

    def renewed(self, terminal: str) -> None:
        self._asked.pop(terminal, None)
        self._struck.pop(terminal, None)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        terminal, line = passing.terminal, passing.line
        asked = self._asked.get(line, ())
        if terminal not in asked and line not in self._struck and self.may(now, passing):
            self._asked.setdefault(line, {})[terminal] = None
            if self.strikes(now, terminal):
                self._struck[line] = None
        if line not in self._struck or not self.active(now) or not self.swallows(passing):
            return None
        self.acted(terminal, f"{passing.mti or 'frame'} vanished")
        return []

    def may(self, now: float, passing: Passing) -> bool:
        """Can this frame be the one at which the rule decides about its connection?"""
        raise NotImplementedError

    def swallows(self, _passing: Passing) -> bool:
        return True


class HalfOpen(Hole):
    """An attempt is a connection that is signed on while the window is open; where connections need
    no sign-on, one on which a frame is sent while the window is open.
    """

    kind = "half_open"
    summary = "once signed on nothing passes any more, either way, and nobody closes"

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._needs_sign_on = context.sign_on
        self._signed_on: dict[str, None] = {}

    def renewed(self, terminal: str) -> None:
        super().renewed(terminal)
        self._signed_on.pop(terminal, None)

    def stands(self, _now: float, terminal: str, _since: float) -> None:
        self._signed_on[terminal] = None

    def may(self, now: float, passing: Passing) -> bool:
        if passing.line in self._signed_on or not self._needs_sign_on:
            return self.active(now)
        message = passing.message
        if passing.to != TO_TERMINAL or message is None:
            return False
        if message.is_network_management:
            self._signed_on[passing.line] = None
        return False


class AcceptNeverRead(Hole):
    """An attempt is a connection whose first frame is sent while the window is open."""

    kind = "accept_never_read"
    summary = "a new connection is accepted, and nothing on it is ever read or answered"

    def stands(self, _now: float, terminal: str, _since: float) -> None:
        self._asked[terminal] = {terminal: None}

    def may(self, _now: float, _passing: Passing) -> bool:
        return True


class OneWayPartition(Hole):
    """An attempt is a connection on which a frame goes in the direction `to` while the window is
    open. New connections can still be opened; add syn_blackhole to prevent that.
    """

    kind = "one_way_partition"
    summary = "what goes one way vanishes from now on, and nobody closes"
    parameters: ClassVar[dict[str, Parameter]] = {
        "to": Parameter("choice", TO_HOST, "which way", choices=(TO_HOST, TO_TERMINAL)),
        **COMMON,
    }

    def may(self, now: float, passing: Passing) -> bool:
        return self.active(now) and self.swallows(passing)

    def swallows(self, passing: Passing) -> bool:
        return bool(passing.to == self.value("to"))


# --- the connection ends -------------------------------------------------------------------------


class FinMidResponse(LinkRule):
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
        return [Deliver(0.0, half, more=True), Close(CLOSES_AFTER, "fin")]


class FinMidRequest(FinMidResponse):
    kind = "fin_mid_request"
    summary = "half of a request reaches the host, then the connection is closed"
    speaks = "request"
    to = TO_HOST


class HalfClose(LinkRule):
    """The host reads and posts the request, but it cannot send the answer any more."""

    kind = "half_close"
    summary = "behind a request the host's end stops sending and goes on reading: a FIN comes back"
    speaks = "request"
    to = TO_HOST
    stage = CUT

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        self.acted(passing.terminal, f"no answer to the {passing.mti} can leave")
        return [Deliver(0.0, passing.data), Close(CLOSES_AFTER, "half")]


LINK_RULES: tuple[type[LinkRule], ...] = (
    HalfOpen,
    AcceptNeverRead,
    OneWayPartition,
    FinMidRequest,
    FinMidResponse,
    HalfClose,
)
