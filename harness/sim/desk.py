"""The operator's desk of a simulated run: it gives commands, and calls the roll of the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from harness import events as e
from harness.control import payloads as p
from harness.control.publication import Publication
from harness.control.roll_call import RollCall
from harness.control.topics import EVERYBODY, Topics, Verb
from harness.errors import PayloadError
from harness.faults.operator_commands import CommandGiver
from harness.keyed_random import Draw
from harness.sim.broker import Broker, Message
from harness.sim.connection import Client, Network, SimulatedConnection
from harness.sim.world import World
from harness.wire.calendar import Calendar

OPERATOR = "desk"
TEXT = "Please use another machine."
"""What `show_message` puts on the screen."""


class Desk:
    """`calls` are the roll calls of all commands, in the order in which they were given."""

    def __init__(
        self,
        world: World,
        broker: Broker,
        network: Network,
        topics: Topics,
        calendar: Calendar,
        record: Callable[[e.Event], None],
        seed: int,
    ) -> None:
        self._world = world
        self._topics = topics
        self._calendar = calendar
        self._record = record
        self._given: dict[str, CommandGiver] = {}
        self._verbs: list[Verb] = []
        self.calls: list[RollCall] = []
        client = Client("", [topics.every("rsp/+")], self._heard, lambda: None, lambda _: None)
        self._link = SimulatedConnection(world, broker, network, client, Draw(seed))

    def command(self, rule: CommandGiver, targets: Sequence[str], *, everybody: bool) -> None:
        """Give a command: one to everybody, or one to each of the targets."""
        if everybody:
            self._give(rule, EVERYBODY, targets)
            return
        for target in targets:
            self._give(rule, target, [target])

    def _give(self, rule: CommandGiver, target: str, asked: Sequence[str]) -> None:
        now, verb = self._world.now, rule.value("verb")
        counts: float = rule.value("counts")
        command = p.Command(
            id=f"{OPERATOR}-{len(self.calls) + 1}",
            verb=verb,
            target=target,
            operator=OPERATOR,
            issued_at=self._calendar.iso(now),
            expires_at=self._calendar.iso(now + counts),
            text=TEXT if verb == "show_message" else "",
        )
        self._given[command.id] = rule
        self._verbs.append(verb)
        self.calls.append(RollCall(command.id, asked))
        self._record(e.CommandGiven(command.id, verb, target))
        topic = self._topics.command(target, verb)
        self._link.publish(Publication(topic, command, expires=counts))

    def giver(self, command: str) -> CommandGiver | None:
        """The rule of the run that asked for a command."""
        return self._given.get(command)

    def look(self) -> None:
        """The broker has gone or come back."""
        self._link.look()

    def _heard(self, message: Message) -> None:
        topic = self._topics.read(message.topic)
        if topic is None:
            return
        try:
            response = p.decode(message.payload, p.Response)
        except PayloadError:
            return
        if response.terminal != topic.terminal:
            return  # in another's name
        for call in self.calls:
            call.heard(response)

    def close(self) -> None:
        """The last word on each command."""
        for call, verb in zip(self.calls, self._verbs, strict=True):
            parts = (call.succeeded, call.refused, call.unfinished, call.silent)
            count = partial(map, len)
            self._record(e.RollCalled(call.command, verb, *count(parts)))
        self._link.goodbye()
