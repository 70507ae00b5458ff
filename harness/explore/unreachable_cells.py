"""Which cells a search cannot reach, and why.

Either the machine is made so that nobody can: such a cell is marked unreachable, and a search that
reaches it has proved the mark wrong. Or nobody in a simulation does what it takes: then the suite
does it by hand (tests/explore/test_coverage.py), and a search may reach it some day.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.explore.coverage import Counts
from harness.explore.tables import Cell
from harness.machines.host_inputs import HostInput, HostState
from harness.machines.inputs import State

_NO_REQUEST_YET = "an answer is known by its request, and since power came back none has been sent"

UNREACHABLE: dict[Cell, str] = {
    Cell(State.RECOVERING, "Late"): _NO_REQUEST_YET,
    Cell(State.RECOVERING, "Duplicate"): _NO_REQUEST_YET,
}

_SESSION_IS_LONGER = "the timer of the reader ends long before that of the session"
_NO_DAWDLING = "no customer dawdles over every key"
_ANSWERS_THERE = "a host of ours answers on the connection on which it was asked"
_SIGNS_ON = "a terminal of ours says nothing before it has signed on"
_NEVER_A_BALANCE = "a terminal of ours never reverses a balance"
_NAMES_IT = "a terminal of ours always names the original"
_HAS_ROOM = "no simulation is so large"
_ISSUER_POSTS = "the safe issuer declines no advice"

_REVERSALS = (
    HostInput.REVERSAL,
    HostInput.REVERSAL_AGAIN,
    HostInput.CRASH_BEFORE_REVERSAL,
    HostInput.CRASH_AFTER_REVERSAL,
)

BY_HAND: dict[Cell, str] = {
    Cell(State.CARD_IN, "SessionExpired"): _SESSION_IS_LONGER,
    Cell(State.SELECTING, "SessionExpired"): _NO_DAWDLING,
    Cell(State.RECOVERING, "Stray"): _ANSWERS_THERE,
    Cell(HostState.SIGNED_OFF, HostInput.ECHO): _SIGNS_ON,
    **{
        Cell(state, HostInput.NO_ROOM): _HAS_ROOM
        for state in (HostState.SIGNED_OFF, HostState.SIGNED_ON)
    },
    **{Cell(HostState.NOT_POSTED, what): _NEVER_A_BALANCE for what in _REVERSALS},
    **{Cell(HostState.NO_ORIGINAL, what): _NAMES_IT for what in _REVERSALS},
    **{
        Cell(state, HostInput.ADVICE_DECLINED): _ISSUER_POSTS
        for state in (HostState.STOOD_IN, HostState.REVERSED)
    },
}


def disproved(cells: Iterable[Cell], counts: Counts) -> list[Cell]:
    """The cells that are marked unreachable and were reached all the same."""
    return [cell for cell in cells if cell in UNREACHABLE and cell in counts]
