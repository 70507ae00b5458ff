"""In-memory links that carry bytes, with taps at both ends and the faults between them.

    terminal | tap | faults ... faults | tap | host

A link delivers in order, also frames that faults have delayed (faults/path.py). When a terminal
hangs up or loses its power, the bytes that it has sent still arrive: the host reads them before it
sees that the connection has ended; and so it is when the host hangs up. When a fault cuts a
connection, the bytes under way are lost.
"""

from __future__ import annotations

from math import nextafter
from typing import Protocol

from harness import events as e
from harness.faults.connection import UNANSWERED
from harness.faults.fate import Deliver
from harness.faults.fault_set import FaultSet
from harness.faults.path import Path, Wake
from harness.machines.atm import Atm
from harness.machines.host_pair import HostInterface
from harness.machines.timers import NEVER
from harness.sim.world import World
from harness.tap import Tap
from harness.wire.dialects.base import Dialect
from harness.wire.frame_builder import FrameBuilder

LATENCY = 0.020  # one way, seconds


class Network(Protocol):
    """The objects that all links of a run share: time, faults, the host and the journal."""

    world: World
    faults: FaultSet
    frame_builder: FrameBuilder
    dialect: Dialect
    host: HostInterface
    cables: dict[int, SimulatedLink]

    def record(self, actor: str, event: e.Event) -> None:
        """Write an event down."""
        ...

    def next_life(self) -> int:
        """The number of a new connection."""
        ...

    def tap(self, end: e.End, to: e.End) -> Tap:
        """A tap for one direction, at that end."""
        ...

    def after(self, atm: Atm) -> None:
        """Something happened to an ATM from outside."""
        ...

    def after_host(self) -> None:
        """Something happened to the host."""
        ...


