"""The host behind a listening socket, and the faults between the two.

socket | faults | tap | host            in a run with our own terminals
socket | tap | faults | tap | host      standalone, with somebody else's terminals
"""

from __future__ import annotations

import asyncio
import errno
import os

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import KILLED
from harness.errors import EnvironmentTrouble
from harness.journal import Journal
from harness.live.clock import LiveClock
from harness.live.faulty_link import FaultyLink
from harness.live.last_answers import LastAnswers
from harness.live.loop import watched
from harness.live.own_delay import OwnDelay
from harness.live.stores import HostStore
from harness.live.stream_watch import StreamWatch
from harness.live.transport import Alarm, Connection
from harness.tap import Tap

FIRST_PORT, LAST_PORT = 20_000, 32_767  # above, ports collide with ephemeral ones
RUN = "RUN"
_MOMENT = 0.05  # wall seconds between two looks


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
            silence=True,
        )

    def from_terminal(self, data: bytes) -> None:
        """Bytes came from the socket."""
        if self._outer is not None and self._watch is not None:
            tap = self._outer["host"]
            self._record(tap.see(data))
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
            if name and name not in self._names:
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
        self._owner.record(self._name, event)

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


class HostServer:
    """The host behind its listening socket; it owns the accepted connections."""

    def __init__(
        self,
        assembly: Assembly,
        journal: Journal,
        clock: LiveClock,
        *,
        standalone: bool = False,
        store: HostStore | None = None,
    ) -> None:
        """`standalone`: the terminals are somebody else's, so that what they send is recorded here.
        `store`: what must be durable, for a process that goes on after this one.
        """
        self.store = store
        self.loop = asyncio.get_running_loop()
        self.clock = clock
        self.standalone = standalone
        self.delay = OwnDelay(clock, self._stood_still)
        self.faults = assembly.faults
        self.faults.tell = self._fault_acted
        self.decoder = assembly.tap
        self.frame_builder = assembly.frame_builder
        self.dialect = assembly.dialect
        self.host = assembly.host()
        self.accepted: dict[int, AcceptedConnection] = {}
        self.watches = self.faults.wire or self.faults.connection
        self.port = 0
        self._journal = journal
        self._numbers = 0
        self._last_used: dict[str, int] = {}  # by actor, the number of a connection
        self._by_connection: dict[int, AcceptedConnection] = {}
        self._server: asyncio.Server | None = None
        self._reopening: asyncio.Task[None] | None = None
        self._alarm = Alarm(self.loop, clock, self.delay, self.host.next_deadline, self._wake)

    def taps(self, end: e.End) -> dict[str, Tap]:
        """A tap for each direction of a new connection, at that end."""
        return {
            to: Tap(self.decoder, end, to, management=end == "terminal")
            for to in ("host", "terminal")
        }

    def go_on(self, died_at: float | None) -> None:
        """Take over what the store holds. An earlier process of this very run ended at `died_at`
        (run seconds); with None what the store holds is of another run, and this run's journal is
        told of it.
        """
        if self.store is None:
            return
        host = self.host
        host.restore(self.store.remembered(), self.store.balances())
        host.keep()
        if died_at is not None:
            host.events.clear()
            self._journal.record(died_at, host.name, e.HostCrashed(KILLED))
            self.record(host.name, e.HostStarted())
        self.store.save((), {})

    async def listen(self, address: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on a port, or on the first free one below the ephemeral range.

        Raises:
            EnvironmentTrouble: the port is in use, or none is free.
        """
        self.delay.begin()
        wanted = [port] if port else _free_ports()
        trouble: OSError | None = None
        for candidate in wanted:
            try:
                self._server = await self.loop.create_server(
                    lambda: Connection(self, ended=self._peer_ended),
                    address,
                    candidate,
                    backlog=4096,
                )
            except OSError as refusal:
                trouble = refusal
            else:
                self.port = candidate
                return
        raise EnvironmentTrouble(f"cannot listen on {address}:{port}: {_why(trouble)}")

    # --- owner of connections ----------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        self._numbers += 1
        accepted = AcceptedConnection(self, connection, self._numbers)
        self.accepted[accepted.number] = accepted
        if self.standalone:
            self.record(self.host.name, e.LinkOpened())
        self._by_connection[id(connection)] = accepted
        if self.host.listening:
            self.host.opened(accepted.number)
        else:
            connection.reset()

    def received(self, connection: Connection, data: bytes) -> None:
        accepted = self._by_connection.get(id(connection))
        if accepted is not None:
            accepted.from_terminal(data)

    def _peer_ended(self, connection: Connection) -> bool:
        accepted = self._by_connection.get(id(connection))
        return accepted is not None and accepted.ended()

    def lost(self, connection: Connection, how: str) -> None:
        accepted = self._by_connection.pop(id(connection), None)
        if accepted is not None:
            accepted.lost(how)
            self.accepted.pop(accepted.number, None)
            self.host.closed(accepted.number)

    # --- the host ---------------------------------------------------------------------------

    def _wake(self, now: float) -> None:
        self.host.tick(now)
        self.drain()

    def drain(self) -> None:
        host = self.host
        happened, host.events = host.events, []
        for event in happened:
            self.record(host.name, event)
            if isinstance(event, e.HostCrashed):
                self._stop_listening()
            elif isinstance(event, e.HostStarted):
                self._reopening = watched(self.loop.create_task(self.listen(port=self.port)))
        if self.store is not None:
            changed, balances = host.changes()
            if changed:
                try:
                    self.store.save(changed, balances)  # durable before any answer leaves
                except EnvironmentTrouble:
                    host.out = []  # nor do they leave later
                    raise
        out, host.out = host.out, []
        for number, data in out:
            accepted = self.accepted.get(number)
            if accepted is None:
                continue
            if data:
                accepted.from_host(data)
            else:
                accepted.cut("fin")
        self._alarm.look()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def record(self, actor: str, event: e.Event) -> None:
        self._journal.record(self.delay.now(), actor, event)

    def _stood_still(self, event: e.Event) -> None:
        """Where the host stands alone, its process is that of the run."""
        self.record(RUN if self.standalone else self.host.name, event)

    def _fault_acted(self, effect: e.FaultActed) -> None:
        self.record(RUN, effect)

    def says_on(self, number: int, actor: str) -> None:
        """Record on which connection the next message of that terminal passes, where the last one
        passed on another.
        """
        if self._last_used.get(actor) != number:
            self._last_used[actor] = number
            self.record(actor, e.ConnectionUsed(number))

    def lift(self) -> None:
        """All faults end. Their windows are recorded here only by a standalone host; in a live run
        the process of the terminals records them.
        """
        closed = self.faults.lift(self.clock.now())
        if self.standalone:
            for event in closed:
                self.record(RUN, event)
        self._alarm.look()

    async def settle(self, within: float) -> None:
        """Wait until the issuer has been told all that was approved in its stead, for `within` run
        seconds at most.
        """
        end = self.delay.deadline(within)
        while not self.host.at_rest and not end.passed:
            await asyncio.sleep(_MOMENT)

    def close(self) -> None:
        """Stop listening, and hang up on everybody: nothing more is recorded."""
        self._alarm.stop()
        self._stop_listening()
        self._by_connection.clear()
        for accepted in self.accepted.values():
            accepted.lost("local")
        self.accepted.clear()


def _free_ports() -> list[int]:
    """Where to look for a free one. Each process begins elsewhere, so that the terminals of one
    run, when they lose their host, do not find that of another.
    """
    every = list(range(FIRST_PORT, LAST_PORT, 7))
    start = os.getpid() * 61 % len(every)
    return every[start:] + every[:start]


def _why(trouble: OSError | None) -> str:
    if trouble is not None and trouble.errno == errno.EADDRINUSE:
        return "the port is in use; port 0 takes a free one"
    return str(trouble.strerror or trouble) if trouble is not None else "no port is free"
