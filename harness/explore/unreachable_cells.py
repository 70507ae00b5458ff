"""Which cells a search cannot reach, and why.

Either nobody can, by how the machine is made: such a cell is marked unreachable, and a search that
reaches it has proved the mark wrong. Or nobody in a simulation does what it takes: then the suite
does it by hand (tests/explore/test_coverage.py), and a search may reach it some day.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.explore import tables as x
from harness.explore.coverage import Counts
from harness.explore.tables import Cell
from harness.machines.inputs import STATES, State

_NO_REQUEST_YET = "an answer is known by its request, and since power came back none has been sent"

UNREACHABLE: dict[Cell, str] = {
    Cell(State.RECOVERING, "Late"): _NO_REQUEST_YET,
    Cell(State.RECOVERING, "Duplicate"): _NO_REQUEST_YET,
}

_NO_ORDERS = "nobody gives orders in a simulation"
_READS_WELL = "the reader reads every card, and within its time"
_NO_DAWDLING = "no customer dawdles over every key"
_ANSWERS_THERE = "a host of ours answers on the connection on which it was asked"
_NO_SUCH_CODE = "the host has no reason to answer so"
_NO_HANGING = "no motor hangs"
_SIGNS_ON = "a terminal of ours says nothing before it has signed on"
_ONE_REVERSAL = "a terminal of ours reverses a transaction once"
_NEVER_A_BALANCE = "a terminal of ours never reverses a balance"
_GIVES_BACK = "a terminal of ours reverses only where there is something to give back"
_NAMES_IT = "a terminal of ours always names the original"

BY_HAND: dict[Cell, str] = {
    **{
        Cell(state, order): _NO_ORDERS
        for state in STATES
        for order in ("StopOrdered", "ResumeOrdered")
    },
    Cell(State.OUT_OF_SERVICE, "SupervisorEntered"): _NO_ORDERS,
    **{
        Cell(State.SUPERVISOR, what): _NO_ORDERS
        for what in ("CardIn", "SupervisorLeft", "Late", "Duplicate", "Stray")
    },
    Cell(State.CARD_IN, "CardUnreadable"): _READS_WELL,
    Cell(State.CARD_IN, "CardReadExpired"): _READS_WELL,
    Cell(State.CARD_IN, "SessionExpired"): _READS_WELL,
    Cell(State.PIN_ENTRY, "SessionExpired"): _NO_DAWDLING,
    Cell(State.SELECTING, "SessionExpired"): _NO_DAWDLING,
    **{
        Cell(State.WAITING_FOR_HOST, answer): _NO_SUCH_CODE
        for answer in ("CaptureOrdered", "SecurityError")
    },
    Cell(State.STACKING, "DispenseExpired"): _NO_HANGING,
    Cell(State.CAPTURING, "CaptureExpired"): _NO_HANGING,
    Cell(State.RECOVERING, "CaptureExpired"): _NO_HANGING,
    Cell(State.RECOVERING, "Stray"): _ANSWERS_THERE,
    **{Cell(x.SIGNED_OFF, what): _SIGNS_ON for what in (x.ECHO, x.REQUEST, x.REVERSAL)},
    **{
        Cell(state, event): _ONE_REVERSAL
        for state in (x.REVERSED, x.TOMBSTONED)
        for event in (x.REVERSAL, x.DIES_BEFORE_REVERSAL)
    },
    **{
        Cell(x.TOLD, event): _NEVER_A_BALANCE
        for event in (
            *(x.REVERSAL, x.REVERSAL_AGAIN),
            *(x.DIES_BEFORE_REVERSAL, x.DIES_AFTER_REVERSAL),
        )
    },
    Cell(x.POSTED, x.REVERSAL_AGAIN): _GIVES_BACK,
    Cell(x.POSTED, x.DIES_AFTER_REVERSAL): _GIVES_BACK,
    **{
        Cell(x.UNNAMED, event): _NAMES_IT
        for event in (
            *(x.REVERSAL, x.REVERSAL_AGAIN),
            *(x.DIES_BEFORE_REVERSAL, x.DIES_AFTER_REVERSAL),
        )
    },
}


def disproved(cells: Iterable[Cell], counts: Counts) -> list[Cell]:
    """Those that are marked unreachable and were reached all the same."""
    return [cell for cell in cells if cell in UNREACHABLE and cell in counts]
