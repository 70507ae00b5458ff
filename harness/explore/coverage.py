"""Which cells of the machines' tables were exercised, and how often.

A machine's `step` looks a cell up, so a subclass that counts there sees all. The machines know
nothing of it: the subclass of whichever class a profile names is put in its place only where
coverage was asked for.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from harness.assembly import Assembly
from harness.explore.tables import Cell, cells_of, host_cells_of
from harness.machines.host import Host
from harness.machines.host_inputs import Key
from harness.machines.inputs import Input
from harness.machines.terminal import Terminal
from harness.plan import RunPlan
from harness.profiles import host_profile, terminal_profile

T = TypeVar("T")
Counts = dict[Cell, int]
"""How often each cell was met, of both tables together, as they share no state's name. What a
machine ignores in a state is counted too.
"""
Pair = tuple[Cell, Cell]
"""Two cells that one machine exercised, the second one directly after the first."""
Pairs = dict[Pair, int]
"""How often each pair was met."""


def tables_of(plan: RunPlan) -> dict[str, tuple[Cell, ...]]:
    """The cells of the machines that play in a run.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    return {
        "terminal": cells_of(terminal_profile(plan.terminal_profile).machine.table),
        "host": host_cells_of(host_profile(plan.host_profile).machine.table),
    }


def watch(assembly: Assembly, counts: Counts, pairs: Pairs | None = None) -> None:
    """From now on the steps of the machines that the assembly builds are counted, and where that is
    asked for the pairs of them.
    """
    terminal, host = assembly.terminal_profile, assembly.host_profile
    assembly.terminal_profile = msgspec.structs.replace(
        terminal, machine=counted_terminal(terminal.machine, counts, pairs)
    )
    assembly.host_profile = msgspec.structs.replace(
        host, machine=counted_host(host.machine, counts, pairs)
    )


def add(counts: dict[T, int], more: dict[T, int]) -> None:
    """Add the counts of another chunk of runs, or of another process."""
    for what, times in more.items():
        counts[what] = counts.get(what, 0) + times


def counted_terminal(
    machine: type[Terminal], counts: Counts, pairs: Pairs | None = None
) -> type[Terminal]:
    """The same machine; each input that meets a state is counted."""
    steps = _Steps(counts, pairs)

    class Counted(machine):  # type: ignore[misc, valid-type]
        _before: Cell | None = None

        def step(self, what: Input, now: float) -> None:
            self._before = steps.count(Cell(self.state, type(what).__name__), self._before)
            super().step(what, now)

    return Counted


def counted_host(machine: type[Host], counts: Counts, pairs: Pairs | None = None) -> type[Host]:
    """The same machine; what meets a state is counted."""
    steps = _Steps(counts, pairs)

    class Counted(machine):  # type: ignore[misc, valid-type]
        _before: Cell | None = None

        def step(self, key: Key, what: Any, now: float) -> None:
            self._before = steps.count(Cell(*key), self._before)
            super().step(key, what, now)

    return Counted


class _Steps:
    """Counts the steps of a machine."""

    def __init__(self, counts: Counts, pairs: Pairs | None) -> None:
        self._counts = counts
        self._pairs = pairs

    def count(self, cell: Cell, before: Cell | None) -> Cell:
        """Count a cell, and with the one that the same machine exercised before; the cell."""
        self._counts[cell] = self._counts.get(cell, 0) + 1
        if self._pairs is not None and before is not None:
            pair = before, cell
            self._pairs[pair] = self._pairs.get(pair, 0) + 1
        return cell
