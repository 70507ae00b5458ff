"""Looks at single terminals: those of which something was heard, and those whose time has come.

Nothing goes through the whole fleet. Each terminal says when it has to be looked at next if it
stays silent; those moments are in a heap.
"""

from __future__ import annotations

from heapq import heappop, heappush

from harness.control.findings import Finding
from harness.control.fleet_causes import FleetCauses
from harness.control.fleet_view import FleetView
from harness.control.incidents import IncidentBook
from harness.control.payloads import Kind
from harness.control.terminal_faults import FAULTS, faults_of
from harness.control.terminal_view import TerminalView
from harness.machines.timers import NEVER

SOON = 1.0
"""Seconds until a terminal is looked at again, at the earliest."""


class TerminalWatch:
    """`next_deadline` is when `look` has something to do; `changed` whether it has now."""

    def __init__(self, fleet: FleetView, causes: FleetCauses, incidents: IncidentBook) -> None:
        self._fleet = fleet
        self._causes = causes
        self._incidents = incidents
        self._due: list[tuple[float, str]] = []
        self._changed: dict[str, None] = {}
        self._found: dict[Kind, dict[str, None]] = {fault.kind: {} for fault in FAULTS}

    @property
    def changed(self) -> bool:
        return bool(self._changed)

    @property
    def next_deadline(self) -> float:
        return self._due[0][0] if self._due else NEVER

    @property
    def backlogs(self) -> dict[str, None]:
        """The terminals that have a backlog of their own."""
        return self._found["reversal_backlog"]

    def heard_of(self, terminal: TerminalView) -> None:
        """It has said something new: it is looked at next time."""
        self._changed[terminal.name] = None

    def removed(self, name: str, now: float) -> None:
        """It is a terminal no more."""
        for kind, names in self._found.items():
            names.pop(name, None)
            self._incidents.gone((kind, "terminal", name), now)

    def look(self, now: float, clock: str) -> None:
        """Look at those that have to be looked at. While the monitor is not connected, nothing is
        heard, and so nothing is concluded.
        """
        changed = self._changed
        while self._due and self._due[0][0] <= now:
            _, name = heappop(self._due)
            terminal = self._fleet.terminals.get(name)
            if terminal is not None and terminal.checked_at <= now:
                changed[name] = None
        connected_at = self._causes.up_since
        if connected_at is None:
            return
        self._changed = {}
        for name in changed:
            terminal = self._fleet.terminals.get(name)
            if terminal is not None:
                self._look_at(terminal, connected_at, now, clock)

    def absorb(self, finding: Finding, now: float) -> None:
        """What is wrong with many is not told of each of them besides."""
        alone = self._found.get(finding.kind)
        if not alone or finding.kind == "reversal_backlog":
            return
        for name in list(alone):
            terminal = self._fleet.terminals[name]
            if finding.scope == "bank" or terminal.region == finding.where:
                del alone[name]
                self._incidents.end((finding.kind, "terminal", name))
                self._look_again(terminal, now, now)

    # --- one terminal ----------------------------------------------------------------------------

    def _look_at(self, terminal: TerminalView, connected_at: float, now: float, clock: str) -> None:
        settings = self._fleet.settings
        silent_at = max(terminal.heard, connected_at) + settings.silent_after
        if terminal.present and now >= silent_at:
            terminal.lost_since = now
        self._fleet.judge(terminal, now)
        found, again = faults_of(terminal, settings, now)
        kinds = set()
        for finding in found:
            alone_from = self._causes.alone_from(finding.kind, terminal)
            if alone_from > now:
                again = min(again, alone_from)
                continue
            kinds.add(finding.kind)
            self._found[finding.kind][terminal.name] = None
            if finding.kind != "reversal_backlog" or not self._backlog_of_many():
                self._incidents.found(finding, now, clock)
        for kind, names in self._found.items():
            if kind not in kinds and names.pop(terminal.name, 0) is None:
                self._incidents.gone((kind, "terminal", terminal.name), now)
        if terminal.present:
            again = min(again, silent_at)
        if not terminal.bad:
            again = min(again, terminal.bad_from(settings.waiting, settings.down))
        self._look_again(terminal, again, now)

    def _backlog_of_many(self) -> bool:
        return ("reversal_backlog", "bank", "") in self._incidents

    def _look_again(self, terminal: TerminalView, at: float, now: float) -> None:
        """A later moment needs no entry where an earlier one will have it looked at anyway."""
        at = max(at, now + SOON)
        entered = terminal.checked_at if terminal.checked_at > now else NEVER
        if at < entered:
            heappush(self._due, (at, terminal.name))
            terminal.checked_at = at
