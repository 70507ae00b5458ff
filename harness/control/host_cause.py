"""Is the host silent, or a region cut off from it?

The rule: what is broken is the smallest part that all terminals without an answer share, and no
terminal with an answer. Answers anywhere show that the host lives; then the network of a region is
what its terminals share. Only where no region is answered is it the host itself.

No evidence is no good word: a quiet region may simply not have asked yet. But every terminal asks
at least by an echo, so that a region from which nothing bad has come for `asks_within` seconds is
answered too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from harness.control.findings import Finding, Key, Since
from harness.control.fleet_view import Region
from harness.control.monitor_settings import MonitorSettings
from harness.control.payloads import Cause, Scope
from harness.shown import shown

BANK: Key = ("host_silent", "bank", "")


class _Judged(NamedTuple):
    """A region: is there evidence that it has no host (`bad`), and is it answered?"""

    region: Region
    bad: bool
    answered: bool


class HostCause:
    """Call `look` at most each second, with the incidents that are open."""

    def __init__(self, settings: MonitorSettings) -> None:
        self._settings = settings
        self._troubled = Since()  # the bank
        self._quiet = Since()  # regions from which nothing bad comes, while the bank is troubled
        self._cut_off = Since()  # regions

    def forget(self) -> None:
        """Evidence begins anew: the monitor was away from the broker."""
        for since in (self._troubled, self._quiet, self._cut_off):
            since.clear()

    def look(self, regions: Iterable[Region], now: float, open_: Collection[Key]) -> list[Finding]:
        """What is found now."""
        heard = [region for region in regions if region.online]
        trouble = self._troubled.held("", now, holds=any(region.bad for region in heard))
        judged = [self._judge(region, now, trouble) for region in heard]
        if self._host_is_silent(judged, now, is_open=BANK in open_):
            self._cut_off.clear()
            return [_silent(BANK, "host", heard)]
        found = []
        for x in judged:
            key: Key = ("host_silent", "region", x.region.name)
            if self._is_cut_off(x, judged, now, is_open=key in open_):
                found.append(_silent(key, "network", [x.region]))
        return found

    def _judge(self, region: Region, now: float, trouble: float) -> _Judged:
        settings = self._settings
        bad, good = len(region.bad), region.answers.count(now)
        enough = bad >= max(1, settings.bank_share * len(region.online))
        is_bad = enough and bad >= settings.bad_most * (bad + good)
        quiet = self._quiet.held(region.name, now, holds=trouble >= 0.0 and not is_bad)
        return _Judged(region, is_bad, not is_bad and (good > 0 or quiet >= settings.asks_within))

    def _host_is_silent(self, judged: list[_Judged], now: float, *, is_open: bool) -> bool:
        """Is no region answered, and do enough terminals say so, in most of the regions?"""
        settings = self._settings
        bad = sum(len(x.region.bad) for x in judged)
        online = sum(len(x.region.online) for x in judged)
        if any(x.answered for x in judged):
            return False
        if is_open:
            return bad > max(1, settings.bank_share / 2 * online)
        if bad < max(2, min(settings.least_bank, online), settings.bank_share * online):
            return False
        if (
            online < settings.least_bank
            and now - self._troubled.since("", now) < settings.few_after
        ):
            return False
        return 2 * sum(x.bad for x in judged) > len(judged)

    def _is_cut_off(self, x: _Judged, judged: list[_Judged], now: float, *, is_open: bool) -> bool:
        """Has a region no host for a while, where another one is answered?"""
        settings, region = self._settings, x.region
        bad, online = len(region.bad), len(region.online)
        if is_open:
            return bad > max(1, settings.bank_share * online)
        enough = bad >= max(settings.least_region, settings.region_share * online)
        others = any(y.answered for y in judged if y is not x)
        held = self._cut_off.held(region.name, now, holds=x.bad and enough and others)
        return held >= settings.region_after


def _silent(key: Key, cause: Cause, regions: list[Region]) -> Finding:
    terminals = [name for region in regions for name in region.bad]
    online = sum(len(region.online) for region in regions)
    where = f"region {shown(key[2])} has" if key[2] else "the bank has"
    summary = f"{where} no answers from the host: {len(terminals)} of {online} terminals say so"
    return Finding(*key, cause, "critical", terminals, summary)


def slow_findings(
    regions: Iterable[Region], settings: MonitorSettings, now: float
) -> list[Finding]:
    """Where answers come late, on the average: everywhere, or in some regions."""
    heard = [(x, x.times.count(now), x.times.total(now)) for x in regions if x.online]
    asked = [x for x in heard if x[1] >= settings.slow_answers_of_region]
    slow = [x for x in asked if x[2] >= settings.slow * x[1]]
    if sum(x[1] for x in slow) < settings.slow_answers:
        return []
    if len(slow) == len(asked):
        return [_slow("bank", "", "host", slow)]
    return [_slow("region", x[0].name, "network", [x]) for x in slow]


def _slow(scope: Scope, where: str, cause: Cause, slow: list[tuple[Region, int, float]]) -> Finding:
    mean = sum(x[2] for x in slow) / sum(x[1] for x in slow)
    place = f"in region {shown(where)}" if where else "in the bank"
    terminals = [name for x in slow for name in x[0].online]
    summary = f"answers take {mean:.0f} s {place}"
    return Finding("host_slow", scope, where, cause, "warning", terminals, summary)
