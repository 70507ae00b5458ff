"""The control plane of a simulated run: broker, connections and desk on the World's heap.

`desk -> broker -> SimulatedConnection -> Agent -> Atm`, and back, with the encoded payloads of a
live run. What the broker hands to a terminal and what it takes from one goes into the journal from
here: that is evidence, and what an agent says of itself is not (`Agent.events` are left out).

Faults act where a command is about to be handed over, and on the way to the broker.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from harness import events as e
from harness.control import payloads as p
from harness.control.agent import Agent, Received, counts_of
from harness.control.commands import MemoryStore
from harness.control.reporter import Identity, Reporter
from harness.control.topics import Topics, terminal_level
from harness.errors import PayloadError
from harness.faults.control import BrokerRule
from harness.faults.control_set import Asked
from harness.faults.fleet import region_of
from harness.keyed_random import Draw, key_of
from harness.sim.broker import Broker, Message
from harness.sim.connection import Client, SimulatedConnection
from harness.sim.desk import Desk
from harness.sim.world import Waker
from harness.wire.calendar import Calendar, moment_of

if TYPE_CHECKING:
    from harness.assembly import Assembly
    from harness.sim.fleet import Fleet, SimulatedAtm

BANK = "harness"
REGIONS = 4


class OneReading(Calendar):
    """A terminal's clock, which shows the same whoever looks at it in one instant."""

    __slots__ = ("_at", "_clock", "_shown")

    def __init__(self, clock: Calendar) -> None:
        super().__init__(clock.epoch, clock.utc_offset)
        self._clock = clock
        self._at = -1.0
        self._shown = ""

    def iso(self, now: float) -> str:
        if now != self._at:
            self._at, self._shown = now, self._clock.iso(now)
        return self._shown


class SimulatedPlane:
    """Carries the agents of one run. `faults` of the fleet's run are asked."""

    def __init__(self, fleet: Fleet, assembly: Assembly) -> None:
        self._fleet = fleet
        self._assembly = assembly
        self.topics = Topics(BANK)
        self.broker = Broker(self._taken)
        self._seed = assembly.plan.seed
        self.desk = Desk(
            fleet.world,
            self.broker,
            self,
            self.topics,
            assembly.calendar,
            partial(fleet.record, e.RUN),
            key_of(self._seed, "broker", "desk"),
        )
        self._carriers: dict[str, Carrier] = {}
        self._handing = 0  # commands that are still to be handed over
        faults, world = fleet.faults, fleet.world
        self._commands = Waker(world, faults.commands_due, self._give_commands)
        self._looked_at = -1.0
        self._changes = Waker(world, lambda: faults.broker_changes(self._looked_at), self._look)

    def join(self, site: SimulatedAtm) -> Agent:
        """The agent of a terminal, which is carried from now on."""
        name = site.atm.id
        clock = OneReading(self._assembly.clock_of(name))
        identity = Identity(name, f"region-{region_of(name, REGIONS)}", self.topics, clock)
        reporter = Reporter(identity, partial(counts_of, site.atm))
        profile = self._assembly.terminal_profile
        made: type[Agent] = profile.control or Agent  # type: ignore[assignment]
        agent = made(site.atm, reporter, MemoryStore())
        self._carriers[name] = Carrier(self, self._fleet, site, agent)
        return agent

    def of(self, terminal: str) -> Carrier:
        return self._carriers[terminal]

    @property
    def at_rest(self) -> bool:
        """Is no command on its way to a terminal?"""
        return not self._handing and not self._fleet.faults.asked

    # --- time ------------------------------------------------------------------------------------

    def faults_changed(self) -> None:
        """Faults were added, removed or lifted, or what the operator was to do is known."""
        self._look_at_all()
        self._commands.look()
        self._changes.look()

    def _look(self, _now: float) -> None:
        self._look_at_all()
        self._changes.look()

    def _look_at_all(self) -> None:
        self._looked_at = self._fleet.world.now
        self.desk.look()
        for carrier in self._carriers.values():
            carrier.look()

    def _give_commands(self, now: float) -> None:
        for rule in self._fleet.faults.commands(now):
            names = [name for name in self._carriers if rule.concerns(name)]
            self.desk.command(rule, names, everybody=rule.names_all())
        self._commands.look()

    def take_asked(self) -> None:
        """Terminals have done something after which they are commanded."""
        faults, world = self._fleet.faults, self._fleet.world
        asked = faults.asked[:]
        faults.asked.clear()
        for what in asked:
            world.at(what.at, self._give_one, what)

    def _give_one(self, what: Asked) -> None:
        self.desk.command(what.rule, [what.terminal], everybody=False)

    def _taken(self, message: Message) -> None:
        """The broker has taken a message: a response is evidence."""
        topic = self.topics.read(message.topic)
        if topic is None or topic.kind != "rsp":
            return
        try:
            response = p.decode(message.payload, p.Response)
        except PayloadError:
            return
        self._fleet.record(topic.terminal, e.ResponseTaken(response.command, response.status))

    # --- faults ----------------------------------------------------------------------------------

    def away(self, client: str) -> BrokerRule | None:
        return self._fleet.faults.broker_away(self._fleet.world.now, client)

    def strikes(self, client: str, rule: BrokerRule, what: str) -> None:
        if rule.away == "partition":
            self._fleet.record(client, e.BrokerCutOff())
        rule.acted(client or "desk", what)

    def deliver(self, carrier: Carrier, message: Message, command: p.Command) -> None:
        """Hand a command over, with what a fault does to that."""
        now, name = self._fleet.world.now, carrier.name
        rule = self._fleet.faults.delivery(now, name)
        if rule is None:
            carrier.hand_over(message, command)
            return
        ends, begins = moment_of(command.expires_at), moment_of(self._assembly.calendar.iso(now))
        assert ends is not None, "the desk writes what reads"
        assert begins is not None, "and so does a calendar"
        named = msgspec.structs.replace(command, target=rule.delivered(command.target))
        if named is not command:
            message = message._replace(payload=p.encode(named))
        rule.acted(name, rule.what())
        for when in rule.times(now, now + (ends - begins).total_seconds()):
            if when <= now:
                carrier.hand_over(message, named)
            else:
                self._handing += 1
                self._fleet.world.at(when, self._hand_over_later, (carrier, message, named))

    def _hand_over_later(self, what: tuple[Carrier, Message, p.Command]) -> None:
        self._handing -= 1
        carrier, message, command = what
        carrier.hand_over(message, command)

    # --- the end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Every terminal says that it stops as was planned, and hangs up."""
        for carrier in self._carriers.values():
            carrier.close()
        self.desk.close()


