"""Terminals that are lost: each by itself, those of a gateway or a region, or all of them.

The rule is that of `host_cause`: what is broken is the smallest part that all who are lost share. A
region shares its network; the whole bank shares the broker. Who is lost with his gateway says
nothing of a region or of the bank. The monitor's own connection to the
broker, where it is lost, says so by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from harness.control.findings import Finding, Key, Since
from harness.control.fleet_view import FleetView, Region
from harness.control.monitor_settings import MonitorSettings
from harness.control.payloads import Cause
from harness.shown import shown

BANK: Key = ("terminals_lost", "bank", "")
_FEW = 0.2  # of a region: so many may be lost for other reasons, while the broker serves the rest


class LossCause:
    """Call `look` at most each second, with the incidents that are open."""

    def __init__(self, settings: MonitorSettings) -> None:
        self._settings = settings
        self._lost = Since()

    def forget(self) -> None:
        """Evidence begins anew: the monitor was away from the broker."""
        self._lost.clear()

    def look(self, fleet: FleetView, now: float, open_: Collection[Key]) -> list[Finding]:
        """What is found now."""
        of_gateways = self._of_gateways(fleet, now, open_)
        return of_gateways + self._of_regions(fleet.regions.values(), now, open_)

    def _of_gateways(self, fleet: FleetView, now: float, open_: Collection[Key]) -> list[Finding]:
        """The gateways that are lost, and are not back yet."""
        found = []
        for gateway in fleet.gateways.all():
            key: Key = ("terminals_lost", "gateway", gateway.name)
            held = self._lost.held(f"gateway {gateway.name}", now, holds=gateway.lost)
            if gateway.lost and (key in open_ or held >= self._settings.gateway_lost_after):
                names = list(fleet.cut_off.get(gateway.name, ()))
                summary = (
                    f"gateway {shown(gateway.name)} is lost, and {len(names)} terminals with it"
                )
                found.append(Finding(*key, "gateway", "critical", names, summary))
        return found

    def _of_regions(
        self, regions: Iterable[Region], now: float, open_: Collection[Key]
    ) -> list[Finding]:
        settings = self._settings
        known = [x for x in regions if x.online or x.lost]
        if self._is_bank(known, is_open=BANK in open_):
            if self._lost.held("", now, holds=True) >= settings.bank_lost_after or BANK in open_:
                return [_lost(BANK, "broker", known)]
            return []
        self._lost.held("", now, holds=False)
        found = []
        for region in known:
            key: Key = ("terminals_lost", "region", region.name)
            is_open = key in open_
            holds = self._is_region(region, is_open=is_open) and len(known) > 1
            held = self._lost.held(f"region {region.name}", now, holds=holds)
            if holds and (is_open or held >= settings.region_lost_after):
                found.append(_lost(key, "network", [region]))
        return found

    def _is_bank(self, known: list[Region], *, is_open: bool) -> bool:
        settings = self._settings
        lost = sum(len(x.lost) for x in known)
        total = lost + sum(len(x.online) for x in known)
        if is_open:
            return lost > max(1, settings.bank_share * total)
        if lost < max(settings.least_bank, settings.region_share * total):
            return False
        some_are_well = any(len(x.lost) <= _FEW * (len(x.lost) + len(x.online)) for x in known)
        return not some_are_well and 2 * sum(map(self._is_region, known)) > len(known)

    def _is_region(self, region: Region, *, is_open: bool = False) -> bool:
        settings = self._settings
        lost, total = len(region.lost), len(region.lost) + len(region.online)
        if is_open:
            return lost > max(1, settings.bank_share * total)
        return lost >= max(settings.least_region, settings.region_share * total)


def _lost(key: Key, cause: Cause, regions: list[Region]) -> Finding:
    terminals = [name for region in regions for name in region.lost]
    total = len(terminals) + sum(len(region.online) for region in regions)
    where = f"region {shown(key[2])}" if key[2] else "the bank"
    summary = f"{len(terminals)} of {total} terminals of {where} are lost"
    return Finding(*key, cause, "critical", terminals, summary)
