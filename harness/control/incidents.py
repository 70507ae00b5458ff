"""The incidents that are open: opened, updated and resolved by what the detectors find.

An incident stays open for `calm` seconds after its evidence has gone, so that it does not flutter.
It is updated when what is said of it has changed, and at most once in `update_pause`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from harness.control import payloads as p
from harness.control.findings import Finding, Key
from harness.control.monitor_settings import MonitorSettings
from harness.control.terminal_view import LONGEST_NAME
from harness.machines.timers import NEVER
from harness.shown import shown

MOST_NAMED = 50
"""Terminals that an incident names."""
_LONGEST_NUMBER = 100


class OpenIncident:
    """An incident that is open. `gone_at` is when its evidence went, None while it stands;
    `told_at` when it was published last, `news` whether something has changed since. `taken_over`:
    another monitor has left it, and it has not been found again here.
    """

    __slots__ = ("finding", "gone_at", "news", "number", "opened_at", "taken_over", "told_at")

    def __init__(self, number: str, finding: Finding, opened_at: str, now: float) -> None:
        self.number = number
        self.finding = finding
        self.opened_at = opened_at
        self.gone_at: float | None = None
        self.told_at = now
        self.news = False
        self.taken_over = False


class Change(NamedTuple):
    """An incident has been opened, updated or resolved."""

    what: Literal["opened", "updated", "resolved"]
    incident: OpenIncident


class IncidentBook:
    """`changes` is what has happened; the owner takes and empties it. `left_out` counts incidents
    that were not opened because too many were open.
    """

    def __init__(self, settings: MonitorSettings, monitor: str) -> None:
        """`monitor`: the number of the process, with which the numbers of incidents begin."""
        self._settings = settings
        self._monitor = monitor
        self._open: dict[Key, OpenIncident] = {}
        self._of_many: dict[Key, None] = {}  # that are not one terminal's
        self._ending: dict[Key, None] = {}
        self._news: dict[Key, None] = {}
        self._last = 0
        self.changes: list[Change] = []
        self.left_out = 0

    def __contains__(self, key: object) -> bool:
        return key in self._open

    def __iter__(self) -> Iterator[Key]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def get(self, key: Key) -> OpenIncident | None:
        return self._open.get(key)

    def of_many(self) -> list[Key]:
        """The incidents that are not one terminal's, in the order in which they were opened."""
        return list(self._of_many)

    def all(self) -> list[OpenIncident]:
        return list(self._open.values())

    def found(self, finding: Finding, now: float, clock: str) -> None:
        """The evidence stands, at `now`, when it is `clock` (ISO 8601)."""
        key = finding.key
        incident = self._open.get(key)
        if incident is None:
            self._opens(finding, now, clock)
            return
        if incident.gone_at is not None:
            incident.gone_at = None
            del self._ending[key]
        before, incident.finding = incident.finding, finding
        if incident.taken_over:
            incident.taken_over = False
            self.changes.append(Change("updated", incident))
        elif _said(before) != _said(finding):
            incident.news = True
            self._news[key] = None

    def gone(self, key: Key, now: float) -> None:
        """The evidence does not stand any more."""
        incident = self._open.get(key)
        if incident is not None and incident.gone_at is None:
            incident.gone_at = now
            self._ending[key] = None

    def end(self, key: Key) -> None:
        """It is over, or a part of another incident."""
        incident = self._open.pop(key, None)
        if incident is not None:
            self._of_many.pop(key, None)
            self._ending.pop(key, None)
            self._news.pop(key, None)
            self.changes.append(Change("resolved", incident))

    def take_over(self, incident: p.Incident, now: float) -> bool:
        """Another monitor has left it open. Should the evidence not be found here, it ends."""
        key: Key = (incident.kind, incident.scope, incident.where[:LONGEST_NAME])
        full = len(self._open) >= self._settings.most_incidents
        if key in self._open or full or not 0 < len(incident.number) <= _LONGEST_NUMBER:
            return False
        finding = Finding(
            *key, incident.cause, incident.severity, incident.terminals[:MOST_NAMED],
            shown(incident.summary[:200]),
        )  # fmt: skip
        taken = OpenIncident(incident.number, finding, shown(incident.opened_at[:40]), now)
        taken.taken_over = True
        taken.gone_at = now + self._settings.takes_over - self._settings.calm
        self._put(key, taken)
        self._ending[key] = None
        return True

    # --- time ------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        calm, pause = self._settings.calm, self._settings.update_pause
        ends = [(self._open[key].gone_at or 0.0) + calm for key in self._ending]
        return min([*ends, *(self._open[key].told_at + pause for key in self._news)], default=NEVER)

    def tick(self, now: float) -> None:
        """End what has been calm for long enough, and tell what has changed."""
        for key in list(self._ending):
            gone_at = self._open[key].gone_at
            if gone_at is not None and now >= gone_at + self._settings.calm:
                self.end(key)
        for key in list(self._news):
            incident = self._open[key]
            if now >= incident.told_at + self._settings.update_pause:
                incident.told_at, incident.news = now, False
                del self._news[key]
                self.changes.append(Change("updated", incident))

    def _opens(self, finding: Finding, now: float, clock: str) -> None:
        if len(self._open) >= self._settings.most_incidents:
            self.left_out += 1
            return
        self._last += 1
        incident = OpenIncident(f"{self._monitor}-{self._last}", finding, clock, now)
        self._put(finding.key, incident)
        self.changes.append(Change("opened", incident))

    def _put(self, key: Key, incident: OpenIncident) -> None:
        self._open[key] = incident
        if key[1] != "terminal":
            self._of_many[key] = None


def _said(finding: Finding) -> tuple[str, str, int]:
    return finding.cause, finding.severity, len(finding.terminals)