class Carrier:
    """One terminal's end of the plane, over all its lives."""

    def __init__(
        self, plane: SimulatedPlane, fleet: Fleet, site: SimulatedAtm, agent: Agent
    ) -> None:
        self.name = site.atm.id
        self._plane = plane
        self._fleet = fleet
        self._site = site
        self._agent = agent
        self._link: SimulatedConnection | None = None
        self._lives = 0

    def booting(self) -> None:
        """The terminal's process begins: connect as soon as it has booted."""
        self._lives += 1
        world, topics = self._fleet.world, self._plane.topics
        self._agent.boot(f"{self.name}-{self._lives}", world.now)
        client = Client(
            terminal_level(self.name),
            (*topics.commands_of(self.name), topics.state(self.name)),
            self._heard,
            self._up,
            self._down,
            self._agent.reporter.will,
        )
        draw = Draw(key_of(self._fleet.seed, "broker", self.name), self._lives)
        self._link = SimulatedConnection(world, self._plane.broker, self._plane, client, draw)

    def power_lost(self) -> None:
        """Nothing more is said, not even goodbye."""
        self._agent.power_lost()
        link, self._link = self._link, None
        if link is not None:
            if link.connected:
                self._fleet.record(self.name, e.BrokerLost("power"))
            link.end()

    def carry(self) -> None:
        """Take what the agent has to say."""
        out = self._agent.reporter.out
        if out and self._link is not None:
            for publication in out[:]:
                self._link.publish(publication)
        out.clear()
        self._agent.events.clear()

    def look(self) -> None:
        if self._link is not None:
            self._link.look()

    def close(self) -> None:
        if self._link is not None and self._link.connected:
            self._agent.stopping(self._fleet.world.now)
            self.carry()
            self._link.goodbye()

    # --- what comes in ---------------------------------------------------------------------------

    def _up(self) -> None:
        self._fleet.record(self.name, e.BrokerConnected())
        self._agent.connected(self._fleet.world.now)
        self._site.drain()

    def _down(self, why: str) -> None:
        self._fleet.record(self.name, e.BrokerLost(why))

    def _heard(self, message: Message) -> None:
        topic = self._plane.topics.read(message.topic)
        if topic is None or topic.kind != "cmd":
            self._receive(message)
            return
        try:
            command = p.decode(message.payload, p.Command)
        except PayloadError:
            self._receive(message)
            return
        self._plane.deliver(self, message, command)

    def hand_over(self, message: Message, command: p.Command) -> None:
        """The terminal has the command now, if it still has power and a connection."""
        if self._link is None or not self._link.connected:
            return
        now = self._fleet.world.now
        topic = self._plane.topics.read(message.topic)
        addressed = topic.terminal if topic is not None else ""
        clock = self._agent.reporter.identity.calendar.iso(now)
        giver = self._plane.desk.giver(command.id)
        self._fleet.record(
            self.name,
            e.CommandHandedOver(
                command.id, command.verb, addressed, command.target, command.expires_at, clock
            ),
        )
        if giver is not None:
            self._fleet.faults.was_commanded(giver, self.name)
        self._receive(message)

    def _receive(self, message: Message) -> None:
        received = Received(
            message.topic, message.payload, message.response_topic, message.correlation
        )
        self._agent.received(received, self._fleet.world.now)
        self._site.drain()
