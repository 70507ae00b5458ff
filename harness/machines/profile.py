"""Profiles: which machine plays in a run, and how it is set up.

A user's own profile is given as `module:attribute`. The limits by which a run is judged are those
of the scenario's contract, and never the settings of a profile.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from harness.did_you_mean import unknown
from harness.machines.authorization import CodeRule
from harness.machines.device import Device
from harness.machines.host import Host, HostSettings
from harness.machines.host_table import HostTable
from harness.machines.table import Table
from harness.machines.terminal import Terminal, TerminalSettings

S = TypeVar("S", TerminalSettings, HostSettings)


def _replaced(usual: S, settings: dict[str, object], profile: str) -> S:
    """Raises ConfigError for a setting that there is not."""
    for name in settings:
        if name not in usual.__struct_fields__:
            place = f"profile {profile}: settings"
            unknown("setting", name, usual.__struct_fields__, place=place)
    return msgspec.structs.replace(usual, **settings)


class TerminalProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal. `machine` is `Terminal` or a subclass of it, `device` the class of its hardware;
    `settings` replaces fields of `TerminalSettings`, which else come from the scenario's contract.
    `control` is the class of its end of the control plane, None for the usual `Agent`; it counts in
    simulations.
    """

    name: str
    summary: str
    machine: type[Terminal] = Terminal
    device: type[Device] = Device
    settings: dict[str, object] = {}
    control: type[object] | None = None

    def settings_over(self, usual: TerminalSettings) -> TerminalSettings:
        """The settings of this profile; raises ConfigError for one that there is not."""
        return _replaced(usual, self.settings, self.name)


class HostProfile(msgspec.Struct, frozen=True, kw_only=True):
    """`machine` is a `Host` or a subclass with other cells; `settings` replaces the usual ones."""

    name: str
    summary: str
    machine: type[Host] = Host
    settings: dict[str, object] = {}

    def settings_over(self, usual: HostSettings) -> HostSettings:
        """The settings of this profile; raises ConfigError for one that there is not."""
        return _replaced(usual, self.settings, self.name)


def rewired(cells: Table, base: type[Terminal] = Terminal) -> type[Terminal]:
    """A terminal whose table differs from that of `base` in some cells. Most defects are that."""
    return type("Rewired" + base.__name__, (base,), {"table": {**base.table, **cells}})


def rewired_host(cells: HostTable, base: type[Host] = Host) -> type[Host]:
    """A host whose table differs in some cells."""
    return type("Rewired" + base.__name__, (base,), {"table": {**base.table, **cells}})


SAFE_TERMINAL = TerminalProfile(
    name="safe", summary="the ATM as it should be: aborts, gives the card back, reverses once"
)
SAFE_HOST = HostProfile(
    name="safe", summary="the host as it should be: posts once, remembers, honours tombstones"
)
CAPTURING_HOST = HostProfile(
    name="captures_all",
    summary="has lost its mind, and orders every card kept (code 41): what the breaker is against",
    settings={"rules": (CodeRule(code="lost_card"),)},
)
