"""A simulated fleet: ATMs, disks, cables and one host on one heap of virtual time."""

from __future__ import annotations

from harness import events as e
from harness.assembly import Assembly
from harness.control.agent import Agent
from harness.errors import ConfigError
from harness.faults.control import OF_THE_PLANE
from harness.journal import Journal
from harness.machines.atm import Atm
from harness.machines.effects import Connect, Disconnect, LosePower, Transmit, WantBoot, Write
from harness.sim.control import Carrier, SimulatedPlane
from harness.sim.disk import Disk
from harness.sim.network import SimulatedLink, carry_answers
from harness.sim.world import Waker, World
from harness.tap import Tap


class SimulatedAtm:
    """One ATM in the simulation, with its disk and its cable."""

    __slots__ = (
        "_agent", "_agent_waker", "_carrier", "_draining", "_fleet", "_waker", "atm", "cable",
        "disk",
    )  # fmt: skip

    def __init__(self, fleet: Fleet, atm: Atm) -> None:
        self._fleet = fleet
        self.atm = atm
        self.cable = SimulatedLink(fleet, atm)
        self.disk = Disk(fleet.world, self._synced)
        self._waker = Waker(fleet.world, atm.next_deadline, self._wake)
        self._agent: Agent | None = None
        self._carrier: Carrier | None = None
        self._agent_waker: Waker | None = None
        self._draining = False

    def commanded(self, plane: SimulatedPlane) -> None:
        """From now on the terminal has an end of the control plane."""
        agent = self._agent = plane.join(self)
        self._carrier = plane.of(self.atm.id)
        self._agent_waker = Waker(self._fleet.world, lambda: agent.next_deadline, self._wake_agent)

    def _wake_agent(self, now: float) -> None:
        if self._agent is not None:
            self._agent.tick(now)
            self.drain()

    def boot(self, _: object = None) -> None:
        if self._carrier is not None:
            self._carrier.booting()
        self.atm.boot(self.disk.image, self._fleet.world.now)
        self.drain()

    def _wake(self, now: float) -> None:
        self.atm.tick(now)
        self.drain()

    def _synced(self, number: int) -> None:
        self.atm.synced(number, self._fleet.world.now)
        self.drain()

    def drain(self) -> None:
        """Record the ATM's events in the journal and carry out the effects that it requests; then
        what its agent makes of them.
        """
        agent, carrier, waker = self._agent, self._carrier, self._agent_waker
        if agent is None or carrier is None or waker is None or self._draining:
            self._drain_atm()  # within another drain: its effects come first, the agent then
            return
        self._draining = True
        self._drain_atm()
        agent.settle(self._fleet.world.now)
        carrier.carry()
        while self.atm.journal or self.atm.out:
            self._drain_atm()
            agent.settle(self._fleet.world.now)
            carrier.carry()
        self._draining = False
        waker.look()

    def _drain_atm(self) -> None:
        atm = self.atm
        if atm.journal:
            happened, atm.journal = atm.journal, []
            record, name = self._fleet.record, atm.id
            for event in happened:
                record(name, event)
            if self._agent is not None:
                for event in happened:
                    self._agent.saw(event, self._fleet.world.now)
        if self._fleet.faults.held:
            self._fleet.faults.release()
        if self._fleet.faults.asked:
            self._fleet.asked()
        if atm.out:
            wanted, atm.out = atm.out, []
            for effect in wanted:
                kind = type(effect)
                if kind is Transmit:
                    self.cable.send(effect.data, "host")  # type: ignore[attr-defined]
                elif kind is Write:
                    self.disk.write(effect.number, effect.record, urgent=effect.urgent)  # type: ignore[attr-defined]
                elif kind is Connect:
                    self.cable.connect()
                elif kind is Disconnect:
                    self.cable.drop("local", tell=False)
                elif kind is LosePower:
                    self._fleet.record(atm.id, e.PowerLost(effect.phase))  # type: ignore[attr-defined]
                    if self._carrier is not None:
                        self._carrier.power_lost()
                    self.disk.lose()
                    self.cable.drop("power", tell=False)
                elif kind is WantBoot:
                    self._fleet.world.at(self._fleet.world.now, self.boot)
        if atm.unreadable:  # what was right before it has been answered
            self.cable.drop("garbage")
        self._waker.look()


