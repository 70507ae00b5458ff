"""A simulated MQTT broker: subscriptions, sessions, retained messages, last wills and expiry.

It carries bytes and does not read them. It knows no faults: whoever carries a message to a client
says what becomes of it (`harness.sim.control`). What is delivered with QoS 1 waits in the client's
session until it was acknowledged, so that a lost connection makes it come once more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from harness.machines.timers import NEVER

SESSION = 300.0
"""Seconds for which the session of a client that is away is kept, as in `harness.fleet.bridge`."""
MOST_QUEUED = 1_000
"""Messages that wait for a client; the oldest are left out where there are more."""
_TERMINAL = 3  # the level of a topic that names the terminal


class Message(NamedTuple):
    """What is published. `expires` is when it does not count any more (run seconds)."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    correlation: bytes = b""
    response_topic: str = ""
    expires: float = NEVER


class Session:
    """What the broker keeps of one client. `deliver(number, message)` hands a message to its
    connection; None while there is none. `will` is said when the connection ends without a word.
    """

    __slots__ = ("away_since", "deliver", "filters", "queue", "will")

    def __init__(self, filters: Sequence[str]) -> None:
        self.filters = tuple(filters)
        self.queue: OrderedDict[int, Message] = OrderedDict()  # without an acknowledgement
        self.deliver: Callable[[int, Message], None] | None = None
        self.will: Message | None = None
        self.away_since = 0.0


class Broker:
    """Clients connect by their identifier. `left_out` counts what found no room in a queue."""

    def __init__(self, taken: Callable[[Message], None] = lambda _: None) -> None:
        """`taken` is told of each message that is published."""
        self._taken = taken
        self._sessions: dict[str, Session] = {}
        self._wanting: dict[str, dict[str, None]] = {}  # by filter, the clients
        self._retained: dict[str, Message] = {}
        self._number = 0
        self.left_out = 0

    def connect(
        self,
        client: str,
        filters: Sequence[str],
        deliver: Callable[[int, Message], None],
        will: Message | None,
        now: float,
    ) -> None:
        """A client connects. A connection that it still has ends, and its last will is said."""
        self.lost(client, now)
        session = self._sessions.get(client)
        if session is not None and now - session.away_since > SESSION:
            session.queue.clear()
        if session is None:
            session = self._sessions[client] = Session(filters)
            for topic in filters:
                self._wanting.setdefault(topic, {})[client] = None
        session.deliver, session.will = deliver, will
        for number, message in list(session.queue.items()):
            if now >= message.expires:
                del session.queue[number]
            else:
                deliver(number, message)
        for topic in filters:
            if (kept := self._retained.get(topic)) is not None:
                self._give(session, kept)

    def lost(self, client: str, now: float) -> None:
        """The client's connection has ended without a word."""
        session = self._sessions.get(client)
        if session is None or session.deliver is None:
            return
        session.deliver, session.away_since = None, now
        will, session.will = session.will, None
        if will is not None:
            self.publish(will, now)

    def goodbye(self, client: str, now: float) -> None:
        """The client hangs up as was planned: its last will is not said."""
        session = self._sessions.get(client)
        if session is not None:
            session.will = None
            self.lost(client, now)

    def publish(self, message: Message, now: float) -> None:
        """Keep a message if it is to be retained, and give it to all who want it."""
        self._taken(message)
        if message.retain:
            if message.payload:
                self._retained[message.topic] = message
            else:
                self._retained.pop(message.topic, None)
        if now >= message.expires:
            return
        for topic in _matching(message.topic):
            for client in self._wanting.get(topic, ()):
                self._give(self._sessions[client], message)

    def acknowledged(self, client: str, number: int) -> None:
        """The client has what was delivered to it under that number."""
        self._sessions[client].queue.pop(number, None)

    def retained(self, topic: str) -> bytes:
        """What is retained there; nothing for nothing."""
        message = self._retained.get(topic)
        return b"" if message is None else message.payload

    def _give(self, session: Session, message: Message) -> None:
        self._number += 1
        if message.qos:
            session.queue[self._number] = message
            if len(session.queue) > MOST_QUEUED:
                session.queue.popitem(last=False)
                self.left_out += 1
        if session.deliver is not None:
            session.deliver(self._number, message)


def _matching(topic: str) -> Iterator[str]:
    """The filters that match a topic of the control plane: there '+' stands for the terminal, for
    the last level, or for both.
    """
    levels = topic.split("/")
    places = dict.fromkeys(place for place in (_TERMINAL, len(levels) - 1) if place < len(levels))
    for wild in product((False, True), repeat=len(places)):
        filtered = levels[:]
        for place, is_wild in zip(places, wild, strict=True):
            if is_wild:
                filtered[place] = "+"
        yield "/".join(filtered)
