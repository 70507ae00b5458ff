"""One accepted connection of a host: its socket, its faults and its taps.

socket | faults | tap | host            in a run with our own terminals
socket | tap | faults | tap | host      standalone, with somebody else's terminals
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.contract import MOST_NAMES
from harness.live.connection import Connection
from harness.live.faulty_link import FaultyLink
from harness.live.last_answers import LastAnswers
from harness.live.stream_watch import StreamWatch
from harness.tap import Tap

if TYPE_CHECKING:
    from harness.live.host_server import HostServer


class AcceptedConnection:
    """One accepted connection: its socket, its faults and its taps.

    A standalone host has a second pair of taps between the socket and the faults: what somebody
    else's terminal sent and was sent.
    """

    def __init__(self, server: HostServer, connection: Connection, number: int) -> None:
        self._owner = server
        self._connection = connection
        self._names: dict[str, None] = {}  # the terminals that spoke on it
        self._faulty_link = self._new_faulty_link() if server.watches else None
        self._taps = server.taps("host")
        self._outer = server.taps("terminal") if server.standalone else None
        self._watch = self._new_watch(self._outer["host"]) if self._outer is not None else None
        self._last_answers = self._new_last_answers() if server.standalone else None
        self.number = number

    def _new_last_answers(self) -> LastAnswers:
        server = self._owner
        return LastAnswers(server.loop, server.clock, self._connection, self._arrived)

    def _new_faulty_link(self) -> FaultyLink:
        return FaultyLink(
            self._owner, {"host": self._to_host, "terminal": self._to_terminal}, self.cut
        )

    def _new_watch(self, tap: Tap) -> StreamWatch:
        server = self._owner
        return StreamWatch(
            *(server.loop, server.clock, tap.stream, "host"),
            words=server.decoder.incomplete,
            tell=self._tell,
            reads=lambda: self._connection.reads,
            silence=True,
        )

    def from_terminal(self, data: bytes) -> None:
        """Bytes came from the socket."""
        if self._outer is not None and self._watch is not None:
            tap = self._outer["host"]
            self._record(tap.see(data))
            if tap.latest is not None:
                self._connection.is_known = True
                self._owner.crowd.spoke(self.number)
            if tap.keep_alives:
                self._tell(tap.told_keep_alives())
            self._watch.came()
        if self._faulty_link is None:
            self._to_host(data)
        else:
            self._faulty_link.carry(data, "host")

    def _to_host(self, data: bytes) -> None:
        server = self._owner
        if self.number not in server.accepted:
            return
        self._record(self._taps["host"].see(data))
        server.host.receive(self.number, data, server.clock.now())
        server.drain()

    def from_host(self, data: bytes) -> None:
        """The host answered with a frame."""
        self._record(self._taps["terminal"].see(data))
        if self._faulty_link is None:
            self._to_terminal(data)
        else:
            self._faulty_link.carry(data, "terminal")

    def _to_terminal(self, data: bytes) -> None:
        if not self._connection.open:
            return
        if self._last_answers is not None:
            if self._last_answers.begun:
                self._last_answers.send(data)
                return
            self._arrived(data)
        self._connection.send(data)

    def _arrived(self, data: bytes) -> None:
        """Bytes reach the terminal, as far as anybody can see."""
        assert self._outer is not None, "only a host that stands alone asks for it"
        self._record(self._outer["terminal"].see(data))

    def _record(self, frames: list[e.FrameSeen]) -> None:
        for frame in frames:
            message = self._owner.dialect.read(frame.fields)
            name = message.terminal
            if self._last_answers is not None and frame.end == "terminal":
                if frame.to == "host":
                    self._last_answers.asked(message)
                else:
                    self._last_answers.answered(message)
            if name and name not in self._names and len(self._names) < MOST_NAMES:
                self._names[name] = None
                if self._owner.standalone:
                    self._owner.record(name, e.LinkOpened())
            actor = name or self._name
            if self._owner.standalone:
                self._owner.says_on(self.number, actor)
            self._owner.record(actor, frame)

    @property
    def _name(self) -> str:
        """Whose connection it is: the first terminal's that spoke on it, until then the host's."""
        return next(iter(self._names), self._owner.host.name)

    def _tell(self, event: e.Event) -> None:
        server = self._owner
        if isinstance(event, e.IncompleteFrame) and not event.closed:
            server.crowd.half_read(self.number, server.loop.time())
        server.record(self._name, event)

    def told(self, event: e.Event) -> None:
        """The connection itself, or who may be connected, has something to tell."""
        self._owner.record(self._name, event)

    def hang_up(self) -> None:
        """To make room."""
        self._connection.reset()

    def cut(self, how: str) -> None:
        if how == "rst":
            self._connection.reset()
        elif how == "half":
            self._connection.stop_sending()
        else:
            self._connection.close()

    def ended(self) -> bool:
        """The terminal sends no more. Does the connection stay open for what it waits for?"""
        waits = self._last_answers is not None and self._last_answers.begin()
        if waits:
            self._closed("fin")
        return waits

    def lost(self, how: str) -> None:
        """The connection is gone."""
        if self._last_answers is None or not self._last_answers.begun:
            self._closed(how)
        if self._last_answers is not None:
            self._last_answers.stop()
        self.close()

    def _closed(self, how: str) -> None:
        if self._watch is not None:
            self._watch.ended()
        if self._owner.standalone:
            for name in self._names:
                self._owner.says_on(self.number, name)
                self._owner.record(name, e.LinkClosed(how))

    def close(self) -> None:
        if self._faulty_link is not None:
            self._faulty_link.close()
        self._connection.close()
