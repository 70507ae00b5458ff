"""The host behind a listening socket: who is connected, and what the host wants done.

What stands between the socket and the host is in accepted_connection.py.
"""

from __future__ import annotations

import asyncio
import errno

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import KILLED
from harness.contract import MOST_NAMES
from harness.errors import EnvironmentTrouble
from harness.live.accepted_connection import AcceptedConnection
from harness.live.clock import LiveClock
from harness.live.connection import Connection, ReadingTurns
from harness.live.crowd import Crowd
from harness.live.descriptors import descriptors_left
from harness.live.door import Door
from harness.live.loop import watched
from harness.live.own_delay import OwnDelay
from harness.live.peer_limits import PeerLimits
from harness.live.repetition import Recorder
from harness.live.stores import HostStore
from harness.live.told_together import ToldTogether
from harness.live.transport import Alarm
from harness.ports import ports_in_turn
from harness.tap import Tap

FIRST_PORT, LAST_PORT = 20_000, 32_767  # above, ports collide with ephemeral ones
_MOMENT = 0.05  # wall seconds between two looks


class HostServer:
    """The host behind its listening socket; it owns the accepted connections."""

    def __init__(
        self,
        assembly: Assembly,
        journal: Recorder,
        clock: LiveClock,
        *,
        standalone: bool = False,
        store: HostStore | None = None,
        limits: PeerLimits | None = None,
    ) -> None:
        """`standalone`: the terminals are somebody else's, so that what they send is recorded here.
        `store`: what must be durable, for a process that goes on after this one. `limits` are what
        each terminal, and all together, may take of this process.
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
        self.crowd = Crowd(float("inf"))
        self._limits = limits or PeerLimits()
        self._turns = ReadingTurns(self.loop)
        self._door = Door(
            self.loop,
            admits=self._admits,
            protocol=self._new_connection,
            refused=self._refused,
            gone=self.crowd.closed,
        )
        self._refusals = ToldTogether(self.loop, self._tell_refusals)
        self._closed = False
        self._journal = journal
        self._numbers = 0
        self._last_used: dict[str, int] = {}  # by actor, the number of a connection
        self._by_connection: dict[int, AcceptedConnection] = {}
        self._reopening: asyncio.Task[None] | None = None
        self._alarm = Alarm(self.loop, clock, self.delay, self.host.next_deadline, self._wake)

    def taps(self, end: e.End) -> dict[str, Tap]:
        """A tap for each direction of a new connection, at that end."""
        return {
            to: Tap(self.decoder, end, to, management=end == "terminal", sign_ons=False)
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
        wanted = [port] if port else ports_in_turn(FIRST_PORT, LAST_PORT)
        trouble: OSError | None = None
        for candidate in wanted:
            try:
                await self._door.open(address, candidate)
            except OSError as refusal:
                trouble = refusal
            else:
                self.port = candidate
                most = self._limits.connections if self.standalone else float("inf")
                self.crowd.most = min(most, len(self.crowd) + descriptors_left())
                return
        raise EnvironmentTrouble(f"cannot listen on {address}:{port}: {_why(trouble)}")

    # --- owner of connections ----------------------------------------------------------------

    def _new_connection(self) -> Connection:
        return Connection(
            self,
            self._turns,
            unread_for=self._limits.unread_for,
            known=not self.standalone,
            ended=self._peer_ended,
        )

    def _admits(self) -> bool:
        """May another connection come in? Somebody may have to make room for it."""
        crowd = self.crowd
        if crowd.is_full:
            leaver = crowd.leaver(self.loop.time())
            if leaver is None:
                return False
            leaving = self.accepted[leaver.number]
            leaving.told(e.HungUp(leaver.why, leaver.seconds))
            leaving.hang_up()
            crowd.leaves(leaver.number)
        crowd.enters()
        return True

    def _refused(self, what: str) -> None:
        """A connection was refused: there are too many 'connections', or 'descriptors', which are
        all that limits a host of our own terminals.
        """
        short = not self.standalone or self.crowd.most < self._limits.connections
        self._refusals.happened("descriptors" if short else what)

    def _tell_refusals(self, what: str, count: int) -> None:
        self.record(self.host.name, e.ConnectionsRefused(count, len(self.crowd), what))

    def connected(self, connection: Connection) -> None:
        if self._closed:
            connection.reset()
            return
        self._numbers += 1
        self.crowd.opened(self._numbers, self.loop.time())
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
            self.crowd.closed(accepted.number)
            self.host.closed(accepted.number)

    def told(self, connection: Connection, event: e.Event) -> None:
        accepted = self._by_connection.get(id(connection))
        if accepted is not None:
            accepted.told(event)

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
                self._door.close()
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

    def record(self, actor: str, event: e.Event) -> None:
        self._journal.record(self.delay.now(), actor, event)

    def _stood_still(self, event: e.Event) -> None:
        """Where the host stands alone, its process is that of the run."""
        self.record(e.RUN if self.standalone else self.host.name, event)

    def _fault_acted(self, effect: e.FaultActed) -> None:
        self.record(e.RUN, effect)

    def says_on(self, number: int, actor: str) -> None:
        """Record on which connection the next message of that terminal passes, where the last one
        passed on another.
        """
        if self._last_used.get(actor) != number:
            if len(self._last_used) >= MOST_NAMES:
                self._last_used.clear()  # then it is told once more of each
            self._last_used[actor] = number
            self.record(actor, e.ConnectionUsed(number))

    def lift(self) -> None:
        """All faults end. Their windows are recorded here only by a standalone host; in a live run
        the process of the terminals records them.
        """
        closed = self.faults.lift(self.clock.now())
        if self.standalone:
            for event in closed:
                self.record(e.RUN, event)
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
        self._closed = True
        self._alarm.stop()
        self._door.close()
        self._refusals.close()
        self._by_connection.clear()
        for accepted in self.accepted.values():
            accepted.lost("local")
        self.accepted.clear()


def _why(trouble: OSError | None) -> str:
    if trouble is not None and trouble.errno == errno.EADDRINUSE:
        return "the port is in use; port 0 takes a free one"
    return str(trouble.strerror or trouble) if trouble is not None else "no port is free"
