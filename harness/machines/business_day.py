"""Business days: what is posted after the cutover belongs to the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.machines.timers import NEVER

DAY = 86400.0  # seconds from one cutover to the next


class BusinessDays:
    """`epoch` is the run's start, ISO 8601 in UTC; `cutover` the run's second at which the first
    business day ends, 0 where days are not told apart. A day is named by the date on which it
    ends.
    """

    __slots__ = ("_cutover", "_ends_on")

    def __init__(self, epoch: str, cutover: float) -> None:
        self._cutover = cutover
        start = datetime.fromisoformat(epoch).replace(tzinfo=UTC)
        self._ends_on = (start + timedelta(seconds=cutover)).date()

    def number(self, now: float) -> int:
        """How many cutovers there were by then, including one at this instant."""
        return int((now - self._cutover) // DAY) + 1 if self._cutover else 0

    def day(self, now: float) -> str:
        """MMDD of the business day at that run second; '' if the run does not distinguish days."""
        if not self._cutover:
            return ""
        return f"{self._ends_on + timedelta(days=self.number(now)):%m%d}"

    def next_cutover(self, now: float) -> float:
        """When the day that is open at `now` ends, in run seconds."""
        return self._cutover + self.number(now) * DAY if self._cutover else NEVER
