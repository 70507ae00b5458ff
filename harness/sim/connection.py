"""One client's connection to the simulated broker, made again and again.

The rules are those of `harness.fleet.bridge`, which does the same on sockets: nobody waits for the
broker, what is to be published waits in a bounded outbox, tries are spread by a back-off, and the
broker finds out by the keep-alive that a client is gone. Where nothing passes, what was sent on the
standing connection arrives when it passes again, unless one end has given the connection up by
then; what had no acknowledgement is sent once more on the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from harness.control.outbox import Outbox
from harness.control.payloads import encode
from harness.control.publication import Publication
from harness.faults.control import BrokerRule
from harness.keyed_random import Draw
from harness.machines.timers import NEVER
from harness.sim.broker import Broker, Message
from harness.sim.world import World

KEEP_ALIVE = 15.0  # seconds
GIVES_UP = 1.5 * KEEP_ALIVE  # after which an end that hears nothing gives the connection up
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries
WAY = 0.010  # seconds that a message takes


class Network(Protocol):
    """The faults on the way to the broker."""

    def away(self, client: str) -> BrokerRule | None:
        """What keeps that client from the broker now."""

    def strikes(self, client: str, rule: BrokerRule, what: str) -> None:
        """It has taken effect."""


class Client(NamedTuple):
    """Who connects, what it wants to hear, and what is called when its connection stands, is lost
    (with the reason in words), and for each message.
    """

    identifier: str
    filters: Sequence[str]
    heard: Callable[[Message], None]
    up: Callable[[], None]
    down: Callable[[str], None]
    will: Callable[[], Publication] | None = None


def message_of(publication: Publication, now: float) -> Message:
    """A publication as it goes over the line, in bytes."""
    return Message(
        publication.topic,
        b"" if publication.payload is None else encode(publication.payload),
        publication.qos,
        publication.retain,
        publication.correlation,
        publication.response_topic,
        now + publication.expires if publication.expires else NEVER,
    )


class SimulatedConnection:
    """`connected` is what the client believes. It lives until `end`."""

    def __init__(
        self, world: World, broker: Broker, network: Network, client: Client, draw: Draw
    ) -> None:
        """`draw` spreads the tries of many clients."""
        self._world = world
        self._broker = broker
        self._network = network
        self._client = client
        self._draw = draw
        self._outbox = Outbox()
        self._flying: dict[int, Publication] = {}  # without an acknowledgement
        self._held: list[Callable[[], None]] = []  # what waits until something passes again
        self._line = 0  # the number of the connection; another one when it has ended
        self._flight = 0
        self._pause = FIRST_PAUSE
        self._alive = True
        self._suspects = False
        self.connected = False
        world.at(world.now + WAY, self._try)

    # --- the client's end ------------------------------------------------------------------------

    def publish(self, publication: Publication) -> None:
        self._outbox.put(publication)
        self._send()

    def end(self) -> None:
        """The process is gone, without a word: the broker finds out by the keep-alive."""
        self._alive = False
        if self.connected:
            self._hang_up()
            self._world.at(self._world.now + GIVES_UP, self._found_out, self._line)

    def goodbye(self) -> None:
        """The client says all that it still has to say, and hangs up as was planned."""
        now = self._world.now
        if self.connected and self._network.away(self._client.identifier) is None:
            while (publication := self._outbox.take()) is not None:
                self._broker.publish(message_of(publication, now), now)
            self._broker.goodbye(self._client.identifier, now)
        self.connected = self._alive = False

    # --- the way ---------------------------------------------------------------------------------

    def look(self) -> None:
        """The broker, or a way to it, has gone or come back."""
        rule = self._network.away(self._client.identifier)
        if rule is None:
            self._suspects = False
            held, self._held = self._held, []
            for send in held:
                send()
        elif self.connected and rule.away == "down":
            self._network.strikes(self._client.identifier, rule, "connection to the broker ended")
            self._lose("the broker ended the connection")
        elif self.connected and not self._suspects:
            self._suspects = True
            self._network.strikes(self._client.identifier, rule, "nothing passes to the broker")
            self._world.at(self._world.now + GIVES_UP, self._silent, self._line)

    def _try(self, _: object = None) -> None:
        if not self._alive or self.connected:
            return
        rule = self._network.away(self._client.identifier)
        if rule is not None:
            self._network.strikes(self._client.identifier, rule, "connection to the broker refused")
            self._later()
            return
        self._line += 1
        self.connected, self._pause, self._suspects = True, FIRST_PAUSE, False
        line, client, will = self._line, self._client, self._client.will
        now = self._world.now
        self._broker.connect(
            client.identifier,
            client.filters,
            lambda number, message: self._carry(line, number, message),
            message_of(will(), now) if will is not None else None,
            now,
        )
        client.up()
        self._send()

    def _later(self) -> None:
        self._world.at(self._world.now + self._pause * self._draw.uniform(0.5, 1.0), self._try)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _silent(self, line: int) -> None:
        """Nothing was heard for the keep-alive: both ends give the connection up."""
        if self.connected and self._line == line and self._suspects:
            self._lose("no word from the broker")

    def _lose(self, why: str) -> None:
        line = self._line
        self._hang_up()
        self._found_out(line)
        self._client.down(why)
        self._later()

    def _hang_up(self) -> None:
        """What was sent and not acknowledged is sent again on the next connection."""
        self.connected = False
        self._held.clear()
        for publication in reversed(self._flying.values()):
            self._outbox.back(publication)
        self._flying.clear()
        self._outbox.forget_telemetry()

    def _found_out(self, line: int) -> None:
        """The broker knows that the connection is gone."""
        if line == self._line:
            self._broker.lost(self._client.identifier, self._world.now)

    def _on_the_line(self, action: Callable[[], None]) -> None:
        """Do it a little later, or when something passes again, if the connection still stands."""
        line = self._line

        def arrives(_: object = None) -> None:
            if not self.connected or line != self._line:
                return
            if self._network.away(self._client.identifier) is not None:
                self._held.append(arrives)
            else:
                action()

        self._world.at(self._world.now + WAY, arrives)

    # --- messages --------------------------------------------------------------------------------

    def _send(self) -> None:
        while self.connected and (publication := self._outbox.take()) is not None:
            self._flight += 1
            self._flying[self._flight] = publication
            message = message_of(publication, self._world.now)
            self._on_the_line(self._taken_by_broker(self._flight, message))

    def _taken_by_broker(self, flight: int, message: Message) -> Callable[[], None]:
        def taken() -> None:
            self._on_the_line(lambda: self._acknowledged(flight))
            self._broker.publish(message, self._world.now)

        return taken

    def _acknowledged(self, flight: int) -> None:
        self._flying.pop(flight, None)

    def _carry(self, line: int, number: int, message: Message) -> None:
        """The broker sends a message to this client."""
        if line != self._line:
            return

        def arrives() -> None:
            if message.qos:
                self._on_the_line(
                    lambda: self._broker.acknowledged(self._client.identifier, number)
                )
            self._client.heard(message)

        self._on_the_line(arrives)
