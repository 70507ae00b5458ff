"""What there is to be exercised: every cell of the terminal's table, and of the host's."""

from __future__ import annotations

from typing import NamedTuple

from harness.machines.host_inputs import HOST_STATES
from harness.machines.host_table import HostTable
from harness.machines.inputs import STATES
from harness.machines.terminal import Table


class Cell(NamedTuple):
    """A state and what meets it: of a terminal the class name of an input, of a host one of
    `HostInput`.
    """

    state: str
    event: str


def cells_of(table: Table) -> tuple[Cell, ...]:
    """Where a terminal's table does something, by state, with '*' spread out over the states. Any
    other pair is ignored.
    """
    events = dict.fromkeys(what for _, what in table)
    return tuple(
        Cell(state, what.__name__)
        for state in STATES
        for what in events
        if (state, what) in table or ("*", what) in table
    )


def host_cells_of(table: HostTable) -> tuple[Cell, ...]:
    """The cells of a host's table, by state."""
    return tuple(Cell(*key) for state in HOST_STATES for key in table if key[0] == state)