class SimulatedLink:
    """The connection between one ATM and the host, over all its lives."""

    __slots__ = (
        "_atm", "_host_taps", "_network", "_path", "_terminal_taps", "_trouble", "life", "state",
    )  # fmt: skip

    def __init__(self, network: Network, atm: Atm) -> None:
        self._network = network
        self._atm = atm
        self.state = "closed"  # closed, opening, open
        self.life = 0  # the number of the connection, unique over the run
        self._path = self._new_path()  # of this life
        self._trouble = ""  # how the dial that is under way fails
        ends: tuple[e.End, ...] = ("host", "terminal")
        self._terminal_taps = {to: network.tap("terminal", to) for to in ends}
        self._host_taps = {to: network.tap("host", to) for to in ends}

    def _new_path(self) -> Path:
        return Path(
            self._network.faults, self._network.frame_builder, self._atm.id, transit=LATENCY
        )

    # --- coming and going -----------------------------------------------------------------

    def connect(self) -> None:
        """The terminal dials."""
        self.state = "opening"
        self.life = self._network.next_life()
        self._path = self._new_path()
        world = self._network.world
        self._trouble, wait = self._path.dial(world.now)
        if self._trouble != UNANSWERED:  # else until the terminal gives up
            world.at(world.now + wait + 2 * LATENCY, self._connected, self.life)

    def _connected(self, life: int) -> None:
        if life != self.life or self.state != "opening":
            return
        network, now, atm = self._network, self._network.world.now, self._atm
        if not self._trouble and self._path.severed(now):
            return  # until the terminal gives up
        trouble = self._trouble or ("" if network.host.listening else "refused")
        if trouble:
            self.state = "closed"
            self._path.closed(now)
            network.record(atm.id, e.ConnectFailed(trouble))
            atm.closed(trouble, now)
        else:
            self._open(life, now)
        network.after(atm)

    def _open(self, life: int, now: float) -> None:
        network, atm, path = self._network, self._atm, self._path
        self.state = "open"
        for taps in (self._terminal_taps, self._host_taps):
            for tap in taps.values():
                tap.reset()
        network.cables[life] = self
        path.answered(now)
        network.host.opened(life)
        self._schedule(path, path.opened(now))
        network.record(atm.id, e.LinkOpened())
        atm.opened(now)

    def plan_cut(self) -> None:
        """The run's faults have changed: ask again when the connection is cut."""
        self._schedule(self._path, self._path.plan_cut(self._network.world.now))

    def _cut(self, path: Path) -> None:
        how, wakes = path.cut(self._network.world.now)
        self._schedule(path, wakes)
        if how:
            self.drop(how)

    def drop(self, how: str, *, tell: bool = True) -> None:
        """The connection ends. The terminal is told, unless the terminal itself ended the
        connection: then the host sees the end when the bytes under way have arrived. The same
        holds after a 'half' end, of which the terminal sees the FIN.
        """
        half, how = how == "half", "fin" if how == "half" else how
        if self.state == "closed":
            return
        network, life, path = self._network, self.life, self._path
        self.life = 0
        was_open = self.state == "open"
        self.state = "closed"
        leaving = was_open and (not tell or half or how == "garbage")
        if was_open:
            if network.cables.pop(life, None) is None:
                leaving = False  # the host has hung up before
            elif leaving:
                network.world.at(network.world.now + LATENCY, self._gone, (life, path))
            else:
                network.host.closed(life)
            network.record(self._atm.id, e.LinkClosed(how))
        elif how == "local":
            network.record(self._atm.id, e.ConnectFailed("timed out"))
        path.closed(network.world.now, leaving=leaving)
        if tell:
            self._atm.closed(how, network.world.now)
        network.after(self._atm)

    def host_hangs_up(self) -> None:
        """The host ends the connection. The terminal sees it when what is under way has arrived."""
        network = self._network
        del network.cables[self.life]
        network.host.closed(self.life)
        self._schedule(self._path, self._path.host_left(network.world.now))

    def _gone(self, what: tuple[int, Path]) -> None:
        life, path = what
        path.gone()
        self._network.host.closed(life)
        self._network.after_host()

    # --- bytes ------------------------------------------------------------------------------

    def send(self, data: bytes, to: e.End) -> None:
        """Send bytes from one end to the other. A terminal that does not know yet that its
        connection has ended (its process was paused) still sends, and nothing arrives.
        """
        if self.state != "open" and to == "terminal":
            return
        network, path = self._network, self._path
        now = network.world.now
        name = self._atm.id
        tap = (self._terminal_taps if to == "host" else self._host_taps)[to]
        for frame in tap.see(data):
            network.record(name, frame)
        if self.state != "open":
            return
        if not (network.faults.on_the_way or path.used):
            network.world.at(now + LATENCY, self._arrives, (path, self.life, to, data))
            return
        message, deadline = None, None
        if network.faults.wire:
            message = network.dialect.read(tap.latest) if tap.latest else None
            deadline = self._deadline(now)
        self._schedule(path, path.send(now, to, data, message, deadline=deadline))

    def _deadline(self, now: float) -> float | None:
        """Seconds until a frame must leave to arrive as the terminal's host timer expires."""
        terminal = self._atm.terminal
        due = terminal.timers.deadline("host_response") if terminal is not None else NEVER
        if due == NEVER:
            return None
        wait = due - (now + LATENCY)
        while now + LATENCY + wait < due:  # to the last bit
            wait = nextafter(wait, NEVER)
        return wait

    def _schedule(self, path: Path, wakes: list[Wake]) -> None:
        """Add one heap entry for each wake, so that equal times keep their order."""
        world, life = self._network.world, self.life
        for when, to, first in wakes:
            if to is None:
                world.at(when, self._cut, path)
            elif first:
                world.before_all_at(when, self._due, (path, life, to))
            else:
                world.at(when, self._due, (path, life, to))

    def _due(self, what: tuple[Path, int, e.End]) -> None:
        path, life, to = what
        while (act := path.take(self._network.world.now, to)) is not None:
            if isinstance(act, Deliver):
                self._arrives((path, life, to, act.data))
            else:
                self.drop(act.how)

    def _arrives(self, what: tuple[Path, int, e.End, bytes]) -> None:
        path, life, to, data = what
        if not path.carries(to):
            return
        network = self._network
        taps = self._host_taps if to == "host" else self._terminal_taps
        for frame in taps[to].see(data):
            network.record(self._atm.id, frame)
        if to == "host":
            network.host.receive(life, data, network.world.now)
            network.after_host()
        else:
            self._atm.receive(data, network.world.now)
            network.after(self._atm)


def carry_answers(network: Network) -> None:
    """Send the host's output to the links; an output without bytes closes the connection."""
    out, network.host.out = network.host.out, []
    for life, data in out:
        cable = network.cables.get(life)
        if cable is None:
            continue
        if data:
            cable.send(data, "terminal")
        else:
            cable.host_hangs_up()
