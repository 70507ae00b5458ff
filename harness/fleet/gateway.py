"""A gateway: a connection to the broker that carries many terminals, which need none of their own.

Topics and payloads are those of terminals with connections of their own. What differs:

- The last will is the gateway's, and says that all whom it carries are lost with it. So each
  terminal's state names the gateway, and the number of the gateway's process.
- A terminal that loses its power has no connection that could break: the gateway publishes the
  terminal's last will for it.
- The gateway is told every command of the bank, keeps those that are for its own, and hands a
  command to all to each of them. What comes for a terminal without power waits until it boots, as
  it would at the broker.

Nobody waits here: what comes is put into a queue, and is worked off in slices, so that a command to
thousands of terminals does not keep any of them from its host.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal
from uuid import uuid4

from harness import events as e
from harness.control import payloads as p
from harness.control.agent import Agent, Received
from harness.control.heads import Heads
from harness.control.plane import Terminal
from harness.control.publication import Publication
from harness.control.topics import EVERYBODY, Topics, level
from harness.errors import PayloadError
from harness.fleet.address import BrokerAddress
from harness.fleet.bridge import BrokerLink, Client, running
from harness.fleet.connection_news import ConnectionNews
from harness.fleet.outbox import MOST
from harness.keyed_random import Draw
from harness.wire.calendar import Calendar

KEPT = 100
"""Messages that wait for a terminal without power; the oldest go first."""
MOST_COMMANDS = 10_000
"""Messages that wait to be handed out; what comes then is left out and counted."""
_WAITING_EACH = 20  # publications of one terminal that may wait for the broker
_IN_FLIGHT = 500  # publications without an acknowledgement
_SLICE = 0.005  # wall seconds for which terminals are served before everything else has its turn


class Slices:
    """Works jobs off one after the other, a little at a time. A job yields after each step."""

    def __init__(self) -> None:
        self._jobs: deque[Iterator[None]] = deque()
        self._more = asyncio.Event()

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: Iterator[None]) -> None:
        """Do it when its turn comes."""
        self._jobs.append(job)
        self._more.set()

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._more.wait()
            self._more.clear()
            until = loop.time() + _SLICE
            while self._jobs:
                for _ in self._jobs.popleft():
                    if loop.time() >= until:
                        await asyncio.sleep(0)
                        until = loop.time() + _SLICE


class Carried:
    """One terminal that a gateway carries. `powered`: its process runs; `up`: its state has been
    said on the connection that stands.
    """

    __slots__ = ("agent", "kept", "now", "powered", "terminal", "up")

    def __init__(self, agent: Agent, terminal: Terminal, now: Callable[[], float]) -> None:
        self.agent = agent
        self.terminal = terminal
        self.now = now
        self.powered = self.up = False
        self.kept: deque[Received] = deque(maxlen=KEPT)


class Gateway:
    """`boot_id` names the gateway's process. `dropped` counts the commands that were left out
    because too many waited.
    """

    def __init__(self, name: str, topics: Topics) -> None:
        self.name = name
        self.boot_id = uuid4().hex
        self.dropped = 0
        self._topics = topics
        self._own = topics.gateway_state(name)
        self._carried: dict[str, Carried] = {}
        self._link: BrokerLink | None = None
        self._task: asyncio.Task[None] | None = None
        self._work = Slices()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._carried)

    @property
    def up(self) -> int:
        """How many of its terminals have said their state on the connection that stands."""
        if self._link is None or not self._link.connected:
            return 0
        return sum(carried.up for carried in self._carried.values())

    def carries(self, agent: Agent, terminal: Terminal, now: Callable[[], float]) -> None:
        """It carries that terminal from now on."""
        self._carried[terminal.atm.id.strip()] = Carried(agent, terminal, now)

    def begin(
        self,
        address: BrokerAddress,
        draw: Draw,
        work: Slices,
        news: ConnectionNews,
        clock: tuple[Calendar, Callable[[], float]],
    ) -> None:
        """Connect. `work` hands out what comes, and is shared by the gateways of a process. `clock`
        is the gateway's own: run seconds, and what time that is.
        """
        self._work, self._news, self._now = work, news, clock[1]
        self._heads = Heads(clock[0], self.boot_id)
        client = Client(
            level(self.name),
            (self._topics.every("cmd/+"), self._own),
            heard=self._heard,
            up=self._up,
            down=self._down,
            refused=news.bad,
            will=self._will,
        )
        waiting = MOST + _WAITING_EACH * len(self)
        self._link = BrokerLink(address, client, draw, waiting=waiting, in_flight=_IN_FLIGHT)
        self._task = running(self._link)

    # --- what its terminals do -------------------------------------------------------------------

    def booting(self, name: str) -> None:
        """A terminal's process begins."""
        carried = self._carried[name]
        carried.agent.boot(uuid4().hex, carried.now())
        carried.powered = True
        if self._link is not None and self._link.connected:
            self._work.put(self._comes_up(carried))

    def power_lost(self, name: str) -> None:
        """A terminal's process is gone: the gateway says its last will."""
        carried = self._carried[name]
        carried.agent.power_lost()
        carried.powered = False
        if carried.up:
            carried.up = False
            carried.terminal.record(e.BrokerLost("power"))
        if self._link is not None:
            self._link.publish(carried.agent.reporter.will())

    def carry(self, name: str) -> None:
        """Publish what a terminal has to say."""
        out = self._carried[name].agent.reporter.out
        if out and self._link is not None:
            for publication in out:
                self._link.publish(publication)
        out.clear()

    # --- its end ---------------------------------------------------------------------------------

    def goodbye(self) -> Iterator[None]:
        """Each terminal says that it stops as was planned, and the gateway last."""
        self._stopping = True
        if self._link is None or not self._link.connected:
            return
        for name, carried in self._carried.items():
            if carried.powered:
                carried.agent.stopping(carried.now())
                self.carry(name)
            yield
        self._say("offline", planned=True)

    async def hang_up(self, seconds: float) -> None:
        """Wait so many wall seconds until all is said. What could not be said is left to the last
        will.
        """
        link, task, self._link, self._task = self._link, self._task, None, None
        if link is None or task is None:
            return
        if link.connected and not await link.drained(seconds):
            link.break_off()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # --- what the connection says ----------------------------------------------------------------

    def _will(self) -> Publication:
        state = p.GatewayState(
            **self._heads.numbered(0, 0.0), gateway=self.name, status="offline", terminals=len(self)
        )
        return Publication(self._own, state, retain=True)

    def _say(self, status: Literal["online", "offline"], *, planned: bool = False) -> None:
        if self._link is not None:
            head = self._heads.next(self._now())
            state = p.GatewayState(
                **head, gateway=self.name, status=status, planned=planned, terminals=len(self)
            )
            self._link.publish(Publication(self._own, state, retain=True))

    def _up(self) -> None:
        """First the gateway's state, then those of all that it carries."""
        self._news.good()
        self._say("online")
        self._work.put(self._all_come_up())

    def _all_come_up(self) -> Iterator[None]:
        for carried in list(self._carried.values()):
            yield from self._comes_up(carried)

    def _comes_up(self, carried: Carried) -> Iterator[None]:
        if self._link is None or not self._link.connected:
            return
        if not carried.powered:
            if carried.agent.reporter.boot_id:  # perhaps that was never said
                self._link.publish(carried.agent.reporter.will())
            return
        if not carried.up:
            carried.up = True
            carried.terminal.record(e.BrokerConnected())
        carried.agent.connected(carried.now())
        carried.terminal.stir()
        yield
        while carried.powered and carried.kept:
            self._hand_over(carried, carried.kept.popleft())
            yield

    def _down(self, why: str) -> None:
        self._news.bad(why)
        self._work.put(self._all_go_down(why))

    def _all_go_down(self, why: str) -> Iterator[None]:
        for carried in list(self._carried.values()):
            if carried.up:
                carried.up = False
                carried.terminal.record(e.BrokerLost(why))
            yield

    def _heard(self, message: Received, _retained: bool) -> None:
        if message.topic == self._own:
            self._own_state(message.payload)
        elif len(self._work) >= MOST_COMMANDS:
            self.dropped += 1
        else:
            self._deliver(message)

    def _own_state(self, payload: bytes) -> None:
        """The last will of an earlier connection has come after this one's birth, and stands there
        as what the gateway is: say it again.
        """
        try:
            state = p.decode(payload, p.GatewayState)
        except PayloadError:
            state = None
        mine = state is not None and state.boot_id == self.boot_id and state.seq > 0
        if not mine and not self._stopping:
            self._say("online")

    def _deliver(self, message: Received) -> None:
        topic = self._topics.read(message.topic)
        if topic is None or topic.kind != "cmd":
            return
        if topic.terminal == EVERYBODY:
            self._work.put(self._to_all(message))
            return
        carried = self._carried.get(topic.terminal.strip())
        if carried is not None:
            self._work.put(self._to_one(carried, message))

    def _to_all(self, message: Received) -> Iterator[None]:
        for carried in list(self._carried.values()):
            self._hand_over(carried, message)
            yield

    def _to_one(self, carried: Carried, message: Received) -> Iterator[None]:
        self._hand_over(carried, message)
        yield

    def _hand_over(self, carried: Carried, message: Received) -> None:
        if not carried.powered:
            carried.kept.append(message)
            return
        carried.agent.received(message, carried.now())
        carried.terminal.stir()
