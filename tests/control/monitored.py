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
        self.hears_anything = True

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
            self._reporters[name] = Reporter(identity, lambda: StoreCounts(self._pending[name], 0))
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


class Site:
    """One scripted terminal. It asks its host each `every` seconds, and by an echo after a minute
    of silence. What is wrong is switched on by a test: `host` and `broker` say whether it has them,
    `latency` how long an answer takes, `code` and `issuer` what it says.
    """

    def __init__(self, name: str, region: str, every: float, first: float) -> None:
        identity = Identity(name, region, TOPICS, CALENDAR)
        self.pending = self.parked = 0
        self.reporter = Reporter(identity, lambda: StoreCounts(self.pending, self.parked))
        self.name = name
        self.every, self.next_at = every, first
        self.host = self.broker = True
        self.latency, self.code, self.outcome = 0.5, "00", "completed"
        self.issuers = ("home", "other")
        self.code_of: dict[str, str] = {}
        self.held_back: list[tuple[str, bytes]] = []
        self._asked: float | None = None
        self._heard = 0.0
        self._judged: p.Host = "down"
        self._number = self._boots = 0
        self._echo: float | None = None
        self._attached = False
        self.keeps_card = False
        self._cut_at: float | None = None

    def boot(self, now: float) -> None:
        self._boots += 1
        self.reporter.boot(f"{self.name}-{self._boots}", now)
        self.reporter.saw(e.CassettesCounted("opening", {5000: 2500, 1000: 1500}, {}), now)
        self._judge("up", now)
        self.reporter.saw(e.ServiceChanged(()), now)
        self._heard = now

    def step(self, now: float, says: Watched) -> None:
        """A second passes."""
        if self._asked is not None:
            if self.host and now >= self._asked + self.latency:
                self._answered(now)
            elif now >= self._asked + 45.0 and not self.keeps_card:
                self._asked = None
                self.reporter.saw(e.Aborted(self._number, "4021", "timer"), now)
                self._judge("down", now)
                self._takes_card(now)
        elif now >= self.next_at and self._judged == "up":
            self._asks(now)
        self._echoes(now)
        self.reporter.tick(now)
        self._speak(now, says)

    def _asks(self, now: float) -> None:
        self.next_at = now + self.every
        self._number += 1
        self._asked = now
        self.reporter.saw(e.CardInserted("tok", 1), now)
        self.reporter.saw(e.TransactionBegun(self._number, "withdrawal", "1", 5000), now)

    def _answered(self, now: float) -> None:
        self._asked = None
        self._heard = now
        issuer = self.issuers[(self._number + int(self.name[-2:]) // 4) % len(self.issuers)]
        code = self.code_of.get(issuer, self.code)
        self.reporter.saw(e.StateEntered("EJECTING", "eject", now + 10.0), now)
        captured = code == "41"
        self.reporter.saw(
            e.TransactionEnded(
                self._number, "captured" if captured else self.outcome, 0, code, issuer
            ),
            now,
        )
        if captured:
            self.reporter.saw(e.CardCaptured("tok"), now)
        else:
            self._takes_card(now)
        self._judge("up", now)

    def _takes_card(self, now: float) -> None:
        if not self.keeps_card:
            self.reporter.saw(e.CardTaken("tok"), now)

    def _echoes(self, now: float) -> None:
        """The link asks by itself: each minute of silence, and each 10 s while nobody answers."""
        if self._asked is not None:
            return
        if self._judged == "up" and now < self._heard + 60.0:
            self._echo = None
        elif self.host:
            self._heard, self._echo = now, None
            self._judge("up", now)
        elif self._echo is None:
            self._echo = now
        elif now >= self._echo + 10.0 and self._judged == "up":
            self._judge("doubtful", now)
        elif now >= self._echo + 30.0:
            self._judge("down", now)

    def _judge(self, judgement: p.Host, now: float) -> None:
        if judgement != self._judged:
            self._judged = judgement
            self.reporter.saw(e.LinkJudged(judgement, "test"), now)

    def _speak(self, now: float, says: Watched) -> None:
        out = [(x.topic, p.encode(x.payload), x.qos) for x in self.reporter.out if x.payload]
        self.reporter.out.clear()
        if not self.broker:
            self._cut_off(now, says)
            return
        self._cut_at = None
        if not self._attached:
            self._attached = True
            self.reporter.publish_state(now)
            out += [(x.topic, p.encode(x.payload), x.qos) for x in self.reporter.out if x.payload]
            self.reporter.out.clear()
        for topic, payload, _ in out:
            says.hears(topic, payload)

    def _cut_off(self, now: float, says: Watched) -> None:
        """The broker finds out after its keep-alive, and publishes the last will."""
        if self._cut_at is None:
            self._cut_at = now
        if self._attached and now >= self._cut_at + 22.0:
            self._attached = False
            if says.hears_anything:
                self.will(says)

    def will(self, says: Watched) -> None:
        will = self.reporter.will()
        assert will.payload is not None
        says.hears(will.topic, p.encode(will.payload))


class ScriptedFleet(Watched):
    """Terminals of several regions, and the monitor. Each asks every `every` seconds."""

    def __init__(
        self,
        size: int = 24,
        *,
        regions: int = 4,
        every: float = 90.0,
        policy: Policy | None = None,
    ) -> None:
        super().__init__(policy=policy)
        self.sites = [
            Site(f"ATM{i:05}", f"region-{i % regions + 1}", every, 5.0 + i * every / size)
            for i in range(size)
        ]
        self.clock = 0.0
        self.monitor.connected(0.0)
        for site in self.sites:
            site.boot(0.0)

    def of_region(self, number: int) -> list[Site]:
        return [x for x in self.sites if x.reporter.identity.region == f"region-{number}"]

    def hears(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        if self.hears_anything:
            super().hears(topic, payload, retained=retained)

    def go(self, seconds: float) -> None:
        """So many seconds pass."""
        end = self.clock + seconds
        while self.clock < end:
            self.clock += 1.0
            self.until(self.clock)
            for site in self.sites:
                site.step(self.clock, self)
        self.until(self.clock)
