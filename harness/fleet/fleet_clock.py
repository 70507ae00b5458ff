"""What time it is for a fleet: usually the time on the wall. The fleet of a scenario has a clock of
its own, years away, and a monitor that compared it with the wall's would find that every card has
been inside for years.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

import msgspec

from harness.fleet.desk import WRONG_BY
from harness.wire.calendar import Calendar, moment_of

TERMINALS = 5
"""So many terminals are asked what time it is, as the clock of one may be wrong."""
WAITS = 10.0  # seconds for the others, once the first has spoken
LONGEST_WAIT = 70.0  # seconds: every terminal of ours speaks once a minute


class _Said(msgspec.Struct):
    at: str = ""


class FleetClock(Calendar):
    """The calendar of a monitor. `known` is false until the fleet has said what time it is, or has
    said nothing for `LONGEST_WAIT`. What is retained does not count: nobody knows how old it is.
    """

    def __init__(self, wall: datetime) -> None:
        """`wall` is the time on the wall at 0 run seconds, in UTC."""
        self._wall = wall.replace(tzinfo=UTC)
        super().__init__(wall.replace(tzinfo=None).isoformat(timespec="milliseconds"), 0.0)
        self.known = False
        self._apart: dict[str, float] = {}  # by sender: how far its sender's clock is from the wall
        self._first_at: float | None = None

    def heard(self, sender: str, payload: bytes, now: float) -> None:
        """A message that is not retained has come from that sender at `now` (run seconds)."""
        try:
            moment = moment_of(msgspec.json.decode(payload, type=_Said).at)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            moment = None
        if moment is None or self.known:
            return
        self._first_at = now if self._first_at is None else self._first_at
        self._apart[sender] = (moment - self._wall).total_seconds() - now
        if len(self._apart) >= TERMINALS:
            self._decide()

    def look(self, now: float) -> None:
        """Is it time to decide by what there is?"""
        due = LONGEST_WAIT if self._first_at is None else self._first_at + WAITS
        if not self.known and now >= due:
            self._decide()

    def _decide(self) -> None:
        self.known = True
        apart = median(self._apart.values()) if self._apart else 0.0
        self._apart.clear()
        if abs(apart) > WRONG_BY:
            self._epoch = self._wall + timedelta(seconds=apart)
