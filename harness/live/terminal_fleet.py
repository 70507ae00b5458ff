"""The terminals of a process: ATMs, their store and what they share."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

from harness import events as e
from harness.assembly import Assembly
from harness.control.plane import ControlPlane
from harness.errors import EnvironmentTrouble
from harness.live.clock import LiveClock
from harness.live.connection import ReadingTurns
from harness.live.descriptors import most_descriptors
from harness.live.live_atm import LiveAtm
from harness.live.own_delay import OwnDelay
from harness.live.repetition import Recorder
from harness.live.stores import CommandsOfTerminals, TerminalStore
from harness.live.told_together import ToldTogether
from harness.live.unreachable import UnreachableAddresses
from harness.machines.atm import Atm
from harness.tap import Tap


class TerminalFleet:
    """All ATMs of one process."""

    def __init__(
        self,
        assembly: Assembly,
        journal: Recorder,
        clock: LiveClock,
        store: TerminalStore,
        host_address: tuple[str, int],
        *,
        standalone: bool = False,
        keeps_devices: bool = False,
        control: ControlPlane | None = None,
        commands: CommandsOfTerminals | None = None,
    ) -> None:
        """`standalone`: the host is somebody else's, and the faults of the wire are at our end.
        `keeps_devices`: the store gets devices and customers too, for a process that goes on.
        `control`: carries what the terminals' ends of the control plane say. `commands`: keeps what
        they are told; without it that is forgotten with the process.
        """
        self.keeps_devices = keeps_devices
        self.loop = asyncio.get_running_loop()
        self.clock = clock
        self.delay = OwnDelay(clock, lambda event: self.record(e.RUN, event))
        self.store = store
        self.faults = assembly.faults
        self.faults.tell = self._fault_acted
        self.turns = ReadingTurns(self.loop)
        self.shortage = ToldTogether(self.loop, self._short_of_descriptors)
        self.decoder = assembly.tap
        self.frame_builder = assembly.frame_builder
        self.dialect = assembly.dialect
        self.watches = standalone and (self.faults.wire or self.faults.connection)
        self.host_address = host_address
        self.dead_addresses = UnreachableAddresses()
        self.connected = asyncio.Event()
        self.not_reached = ""  # how the latest attempt to connect failed
        self._has_a_past = False  # an earlier process was connected
        self.standalone = standalone
        self._awaits_service = assembly.plan.scenario.contract.awaits_service
        self._journal = journal
        self.control = control
        self.atms = [LiveAtm(self, assembly.atm(index)) for index in range(assembly.plan.terminals)]
        if control is not None:
            for live in self.atms:
                name = live.atm.id
                kept = commands.of(name) if commands is not None else None
                live.commanded(control, assembly.clock_of(name), kept)
            control.begin(assembly.calendar, clock.now, lambda event: self.record(e.RUN, event))

    def taps(self, end: e.End) -> dict[str, Tap]:
        """A tap for each direction of a new connection, at that end."""
        ways: tuple[e.End, ...] = ("host", "terminal")
        return {to: Tap(self.decoder, end, to) for to in ways}

    def unreachable(self, how: str) -> None:
        """A terminal could not connect. Where none was ever connected, in an earlier process
        neither, there is no host, and the run ends; one that was there may come back.
        """
        self.not_reached = how
        if self.standalone and not (self.connected.is_set() or self._has_a_past):
            where = "{}:{}".format(*self.host_address)
            why = f"connection {how} at {where}: is the host listening there? start it first"
            trouble = EnvironmentTrouble(why)
            self.loop.call_exception_handler({"message": str(trouble), "exception": trouble})

    def _short_of_descriptors(self, _what: str, count: int) -> None:
        self.record(e.RUN, e.DescriptorsRanOut(count, most_descriptors()))

    def record(self, actor: str, event: e.Event) -> None:
        self._journal.record(self.delay.now(), actor, event)

    def record_at(self, now: float, actor: str, event: e.Event) -> None:
        """`now` was taken from `delay` by whoever calls, for this and for what it does next."""
        self._journal.record(now, actor, event)

    def _fault_acted(self, effect: e.FaultActed) -> None:
        self.record(e.RUN, effect)

    def start(self, died_at: float | None = None, *, connected: bool = False) -> None:
        """Count the cassettes, switch everything on. An earlier process, if `connected`, was cut
        off by a power cut: at run second `died_at` of this run, or, with None, in another run.
        """
        self.delay.begin()
        self._has_a_past = connected
        if died_at is not None:
            for live in self.atms:
                self._journal.record(died_at, live.atm.id, e.PowerLost("killed"))
        for live in self.atms:
            self._power_back(live.atm, died_at)
        if self.keeps_devices:
            self.store.sync()  # now it knows this journal
        for live in self.atms:
            live.boot()

    def _power_back(self, atm: Atm, died_at: float | None) -> None:
        kept = self.store.kept(atm.id) if self.keeps_devices else None
        self._has_a_past |= kept is not None
        if kept is not None:
            atm.restore(kept, self.clock.now())
        if died_at is not None:
            self.record(atm.id, e.PowerRestored())
            return
        for event in atm.device.opening(kept.customer if kept is not None else 0):
            self.record(atm.id, event)
        if self.store.image(atm.id).transactions:
            self.record(atm.id, e.PowerLost("earlier run"))
            self.record(atm.id, e.PowerRestored())

    def stop_customers(self) -> None:
        for event in (*self.faults.lift(self.clock.now()), e.CustomersStopped()):
            self.record(e.RUN, event)
        for live in self.atms:
            live.stop_customers()

    def quiet(self) -> bool:
        """Is nothing open, and, where the contract awaits that, everybody back in service?"""
        return all(
            live.atm.at_rest and (live.atm.serves or not self._awaits_service) for live in self.atms
        )

    async def close(self) -> None:
        """Hang up, and let the transports finish."""
        if self.control is not None:
            await self.control.close()
        for live in self.atms:
            live.close()
        self.dead_addresses.close()
        self.shortage.close()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)

    def count(self) -> None:
        """Cassettes and stores, when all is over."""
        self.store.sync()
        for live in self.atms:
            self.record(live.atm.id, live.atm.device.count("rest"))
            self.record(live.atm.id, self.store.image(live.atm.id).counted())

    def states(self) -> dict[str, int]:
        """How many terminals are in each state."""
        found = (live.atm.terminal for live in self.atms)
        return Counter("NO_POWER" if one is None else one.state for one in found)

    def cards_inside(self) -> int:
        return sum(live.atm.device.card is not None for live in self.atms)
