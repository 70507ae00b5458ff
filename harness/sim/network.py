"""In-memory links that carry bytes, with taps at both ends and the faults between them.

    terminal | tap | faults ... faults | tap | host

A link delivers in order, also what faults have spread over time (faults/order.py). When a terminal
hangs up or loses its power, what it has sent is under way all the same, and the host reads it
before it sees that the connection is gone; a connection that is cut takes it along.
"""

from __future__ import annotations

from math import nextafter
from typing import TYPE_CHECKING

from harness import events as e
from harness.faults.connection import UNANSWERED
from harness.faults.fate import Act, Deliver, Passing, together
from harness.faults.order import InOrder
from harness.machines.atm import Atm
from harness.machines.host_pair import HostInterface
from harness.machines.timers import NEVER

if TYPE_CHECKING:
    from harness.sim.fleet import Fleet

LATENCY = 0.020  # one way, seconds


class SimulatedLink:
    """The connection between one ATM and the host, over all its lives."""

    __slots__ = (
        "_atm", "_cut_at", "_fleet", "_host_taps", "_lanes", "_left",
        "_terminal_taps", "_trouble", "life", "state",
    )  # fmt: skip

    def __init__(self, fleet: Fleet, atm: Atm) -> None:
        self._fleet = fleet
        self._atm = atm
        self.state = "closed"  # closed, opening, open
        self.life = 0  # the number of the connection, unique over the run
        self._trouble = ""  # how the dial that is under way fails
        self._cut_at = float("inf")
        self._left = 0  # the one that the terminal has left and the host has not seen gone
        self._lanes: dict[str, InOrder[Act]] = {}  # of this life, if there are faults
        self._terminal_taps = {to: fleet.tap("terminal", to) for to in ("host", "terminal")}
        self._host_taps = {to: fleet.tap("host", to) for to in ("host", "terminal")}

    # --- coming and going -----------------------------------------------------------------

    def connect(self) -> None:
        """The terminal dials."""
        self.state = "opening"
        self.life = self._fleet.next_life()
        fleet, now = self._fleet, self._fleet.world.now
        self._trouble, wait = fleet.faults.dial(now, self._atm.id)
        if self._trouble != UNANSWERED:  # else until the terminal gives up
            fleet.world.at(now + wait + 2 * LATENCY, self._connected, self.life)

    def _connected(self, life: int) -> None:
        if life != self.life or self.state != "opening":
            return
        fleet, now, atm = self._fleet, self._fleet.world.now, self._atm
        if not self._trouble and fleet.faults.severed(now, atm.id):
            return  # until the terminal gives up
        trouble = self._trouble or ("" if fleet.host.listening else "refused")
        if trouble:
            self.state = "closed"
            fleet.faults.closed(now, atm.id)
            fleet.record(atm.id, e.ConnectFailed(trouble))
            atm.closed(trouble, now)
        else:
            self._open(life, now)
        fleet.after(atm)

    def _open(self, life: int, now: float) -> None:
        fleet, atm = self._fleet, self._atm
        self.state = "open"
        self._cut_at = float("inf")
        self._lanes = {"host": InOrder(), "terminal": InOrder()}
        for taps in (self._terminal_taps, self._host_taps):
            for tap in taps.values():
                tap.reset()
        fleet.cables[life] = self
        fleet.faults.answered(atm.id)
        fleet.host.opened(life)
        fleet.faults.opened(now, atm.id)
        self._plan_cut(now)
        fleet.record(atm.id, e.LinkOpened())
        atm.opened(now)

    def _plan_cut(self, now: float) -> None:
        """Ask again when the next cut is due: what passes until then may put it off."""
        if self._fleet.faults.connection:
            cut = self._fleet.faults.next_cut(now, self._atm.id)
            if cut is not None and cut[0] < self._cut_at:
                self._cut_at = cut[0]
                self._fleet.world.at(cut[0], self._cut, self.life)

    def _cut(self, life: int) -> None:
        if life != self.life or self.state != "open":
            return
        faults, now = self._fleet.faults, self._fleet.world.now
        self._cut_at = float("inf")
        cut = faults.next_cut(now, self._atm.id)
        if cut is None or cut[0] > now:
            self._plan_cut(now)
            return
        faults.cut_done(now, self._atm.id, cut[1])
        self.drop(cut[1])

    def drop(self, how: str, *, tell: bool = True) -> None:
        """The connection ends. The terminal is told unless it did it itself, and then the host sees
        it when what was under way has come; so it does after a 'half' end, of which the terminal
        sees the FIN.
        """
        half, how = how == "half", "fin" if how == "half" else how
        if self.state == "closed":
            return
        fleet, life = self._fleet, self.life
        self.life = 0
        was_open = self.state == "open"
        self.state = "closed"
        if was_open:
            fleet.cables.pop(life, None)
            if tell and not half and how != "garbage":
                fleet.host.closed(life)
            else:
                self._left = life
                fleet.world.at(fleet.world.now + LATENCY, self._gone, life)
            fleet.record(self._atm.id, e.LinkClosed(how))
        elif how == "local":
            fleet.record(self._atm.id, e.ConnectFailed("timed out"))
        fleet.faults.closed(fleet.world.now, self._atm.id)
        if tell:
            self._atm.closed(how, fleet.world.now)
        fleet.after(self._atm)

    def _gone(self, life: int) -> None:
        self._left = 0
        self._fleet.host.closed(life)
        self._fleet.after_host()

    # --- bytes ------------------------------------------------------------------------------

    def send(self, data: bytes, to: str) -> None:
        """Bytes leave one end for the other. A terminal that has not heard yet that its connection
        is gone (its process stood still) still sends, and nothing arrives.
        """
        if self.state != "open" and to == "terminal":
            return
        fleet = self._fleet
        now = fleet.world.now
        name = self._atm.id
        taps = self._terminal_taps if to == "host" else self._host_taps
        seen = taps[to].see(data)
        for frame in seen:
            fleet.record(name, frame)
        if self.state != "open":
            return
        if fleet.faults.connection:
            fleet.faults.passed(now, name)
            self._plan_cut(now)
        if not fleet.faults.wire:
            fleet.world.at(now + LATENCY, self._arrives, (self.life, to, data))
            return
        fields = seen[0].fields if seen and not seen[0].problem else None
        if to == "terminal" and fields is None:
            fields = self._management_fields(data)
        passing = Passing(name, to, data, fields, fleet.press, self._deadline(now))
        acts = fleet.faults.fate(now, passing)
        for group in together([Deliver(0.0, data)] if acts is None else acts):
            self._put(group, to, now)

    def _deadline(self, now: float) -> float | None:
        """Seconds until something must leave to arrive as the terminal's host timer runs out."""
        terminal = self._atm.terminal
        due = terminal.timers.deadline("host_response") if terminal is not None else NEVER
        if due == NEVER:
            return None
        wait = due - (now + LATENCY)
        while now + LATENCY + wait < due:  # to the last bit
            wait = nextafter(wait, NEVER)
        return wait

    def _management_fields(self, data: bytes) -> dict[str, str] | None:
        """The host's tap keeps quiet about network management, the faults must see it."""
        frames = self._fleet.decoder.framing.deframer().feed(data)
        return self._fleet.decoder.look(frames[0].payload)[0] or None if frames else None

    def _put(self, acts: list[Act], to: str, now: float) -> None:
        """Acts that nothing may come between."""
        lane, world = self._lanes[to], self._fleet.world
        due = [(now + LATENCY + act.delay, act) for act in acts]
        lane.put(due)
        for when, act in due:
            first = isinstance(act, Deliver) and act.first
            schedule = world.before_all_at if first else world.at
            schedule(when, self._due, (self.life, to, lane))

    def _due(self, what: tuple[int, str, InOrder[Act]]) -> None:
        life, to, lane = what
        while (act := lane.take(self._fleet.world.now)) is not None:
            if isinstance(act, Deliver):
                if act.effects and self._carries(life, to):
                    self._fleet.faults.arrived(act)
                self._arrives((life, to, act.data))
            elif life == self.life:
                self.drop(act.how)

    def _carries(self, life: int, to: str) -> bool:
        """Does what is under way still arrive?"""
        stands = life == self.life and self.state == "open"
        return stands or (to == "host" and life == self._left)

    def _arrives(self, what: tuple[int, str, bytes]) -> None:
        life, to, data = what
        if not self._carries(life, to):
            return
        fleet = self._fleet
        taps = self._host_taps if to == "host" else self._terminal_taps
        for frame in taps[to].see(data):
            fleet.record(self._atm.id, frame)
        if to == "host":
            fleet.host.receive(life, data, fleet.world.now)
            fleet.after_host()
        else:
            self._atm.receive(data, fleet.world.now)
            fleet.after(self._atm)


def carry_answers(fleet: Fleet, host: HostInterface) -> None:
    """What the host wants to say goes onto the cables; no bytes means: close."""
    out, host.out = host.out, []
    for life, data in out:
        cable = fleet.cables.get(life)
        if cable is None:
            continue
        if data:
            cable.send(data, "terminal")
        else:
            cable.drop("fin")
