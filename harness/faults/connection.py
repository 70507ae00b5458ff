"""Faults of the connection: it is refused, kept waiting or reset, or the link is down and up by
turns. The faults that take effect when a frame passes are in connection_dead.py.

`admit` and `wait` are called when a terminal dials. `next_cut` is called when a connection opens,
when bytes have passed on it, and again when its cut is due. In `live` two processes call them, each
on a plan of its own, so the answer to one process never depends on the answer to the other. A rule
therefore works either on the dial, at the terminals' end, or on standing connections, at the end
that has the faults of the wire.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from harness.faults.rule import COMMON, Context, FaultSpec, Mistake, Parameter, Rule
from harness.keyed_random import Draw, key_of

UNANSWERED = "unanswered"


class Trouble(NamedTuple):
    """How an attempt to connect fails, 'refused' or 'unanswered', and the effect in words."""

    how: str
    what: str


class ConnectionRule(Rule):
    """A fault of the connection. A subclass overrides what it changes; the methods of this base
    class change nothing.
    """

    layer = "connection"

    def admit(self, _now: float, _terminal: str) -> Trouble | None:
        """How an attempt to connect fails; None if this rule does not stop it. If several rules
        stop an attempt, the plan takes the first of them and notes only the effect of that one.
        """
        return None

    def severs(self, _now: float, _terminal: str) -> Trouble | None:
        """Why the answer to a dial that was let in earlier does not arrive, because of a fault that
        has begun since; None if the answer arrives.
        """
        return None

    def opened(self, now: float, terminal: str) -> None:
        """A connection of that terminal has been opened."""

    def stands(self, _now: float, terminal: str, since: float) -> None:
        self.opened(since, terminal)

    def passed(self, now: float, terminal: str) -> None:
        """Bytes have been sent on the connection, in either direction."""

    def closed(self, now: float, terminal: str) -> None:
        """The connection has ended, or the attempt to connect has. This may be called twice."""

    def next_cut(self, _now: float, _terminal: str) -> tuple[float, str] | None:
        """When the standing connection ends, not before `now`, and how: 'rst' or 'fin'."""
        return None


REFUSED = Trouble("refused", "connection refused")
VANISHED = Trouble(UNANSWERED, "dial unanswered")


# --- the dial ------------------------------------------------------------------------------------


class DialRule(ConnectionRule):
    """Decides what happens to a dial. It works at the terminals' end, because the host's end cannot
    tell which terminal has dialled. An attempt is a dial.
    """

    def wait(self, _now: float, _terminal: str) -> float:
        """Seconds for which a dial is kept waiting for its answer, if no rule stops the dial. When
        the answer comes, the plan notes `waited` as the effect.
        """
        return 0.0

    def waited(self, seconds: float) -> str:
        """The effect of the wait, in words."""
        return f"dial answered {seconds:g} s later"

    def admitted(self, terminal: str) -> None:
        """The dial was let in: no other rule stopped it."""


class Refuse(DialRule):
    kind = "refuse"
    summary = "connections are refused; standing ones stay"

    def admit(self, now: float, terminal: str) -> Trouble | None:
        return REFUSED if self.strikes(now, terminal) else None


class SynBlackhole(DialRule):
    kind = "syn_blackhole"
    summary = "a dial is never answered, and the terminal's own connect timer ends it"

    def admit(self, now: float, terminal: str) -> Trouble | None:
        return VANISHED if self.strikes(now, terminal) else None


class SlowAccept(DialRule):
    kind = "slow_accept"
    variants = ("", "by=10s")
    summary = "a dial is answered late: the connection stands so much later"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "3s", "so much later", least=0.001),
        **COMMON,
    }

    def wait(self, now: float, terminal: str) -> float:
        if not self.strikes(now, terminal):
            return 0.0
        by: float = self.value("by")
        return by


class ConnectionLimit(DialRule):
    """Counts the standing connections of all terminals, and refuses a dial that would exceed `max`.
    Only such a dial is an attempt.
    """

    kind = "connection_limit"
    variants = ("max=1",)
    summary = "only so many connections stand at once, others are refused"
    parameters: ClassVar[dict[str, Parameter]] = {
        "max": Parameter("count", "5", "connections of the whole fleet", least=0),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._standing: dict[str, None] = {}

    def admit(self, now: float, terminal: str) -> Trouble | None:
        stand = len(self._standing)
        if stand < self.value("max") or not self.strikes(now, terminal):
            return None
        return Trouble("refused", f"refused, {stand} connections stand")

    def admitted(self, terminal: str) -> None:
        self._standing[terminal] = None

    def stands(self, _now: float, terminal: str, _since: float) -> None:
        self.admitted(terminal)

    def closed(self, _now: float, terminal: str) -> None:
        self._standing.pop(terminal, None)


# --- standing connections ------------------------------------------------------------------------


class AcceptThenClose(ConnectionRule):
    """An attempt is a connection that opens inside the window."""

    kind = "accept_then_close"
    summary = "a new connection is accepted and closed at once, before anything is read"

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._struck: dict[str, bool] = {}

    def opened(self, now: float, terminal: str) -> None:
        self._struck[terminal] = self.strikes(now, terminal)

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        return (now, "fin") if self._struck.get(terminal) and self.active(now) else None


class Reset(ConnectionRule):
    """An attempt is a connection that still stands when its RST is due, or whose RST was due before
    the terminal's next connection opens.
    """

    kind = "rst"
    summary = "standing connections get a RST at the window's start, new ones soon after they open"
    parameters: ClassVar[dict[str, Parameter]] = {
        "after": Parameter("duration", "1s", "how long one lives that opens inside the window"),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._due: dict[str, float] = {}

    def opened(self, now: float, terminal: str) -> None:
        due = self._due.get(terminal)
        if due is not None and due <= now and self.active(due):
            self.count(terminal)  # not earlier: before it was due, it was no attempt
        self._due[terminal] = self.start if now < self.start else now + self.value("after")

    @property
    def counted(self) -> int:
        """The attempts so far, including a pending one that is due already."""
        return super().counted + bool(self._due)

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        due = self._due.get(terminal)
        if due is None or not self.active(due) or not self.meant(terminal):
            return None
        return (max(due, now), "rst") if self.would_strike(terminal) else None


class FinIdle(ConnectionRule):
    """An attempt is a silence of the length `after` that lies within the window or reaches into it.
    If the fault does not strike a silence, that silence ends with the next frame.
    """

    kind = "fin_idle"
    variants = ("", "after=5s")
    summary = "a connection on which nothing has passed for a while gets a FIN"
    parameters: ClassVar[dict[str, Parameter]] = {
        "after": Parameter("duration", "30s", "so long a silence: before an echo", least=0.001),
        **COMMON,
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._silent: dict[str, float] = {}  # since when; only standing connections

    def opened(self, now: float, terminal: str) -> None:
        self._silent[terminal] = now

    def stands(self, now: float, terminal: str, _since: float) -> None:
        self.opened(now, terminal)  # how long it was silent before is unknown

    def passed(self, now: float, terminal: str) -> None:
        self.closed(now, terminal)
        self._silent[terminal] = now

    def closed(self, now: float, terminal: str) -> None:
        due = self._due(terminal)
        if due is not None and due <= now:
            self.count(terminal)  # not earlier: before it was due, it was no attempt
        self._silent.pop(terminal, None)

    @property
    def counted(self) -> int:
        """The attempts so far, including a pending one that is due already."""
        return super().counted + any(self._due(terminal) is not None for terminal in self._silent)

    def _due(self, terminal: str) -> float | None:
        """When the present silence is long enough (run seconds); None if that time is not inside
        the window.
        """
        since = self._silent.get(terminal)
        if since is None or not self.meant(terminal):
            return None
        due = max(since + self.value("after"), self.start)
        return due if self.active(due) else None

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        due = self._due(terminal)
        if due is None or not self.active(max(due, now)) or not self.would_strike(terminal):
            return None
        return max(due, now), "fin"


class Flap(ConnectionRule):
    kind = "flap"
    summary = "the link is down and up by turns, beginning with down, for times drawn per terminal"
    parameters: ClassVar[dict[str, Parameter]] = {
        "min": Parameter("duration", "5s", "shortest time down or up", least=0.001),
        "max": Parameter("duration", "20s", "longest time down or up", least=0.001),
        "terminal": COMMON["terminal"],
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._phases: dict[str, tuple[float, bool, Draw]] = {}  # until when, is it down?, draws

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        if parameters["min"] <= parameters["max"]:
            return None
        return Mistake("min", "min is longer than max", "give both, such as min=5s,max=20s")

    def _phase(self, now: float, terminal: str) -> tuple[float, bool]:
        """(until when, is the link down?) of the phase at `now`. A later call never gives an
        earlier phase.
        """
        phase = self._phases.get(terminal)
        until, down, draw = phase or (self.start, False, Draw(self._shape ^ key_of(terminal)))
        while until <= now:
            until += draw.uniform(self.value("min"), self.value("max"))
            down = not down
        self._phases[terminal] = (until, down, draw)
        return until, down

    def admit(self, now: float, terminal: str) -> Trouble | None:
        if not self.active(now) or not self.meant(terminal) or not self._phase(now, terminal)[1]:
            return None
        return Trouble("refused", "link down, connection refused")

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        if not self.meant(terminal):
            return None
        until, down = self._phase(now, terminal)
        when = now if down else until
        return (when, "fin") if when < self.until else None


CONNECTION_RULES: tuple[type[ConnectionRule], ...] = (
    Refuse,
    SynBlackhole,
    SlowAccept,
    ConnectionLimit,
    AcceptThenClose,
    FinIdle,
    Reset,
    Flap,
)
