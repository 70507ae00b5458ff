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
"""How often each cell was met, of both tables together, as they share no state's name. What a
machine ignores in a state is counted too.
"""
Pair = tuple[Cell, Cell]
"""Two cells that one machine exercised one directly after the other."""


class Met:
    """What runs exercised: `cells`, and `pairs` of them, each with how often."""

    __slots__ = ("cells", "pairs")

    def __init__(self) -> None:
        self.cells: Counts = {}
        self.pairs: dict[Pair, int] = {}

    def add(self, more: Met) -> None:
        """Add what other runs exercised."""
        for cell, times in more.cells.items():
            self.cells[cell] = self.cells.get(cell, 0) + times
        for pair, times in more.pairs.items():
            self.pairs[pair] = self.pairs.get(pair, 0) + times

    def clear(self) -> None:
        self.cells.clear()
        self.pairs.clear()

    def count(self, cell: Cell, before: Cell | None) -> None:
        """Count a cell, after the one that the same machine exercised before; None at its start."""
        self.cells[cell] = self.cells.get(cell, 0) + 1
        if before is not None:
            pair = before, cell
            self.pairs[pair] = self.pairs.get(pair, 0) + 1


def tables_of(plan: RunPlan) -> dict[str, tuple[Cell, ...]]:
    """The cells of the machines that play in a run.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    return {
        "terminal": cells_of(terminal_profile(plan.terminal_profile).machine.table),
        "host": host_cells_of(host_profile(plan.host_profile).machine.table),
    }


def watch(assembly: Assembly, met: Met) -> None:
    """From now on the steps of the machines that the assembly builds are counted."""
    terminal, host = assembly.terminal_profile, assembly.host_profile
    assembly.terminal_profile = msgspec.structs.replace(
        terminal, machine=counted_terminal(terminal.machine, met)
    )
    assembly.host_profile = msgspec.structs.replace(host, machine=counted_host(host.machine, met))


def counted_terminal(machine: type[Terminal], met: Met) -> type[Terminal]:
    """The same machine; each input that meets a state is counted."""

    class Counted(machine):  # type: ignore[misc, valid-type]
        _before: Cell | None = None

        def step(self, what: Input, now: float) -> None:
            cell = Cell(self.state, type(what).__name__)
            met.count(cell, self._before)
            self._before = cell
            super().step(what, now)

    return Counted


def counted_host(machine: type[Host], met: Met) -> type[Host]:
    """The same machine; what meets a state is counted."""

    class Counted(machine):  # type: ignore[misc, valid-type]
        _before: Cell | None = None

        def step(self, key: Key, what: Any, now: float) -> None:
            cell = Cell(*key)
            met.count(cell, self._before)
            self._before = cell
            super().step(key, what, now)

    return Counted
