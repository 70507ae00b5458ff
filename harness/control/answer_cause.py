"""What the answers of the host say, which come in time: that an issuer cannot be reached, or that
card after card is to be captured.

One issuer among others is the cause itself; where the cards of all of them fare alike, it is the
host that answers so.
"""

from __future__ import annotations

from collections.abc import Collection

from harness.control.findings import Finding, Key
from harness.control.fleet_view import FleetView, Issuer
from harness.control.payloads import Cause
from harness.shown import shown

_ALL: Key = ("issuer_unavailable", "bank", "")
_STORM: Key = ("capture_storm", "bank", "")


def issuer_findings(fleet: FleetView, now: float, open_: Collection[Key]) -> list[Finding]:
    """The issuers that cannot be reached, or the host, if that is so of all of several."""
    settings = fleet.settings
    down, well, doubted = [], 0, False
    for issuer in fleet.issuers.values():
        issuer.forget(now - settings.issuer_window)
        key: Key = ("issuer_unavailable", "issuer", issuer.name)
        is_open = key in open_ or _ALL in open_
        if _is_down(fleet, issuer, now, is_open=is_open):
            down.append(issuer)
        elif _is_down(fleet, issuer, now, is_open=True):
            doubted = True  # perhaps the next one: then it is the host
        elif issuer.all.count(now) >= settings.issuer_unavailable:
            well += 1
    if len(down) > 1 and not well:
        terminals = dict.fromkeys(name for issuer in down for name in issuer.terminals)
        words = f"none of {len(down)} issuers can be reached, as the host answers"
        return [Finding(*_ALL, "host", "critical", terminals, words)]
    named = [_unavailable(issuer, now) for issuer in down]
    return [finding for finding in named if not doubted or finding.key in open_]


def _is_down(fleet: FleetView, issuer: Issuer, now: float, *, is_open: bool) -> bool:
    settings = fleet.settings
    bad, answered = issuer.unavailable.count(now), issuer.all.count(now)
    if is_open:
        return bad > 0 and bad >= settings.issuer_share / 2 * answered
    alone = len(issuer.terminals) < min(2, len(fleet.terminals))
    return bad >= max(settings.issuer_unavailable, settings.issuer_share * answered) and not alone


def _unavailable(issuer: Issuer, now: float) -> Finding:
    bad, answered = issuer.unavailable.count(now), issuer.all.count(now)
    words = f"issuer {shown(issuer.name)} cannot be reached: {bad} of {answered} answers say so"
    terminals = tuple(issuer.terminals)
    return Finding(
        "issuer_unavailable", "issuer", issuer.name, "issuer", "critical", terminals, words
    )


def storm_findings(fleet: FleetView, now: float, open_: Collection[Key]) -> list[Finding]:
    """Cards captured by code in the bank: too many in a short time, or still some after that."""
    settings = fleet.settings
    while fleet.captures and fleet.captures[0][0] <= now - settings.storm_calm:
        fleet.captures.popleft()
    lately = [x for x in fleet.captures if x[0] > now - settings.storm_window]
    if _STORM not in open_ and len(lately) < settings.storm:
        return []
    if not fleet.captures:
        return []
    terminals = dict.fromkeys(name for _, name, _ in fleet.captures)
    words = f"{len(fleet.captures)} cards captured by code in {len(terminals)} terminals"
    cause = _who_orders(fleet, now)
    return [Finding(*_STORM, cause, "critical", terminals, words)]


def _who_orders(fleet: FleetView, now: float) -> Cause:
    """One issuer, if its cards alone are captured, and those of others have not been since the
    first capture of them; else the host.
    """
    window = fleet.settings.storm_window
    since = next((x[2] for x in fleet.captures if x[0] > now - window), fleet.captures[-1][2])
    captured = [x for x in fleet.issuers.values() if x.captured.count(now)]
    spared = sum(
        x.number - since.get(x.name, 0) for x in fleet.issuers.values() if not x.captured.count(now)
    )
    return "issuer" if len(captured) == 1 and spared >= fleet.settings.storm_spared else "host"
