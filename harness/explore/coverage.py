"""Which cells of the machines' tables were exercised, and how often.

A machine's `step` looks a cell up, so a subclass that counts there sees all. The machines know
nothing of it: the subclass of whichever class a profile names is put in its place only where
coverage was asked for.
"""

from __future__ import annotations

from typing import Any

import msgspec

from harness.assembly import Assembly
from harness.explore.tables import Cell, cells_of, host_cells_of
from harness.machines.host import Host
from harness.machines.host_inputs import Key
from harness.machines.inputs import Input
from harness.machines.terminal import Terminal
from harness.plan import RunPlan
from harness.profiles import host_profile, terminal_profile

Counts = dict[Cell, int]
"""How often each cell was met, of both tables together, as they share no state's name. Pairs that
a machine ignores are counted too.
"""


def tables_of(plan: RunPlan) -> dict[str, tuple[Cell, ...]]:
    """The cells of the machines that play in a run.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    return {
        "terminal": cells_of(terminal_profile(plan.terminal_profile).machine.table),
        "host": host_cells_of(host_profile(plan.host_profile).machine.table),
    }


def watch(assembly: Assembly, counts: Counts) -> None:
    """From now on the steps of the machines that the assembly builds are counted."""
    terminal, host = assembly.terminal_profile, assembly.host_profile
    assembly.terminal_profile = msgspec.structs.replace(
        terminal, machine=counted_terminal(terminal.machine, counts)
    )
    assembly.host_profile = msgspec.structs.replace(
        host, machine=counted_host(host.machine, counts)
    )


def add(counts: Counts, more: Counts) -> None:
    """Add the counts of another chunk of runs, or of another process."""
    for cell, times in more.items():
        counts[cell] = counts.get(cell, 0) + times


def counted_terminal(machine: type[Terminal], counts: Counts) -> type[Terminal]:
    """The same machine; each input that meets a state is counted."""

    class Counted(machine):  # type: ignore[misc, valid-type]
        def step(self, what: Input, now: float) -> None:
            _count(counts, self.state, type(what).__name__)
            super().step(what, now)

    return Counted


def counted_host(machine: type[Host], counts: Counts) -> type[Host]:
    """The same machine; what meets a state is counted."""

    class Counted(machine):  # type: ignore[misc, valid-type]
        def step(self, key: Key, what: Any, now: float) -> None:
            _count(counts, *key)
            super().step(key, what, now)

    return Counted


def _count(counts: Counts, state: str, event: str) -> None:
    cell = Cell(state, event)
    counts[cell] = counts.get(cell, 0) + 1
