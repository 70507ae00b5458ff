"""The only module that speaks MQTT: one connection to a broker, made again and again.

MQTT 5, by aiomqtt (the present name of asyncio-mqtt). The session outlives its connection for
`SESSION` seconds, so that the broker keeps commands for a terminal that is away for a moment, until
they expire. Nobody waits here: what is to be published is put into an outbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from harness.control.agent import Received
from harness.control.payloads import encode
from harness.control.publication import Publication
from harness.fleet.address import BrokerAddress
from harness.fleet.outbox import MOST, Outbox
from harness.keyed_random import Draw

KEEP_ALIVE = 15  # seconds; a broker publishes a last will after one and a half times as long
SESSION = 300  # seconds
CONNECTS = 10.0  # seconds until a connection that does not come about is given up
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries
STEADY = 10.0  # seconds for which a connection has stood when the next pause is the first again
IN_FLIGHT = 64  # publications without an acknowledgement, of one connection
_FAILURE = 0x80  # a reason code from here on says no
_rest = asyncio.sleep  # between two tries
_PLAINER = {
    "Disconnected during message iteration": "the connection was lost",
    "Operation timed out": f"it has not answered for {CONNECTS:.0f} s",
}
"""What aiomqtt says, in words for somebody who does not know it."""
_LOG = logging.getLogger("harness.fleet")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


class Client(NamedTuple):
    """Who connects: the client identifier, the topics it wants, its last will if it has one, and
    what is called when the connection stands, is lost or does not come about (both with the reason
    in words), and for each message (and whether it was retained).
    """

    identifier: str
    filters: Sequence[str]
    heard: Callable[[Received, bool], None]
    up: Callable[[], None] = lambda: None
    down: Callable[[str], None] = lambda _: None
    refused: Callable[[str], None] = lambda _: None
    will: Callable[[], Publication] | None = None


class BrokerLink:
    """A client's connection. `publish` never waits; `run` goes on until it is cancelled.
    `connected` is whether it stands, `trouble` why it last did not.
    """

    def __init__(
        self,
        address: BrokerAddress,
        client: Client,
        draw: Draw,
        *,
        session: int = SESSION,
        waiting: int = MOST,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        """`draw` spreads the tries of many clients. `session` is for how many seconds the broker
        keeps the session of a client that is away. At most so many publications are `waiting`, and
        `in_flight` without an acknowledgement.
        """
        self._session = session
        self._address = address
        self._client = client
        self._draw = draw
        self._tls = address.tls_context()
        self._outbox = Outbox(waiting)
        self._more = asyncio.Event()
        self._in_flight = in_flight
        self._window = asyncio.Semaphore(in_flight)
        self._sending: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._mqtt: aiomqtt.Client | None = None
        self.connected = False
        self.trouble = ""

    @property
    def dropped(self) -> int:
        """How many publications were left out because too many waited."""
        return self._outbox.dropped

    def publish(self, publication: Publication) -> None:
        self._outbox.put(publication)
        self._idle.clear()
        self._more.set()

    async def run(self) -> None:
        """Connect, and again whenever the connection is lost."""
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while True:
            mqtt, stood = None, loop.time()
            try:
                mqtt = self._new()
                async with mqtt:
                    stood = loop.time()
                    await self._serve(mqtt)
            except (aiomqtt.MqttError, OSError, TimeoutError, ValueError) as trouble:
                if self.connected and loop.time() >= stood + STEADY:
                    pause = FIRST_PAUSE
                self.trouble = _why(trouble)
                if self.connected:
                    self.connected = False
                    self._client.down(self.trouble)
                else:
                    self._client.refused(self.trouble)
                self._outbox.forget_telemetry()
            finally:
                if mqtt is not None:
                    _let_go(mqtt)
            await _rest(pause * self._draw.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    def break_off(self) -> None:
        """The connection breaks without a word, as when the power fails: no goodbye is said, and so
        the broker publishes the last will.
        """
        self.connected = False
        self._cut()

    def _cut(self) -> None:
        stream = self._mqtt._client.socket() if self._mqtt is not None else None
        if isinstance(stream, socket.socket):
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)

    async def drained(self, seconds: float) -> bool:
        """Wait until all is published, at most so long (wall seconds). Was it?"""
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # --- one connection --------------------------------------------------------------------------

    def _new(self) -> aiomqtt.Client:
        address, will = self._address, self._client.will
        last = will() if will is not None else None
        properties = _properties(PacketTypes.CONNECT, SessionExpiryInterval=self._session)
        mqtt = aiomqtt.Client(
            address.host,
            address.port,
            identifier=self._client.identifier,
            username=address.username or None,
            password=address.password or None,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=properties,
            keepalive=KEEP_ALIVE,
            timeout=CONNECTS,
            tls_context=self._tls,
            logger=_LOG,
            max_queued_incoming_messages=100_000,
            max_inflight_messages=self._in_flight,
            will=None
            if last is None
            else aiomqtt.Will(last.topic, _data(last), last.qos, last.retain),
        )
        mqtt.pending_calls_threshold = self._in_flight  # that many are no reason for a warning
        return mqtt

    async def _serve(self, mqtt: aiomqtt.Client) -> None:
        if self._client.filters:
            options = SubscribeOptions(qos=1)
            answers = await mqtt.subscribe([(topic, options) for topic in self._client.filters])
            for topic, answer in zip(self._client.filters, answers, strict=False):
                code = getattr(answer, "value", answer)
                if isinstance(code, int) and code >= _FAILURE:
                    raise aiomqtt.MqttError(f"the subscription of {topic} is refused: {answer}")
        self._mqtt = mqtt
        self.connected = True
        self._client.up()
        sending = asyncio.get_running_loop().create_task(self._send(mqtt))
        try:
            async for message in mqtt.messages:
                self._client.heard(_received(message), bool(message.retain))
        finally:
            self._mqtt = None
            sending.cancel()
            for task in self._sending:
                task.cancel()
            await asyncio.gather(sending, *self._sending, return_exceptions=True)

    async def _send(self, mqtt: aiomqtt.Client) -> None:
        loop = asyncio.get_running_loop()
        while True:
            publication = self._outbox.take()
            if publication is None:
                if not self._sending:
                    self._idle.set()
                self._more.clear()
                await self._more.wait()
                continue
            await self._window.acquire()
            task = loop.create_task(self._publish(mqtt, publication))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._window.release()
        if not self._sending and not len(self._outbox):
            self._idle.set()

    async def _publish(self, mqtt: aiomqtt.Client, publication: Publication) -> None:
        values: dict[str, object] = {
            "CorrelationData": publication.correlation,
            "MessageExpiryInterval": ceil(publication.expires),
            "ResponseTopic": publication.response_topic,
        }
        given = {name: value for name, value in values.items() if value}
        try:
            await mqtt.publish(
                publication.topic,
                _data(publication),
                qos=publication.qos,
                retain=publication.retain,
                properties=_properties(PacketTypes.PUBLISH, **given) if given else None,
            )
        except asyncio.CancelledError:
            self._outbox.back(publication)
            raise
        except (aiomqtt.MqttError, OSError):  # what is not acknowledged is said on a new connection
            self._outbox.back(publication)
            self._cut()


def running(link: BrokerLink) -> asyncio.Task[None]:
    """A task that keeps the connection, until it is cancelled. An exception in it (of whoever is
    called for a message) is handed to the loop's exception handler.
    """
    task = asyncio.get_running_loop().create_task(link.run())
    task.add_done_callback(tell_failure)
    return task


def tell_failure(task: asyncio.Task[None]) -> None:
    """Hand an exception that ended a task to the loop's exception handler."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        context = {"message": "the control plane failed", "exception": error}
        task.get_loop().call_exception_handler(context)


def _let_go(mqtt: aiomqtt.Client) -> None:
    """Close the stream of a connection that did not come about, which aiomqtt leaves open; and take
    note of how it ended, as an exception that nobody has asked for would reach the loop.
    """
    stream = mqtt._client.socket()
    if isinstance(stream, socket.socket):
        mqtt._client._sock_close()
    for end in (mqtt._connected, mqtt._disconnected):
        if end.done() and not end.cancelled():
            end.exception()


def _properties(kind: int, **values: object) -> Properties:
    """Properties of MQTT 5 for a packet of that kind."""
    properties = Properties(kind)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _data(publication: Publication) -> bytes:
    return b"" if publication.payload is None else encode(publication.payload)


def _received(message: aiomqtt.Message) -> Received:
    properties = message.properties
    payload = message.payload
    return Received(
        str(message.topic),
        payload if isinstance(payload, bytes) else str(payload or "").encode(),
        str(getattr(properties, "ResponseTopic", "")),
        bytes(getattr(properties, "CorrelationData", b"")),
    )


def _why(trouble: BaseException) -> str:
    text = str(trouble).strip() or type(trouble).__name__
    first = text.splitlines()[0][:200]
    return _PLAINER.get(first, first)
