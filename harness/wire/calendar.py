"""The wall clock of a run: what the date and time elements of a message say.

A run has no wall clock of its own. Its moments are an epoch that the scenario names, plus the run
seconds, plus what a terminal's own clock is wrong by. A host or terminals that stand alone take the
moment at which they started for the epoch, unless another one was asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol


class Stamp(NamedTuple):
    """The moment of a message.

    `sent` is the transmission date and time in UTC, MMDDhhmmss (DE 7). `time` is the local time,
    hhmmss, and `date` the local date, YYMMDD; a dialect takes of them what its local date and
    time elements hold (DE 12 and 13).
    """

    sent: str
    time: str
    date: str


class Calendar:
    """Wall-clock fields from a scenario's epoch plus run seconds.

    `epoch` is ISO 8601 in UTC; `utc_offset` the local time's distance in seconds.
    """

    __slots__ = ("_epoch", "_known", "_local", "_offset", "_second", "epoch", "utc_offset")

    def __init__(self, epoch: str, utc_offset: float = 3600.0) -> None:
        self.epoch = epoch
        self.utc_offset = utc_offset
        self._epoch = datetime.fromisoformat(epoch).replace(tzinfo=UTC)
        self._offset = timedelta(seconds=utc_offset)
        self._second = -1
        self._known = Stamp("", "", "")

    def stamp(self, now: float) -> Stamp:
        """The moment of a message that is sent now. It is cached for each second, since a fleet
        asks for the same one again and again.
        """
        second = int(now)
        if second != self._second:
            moment = self._epoch + timedelta(seconds=second)
            self._known = _stamp(moment, moment + self._offset)
            self._second = second
        return self._known

    def sent(self, now: float) -> str:
        """The transmission date and time (DE 7) of a message that carries no local time."""
        return self.stamp(now).sent

    def iso(self, now: float) -> str:
        """ISO 8601 in UTC with milliseconds, as in the payloads of the control plane."""
        return iso(self._epoch + timedelta(seconds=now))

    def year_month(self, now: float) -> str:
        """YYMM, as a card's expiry date is written (DE 14)."""
        return f"{self._epoch + timedelta(seconds=now):%y%m}"


def iso(moment: datetime) -> str:
    """That moment, in UTC, as ISO 8601 with milliseconds and 'Z'."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def moment_of(text: str) -> datetime | None:
    """The moment that a text in ISO 8601 names, in UTC where it names no zone; None if it is none,
    or so near to the first or last year that nothing can be reckoned from it.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1 < moment.year < 9999:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _stamp(moment: datetime, local: datetime) -> Stamp:
    m, x = moment, local  # formatted by hand, since strftime takes five times as long
    return Stamp(
        f"{m.month:02}{m.day:02}{m.hour:02}{m.minute:02}{m.second:02}",
        f"{x.hour:02}{x.minute:02}{x.second:02}",
        f"{x.year % 100:02}{x.month:02}{x.day:02}",
    )


class ClockFaults(Protocol):
    """What can be wrong with a terminal's clock; faults are such."""

    @property
    def acts(self) -> bool:
        """Is there any need to ask?"""

    def wrong(self, now: float, moment: datetime, *, local: bool) -> tuple[timedelta, timedelta]:
        """How far off the clock is at run second `now`, when it is `moment`: UTC, and local time
        besides. `local` is whether the message carries the local time too, or UTC alone.
        """


class WrongCalendar(Calendar):
    """The clock of a terminal that may be wrong; while nothing is, it shows what `right` shows."""

    __slots__ = ("_faults", "_right")

    def __init__(self, right: Calendar, faults: ClockFaults) -> None:
        super().__init__(right.epoch, right.utc_offset)
        self._right = right
        self._faults = faults

    def stamp(self, now: float) -> Stamp:
        """Not cached: the clock may be set at any moment."""
        return self._read(now, local=True) if self._faults.acts else self._right.stamp(now)

    def sent(self, now: float) -> str:
        return self._read(now, local=False).sent if self._faults.acts else self._right.sent(now)

    def iso(self, now: float) -> str:
        if not self._faults.acts:
            return self._right.iso(now)
        moment = self._epoch + timedelta(seconds=now)
        return iso(moment + self._faults.wrong(now, moment, local=False)[0])

    def _read(self, now: float, *, local: bool) -> Stamp:
        moment = self._epoch + timedelta(seconds=int(now))
        utc, more = self._faults.wrong(now, moment, local=local)
        shown = moment + utc
        return _stamp(shown, shown + self._offset + more)
