"""A monitor in front of terminals: those of a simulated run, or scripted ones. Either speak through
real reporters, so that the monitor sees what it would see at a broker.
"""

from __future__ import annotations

from harness import events as e
from harness.control import payloads as p
from harness.control.monitor import Monitor
from harness.control.monitor_policy import Policy
from harness.control.reporter import Identity, Reporter, StoreCounts
from harness.control.topics import Topics
from harness.fleet.live_plane import region_of
from harness.wire.calendar import Calendar

TOPICS = Topics("demo")
EPOCH = "2026-11-21T20:10:00"
CALENDAR = Calendar(EPOCH)


class Watched:
    """A monitor, and all incidents that it has told of: `told` has the moment, what became of it,
    and the incident.
    """

    def __init__(self, *, policy: Policy | None = None, boot_id: str = "m1") -> None:
        self.monitor = Monitor(TOPICS, CALENDAR, boot_id, policy=policy)
        self.told: list[tuple[float, str, p.Incident]] = []
        self.now = 0.0

    def until(self, now: float) -> None:
        """Time passes."""
        while (due := self.monitor.next_deadline) <= now:
            self.now = max(self.now, due)
            self.monitor.tick(self.now)
            self._take()
        self.now = now

    def hears(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self.monitor.received(topic, payload, self.now, retained=retained)

    def _take(self) -> None:
        self.told += [(self.now, x.what, x.incident) for x in self.monitor.changes]
        self.monitor.changes.clear()

    def opened(self) -> list[tuple[str, str, str]]:
        """The kind, the cause and the place of each incident, in the order of their opening."""
        return [(i.kind, i.cause, i.where) for _, what, i in self.told if what == "opened"]

    def opened_at(self, kind: str) -> float:
        return next(at for at, what, i in self.told if what == "opened" and i.kind == kind)

    def still_open(self) -> list[str]:
        resolved = {i.number for _, what, i in self.told if what == "resolved"}
        return [i.kind for _, what, i in self.told if what == "opened" and i.number not in resolved]


class RunListener(Watched):
    """Listens to a run: gives each terminal's events to a reporter, and what that says to the
    monitor.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reporters: dict[str, Reporter] = {}
        self._pending: dict[str, int] = {}
        self.messages = 0
        self.monitor.connected(0.0)

    def __call__(self, at: float, actor: str, event: e.Event) -> None:
        if not actor.strip()[-1:].isdigit():
            return
        name = actor.strip()
        if name not in self._reporters:
            identity = Identity(name, region_of(name), TOPICS, CALENDAR)
            self._pending[name] = 0
            self._reporters[name] = Reporter(
                identity, lambda: StoreCounts(self._pending[name], 0)
            )
            self._reporters[name].boot(f"{name}-0", at)
        reporter = self._reporters[name]
        if isinstance(event, e.Booted):
            reporter.boot(f"{name}-{at}", at)
            reporter.publish_state(at)
        self._pending[name] += isinstance(event, e.ReversalQueued)
        self._pending[name] -= isinstance(event, e.ReversalAnswered)
        if at > self.now:
            self._pass(at)
        reporter.saw(event, at)
        self._say(reporter)

    def _pass(self, at: float) -> None:
        for reporter in self._reporters.values():
            if reporter.due <= at:
                reporter.tick(at)
                self._say(reporter)
        self.until(at)

    def _say(self, reporter: Reporter) -> None:
        for said in reporter.out:
            if said.payload is not None:
                self.messages += 1
                self.hears(said.topic, p.encode(said.payload))
        reporter.out.clear()
