"""One ATM on a real connection.

ATM | tap | socket              in a run with our own host, whose end has the faults
ATM | tap | faults | tap | socket     standalone, with somebody else's host

The second tap sees what the host sends before our faults touch it, and what reaches the host of
what we send: by that the host is judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness import events as e
from harness.control.agent import Agent
from harness.control.commands import CommandStore
from harness.control.plane import ControlPlane
from harness.faults.connection import UNANSWERED
from harness.faults.path import Path
from harness.live.connection import Connection
from harness.live.descriptors import SHORTAGE
from harness.live.faulty_link import FaultyLink
from harness.live.loop import watched
from harness.live.stream_watch import StreamWatch
from harness.live.transport import Alarm
from harness.machines.atm import Atm
from harness.machines.device_image import MOVES
from harness.machines.effects import Connect, Disconnect, LosePower, Transmit, WantBoot, Write
from harness.tap import Tap
from harness.wire.calendar import Calendar

if TYPE_CHECKING:
    from harness.live.terminal_fleet import TerminalFleet


class LiveAtm:
    """One ATM on a real connection. Its owner in the sense of `Connection`."""

    __slots__ = (
        "_alarm",
        "_bell",
        "_connection",
        "_dialling",
        "_faulty_link",
        "_fleet",
        "_outer",
        "_over",
        "_path",
        "_taps",
        "_watch",
        "agent",
        "atm",
    )

    def __init__(self, fleet: TerminalFleet, atm: Atm) -> None:
        self._fleet = fleet
        self.atm = atm
        self._connection: Connection | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._faulty_link: FaultyLink | None = None
        self._path = Path(fleet.faults, fleet.frame_builder, atm.id)  # of the latest connection
        self._over = False
        self._taps: dict[str, Tap] = {}
        self._outer: dict[str, Tap] = {}  # between the faults and the socket
        self._watch: StreamWatch | None = None  # of somebody else's host
        self._alarm = Alarm(fleet.loop, fleet.clock, fleet.delay, atm.next_deadline, self._wake)
        self.agent: Agent | None = None
        self._bell: Alarm | None = None  # of the agent

    def commanded(
        self, control: ControlPlane, calendar: Calendar, store: CommandStore | None
    ) -> None:
        """From now on the terminal has an end of the control plane. `store` keeps its commands."""
        fleet = self._fleet
        agent = self.agent = control.join(self, calendar, fleet.clock.now, store)
        due = lambda: agent.next_deadline  # noqa: E731
        self._bell = Alarm(fleet.loop, fleet.clock, fleet.delay, due, self._agent_wakes)

    def _agent_wakes(self, now: float) -> None:
        if self.agent is not None:
            self.agent.tick(now)
            self.stir()

    def boot(self) -> None:
        if self.agent is not None and self._fleet.control is not None:
            self._fleet.control.booting(self.agent)
        self.atm.boot(self._fleet.store.image(self.atm.id), self._fleet.clock.now())
        self._drain()

    def _wake(self, now: float) -> None:
        self.atm.tick(now)
        self._drain()

    def synced(self, number: int) -> None:
        if not self._over:
            self.atm.synced(number, self._fleet.clock.now())
            self._drain()

    def stop_customers(self) -> None:
        if self.atm.customers is not None:
            self.atm.customers.stop()

    # --- the connection ------------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        if self._over:
            connection.close()
            return
        self._connection = connection
        self._taps = self._fleet.taps("terminal")
        if self._fleet.standalone:
            self._outer = self._fleet.taps("host")
        self._path.answered(self._fleet.clock.now())
        self._record(e.LinkOpened())
        self._fleet.connected.set()
        if self._fleet.watches:
            self._faulty_link = self._new_faulty_link()
        if self._fleet.standalone:
            self._watch = self._new_watch(connection)
        self.atm.opened(self._fleet.clock.now())
        self._drain()

    def _new_faulty_link(self) -> FaultyLink:
        ways: dict[e.End, Callable[[bytes], None]] = {
            "host": self._to_host,
            "terminal": self._to_terminal,
        }
        return FaultyLink(self._fleet, ways, self._cut, self._path)

    def _new_watch(self, connection: Connection) -> StreamWatch:
        fleet = self._fleet
        return StreamWatch(
            *(fleet.loop, fleet.clock, self._outer["terminal"].stream, "terminal"),
            words=fleet.decoder.incomplete,
            tell=self._record,
            reads=lambda: connection.reads,
            silence=False,
        )

    def received(self, connection: Connection, data: bytes) -> None:
        if connection is not self._connection:
            return
        self._see_outside("terminal", data)
        watch = self._watch
        if self._faulty_link is None:
            self._to_terminal(data)
        else:
            self._faulty_link.carry(data, "terminal")
        if watch is not None and watch is self._watch:
            watch.came()

    def _to_terminal(self, data: bytes) -> None:
        now = self._fleet.delay.now()  # one for both: what the tap saw in time was in time
        for frame in self._taps["terminal"].see(data):
            self._fleet.record_at(now, self.atm.id, frame)
        self.atm.receive(data, now)
        self._drain()

    def told(self, connection: Connection, event: e.Event) -> None:
        if connection is self._connection:
            self._record(event)

    def lost(self, connection: Connection, how: str) -> None:
        if connection is not self._connection:
            return
        self._forget(connection, how)
        self.atm.closed(how, self._fleet.clock.now())
        self._drain()

    def _forget(self, connection: Connection, how: str) -> None:
        if connection is self._connection:
            self._connection = None
            if self._watch is not None:
                self._watch.ended()
                self._watch = None
            if self._faulty_link is not None:
                self._faulty_link.close()
                self._faulty_link = None
            else:
                self._path.closed(self._fleet.clock.now())
            self._record(e.LinkClosed(how))

    async def _dial(self) -> None:
        fleet = self._fleet
        path = self._path = Path(fleet.faults, fleet.frame_builder, self.atm.id)
        trouble, wait = path.dial(fleet.clock.now())
        if wait > 0.0:
            await asyncio.sleep(fleet.clock.wall(wait))
            if path.severed(fleet.clock.now()):
                trouble = UNANSWERED
        address = fleet.dead_addresses.address(trouble) if trouble else fleet.host_address
        try:
            await fleet.loop.create_connection(lambda: Connection(self, fleet.turns), *address)
        except OSError as refusal:
            if self._over:
                return
            how = "refused" if isinstance(refusal, ConnectionRefusedError) else str(refusal)
            path.closed(fleet.clock.now())
            self._record(e.ConnectFailed(how))
            if refusal.errno in SHORTAGE:
                fleet.shortage.happened("connect")
            elif not trouble:
                fleet.unreachable(how)
            self.atm.closed(how, fleet.clock.now())
            self._drain()

    def _hang_up(self, how: str, *, reset: bool = False) -> None:
        connection = self._connection
        if self._dialling is not None and not self._dialling.done():
            self._dialling.cancel()
            if connection is None:
                self._path.closed(self._fleet.clock.now())
        if connection is not None:
            self._forget(connection, how)
            if reset:
                connection.reset()
            else:
                connection.close()

    def _cut(self, how: str) -> None:
        """A fault ends the connection. Where the host only stops sending, we receive a FIN."""
        how = "fin" if how == "half" else how
        if self._connection is not None:
            self._hang_up(how, reset=how == "rst")
            self.atm.closed(how, self._fleet.clock.now())
            self._drain()

    # --- what the machine wants -------------------------------------------------------------

    def _record(self, event: e.Event) -> None:
        now = self._fleet.delay.now()
        self._fleet.record_at(now, self.atm.id, event)
        if self.agent is not None:
            self.agent.saw(event, now)

    def record(self, event: e.Event) -> None:
        """Write an event of this terminal into the journal."""
        self._fleet.record(self.atm.id, event)

    def stir(self) -> None:
        """Something has come for the agent, or it has done something: carry out what follows."""
        self._drain()

    def _drain(self) -> None:
        self._drain_atm()
        agent, control = self.agent, self._fleet.control
        if agent is None or control is None:
            return
        agent.settle(self._fleet.clock.now())
        while self.atm.journal or self.atm.out:
            self._drain_atm()
            agent.settle(self._fleet.clock.now())
        told, agent.events = agent.events, []
        for event in told:
            self._fleet.record(self.atm.id, event)
        control.carry(agent)
        if self._bell is not None:
            self._bell.look()

    def _drain_atm(self) -> None:
        atm, fleet = self.atm, self._fleet
        happened, atm.journal = atm.journal, []
        for event in happened:
            self._record(event)
        if fleet.keeps_devices and any(type(event) in MOVES for event in happened):
            fleet.store.keep(atm.id, atm.image())
        fleet.faults.release()
        wanted, atm.out = atm.out, []
        for effect in wanted:
            if isinstance(effect, Transmit):
                self._send(effect.data)
            elif isinstance(effect, Write):
                fleet.store.write(atm.id, effect.number, effect.record, self.synced)
            elif isinstance(effect, Connect):
                self._dialling = watched(fleet.loop.create_task(self._dial()))
            elif isinstance(effect, Disconnect):
                if self._connection is None:
                    self._record(e.ConnectFailed("timed out"))
                    fleet.not_reached = "timed out"
                self._hang_up("local")
            elif isinstance(effect, LosePower):
                self._record(e.PowerLost(effect.phase))
                if self.agent is not None and fleet.control is not None:
                    fleet.control.power_lost(self.agent)
                fleet.store.lose(atm.id)
                self._hang_up("power", reset=True)
            elif isinstance(effect, WantBoot):
                self.boot()  # at once: until then its deadline is past, and it would ask again
        if atm.unreadable and self._connection is not None:  # what was right is answered by now
            self._hang_up("garbage")
            atm.closed("garbage", fleet.clock.now())
            self._drain_atm()
        self._alarm.look()

    def _send(self, data: bytes) -> None:
        """It may be that the terminal has not heard yet that its connection is gone (its process
        stood still): then it sends all the same, and nothing arrives.
        """
        for frame in self._taps["host"].see(data):
            self._record(frame)
        if self._connection is None:
            return
        if self._faulty_link is None:
            self._to_host(data)
        else:
            self._faulty_link.carry(data, "host")

    def _to_host(self, data: bytes) -> None:
        if self._connection is not None:
            self._see_outside("host", data)
            self._connection.send(data)

    def _see_outside(self, to: e.End, data: bytes) -> None:
        """Record what passes between our faults and somebody else's host."""
        if self._outer:
            tap = self._outer[to]
            for frame in tap.see(data):
                self._record(frame)
            if tap.keep_alives:
                self._record(tap.told_keep_alives())

    def close(self) -> None:
        """Hang up for good: nothing more happens."""
        self._alarm.stop()
        if self._bell is not None:
            self._bell.stop()
        self._hang_up("ended")
        self._over = True
