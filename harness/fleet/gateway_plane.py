"""A control plane in which a few gateways carry all terminals of a process.

`broker -> BrokerLink -> Gateway -> Agent -> Atm`, and back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from harness import events as e
from harness.control.agent import Agent, counts_of
from harness.control.commands import CommandStore, MemoryStore
from harness.control.operators import Operators
from harness.control.plane import Terminal
from harness.control.reporter import Identity, Reporter
from harness.control.topics import Topics
from harness.fleet.address import BrokerAddress
from harness.fleet.bridge import tell_failure
from harness.fleet.connection_news import ConnectionNews
from harness.fleet.direct import GOODBYE, RegionOf
from harness.fleet.fleet_watch import FleetWatch
from harness.fleet.gateway import Gateway, Slices
from harness.keyed_random import Draw, key_of
from harness.wire.calendar import Calendar

PER_GATEWAY = 2_500
"""Terminals that one connection carries; the next ones have another gateway."""
_GOODBYE_EACH = 0.001  # wall seconds for each terminal, beside GOODBYE
_AT_ONCE = 20  # goodbyes that are said before everything else has its turn


class GatewayNames(NamedTuple):
    """What the gateways are called, `name-1`, `name-2` and so on, and how many terminals each of
    them carries. None: one of that `name` carries them all.
    """

    name: str = "gateway"
    each: int | None = PER_GATEWAY


class GatewayPlane:
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
        names: GatewayNames = GatewayNames(),  # noqa: B008  # immutable
    ) -> None:
        """As those of `DirectPlane`."""
        self._address = address
        self._topics = topics
        self._region_of = region_of
        self._operators = operators
        self._visits = visits
        self._seed = seed
        self._watch = watch
        self._names = names
        self._tell = tell
        self._news = ConnectionNews(address, tell)
        self._slices = Slices()
        self._working: asyncio.Task[None] | None = None
        self._of: dict[str, Gateway] = {}
        self.gateways: list[Gateway] = []

    def join(
        self,
        terminal: Terminal,
        calendar: Calendar,
        now: Callable[[], float],
        store: CommandStore | None = None,
    ) -> Agent:
        name = terminal.atm.id
        gateway = self._of[name] = self._with_room()
        identity = Identity(
            name,
            self._region_of(name),
            self._topics,
            calendar,
            gateway=gateway.name,
            gateway_boot=gateway.boot_id,
        )
        reporter = Reporter(identity, partial(counts_of, terminal.atm), visits=self._visits)
        agent = Agent(terminal.atm, reporter, store or MemoryStore(), self._operators)
        gateway.carries(agent, terminal, now)
        return agent

    def _with_room(self) -> Gateway:
        name, each = self._names
        if not self.gateways or (each is not None and len(self.gateways[-1]) >= each):
            name = name if each is None else f"{name}-{len(self.gateways) + 1}"
            self.gateways.append(Gateway(name, self._topics))
        return self.gateways[-1]

    def begin(
        self, calendar: Calendar, now: Callable[[], float], record: Callable[[e.Event], None]
    ) -> None:
        self._working = asyncio.get_running_loop().create_task(self._slices.run())
        self._working.add_done_callback(tell_failure)
        for gateway in self.gateways:
            draw = Draw(key_of(self._seed, "gateway", gateway.name))
            gateway.begin(self._address, draw, self._slices, self._news, (calendar, now))
        if self._watch is not None:
            self._watch.begin(calendar, now, record)

    def booting(self, agent: Agent) -> None:
        self._gateway_of(agent).booting(_name(agent))

    def power_lost(self, agent: Agent) -> None:
        self._gateway_of(agent).power_lost(_name(agent))

    def carry(self, agent: Agent) -> None:
        self._gateway_of(agent).carry(_name(agent))

    async def close(self) -> None:
        """What cannot be said in time is left to the last wills."""
        if self._watch is not None:
            self._watch.ends()
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        for gateway in self.gateways:
            for number, _ in enumerate(gateway.goodbye()):
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
        seconds = GOODBYE + _GOODBYE_EACH * len(self._of)
        await asyncio.gather(*(gateway.hang_up(seconds) for gateway in self.gateways))
        if dropped := sum(gateway.dropped for gateway in self.gateways):
            self._tell(f"control plane: {dropped} commands were left out: too many came at once")

    @property
    def connected(self) -> int:
        """How many terminals are at the broker."""
        return sum(gateway.up for gateway in self.gateways)

    def _gateway_of(self, agent: Agent) -> Gateway:
        return self._of[agent.reporter.identity.terminal]


def _name(agent: Agent) -> str:
    return agent.reporter.identity.terminal.strip()
