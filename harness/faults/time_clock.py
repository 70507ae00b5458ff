"""Faults of a terminal's clock: it is wrong, it is set, an hour comes twice, the year ends.

They affect the date and time in DE 7, 12 and 13. They do not affect the terminal's timers, which
run on a clock that is never set. Each fault is decided once for each terminal. It has acted when
the terminal has stamped a message with a wrong time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from harness.faults.rule import COMMON, Context, FaultSpec, Parameter, Rule
from harness.keyed_random import Draw, key_of

_HOUR = timedelta(hours=1)
_NONE = timedelta()


class ClockRule(Rule):
    """`off` gives the error of UTC (DE 7), and the additional error of local time (DE 12, 13)."""

    layer = "time"
    where = "terminals"
    parameters: ClassVar[dict[str, Parameter]] = {
        "terminal": COMMON["terminal"],
        "p": Parameter("share", None, "each terminal with this probability"),
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._told: dict[str, None] = {}

    def wrong(
        self, now: float, terminal: str, moment: datetime, *, local: bool
    ) -> tuple[timedelta, timedelta]:
        """The clock's error at run second `now`, when the right time is `moment` (UTC), as from
        `off`. `local` says whether the message carries local time too, or UTC alone.
        """
        if not self.active(now) or not self.meant(terminal) or not self._drawn(terminal):
            return _NONE, _NONE
        off = self.off(now, terminal, moment)
        if terminal not in self._told and (off[0] or (local and off[1])):
            self._told[terminal] = None
            utc, more = (part.total_seconds() for part in off)
            self.acted(terminal, f"clock off by {utc:+.0f} s, local time by {utc + more:+.0f} s")
        return off

    def _drawn(self, terminal: str) -> bool:
        return self.p is None or Draw(self._chance ^ key_of(terminal)).chance(self.p)

    def off(self, now: float, terminal: str, moment: datetime) -> tuple[timedelta, timedelta]:
        """The clock's error: (that of UTC, the additional error of local time)."""
        raise NotImplementedError


class ClockSkew(ClockRule):
    kind = "clock_skew"
    summary = "each terminal's clock is wrong by a time of its own, ahead or behind"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "10m", "at most, in whole seconds", least=1.0),
        **ClockRule.parameters,
    }

    def off(self, _now: float, terminal: str, _moment: datetime) -> tuple[timedelta, timedelta]:
        draw = Draw(self._shape ^ key_of(terminal))
        seconds = 1 + draw.below(int(self.value("by")))
        return timedelta(seconds=seconds if draw.chance(0.5) else -seconds), _NONE


class ClockStep(ClockRule):
    kind = "clock_step"
    summary = "the clock is set at the window's start, and set right at its end"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "1h", "so far", least=1.0),
        "way": Parameter("choice", "back", "which way", choices=("back", "forth")),
        **ClockRule.parameters,
    }

    def off(self, _now: float, _terminal: str, _moment: datetime) -> tuple[timedelta, timedelta]:
        by = timedelta(seconds=self.value("by"))
        return -by if self.value("way") == "back" else by, _NONE


class DstChange(ClockRule):
    """When local time goes back, one hour comes twice in DE 12. DE 7 does not change."""

    kind = "dst_change"
    summary = "local time goes back or forth by an hour, and UTC does not"
    parameters: ClassVar[dict[str, Parameter]] = {
        "way": Parameter("choice", "back", "which way", choices=("back", "forth")),
        **ClockRule.parameters,
    }

    def off(self, _now: float, _terminal: str, _moment: datetime) -> tuple[timedelta, timedelta]:
        return _NONE, -_HOUR if self.value("way") == "back" else _HOUR


class YearRollover(ClockRule):
    """DE 7 has no year, so a message from before the rollover looks like one from next December."""

    kind = "year_rollover"
    summary = "by the clock the year ends soon after the window's start"
    parameters: ClassVar[dict[str, Parameter]] = {
        "in": Parameter("duration", "30s", "so long after the start", least=0.001),
        **ClockRule.parameters,
    }

    def off(self, now: float, _terminal: str, moment: datetime) -> tuple[timedelta, timedelta]:
        start = moment - timedelta(seconds=now - self.start)
        turn = datetime(start.year + 1, 1, 1, tzinfo=start.tzinfo)
        return turn - timedelta(seconds=self.value("in")) - start, _NONE


CLOCK_RULES: tuple[type[ClockRule], ...] = (ClockSkew, ClockStep, DstChange, YearRollover)
