"""What the monitor says and does: its own state, its incidents at the broker, and the commands of
its policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from harness.control import payloads as p
from harness.control.heads import Heads
from harness.control.incidents import MOST_NAMED, Change, OpenIncident
from harness.control.monitor_policy import Action, Actor, Policy
from harness.control.publication import Publication
from harness.control.terminal_view import TerminalView
from harness.control.topics import EVERYBODY, Topics
from harness.wire.calendar import Calendar


class IncidentChange(NamedTuple):
    """What has become of an incident."""

    what: Literal["opened", "updated", "resolved"]
    incident: p.Incident


class Announcer:
    """`out`, `changes` and `actions` are what is to be published, told and commanded; the owner
    takes and empties them.
    """

    def __init__(self, topics: Topics, calendar: Calendar, boot_id: str, policy: Policy) -> None:
        self.out: list[Publication] = []
        self.changes: list[IncidentChange] = []
        self.actions: list[Action] = []
        self._topics = topics
        self._calendar = calendar
        self._heads = Heads(calendar, boot_id)
        self._actor = Actor(policy)

    @property
    def boot_id(self) -> str:
        """Names the process of this monitor."""
        return self._heads.boot_id

    def will(self) -> Publication:
        """The monitor's last will."""
        state = p.MonitorState(**self._heads.numbered(0, 0.0), status="offline")
        return Publication(self._topics.monitor_state(), state, retain=True)

    def say_state(
        self, now: float, status: Literal["online", "offline"], *, planned: bool = False
    ) -> None:
        """Publish the monitor's own state."""
        state = p.MonitorState(**self._heads.next(now), status=status, planned=planned)
        self.out.append(Publication(self._topics.monitor_state(), state, retain=True))

    def tell(self, change: Change, terminals: Mapping[str, TerminalView], now: float) -> None:
        """Tell of a change, and act by the policy. `terminals` are all that are known."""
        incident = change.incident
        resolved = change.what == "resolved"
        payload = self._payload(incident, now, resolved=resolved)
        self.changes.append(IncidentChange(change.what, payload))
        if resolved:
            self.unpublish(incident.number)
            self.actions += self._actor.resolved(incident.number)
            return
        self._retain(payload)
        if change.what == "opened" and incident.finding.kind in self._actor.policy.on:
            self._act(incident, terminals)

    def publish(self, incident: OpenIncident, now: float) -> None:
        """Say again that an incident is open."""
        self._retain(self._payload(incident, now, resolved=False))

    def unpublish(self, number: str) -> None:
        """Remove an incident from the broker."""
        self.out.append(Publication(self._topics.incident(number), None, retain=True))

    def _retain(self, payload: p.Incident) -> None:
        self.out.append(Publication(self._topics.incident(payload.number), payload, retain=True))

    def _act(self, incident: OpenIncident, terminals: Mapping[str, TerminalView]) -> None:
        finding = incident.finding
        if finding.scope == "bank":
            concerned = list(terminals)
        elif finding.scope == "region":
            concerned = [x.name for x in terminals.values() if x.region == finding.where]
        else:
            concerned = list(finding.terminals)
        whom = (EVERYBODY,) if finding.scope == "bank" else tuple(concerned)
        stopped = {x: terminals[x].stopped for x in concerned if x in terminals}
        self.actions += self._actor.opened(incident.number, finding.kind, whom, stopped)

    def _payload(self, incident: OpenIncident, now: float, *, resolved: bool) -> p.Incident:
        finding, at = incident.finding, self._calendar.iso(now)
        return p.Incident(
            **self._heads.next(now),
            number=incident.number,
            kind=finding.kind,
            cause=finding.cause,
            severity=finding.severity,
            scope=finding.scope,
            where=finding.where,
            status="resolved" if resolved else "open",
            opened_at=incident.opened_at,
            changed_at=at,
            resolved_at=at if resolved else "",
            count=len(finding.terminals),
            terminals=tuple(finding.terminals)[:MOST_NAMED],
            summary=finding.summary,
        )
