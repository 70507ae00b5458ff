"""The monitor beside a live run: it hears what the broker brings and nothing else, and the journal
of the run gets what it finds.
"""

from __future__ import annotations

from collections.abc import Callable

from harness import events as e
from harness.control.announcer import IncidentChange
from harness.control.monitor_policy import Policy
from harness.control.operators import Operator
from harness.control.topics import Topics
from harness.fleet.address import BrokerAddress
from harness.fleet.monitor_station import MonitorStation
from harness.wire.calendar import Calendar


class FleetWatch:
    """`begin` starts it in the loop of the run, `ends` when the run is over; then `close`."""

    def __init__(
        self,
        address: BrokerAddress,
        topics: Topics,
        policy: Policy,
        operator: tuple[str, Operator | None],
        tell: Callable[[str], None],
    ) -> None:
        self._address = address
        self._topics = topics
        self._policy = policy
        self._operator = operator
        self._tell = tell
        self._station: MonitorStation | None = None
        self._record: Callable[[e.Event], None] | None = None

    def begin(
        self, calendar: Calendar, now: Callable[[], float], record: Callable[[e.Event], None]
    ) -> None:
        """Connect, and watch by the clock of the run."""
        self._record = record
        self._station = MonitorStation(
            self._address,
            self._topics,
            calendar,
            now,
            policy=self._policy,
            operator=self._operator,
            listeners=[self._changed],
            tell=lambda text: self._tell(f"monitor: {text}"),
        )
        self._station.start()

    def ends(self) -> None:
        """The terminals stop as was planned: what is found from now on is not of the run."""
        self._record = None

    async def close(self) -> None:
        if self._station is not None:
            await self._station.__aexit__()

    def _changed(self, change: IncidentChange) -> None:
        x = change.incident
        if self._record is None or change.what == "updated":
            return
        kind = e.IncidentOpened if change.what == "opened" else e.IncidentResolved
        self._record(kind(x.kind, x.cause, x.scope, x.where))
        self._tell(f"monitor: {change.what}: {x.kind}, cause: {x.cause}; {x.summary}")
