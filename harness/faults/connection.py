"""Faults of the connection: it is refused, reset, or comes and goes."""

from __future__ import annotations

from typing import ClassVar

from harness.draw import Draw, key_of
from harness.faults.rule import COMMON, Parameter, Rule


class ConnectionRule(Rule):
    """`admit` says how an attempt to connect fails ('' lets it), `next_cut` when a standing
    connection ends and how."""

    layer = "connection"
    parameters: ClassVar[dict[str, Parameter]] = dict(COMMON)

    def admit(self, now: float, terminal: str) -> str:
        return ""

    def opened(self, now: float, terminal: str) -> None:
        """A connection stands."""

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        return None

    def _meant(self, terminal: str) -> bool:
        return self.terminal is None or self.terminal == terminal


class Refuse(ConnectionRule):
    kind = "refuse"
    summary = "connections are refused; standing ones stay"

    def admit(self, now: float, terminal: str) -> str:
        if not self.strikes(now, terminal):
            return ""
        self.acted(terminal, "refused")
        return "refused"


class Reset(ConnectionRule):
    kind = "rst"
    summary = "standing connections get a RST at the window's start, new ones `after` they opened"
    parameters: ClassVar[dict[str, Parameter]] = {
        "after": Parameter("duration", "1s", "for connections that open inside the window"),
        **COMMON,
    }

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._opened: dict[str, float] = {}
        self._decided: dict[str, bool] = {}

    def opened(self, now: float, terminal: str) -> None:
        self._opened[terminal] = now
        self._decided.pop(terminal, None)

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        opened = self._opened.get(terminal)
        if opened is None or not self._meant(terminal):
            return None
        when = self.start if opened < self.start else opened + self.value("after")
        if when >= self.until:
            return None
        if terminal not in self._decided:  # one decision for each connection
            self._decided[terminal] = self.strikes(when, terminal)
        return (max(when, now), "rst") if self._decided[terminal] else None


class Flap(ConnectionRule):
    kind = "flap"
    summary = "the link goes up and down, each for a while that is drawn per terminal"
    parameters: ClassVar[dict[str, Parameter]] = {
        "min": Parameter("duration", "5s", "shortest time up or down"),
        "max": Parameter("duration", "20s", "longest time up or down"),
        **{name: COMMON[name] for name in ("terminal",)},
    }

    def _phase(self, now: float, terminal: str) -> tuple[bool, float]:
        """Is the link down at `now`, and until when does it stay so?"""
        draw = Draw(self._key ^ key_of(terminal), 0)
        at, down = self.start, True
        while True:
            at += draw.uniform(self.value("min"), self.value("max"))
            if now < at:
                return down, at
            down = not down

    def admit(self, now: float, terminal: str) -> str:
        if not self.active(now) or not self._meant(terminal) or not self._phase(now, terminal)[0]:
            return ""
        self.acted(terminal, "down: refused")
        return "refused"

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        if not self._meant(terminal) or now >= self.until:
            return None
        if now < self.start:
            return self.start, "fin"
        down, until = self._phase(now, terminal)
        when = now if down else until
        return (when, "fin") if when < self.until else None


CONNECTION_RULES: tuple[type[ConnectionRule], ...] = (Refuse, Reset, Flap)
