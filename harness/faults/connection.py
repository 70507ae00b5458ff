"""Faults of the connection: it is refused, reset, or comes and goes.

`admit` is asked when a terminal dials, `next_cut` when a connection opens and again when its cut
is due. In `live` two processes ask, each of a plan of its own: what one is told never depends on
what the other was.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.draw import Draw, key_of
from harness.faults.rule import COMMON, Context, FaultSpec, Mistake, Parameter, Rule


class ConnectionRule(Rule):
    """The defaults leave every connection alone."""

    layer = "connection"

    def admit(self, _now: float, _terminal: str) -> str:
        """How an attempt to connect fails; '' lets it."""
        return ""

    def opened(self, now: float, terminal: str) -> None:
        """A connection of that terminal stands."""

    def next_cut(self, _now: float, _terminal: str) -> tuple[float, str] | None:
        """When the standing connection ends, not before `now`, and how: 'rst' or 'fin'."""
        return None


class Refuse(ConnectionRule):
    kind = "refuse"
    summary = "connections are refused; standing ones stay"

    def admit(self, now: float, terminal: str) -> str:
        if not self.strikes(now, terminal):
            return ""
        self.acted(terminal, "connection refused")
        return "refused"


class Reset(ConnectionRule):
    """An attempt is a connection that stands when it is due, or has by the next one's opening."""

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
            self.count(terminal)  # only now: until it was due, it was no attempt
        self._due[terminal] = self.start if now < self.start else now + self.value("after")

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        due = self._due.get(terminal)
        if due is None or not self.active(due) or not self.meant(terminal):
            return None
        return (max(due, now), "rst") if self.would_strike(terminal) else None


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
        self._phases: dict[str, tuple[float, bool, Draw]] = {}  # until when, down?, what follows

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        if parameters["min"] <= parameters["max"]:
            return None
        return Mistake("min", "min is longer than max", "give both, such as min=5s,max=20s")

    def _phase(self, now: float, terminal: str) -> tuple[float, bool]:
        """(until when, is the link down?) of the phase at `now`, which never goes back."""
        phase = self._phases.get(terminal)
        until, down, draw = phase or (self.start, False, Draw(self._shape ^ key_of(terminal)))
        while until <= now:
            until += draw.uniform(self.value("min"), self.value("max"))
            down = not down
        self._phases[terminal] = (until, down, draw)
        return until, down

    def admit(self, now: float, terminal: str) -> str:
        if not self.active(now) or not self.meant(terminal) or not self._phase(now, terminal)[1]:
            return ""
        self.acted(terminal, "link down, connection refused")
        return "refused"

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        if not self.meant(terminal):
            return None
        until, down = self._phase(now, terminal)
        when = now if down else until
        return (when, "fin") if when < self.until else None


CONNECTION_RULES: tuple[type[ConnectionRule], ...] = (Refuse, Reset, Flap)
