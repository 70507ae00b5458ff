"""A terminal's timers: named deadlines (docs/domain.md, "Timers").

A deadline is due at `now >= deadline`. If several are due, the earliest fires first, and of several
at one instant the one that stands first in `TIMERS`.
"""

from __future__ import annotations

from harness.contract import Contract
from harness.machines import inputs as i

TIMERS: dict[str, type[i.Expired]] = {
    "card_read": i.CardReadExpired,
    "key": i.KeyExpired,
    "session": i.SessionExpired,
    "host_response": i.HostTimerExpired,
    "eject": i.EjectExpired,
    "card_take": i.CardTakeExpired,
    "capture": i.CaptureExpired,
    "dispense": i.DispenseExpired,
    "cash_take": i.CashTakeExpired,
    "retract": i.RetractExpired,
    "recovery": i.RecoveryExpired,
}
"""By name, the input that the timer brings."""
_USUAL = Contract()
DEFAULTS: dict[str, float] = {name: getattr(_USUAL, name) for name in TIMERS}
"""By name, in seconds."""
_RANK = {name: rank for rank, name in enumerate(TIMERS)}
NEVER = float("inf")


class Timers:
    """The running timers of one terminal: the session's and the state's, and a few more at boot.
    `earliest` is the next deadline that is watched (run seconds).
    """

    __slots__ = ("_running", "_unwatched", "earliest", "seconds")

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = {**DEFAULTS, **seconds}
        self._running: dict[str, float] = {}
        self._unwatched = ""
        self.earliest = NEVER

    def arm(self, name: str, now: float) -> float:
        """Start or restart a timer. Returns its deadline."""
        before = self._running.get(name, NEVER)
        deadline = self._running[name] = now + self.seconds[name]
        if name != self._unwatched:
            if deadline <= self.earliest:
                self.earliest = deadline
            elif before == self.earliest:
                self._refresh()
        return deadline

    def disarm(self, name: str) -> None:
        if self._running.pop(name, NEVER) <= self.earliest < NEVER:
            self._refresh()

    def clear(self) -> None:
        self._running.clear()
        self.earliest = NEVER

    def unwatch(self, name: str) -> None:
        """Let one timer run on without firing; '' watches all of them again."""
        if name != self._unwatched:
            self._unwatched = name
            self._refresh()

    def deadline(self, name: str) -> float:
        """When it runs out; `NEVER` if it is not running."""
        return self._running.get(name, NEVER)

    def overdue(self, name: str, now: float) -> bool:
        return self._running.get(name, NEVER) <= now

    def _refresh(self) -> None:
        earliest = NEVER
        for name, at in self._running.items():
            if at < earliest and name != self._unwatched:
                earliest = at
        self.earliest = earliest

    def due(self) -> type[i.Expired]:
        """The input of the earliest timer that is watched, which stops that timer."""
        first = min(
            (at, _RANK[name], name) for name, at in self._running.items() if name != self._unwatched
        )[2]
        self.disarm(first)
        return TIMERS[first]
