"""What is wrong with more than one terminal, and what has been so lately."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from harness.control.answer_cause import issuer_findings, storm_findings
from harness.control.findings import Finding, Key
from harness.control.fleet_view import FleetView
from harness.control.host_cause import HostCause, slow_findings
from harness.control.loss_cause import LossCause
from harness.control.payloads import Kind
from harness.control.terminal_view import TerminalView
from harness.machines.timers import NEVER

_BROKER: Key = ("broker_lost", "bank", "")
_BACKLOG: Key = ("reversal_backlog", "bank", "")
_EXPLAINS: dict[str, tuple[str, ...]] = {
    "host_silent": ("host_silent",),
    "terminals_lost": ("terminals_lost",),
    "reversal_backlog": ("host_silent", "reversal_backlog"),
    "capture_storm": ("capture_storm",),
}
"""By the kind of a terminal's own fault, the kinds of findings about many that explain it."""
_ALL_BUT_BROKER = tuple(kind for kind in get_args(Kind) if kind != "broker_lost")
_JUST_NOW = 2.0  # seconds; what was found at the last look, or the one before it


class FleetCauses:
    """`up_since` is since when the monitor has been connected (run seconds, None while it is not),
    `why` why it is not. `silent_on` are the kinds of which the last `find` could say neither that
    they are so nor that they are not.
    """

    def __init__(self, fleet: FleetView) -> None:
        self._fleet = fleet
        self._host = HostCause(fleet.settings)
        self._loss = LossCause(fleet.settings)
        self._together: dict[tuple[str, str], float] = {}  # when a kind was found of many, last
        self.up_since: float | None = None
        self.down_since = 0.0
        self.why = "not connected yet"
        self.silent_on: tuple[str, ...] = ()

    def connected(self, now: float) -> None:
        """Evidence begins anew."""
        self.up_since = now
        self._host.forget()
        self._loss.forget()
        self._fleet.forget_captures()

    def disconnected(self, why: str, now: float) -> None:
        """Nothing is heard from now on."""
        if self.up_since is not None or self.down_since == 0.0:
            self.down_since = now
        self.up_since = None
        self.why = why

    def find(self, now: float, open_: Collection[Key], backlogs: Collection[str]) -> list[Finding]:
        """What is found now. `backlogs`: the terminals that have one of their own."""
        settings, fleet = self._fleet.settings, self._fleet
        if self.up_since is None:
            self.silent_on = _ALL_BUT_BROKER
            return self._find_broker(now)
        self.silent_on = ()
        regions = list(fleet.regions.values())
        found = []
        if now >= self.up_since + settings.settles:
            found += self._host.look(regions, now, open_)
            found += slow_findings(regions, settings, now)
        else:
            self.silent_on += ("host_silent", "host_slow")
        if now >= self.up_since + settings.reconnects:
            found += self._loss.look(fleet, now, open_)
        else:
            self.silent_on += ("terminals_lost",)
        found += issuer_findings(fleet, now, open_)
        found += storm_findings(fleet, now, open_)
        found += self._find_backlog(backlogs)
        for finding in found:
            if finding.scope in ("bank", "region"):
                self._together[finding.kind, finding.where] = now
        return found

    def alone_from(self, kind: Kind, terminal: TerminalView) -> float:
        """From when on such a fault is the terminal's own: a fault of many leaves some behind."""
        settings = self._fleet.settings
        pauses = {
            "host_silent": settings.alone_after,
            "terminals_lost": settings.lost_after,
            "reversal_backlog": settings.backlog_after,
        }
        pause = max(pauses.get(kind, 0.0), _JUST_NOW)
        moments = [
            self._together[x, where] + pause
            for x in _EXPLAINS.get(kind, ())
            for where in ("", terminal.region)
            if (x, where) in self._together
        ]
        if kind == "terminals_lost" and self.up_since is not None:
            moments.append(self.up_since + settings.reconnects)
        return max(moments, default=-NEVER)

    def troubled(self, now: float) -> bool:
        """Could time alone bring another finding?"""
        fleet = self._fleet
        return (
            self.up_since is None
            or any(x.bad or x.lost for x in fleet.regions.values())
            or any(x.lost for x in fleet.gateways.all())
            or any(x.unavailable.count(now) for x in fleet.issuers.values())
            or any(x.times.total(now) for x in fleet.regions.values())
            or bool(fleet.captures)
        )

    def _find_broker(self, now: float) -> list[Finding]:
        if now < self.down_since + self._fleet.settings.broker_lost_after:
            return []
        words = f"the broker cannot be reached: {self.why}"
        return [Finding(*_BROKER, "broker", "critical", (), words)]

    def _find_backlog(self, names: Collection[str]) -> list[Finding]:
        """Reversals wait in many terminals, although the host answers: it does not take them."""
        settings = self._fleet.settings
        online = sum(len(x.online) for x in self._fleet.regions.values())
        if len(names) < max(settings.least_bank, settings.bank_share * online):
            return []
        words = f"reversals wait in {len(names)} terminals, although the host answers"
        return [Finding(*_BACKLOG, "host", "critical", tuple(names), words)]