class Fleet:
    """All machines of a simulated run; `journal` receives all events in order."""

    def __init__(self, assembly: Assembly, journal: Journal) -> None:
        self.world = World(assembly.plan.terminals + 1)
        self.faults = assembly.faults
        self.faults.tell = self._fault_acted
        self._fault = assembly.fault
        self.decoder = assembly.tap
        self.frame_builder = assembly.frame_builder
        self.dialect = assembly.dialect
        self.host = assembly.host()
        self.cables: dict[int, SimulatedLink] = {}
        self._journal = journal
        self._awaits_service = assembly.plan.scenario.contract.awaits_service
        self._lives = 0
        self._host_waker = Waker(self.world, self.host.next_deadline, self._wake_host)
        self._window_waker = Waker(self.world, self.faults.windows.next, self._watch_windows)
        self.sites = [
            SimulatedAtm(self, assembly.atm(index)) for index in range(assembly.plan.terminals)
        ]
        self._by_name = {site.atm.id: site for site in self.sites}
        self.seed = assembly.plan.seed
        self.plane = SimulatedPlane(self, assembly) if assembly.plan.control_plane else None
        if self.plane is not None:
            for site in self.sites:
                site.commanded(self.plane)

    def record(self, actor: str, event: e.Event) -> None:
        self._journal.record(self.world.now, actor, event)

    def _fault_acted(self, effect: e.FaultActed) -> None:
        self.record(e.RUN, effect)

    def asked(self) -> None:
        """The operator is to command a terminal, as it has done something."""
        if self.plane is not None:
            self.plane.take_asked()

    def next_life(self) -> int:
        self._lives += 1
        return self._lives

    def tap(self, end: e.End, to: e.End) -> Tap:
        return Tap(self.decoder, end, to, management=end == "terminal")

    def after(self, atm: Atm) -> None:
        """Something happened to an ATM from outside."""
        self._by_name[atm.id].drain()

    def after_host(self) -> None:
        """Something happened to the host."""
        host = self.host
        while host.events or host.out:
            happened, host.events = host.events, []
            for event in happened:
                self.record(host.name, event)
            carry_answers(self)
        self._host_waker.look()

    def _wake_host(self, now: float) -> None:
        self.host.tick(now)
        self.after_host()

    # --- the run's own moments ---------------------------------------------------------------

    def start(self) -> None:
        """Count the cassettes, switch everything on."""
        for site in self.sites:
            self.record(site.atm.id, site.atm.device.count("opening"))
        self._watch_windows(self.world.now)
        self._host_waker.look()  # it has work of its own, even if nobody ever calls
        for site in self.sites:
            site.boot()
        if self.plane is not None:
            self.plane.faults_changed()

    def _watch_windows(self, now: float) -> None:
        for event in self.faults.windows.passed(now):
            self.record(e.RUN, event)
        self._window_waker.look()

    def add_fault(self, text: str) -> int:
        """Add a fault from now on, in the grammar of `--fault`. Return the number by which it can
        be removed.

        Raises:
            ConfigError: the text is not a valid fault, the run does not have its terminal or no
                control plane for it, or the fault's window is over.
        """
        spec = self._fault(text)
        if self.plane is None and spec.kind in OF_THE_PLANE:
            remedy = "control_plane = true in the scenario"
            raise ConfigError("the run has no control plane", place=text, remedy=remedy)
        number = self.faults.add(spec, self.world.now)
        self.record(e.RUN, e.FaultAdded(text))
        self._faults_changed()
        return number

    def remove_fault(self, fault: str | int) -> None:
        """A fault ends now, by its text or its number.

        Raises:
            ConfigError: there is no such fault.
        """
        for event in self.faults.remove(fault, self.world.now):
            self.record(e.RUN, event)
        self._faults_changed()

    def _faults_changed(self) -> None:
        self._watch_windows(self.world.now)
        self._host_waker.look()
        for site in self.sites:
            site.cable.plan_cut()
        if self.plane is not None:
            self.plane.faults_changed()

    def stop_customers(self) -> None:
        """Let no new customers arrive, and lift all faults."""
        for event in self.faults.lift(self.world.now):
            self.record(e.RUN, event)
        self.record(e.RUN, e.CustomersStopped())
        self._host_waker.look()  # what a fault had in store for it may be due now
        for site in self.sites:
            if site.atm.customers is not None:
                site.atm.customers.stop()
        if self.plane is not None:
            self.plane.faults_changed()

    def quiet(self) -> bool:
        """True if nothing is open and, if the run waits for it, all terminals are in service."""
        if self.plane is not None and not self.plane.at_rest:
            return False
        return self.host.at_rest and all(
            site.atm.at_rest and (site.atm.serves or not self._awaits_service)
            for site in self.sites
        )

    def close(self, how: str) -> None:
        """Count everything, and end the journal."""
        if self.plane is not None:
            self.plane.close()
        for site in self.sites:
            site.disk.flush()
            self.record(site.atm.id, site.atm.device.count("rest"))
            self.record(site.atm.id, site.disk.image.counted())
        self.record(e.RUN, e.RunEnded(how))

    def states(self) -> dict[str, int]:
        """The number of terminals in each state, for displays."""
        found: dict[str, int] = {}
        for site in self.sites:
            terminal = site.atm.terminal
            state = terminal.state if terminal is not None else "NO_POWER"
            found[state] = found.get(state, 0) + 1
        return found

    def cards_inside(self) -> int:
        return sum(1 for site in self.sites if site.atm.device.card is not None)
