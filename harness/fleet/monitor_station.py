"""The monitor at work: its connection to a broker, its clock, and whoever wants to hear of
incidents.

    broker -> BrokerLink -> Monitor -> incidents at the broker, commands of its policy, listeners
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Self
from uuid import uuid4

from harness.control.agent import Received
from harness.control.announcer import IncidentChange
from harness.control.monitor import Monitor
from harness.control.monitor_policy import Action, Policy
from harness.control.monitor_settings import MonitorSettings
from harness.control.operators import Operator
from harness.control.topics import Topics
from harness.fleet.address import BrokerAddress
from harness.fleet.bridge import BrokerLink, Client
from harness.fleet.fleet_clock import FleetClock
from harness.keyed_random import Draw, key_of
from harness.wire.calendar import Calendar

LOOKS_EVERY = 0.1
"""Wall seconds between two calls of the monitor, which looks at the fleet each run second."""
_MOST_EARLY = 100_000
_NAMED = 5  # terminals that are named where a policy acts
GOODBYE = 5.0  # wall seconds in which the monitor says that it stops

Listener = Callable[[IncidentChange], None]
"""Is told of each incident that is opened, updated or resolved. It never waits."""


class MonitorStation:
    """Use it as a context: it watches until then. `monitor` is what it has found out, `messages`
    counts what has come, `trouble` is why the broker cannot be used at present, '' while it can.
    """

    def __init__(
        self,
        address: BrokerAddress,
        topics: Topics,
        calendar: Calendar,
        now: Callable[[], float],
        *,
        settings: MonitorSettings | None = None,
        policy: Policy | None = None,
        operator: tuple[str, Operator | None] = ("monitor", None),
        listeners: Sequence[Listener] = (),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`now` are run seconds, and `calendar` says what time that is. `operator` signs the
        commands of the policy, where the terminals ask for that. `tell` gets in words what becomes
        of the connection.
        """
        boot_id = uuid4().hex
        self.monitor = Monitor(topics, calendar, boot_id, settings=settings, policy=policy)
        self.messages = 0
        self.trouble = "not connected yet"
        self._address = address
        self._topics = topics
        self._calendar = calendar
        self._early: list[tuple[Received, bool]] = []  # came before it was known what time it is
        self._now = now
        self._operator = operator
        self._listeners = listeners
        self._tell = tell
        client = Client(
            f"monitor-{boot_id[:12]}",
            self.monitor.filters,
            heard=self._heard,
            up=self._up,
            down=self._down,
            refused=self._down,
            will=self.monitor.will,
        )
        self._link = BrokerLink(address, client, Draw(key_of(0, "monitor", boot_id)), session=0)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> bool:
        return self._link.connected

    async def __aenter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Watch from now on, in the loop that runs."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._link.run()), loop.create_task(self._look())]

    async def __aexit__(self, *_: object) -> None:
        if self._link.connected:
            self.monitor.stopping(self._now())
            self._take()
            await self._link.drained(GOODBYE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def broken(self) -> None:
        """Returns never, and raises what has ended one of the tasks, which nothing should."""
        await asyncio.gather(*self._tasks)

    # --- what the connection says ----------------------------------------------------------------

    def _up(self) -> None:
        self.trouble = ""
        self._tell(f"watches the fleet at {self._address}, bank {self._topics.bank}")
        self.monitor.connected(self._now())
        self._take()

    def _down(self, why: str) -> None:
        if why != self.trouble:
            self._tell(f"the broker at {self._address} cannot be used: {why}; it is tried again")
        self.trouble = why
        self.monitor.disconnected(why, self._now())
        self._take()

    def _heard(self, message: Received, retained: bool) -> None:
        self.messages += 1
        clock, now = self._calendar, self._now()
        if isinstance(clock, FleetClock) and not clock.known and len(self._early) < _MOST_EARLY:
            self._early.append((message, retained))
            read = self._topics.read(message.topic)
            if read is not None and not retained:
                clock.heard(read.terminal, message.payload, now)
            self._take_early(now)
            return
        self.monitor.received(message.topic, message.payload, now, retained=retained)
        self._take()

    def _take_early(self, now: float) -> None:
        """What has come before, once it is known what time it is."""
        if self._early and (not isinstance(self._calendar, FleetClock) or self._calendar.known):
            early, self._early = self._early, []
            for message, retained in early:
                self.monitor.received(message.topic, message.payload, now, retained=retained)
            self._take()

    # --- what follows ----------------------------------------------------------------------------

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            now = self._now()
            if isinstance(self._calendar, FleetClock):
                self._calendar.look(now)
                self._take_early(now)
            if now >= self.monitor.next_deadline:
                self.monitor.tick(now)
                self._take()

    def _take(self) -> None:
        """Publish, command and tell what the monitor has decided."""
        monitor, now = self.monitor, self._now()
        out, changes, actions = list(monitor.out), list(monitor.changes), list(monitor.actions)
        for done in (monitor.out, monitor.changes, monitor.actions):
            done.clear()
        for publication in out:
            self._link.publish(publication)
        for change in changes:
            for listener in self._listeners:
                listener(change)
        for action in actions:
            self._act(action, now)

    def _act(self, action: Action, now: float) -> None:
        whom = ", ".join(action.terminals[:_NAMED])
        if len(action.terminals) > _NAMED:
            whom += f" and {len(action.terminals) - _NAMED} more"
        self._tell(f"orders {action.verb}: {whom}")
        name, operator = self._operator
        key = operator.key if operator is not None else b""
        for command in action.commands(self._topics, name, key, self._calendar, now):
            self._link.publish(command)
