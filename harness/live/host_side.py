"""The host's half of a live run: a listening socket, the host, and the faults before it.

    socket | gate: faults | tap | host

The gate applies the wire's and the connection's faults to real sockets: bytes held back, cut,
doubled or broken, a real RST, a FIN in the middle of a response.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from harness import events as e
from harness.assembly import Assembly
from harness.errors import EnvironmentTrouble
from harness.faults.fate import Act, Close, Deliver, Passing
from harness.journal import Journal
from harness.live.clock import LiveClock
from harness.live.driver import Alarm, Connection, Lag
from harness.live.lane import Lane
from harness.live.loop import watched
from harness.tap import Tap
from harness.wire.framing import Deframer

FIRST_PORT, LAST_PORT = 20_000, 32_767  # above, ports collide with ephemeral ones
RUN = "RUN"


class Gate:
    """One accepted connection, with what the faults do to it."""

    def __init__(self, side: HostSide, connection: Connection, number: int) -> None:
        self._side = side
        self._connection = connection
        self._deframer: Deframer = side.decoder.framing.deframer()
        self._rest = b""  # of the terminal's stream: what the deframer has not given yet
        self._cut: asyncio.TimerHandle | None = None
        self._lanes = {to: Lane(side.loop, side.clock) for to in ("host", "terminal")}
        self.number = number
        self.terminal = ""
        self.taps = {
            to: Tap(side.decoder, "host", to, management=False) for to in ("host", "terminal")
        }

    # --- bytes -----------------------------------------------------------------------------

    def from_terminal(self, data: bytes) -> None:
        side = self._side
        if not side.watches:
            self._to_host(data)
            return
        self._rest += data
        for payload in self._deframer.feed(data):
            size = len(side.decoder.framing.wrap(payload))
            frame, self._rest = self._rest[:size], self._rest[size:]
            self._identify(payload)
            self._pass(frame, payload, "host")
        if self._deframer.error is not None:
            data, self._rest = self._rest, b""
            self._carry([Deliver(0.0, data)], "host")  # the host says what is wrong with it

    def from_host(self, data: bytes) -> None:
        side = self._side
        for frame in self.taps["terminal"].see(data):
            side.record(self.terminal or side.host.name, frame)
        if not side.faults.wire:
            self._connection.send(data)
            return
        payloads = side.decoder.framing.deframer().feed(data)
        self._pass(data, payloads[0] if payloads else b"", "terminal")

    def _pass(self, data: bytes, payload: bytes, to: str) -> None:
        side = self._side
        acts: list[Act] | None = None
        if side.faults.wire:
            fields = side.decoder.look(payload)[0] or None if payload else None
            passing = Passing(self.terminal, to, data, fields, side.reseal)
            acts = side.faults.fate(side.clock.now(), passing)
            side.drain_faults()
        if acts is None:
            acts = [Deliver(0.0, data)]
        pieces = sum(1 for act in acts if isinstance(act, Deliver) and len(act.data) < len(data))
        if pieces > 1:
            self._carry(acts, to)
        else:
            for act in acts:
                self._carry([act], to)

    def _carry(self, acts: list[Act], to: str) -> None:
        """Acts that nothing may come between."""
        now = self._side.clock.now()
        if acts:
            self._lanes[to].put([(now + act.delay, self._move(act, to)) for act in acts])

    def _move(self, act: Act, to: str) -> Callable[[], None]:
        if isinstance(act, Close):
            return partial(self.cut, act.how)
        return partial(self._to_host if to == "host" else self._connection.send, act.data)

    def _to_host(self, data: bytes) -> None:
        side = self._side
        if self.number not in side.gates:
            return
        for frame in self.taps["host"].see(data):
            side.record(frame.fields.get("41") or self.terminal or side.host.name, frame)
        side.host.receive(self.number, data, side.clock.now())
        side.drain()

    # --- the connection's fate -----------------------------------------------------------------

    def _identify(self, payload: bytes) -> None:
        """The first frame tells whose connection this is."""
        name = self._side.decoder.look(payload)[0].get("41", "")
        if not name or self.terminal:
            return
        self.terminal = name
        now = self._side.clock.now()
        self._side.faults.opened(now, name)
        if self._side.faults.connection:
            cut = self._side.faults.next_cut(now, name)
            if cut is not None:
                when, how = cut
                self._cut = self._side.later(when - now, lambda: self._cut_now(how))

    def _cut_now(self, how: str) -> None:
        now = self._side.clock.now()
        if self._side.faults.next_cut(now, self.terminal) is None:
            return  # lifted meanwhile
        self._side.faults.cut_done(now, self.terminal, how)
        self._side.drain_faults()
        self.cut(how)

    def cut(self, how: str) -> None:
        if how == "rst":
            self._connection.reset()
        else:
            self._connection.close()

    def close(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
        for lane in self._lanes.values():
            lane.close()
        self._connection.close()


class HostSide:
    """The host behind its listening socket. Owner of the accepted connections."""

    def __init__(self, assembly: Assembly, journal: Journal, clock: LiveClock) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = clock
        self.lag = Lag()
        self.faults = assembly.faults
        self.decoder = assembly.tap
        self.reseal = assembly.reseal
        self.host = assembly.host()
        self.gates: dict[int, Gate] = {}
        self.watches = self.faults.wire or self.faults.connection
        self.port = 0
        self._journal = journal
        self._numbers = 0
        self._by_connection: dict[int, Gate] = {}
        self._server: asyncio.Server | None = None
        self._reopening: asyncio.Task[None] | None = None
        self._alarm = Alarm(self.loop, clock, self.lag, self.host.next_deadline, self._wake)

    async def listen(self, address: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on a port, or on the first free one below the ephemeral range.

        Raises:
            EnvironmentTrouble: the port is in use, or none is free.
        """
        wanted = [port] if port else list(range(FIRST_PORT, LAST_PORT, 7))
        trouble: OSError | None = None
        for candidate in wanted:
            try:
                self._server = await self.loop.create_server(
                    lambda: Connection(self), address, candidate, backlog=4096
                )
            except OSError as refusal:
                trouble = refusal
            else:
                self.port = candidate
                return
        raise EnvironmentTrouble(f"cannot listen on {address}:{port}: {trouble}")

    # --- owner of connections ----------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        self._numbers += 1
        gate = Gate(self, connection, self._numbers)
        self.gates[gate.number] = gate
        self._by_connection[id(connection)] = gate
        if self.host.listening:
            self.host.opened(gate.number)
        else:
            connection.reset()

    def received(self, connection: Connection, data: bytes) -> None:
        gate = self._by_connection.get(id(connection))
        if gate is not None:
            gate.from_terminal(data)

    def lost(self, connection: Connection, how: str) -> None:
        del how
        gate = self._by_connection.pop(id(connection), None)
        if gate is not None:
            gate.close()
            self.gates.pop(gate.number, None)
            self.host.closed(gate.number)

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
        self.drain_faults()
        out, host.out = host.out, []
        for number, data in out:
            gate = self.gates.get(number)
            if gate is None:
                continue
            if data:
                gate.from_host(data)
            else:
                gate.cut("fin")
        self._alarm.look()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def record(self, actor: str, event: e.Event) -> None:
        self._journal.record(self.clock.now(), actor, event)

    def drain_faults(self) -> None:
        effects = self.faults.drain()
        for fault, on, what in effects:
            self.record(RUN, e.FaultActed(fault, f"{on}: {what}" if what else on))

    def later(self, seconds: float, action: object) -> asyncio.TimerHandle:
        """Call after so many run seconds."""
        return self.loop.call_later(max(0.0, self.clock.wall(seconds)), action)  # type: ignore[arg-type]

    def lift(self) -> None:
        """All faults end."""
        self.faults.lift(self.clock.now())

    def close(self) -> None:
        self._alarm.stop()
        self._stop_listening()
        for gate in list(self.gates.values()):
            gate.close()
