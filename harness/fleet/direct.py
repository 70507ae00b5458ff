"""A control plane in which each terminal has a connection of its own to the broker, and a last will
of its own with it.

`broker -> BrokerLink -> Agent -> Atm`, and back. A terminal without power has no connection: it
breaks without a word, and the broker says so by the last will.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from harness import events as e
from harness.control.agent import Agent, Received, counts_of
from harness.control.commands import CommandStore, MemoryStore
from harness.control.operators import Operators
from harness.control.plane import Terminal
from harness.control.reporter import Identity, Reporter
from harness.control.topics import Topics, terminal_level
from harness.fleet.address import BrokerAddress
from harness.fleet.bridge import BrokerLink, Client, running
from harness.fleet.connection_news import ConnectionNews
from harness.fleet.fleet_watch import FleetWatch
from harness.keyed_random import Draw, key_of
from harness.wire.calendar import Calendar

GOODBYE = 5.0  # wall seconds in which all terminals say that they stop

RegionOf = Callable[[str], str]


class DirectPlane:
    """Carries the agents of one process. Use it in the loop in which it was made."""

    def __init__(
        self,
        address: BrokerAddress,
        topics: Topics,
        region_of: RegionOf,
        *,
        operators: Operators | None = None,
        visits: bool = False,
        seed: int = 0,
        watch: FleetWatch | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`visits`: terminals report all that their devices do. `seed` spreads the connections,
        `watch` is the monitor beside the run, if it has one. `tell` gets in words what becomes of
        the connections.
        """
        self._news = ConnectionNews(address, tell)
        self._address = address
        self._topics = topics
        self._region_of = region_of
        self._operators = operators
        self._visits = visits
        self._seed = seed
        self._watch = watch
        self._carriers: dict[str, _Carrier] = {}

    def join(
        self,
        terminal: Terminal,
        calendar: Calendar,
        now: Callable[[], float],
        store: CommandStore | None = None,
    ) -> Agent:
        name = terminal.atm.id
        identity = Identity(name, self._region_of(name), self._topics, calendar)
        reporter = Reporter(identity, partial(counts_of, terminal.atm), visits=self._visits)
        agent = Agent(terminal.atm, reporter, store or MemoryStore(), self._operators)
        draw = Draw(key_of(self._seed, "broker", name))
        self._carriers[name] = _Carrier(self._address, agent, terminal, now, draw, self._news)
        return agent

    def begin(
        self, calendar: Calendar, now: Callable[[], float], record: Callable[[e.Event], None]
    ) -> None:
        if self._watch is not None:
            self._watch.begin(calendar, now, record)

    def booting(self, agent: Agent) -> None:
        self._of(agent).booting()

    def power_lost(self, agent: Agent) -> None:
        self._of(agent).power_lost()

    def carry(self, agent: Agent) -> None:
        self._of(agent).carry()

    async def close(self) -> None:
        """What cannot be said in time is left to the last wills."""
        if self._watch is not None:
            self._watch.ends()
        for carrier in self._carriers.values():
            carrier.stopping()
        waits = [carrier.said(GOODBYE) for carrier in self._carriers.values()]
        await asyncio.gather(*waits)
        await asyncio.gather(*(carrier.hang_up() for carrier in self._carriers.values()))

    @property
    def connected(self) -> int:
        """How many terminals have a connection."""
        return sum(carrier.connected for carrier in self._carriers.values())

    def _of(self, agent: Agent) -> _Carrier:
        return self._carriers[agent.reporter.identity.terminal]


class _Carrier:
    """One terminal's connection, over all its lives."""

    def __init__(
        self,
        address: BrokerAddress,
        agent: Agent,
        terminal: Terminal,
        now: Callable[[], float],
        draw: Draw,
        news: ConnectionNews,
    ) -> None:
        self._news = news
        self._address = address
        self._agent = agent
        self._terminal = terminal
        self._now = now
        self._draw = draw
        self._link: BrokerLink | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self._link is not None and self._link.connected

    def booting(self) -> None:
        agent, identity = self._agent, self._agent.reporter.identity
        agent.boot(uuid4().hex, self._now())
        name, topics = identity.terminal, identity.topics
        client = Client(
            terminal_level(name),
            (*topics.commands_of(name), topics.state(name)),
            heard=self._heard,
            up=self._up,
            down=self._down,
            refused=self._news.bad,
            will=agent.reporter.will,
        )
        self._link = BrokerLink(self._address, client, self._draw)
        self._task = running(self._link)

    def power_lost(self) -> None:
        """Nothing more is said, not even goodbye: the broker says the last will."""
        self._agent.power_lost()
        link, task, self._link, self._task = self._link, self._task, None, None
        if link is not None and link.connected:
            self._terminal.record(e.BrokerLost("power"))
            link.break_off()
        if task is not None:
            task.cancel()

    def carry(self) -> None:
        out = self._agent.reporter.out
        if out and self._link is not None:
            for publication in out:
                self._link.publish(publication)
        out.clear()

    def stopping(self) -> None:
        if self._link is not None and self._link.connected:
            self._agent.stopping(self._now())
            self.carry()

    async def said(self, seconds: float) -> None:
        link = self._link
        if link is not None and link.connected and not await link.drained(seconds):
            link.break_off()

    async def hang_up(self) -> None:
        task, self._task, self._link = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # --- what the connection says ----------------------------------------------------------------

    def _up(self) -> None:
        self._news.good()
        self._terminal.record(e.BrokerConnected())
        self._agent.connected(self._now())
        self._terminal.stir()

    def _down(self, why: str) -> None:
        self._news.bad(why)
        self._terminal.record(e.BrokerLost(why))

    def _heard(self, message: Received, _retained: bool) -> None:
        self._agent.received(message, self._now())
        self._terminal.stir()
