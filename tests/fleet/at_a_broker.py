"""Real ATMs, driven by hand, at a real broker."""

from __future__ import annotations

from commanded import CommandedBench

from harness import events as e
from harness.control.commands import CommandStore
from harness.control.plane import ControlPlane
from harness.control.topics import Topics
from harness.fleet.address import BrokerAddress
from harness.fleet.direct import DirectPlane

TOPICS = Topics("test bank")
LONG = 20.0  # wall seconds; what comes at all comes in some hundredths


class BenchAtBroker(CommandedBench):
    """Its network is a broker; the rest is by hand."""

    def __init__(self, name: str, plane: ControlPlane, store: CommandStore | None = None) -> None:
        super().__init__()
        self.atm.id = name
        self._plane = plane
        self.agent = plane.join(self, self.calendar, lambda: self.now, store)

    def boot(self) -> None:
        self._plane.booting(self.agent)
        super(CommandedBench, self).boot()

    def _take(self) -> None:
        self.answers += [x for x in self.agent.events if isinstance(x, e.CommandAnswered)]
        self.agent.events.clear()
        self._plane.carry(self.agent)

    def record(self, event: e.Event) -> None:
        self.seen.append(event)
        self._heard = len(self.seen)

    def stir(self) -> None:
        self._drain()

    def _drain(self) -> None:
        super()._drain()
        if self.atm.terminal is None:
            self._plane.power_lost(self.agent)


def plane(address: BrokerAddress) -> DirectPlane:
    return DirectPlane(address, TOPICS, lambda name: f"region-{name[-1]}")


def fleet_at(address: BrokerAddress, many: int) -> tuple[DirectPlane, list[BenchAtBroker]]:
    """Terminals in service, in front of a host that the test plays."""
    there = plane(address)
    benches = [BenchAtBroker(f"ATM0000{number + 1}", there) for number in range(many)]
    for bench in benches:
        bench.in_service()
    return there, benches
