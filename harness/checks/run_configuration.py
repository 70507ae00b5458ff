"""What a run was set up with, as its header says: the clock, and who its terminals are.

A check takes from here what is right, so that no machine is asked what it should have said.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.journal import Header
from harness.stations import index_of, station_of
from harness.wire.calendar import Calendar, Stamp
from harness.wire.message import Message, Station
from harness.wire.spec import is_shipped

_LENGTH = 10  # digits of DE 7


class RunConfiguration:
    """`standard` is whether messages are written in a shipped specification, in which nothing has
    to be fitted; `knows_local` whether the local time is known besides UTC; `own` whether the
    terminals are the harness's own, and not somebody else's. `host_has_pins`: does the host know
    the PIN of each card? Ours does, and somebody else's where its user has named them in a file.
    """

    def __init__(self, header: Header) -> None:
        self.own = header.mode != "host"
        listed, our_host = "cards" in header.population, "ledger" in header.sees
        if header.mode == "terminals":
            self.host_has_pins = listed and not our_host
        else:  # a file may also say what our host answers a card, whatever its PIN
            self.host_has_pins = self.own and not listed
        self.standard = is_shipped(header.link.spec)
        self.knows_local = bool(header.epoch)
        seed = header.population.get("seed")
        self._seed = seed if isinstance(seed, int) else None
        self._start: datetime | None = None
        self._calendar: Calendar | None = None
        self.starts(header)

    def starts(self, header: Header) -> None:
        """The wall clock at run second 0 is known: it is what the scenario names, or the moment at
        which a run on the real clock began. At another speed that clock is no peer's clock.
        """
        epoch = header.epoch
        if not epoch and header.origin and header.speed == 1.0:
            epoch = datetime.fromtimestamp(header.origin, UTC).replace(tzinfo=None).isoformat()
        if epoch:
            self._start = datetime.fromisoformat(epoch).replace(tzinfo=UTC)
            self._calendar = Calendar(epoch)

    def station(self, terminal: str) -> Station | None:
        """What is the same in all messages of that terminal; None where it is not known."""
        index = index_of(terminal) if self.own else None
        if index is None or self._seed is None:
            return None
        return station_of(self._seed, index)

    def moment(self, message: Message, at: float) -> float | None:
        """The run second that a message names as that of its transmission; None where it names
        none, or where the clock of the run is not known. It names no year: the one that brings it
        nearest to `at` is meant.
        """
        text = message.fields.get(message.TRANSMITTED, "")
        if self._start is None or len(text) != _LENGTH or not (text.isascii() and text.isdigit()):
            return None
        if self._calendar is not None and text == self._calendar.sent(at):
            return float(int(at))
        now = self._start + timedelta(seconds=at)
        parts = [int(text[place : place + 2]) for place in range(0, _LENGTH, 2)]
        found = []
        for year in (now.year - 1, now.year, now.year + 1):
            try:
                moment = datetime(year, *parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
            except ValueError:
                continue  # no such day in that year
            found.append((moment - self._start).total_seconds())
        return min(found, key=lambda moment: abs(moment - at), default=None)

    def stamp(self, moment: float) -> Stamp | None:
        """What a right clock shows at that run second; None where the clock is not known."""
        return self._calendar.stamp(moment) if self._calendar is not None else None
