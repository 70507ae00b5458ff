"""The monitor of a fleet: from what terminals say over the control plane to incidents.

It knows nothing but topics, payloads and the time at which they came. No message costs more in a
large fleet than in a small one: it changes one terminal and the figures of its region, and marks
what has to be looked at; only a gateway's word concerns all that it carries. `tick` looks, at most
each second.

The owner subscribes `filters`, and calls `connected`, `received`, `tick`, `disconnected`; after
each it takes and empties `out` (publications), `changes` (incidents opened, updated, resolved) and
`actions` (commands of the policy). `next_deadline` is when `tick` must be called (run seconds).
"""

from __future__ import annotations

from harness.control import payloads as p
from harness.control.announcer import Announcer, IncidentChange
from harness.control.fleet_causes import FleetCauses
from harness.control.fleet_view import FleetView
from harness.control.incidents import IncidentBook
from harness.control.monitor_policy import Action, Policy
from harness.control.monitor_settings import MonitorSettings
from harness.control.publication import Publication
from harness.control.terminal_view import TerminalView, clock
from harness.control.terminal_watch import TerminalWatch
from harness.control.topics import EVERYBODY, TerminalTopic, Topics
from harness.errors import PayloadError
from harness.shown import shown
from harness.wire.calendar import Calendar

LOOK = 1.0
"""Seconds between two looks at the fleet."""
_OLDEST = 10 * 86_400.0  # seconds
_TELEMETRY: dict[str, type[p.Payload]] = {
    "link": p.LinkTelemetry,
    "devices": p.DevicesTelemetry,
    "cash": p.CashTelemetry,
}


