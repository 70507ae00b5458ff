"""An operator's desk: sees a fleet by what its terminals say, and gives it commands.

It needs nothing but a broker: no host, and no process of this harness at the other end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from uuid import uuid4

from harness.control import payloads as p
from harness.control.agent import Received
from harness.control.gateways import Gateways
from harness.control.monitor_settings import MonitorSettings
from harness.control.operators import signed
from harness.control.publication import Publication
from harness.control.roll_call import RollCall
from harness.control.topics import EVERYBODY, Topics, Verb
from harness.errors import ConfigError, EnvironmentTrouble, PayloadError
from harness.fleet.address import BrokerAddress
from harness.fleet.bridge import BrokerLink, Client
from harness.keyed_random import Draw, key_of
from harness.wire.calendar import iso, moment_of

CONNECTS = 10.0  # wall seconds
QUIET = 0.5  # wall seconds without another retained state, after which all have been seen
LONGEST_LOOK = 15.0  # wall seconds
COUNTS = 120.0  # seconds for which a command counts, by the terminals' clocks
WRONG_BY = 900.0
"""Seconds by which the fleet's clock may differ from ours before it is another clock: that of a
scenario, perhaps a fast one. A command then counts for an hour of that clock.
"""


class Whom(NamedTuple):
    """Which terminals: `everybody`, those of `regions`, or those named."""

    everybody: bool = False
    regions: tuple[str, ...] = ()
    terminals: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.everybody:
            return "all terminals"
        parts = [f"region {name}" for name in self.regions] + list(self.terminals)
        return ", ".join(parts)


class Operator(NamedTuple):
    """Who sits at the desk; without a key, commands are not signed."""

    name: str = "operator"
    key: bytes = b""


class Desk:
    """Use it as a context: it is connected then, and has seen the retained states. `states` has
    each terminal as it counts: who is lost with his gateway is not online.
    """

    def __init__(self, address: BrokerAddress, topics: Topics, operator: Operator) -> None:
        self._address = address
        self._topics = topics
        self._operator = operator
        self._id = f"desk-{uuid4().hex[:12]}"
        self.states: dict[str, p.TerminalState] = {}
        self.gateways = Gateways(MonitorSettings().most_gateways)
        self._said: dict[str, p.TerminalState] = {}
        self.watching: Callable[[str, object], None] = lambda _topic, _payload: None
        self._calls: list[RollCall] = []
        self._moved = asyncio.Event()
        self._tried = asyncio.Event()
        filters = [topics.every("state"), topics.every_gateway(), topics.every("rsp/+")]
        client = Client(
            self._id,
            filters,
            heard=self._heard,
            up=self._tried.set,
            down=self._lost,
            refused=lambda _: self._tried.set(),
        )
        draw = Draw(key_of(0, self._id))
        self._link = BrokerLink(address, client, draw, session=0)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Raises EnvironmentTrouble: the broker cannot be reached."""
        self._task = asyncio.get_running_loop().create_task(self._link.run())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), CONNECTS)
        if not self._link.connected:
            await self.__aexit__()
            why = self._link.trouble or f"no answer within {CONNECTS:.0f} s"
            raise EnvironmentTrouble(f"the broker at {self._address} cannot be used: {why}")
        await self._look()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        """Until no further retained state comes."""
        end = asyncio.get_running_loop().time() + LONGEST_LOOK
        seen = -1
        while seen != len(self.states) and asyncio.get_running_loop().time() < end:
            seen = len(self.states)
            await asyncio.sleep(QUIET)

    # --- who there is ----------------------------------------------------------------------------

    def names(self, whom: Whom) -> list[str]:
        """The terminals that are meant, in the order of their names.

        Raises:
            ConfigError: nobody is, or a region or a terminal is not known here.
        """
        known = sorted(self.states)
        regions = {state.region for state in self.states.values()}
        for region in whom.regions:
            if region not in regions:
                raise ConfigError(
                    f"no terminal is in region '{region}'",
                    place="--region",
                    remedy=f"there are: {', '.join(sorted(regions)) or 'none'}",
                )
        if whom.everybody:
            return known
        chosen = [name for name in known if self.states[name].region in whom.regions]
        return list(dict.fromkeys([*chosen, *whom.terminals]))

    # --- commands --------------------------------------------------------------------------------

    async def command(
        self, verb: Verb, whom: Whom, *, text: str = "", wait: float = 60.0
    ) -> RollCall:
        """Give a command, and wait for the answers: until each terminal has given its last one, or
        for `wait` wall seconds.
        """
        call = RollCall(f"{self._id}-{uuid4().hex[:8]}", self.names(whom))
        self._calls.append(call)
        issued, expires = counts_from_to(self.states.values(), datetime.now(UTC))
        for target in (EVERYBODY,) if whom.everybody else call.asked:
            command = p.Command(
                id=call.command,
                verb=verb,
                target=target,
                operator=self._operator.name,
                issued_at=iso(issued),
                expires_at=iso(expires),
                text=text,
            )
            if self._operator.key:
                command = signed(command, self._operator.key)
            topic = self._topics.command(target, verb)
            seconds = (expires - issued).total_seconds()
            self._link.publish(Publication(topic, command, expires=seconds))
        await self.until(lambda: call.over, wait)
        return call

    async def until(self, over: Callable[[], bool], seconds: float) -> bool:
        """Wait until what the fleet says makes it true, at most so long (wall seconds). Is it?"""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not over() and (left := end - loop.time()) > 0.0:
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)
        return over()

    # --- what comes in ---------------------------------------------------------------------------

    def _heard(self, message: Received, _retained: bool) -> None:
        topic = self._topics.read(message.topic)
        gateway = self._topics.read_gateway(message.topic)
        try:
            if gateway:
                self._gateway(gateway, p.decode(message.payload, p.GatewayState))
            elif topic is None:
                return
            elif topic.kind == "state":
                self._state(topic.terminal, p.decode(message.payload, p.TerminalState))
            elif topic.kind == "rsp":
                self._response(topic.terminal, p.decode(message.payload, p.Response))
        except PayloadError as trouble:
            self.watching(message.topic, trouble)
        self._moved.set()

    def _state(self, name: str, state: p.TerminalState) -> None:
        """A last will of an older process than the one that lives says nothing."""
        before = self._said.get(name)
        is_will = state.status == "offline" and not state.planned
        lives = before is not None and before.status == "online"
        if is_will and lives and before is not None and before.boot_id != state.boot_id:
            return
        self._said[name] = state
        self.gateways.names(name, state)
        self.states[name] = self.gateways.read(name, state)
        self.watching(name, self.states[name])

    def _gateway(self, name: str, state: p.GatewayState) -> None:
        """What it says may concern each terminal that it carries."""
        gateway = self.gateways.heard(name.strip(), state)
        if gateway is not None:
            self.watching(name, state)
            for terminal in gateway.terminals:
                self.states[terminal] = self.gateways.read(terminal, self._said[terminal])

    def _response(self, name: str, response: p.Response) -> None:
        if response.terminal != name:
            return  # in another's name
        for call in self._calls:
            call.heard(response)
        self.watching(name, response)

    def _lost(self, why: str) -> None:
        self.watching("", EnvironmentTrouble(f"the broker was lost: {why}"))


def counts_from_to(states: Iterable[p.TerminalState], now: datetime) -> tuple[datetime, datetime]:
    """From when and until when a command that is given now counts, by the terminals' clocks. What
    is no time in their states is passed over.
    """
    said = [moment_of(state.at) for state in states]
    latest = max((moment for moment in said if moment is not None), default=now)
    if abs((latest - now).total_seconds()) > WRONG_BY:
        return latest, latest + timedelta(hours=1)
    return now, now + timedelta(seconds=COUNTS)
