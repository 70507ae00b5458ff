"""Faults of many terminals at once: a region loses its network, all terminals are cut off or
connect again in one instant, or the regions are down one after the other; and the faults of the
host and its standby.

A terminal's region is its number modulo `of`, counted from 1: ATM00001, ATM00005, ATM00009 ... are
in region 1 of 4.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.faults.connection import (
    REFUSED,
    VANISHED,
    ConnectionRule,
    DialRule,
    Trouble,
)
from harness.faults.fate import Act, Passing
from harness.faults.rule import (
    COMMON,
    FOREVER,
    Context,
    FaultSpec,
    Mistake,
    Parameter,
    Rule,
)
from harness.faults.wire import LOSS, WireRule
from harness.keyed_random import Draw, key_of
from harness.machines.host_pair import Switch

TERMINAL = {"terminal": COMMON["terminal"]}
OF = {"of": Parameter("count", "4", "so many regions", least=1)}


def region_of(terminal: str, of: int) -> int:
    """The region of a terminal, from 1 to `of`. A terminal whose id does not end in a digit is in
    region 1.
    """
    digits = terminal[len(terminal.rstrip("0123456789")) :]
    return (int(digits or "1") - 1) % of + 1


class RegionPartition(DialRule, WireRule):
    """Neither end gets a FIN or a RST. Standing connections stay open, but no frame passes on
    them.
    """

    kind = "region_partition"
    layer = "fleet"
    stage = LOSS
    summary = "nothing passes between the host and the terminals of a region; dials are unanswered"
    parameters: ClassVar[dict[str, Parameter]] = {
        "region": Parameter("count", "1", "which one", least=1),
        **OF,
        **TERMINAL,
    }

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        if parameters["region"] <= parameters["of"]:
            return None
        return Mistake("region", "there are not so many regions", "such as region=2,of=4")

    def _cut_off(self, now: float, terminal: str) -> bool:
        here = region_of(terminal, self.value("of")) == self.value("region")
        return here and self.active(now) and self.meant(terminal)

    def admit(self, now: float, terminal: str) -> Trouble | None:
        return VANISHED if self._cut_off(now, terminal) else None

    def severs(self, now: float, terminal: str) -> Trouble | None:
        return self.admit(now, terminal)

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        if not self._cut_off(now, passing.terminal):
            return None
        self.acted(passing.terminal, f"{passing.mti or 'frame'} vanished")
        return []


class MassDisconnect(ConnectionRule):
    """With `p`, it is drawn once for each terminal whether it is cut off. Connections that open
    after the window's start are left alone.
    """

    kind = "mass_disconnect"
    layer = "fleet"
    summary = "all standing connections get a RST in one instant, the window's start"
    parameters: ClassVar[dict[str, Parameter]] = {
        **TERMINAL,
        "p": Parameter("share", None, "each terminal with this probability"),
    }

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._standing: dict[str, None] = {}

    def opened(self, now: float, terminal: str) -> None:
        drawn = self.p is None or Draw(self._chance ^ key_of(terminal)).chance(self.p)
        if now <= self.start and self.meant(terminal) and drawn:
            self._standing[terminal] = None

    def closed(self, _now: float, terminal: str) -> None:
        self._standing.pop(terminal, None)

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        when = max(self.start, now)
        return (when, "rst") if terminal in self._standing and self.active(when) else None


class ThunderingReconnect(DialRule):
    """An attempt is a dial."""

    kind = "thundering_reconnect"
    layer = "fleet"
    summary = "dials are kept waiting and then answered all together, in one instant"
    parameters: ClassVar[dict[str, Parameter]] = {
        "every": Parameter("duration", "5s", "from one such instant to the next", least=0.001),
        **COMMON,
    }

    def wait(self, now: float, terminal: str) -> float:
        if not self.strikes(now, terminal):
            return 0.0
        every: float = self.value("every")
        return every - now % every

    def waited(self, seconds: float) -> str:
        return f"dial answered with all the others, {seconds:.1f} s later"


# --- one region after the other -------------------------------------------------------------------


class Outage(ConnectionRule):
    """Each region is down for a time: its connections get a FIN, and its dials are refused."""

    layer = "fleet"

    def down(self, region: int) -> tuple[float, float]:
        """The start and the end of the outage of a region, in run seconds."""
        raise NotImplementedError

    def _down(self, terminal: str) -> tuple[float, float]:
        begin, end = self.down(region_of(terminal, self.value("of")))
        return begin, min(end, self.until)

    def admit(self, now: float, terminal: str) -> Trouble | None:
        begin, end = self._down(terminal)
        return REFUSED if begin <= now < end and self.meant(terminal) else None

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        begin, end = self._down(terminal)
        when = max(begin, now)
        return (when, "fin") if when < end and self.meant(terminal) else None


class RollingRestart(Outage):
    kind = "rolling_restart"
    variants = ("off=10s,every=20s,of=1", "")
    summary = "the host's front ends restart one after the other, each with a region's connections"
    parameters: ClassVar[dict[str, Parameter]] = {
        "off": Parameter("duration", "10s", "how long each is away", least=0.001),
        "every": Parameter("duration", "30s", "from one restart to the next", least=0.001),
        **OF,
        **TERMINAL,
    }

    def down(self, region: int) -> tuple[float, float]:
        begin = self.start + (region - 1) * self.value("every")
        return begin, begin + self.value("off")


class StaggeredHeal(Outage):
    kind = "staggered_heal"
    summary = "all regions lose the host at once, and have it back one after the other"
    parameters: ClassVar[dict[str, Parameter]] = {
        "down": Parameter("duration", "60s", "until the first has it back", least=0.001),
        "every": Parameter("duration", "30s", "from one region to the next", least=0.001),
        **OF,
        **TERMINAL,
    }

    def down(self, region: int) -> tuple[float, float]:
        healed = self.value("down") + (region - 1) * self.value("every")
        return self.start, self.start + healed


# --- two hosts ------------------------------------------------------------------------------------


class SwitchRule(Rule):
    """Acts once on the pair of hosts, at the window's start. It does not act if the contract has no
    standby, or if the standby has taken over already.
    """

    layer = "fleet"
    where = "host"

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        super().__init__(spec, index, context)
        self._begun = self._over = False

    def due(self) -> float:
        """When this fault next acts on the pair of hosts (run seconds)."""
        return self.start if not self._begun and self.start < self.until else FOREVER

    def switch(self) -> Switch:
        """What happens to the pair of hosts now; called when `due` has come."""
        raise NotImplementedError


class Failover(SwitchRule):
    kind = "failover"
    lasting = "takeover"
    summary = "the host dies for good, and its standby takes over after a while"
    parameters: ClassVar[dict[str, Parameter]] = {
        "takeover": Parameter("duration", "5s", "until the standby listens", least=0.001),
    }

    def switch(self) -> Switch:
        self._begun = True
        return Switch("failover", self.value("takeover"))


class SplitBrain(SwitchRule):
    """Two hosts act as primary while the window of the fault lasts."""

    kind = "split_brain"
    summary = "host and standby lose sight of each other, and both take connections"
    parameters: ClassVar[dict[str, Parameter]] = {}

    def unfinished(self) -> bool:
        return self._begun and not self._over

    def due(self) -> float:
        if self._begun and not self._over:
            return self.until
        return super().due()

    def switch(self) -> Switch:
        if self._begun:
            self._over = True
            return Switch("heal")
        self._begun = True
        return Switch("split_brain")


FLEET_RULES: tuple[type[Rule], ...] = (
    RegionPartition,
    MassDisconnect,
    ThunderingReconnect,
    RollingRestart,
    StaggeredHeal,
    Failover,
    SplitBrain,
)