class Monitor:
    """`boot_id` is the number of the monitor's process, which no other one has. `unreadable` counts
    messages that were no payload of their topic.
    """

    def __init__(
        self,
        topics: Topics,
        calendar: Calendar,
        boot_id: str,
        *,
        settings: MonitorSettings | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.settings = settings or MonitorSettings()
        self.fleet = FleetView(self.settings)
        self.incidents = IncidentBook(self.settings, boot_id)
        self.unreadable = 0
        self._topics = topics
        self._calendar = calendar
        self._announcer = Announcer(topics, calendar, boot_id, policy or Policy())
        self._causes = FleetCauses(self.fleet)
        self._watch = TerminalWatch(self.fleet, self._causes, self.incidents)
        self._looked_at = -LOOK
        self._moved = False  # the fleet as a whole has to be looked at

    @property
    def out(self) -> list[Publication]:
        return self._announcer.out

    @property
    def changes(self) -> list[IncidentChange]:
        return self._announcer.changes

    @property
    def actions(self) -> list[Action]:
        return self._announcer.actions

    # --- the connection --------------------------------------------------------------------------

    @property
    def filters(self) -> tuple[str, ...]:
        """What the monitor has to be told by the broker."""
        topics = self._topics
        of_terminals = topics.every("state"), topics.every("tel/+"), topics.every("evt/+")
        return *of_terminals, topics.every_gateway(), topics.every_incident()

    def will(self) -> Publication:
        """What the broker says when the monitor is gone without a word."""
        return self._announcer.will()

    def connected(self, now: float) -> None:
        """The connection to the broker stands. What is heard next may be old; and terminals that
        were cut off too have yet to come back.
        """
        self._causes.connected(now)
        self._moved = True
        self._announcer.say_state(now, "online")
        for incident in self.incidents.all():
            self._announcer.publish(incident, now)

    def disconnected(self, why: str, now: float) -> None:
        """The connection is lost, or could not be made: a fault of the broker, if it lasts."""
        self._causes.disconnected(shown(why[:200]), now)
        self._moved = True

    def stopping(self, now: float) -> None:
        """The process is about to end as was planned. Its incidents stay, for the next one."""
        self._announcer.say_state(now, "offline", planned=True)

    # --- what comes in ---------------------------------------------------------------------------

    def received(self, topic: str, payload: bytes, now: float, *, retained: bool) -> None:
        """A message came from the broker. It may hold anything."""
        number = self._topics.read_incident(topic)
        if number:
            self._left_by_another(number, payload, now)
            return
        gateway = self._topics.read_gateway(topic)
        if gateway:
            self._take_gateway(gateway.strip(), payload, now)
            return
        read = self._topics.read(topic)
        if read is None or read.terminal == EVERYBODY:
            return
        try:
            terminal = self._take(read, payload, now, retained=retained)
        except PayloadError:
            self.unreadable += 1
            return
        if terminal is not None:
            self._watch.heard_of(terminal)
            self._moved = True

    def _take(
        self, read: TerminalTopic, payload: bytes, now: float, *, retained: bool
    ) -> TerminalView | None:
        name = read.terminal.strip()
        if read.kind == "state":
            if payload:
                state = p.decode(payload, p.TerminalState)
                return self.fleet.state(name, state, now, self._lain(state, now, retained=retained))
            if self.fleet.removed(name) is not None:
                self._watch.removed(name, now)
                self._moved = True
            return None
        if retained:
            return None  # nobody knows how old that is
        kind = _TELEMETRY.get(read.what) if read.kind == "tel" else None
        if kind is not None:
            return self.fleet.telemetry(name, read.what, p.decode(payload, kind), now)
        known = self.fleet.terminals.get(name)
        if known is not None and read.kind == "evt":
            self.fleet.heard(known, now)
        return None

    def _take_gateway(self, name: str, payload: bytes, now: float) -> None:
        """A gateway is there, or is lost with all that it carries. A state that is removed says
        nothing.
        """
        try:
            state = p.decode(payload, p.GatewayState) if payload else None
        except PayloadError:
            self.unreadable += 1
            return
        if state is not None:
            for terminal in self.fleet.gateway(name, state, now):
                self._watch.heard_of(terminal)
            self._moved = True

    def _lain(self, state: p.TerminalState, now: float, *, retained: bool) -> float:
        """For how many seconds a state has lain at the broker, if its sender's clock is right."""
        if not retained:
            return 0.0
        said = clock(state.at)
        here = clock(self._calendar.iso(now))
        age = 0.0 if said is None or here is None else here - said
        return min(max(age, 0.001), _OLDEST)

    def _left_by_another(self, number: str, payload: bytes, now: float) -> None:
        """An incident that stands at the broker. Another monitor's is taken over, so that it ends
        some day; of one that is open here already, this monitor's own number counts.
        """
        try:
            incident = p.decode(payload, p.Incident) if payload else None
        except PayloadError:
            self.unreadable += 1
            return
        if incident is None or incident.number != number or incident.status != "open":
            return
        another = incident.boot_id != self._announcer.boot_id
        if another and not self.incidents.take_over(incident, now):
            self._announcer.unpublish(number)

    # --- time ------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        look = self._looked_at + LOOK
        if self._watch.changed or self._moved:
            return look
        return max(look, min(self._watch.next_deadline, self.incidents.next_deadline))

    def tick(self, now: float) -> None:
        """Look at what has changed, and at what has become too long."""
        if now < self._looked_at + LOOK:
            return
        self._looked_at = now
        clock_now = self._calendar.iso(now)
        self._watch.look(now, clock_now)
        found = self._causes.find(now, self.incidents, self._watch.backlogs)
        self._moved = bool(found) or self._causes.troubled(now)
        keys = {finding.key for finding in found}
        for key in self.incidents.of_many():
            if key not in keys and key[0] not in self._causes.silent_on:
                self.incidents.gone(key, now)
        for finding in found:
            self.incidents.found(finding, now, clock_now)
            if finding.scope in ("bank", "region"):
                self._watch.absorb(finding, now)
        self.incidents.tick(now)
        changes, self.incidents.changes = self.incidents.changes, []
        for change in changes:
            self._announcer.tell(change, self.fleet.terminals, now)
