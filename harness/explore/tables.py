"""What there is to be exercised: every cell of the terminal's table, and of the host's.

The terminal's table is its own (machines/table.py), '*' spread out over the states. The host has
none in code; what it does with a message depends on what it remembers of it, and that is written
down here as the table that it is.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.machines.inputs import STATES
from harness.machines.terminal import Table
from harness.machines.transaction_log import PENDING, STOOD_IN, TOMBSTONE, Entry


class Cell(NamedTuple):
    """A state and what meets it: an input's class name, or one of the host's events."""

    state: str
    event: str


def cells_of(table: Table) -> tuple[Cell, ...]:
    """Where a terminal's table does something, by state; any other pair it ignores."""
    events = dict.fromkeys(what for _, what in table)
    return tuple(
        Cell(state, what.__name__)
        for state in STATES
        for what in events
        if (state, what) in table or ("*", what) in table
    )


# --- the host: what is remembered of the transaction that a message names ----------------------

SIGNED_OFF = "signed off"  # the connection's, before it has signed on; the message is not looked up
SIGNED_ON = "signed on"  # the connection's, for messages that name no transaction
UNKNOWN = "unknown"
UNDECIDED = "pending"
POSTED = "approved"
STOOD = "stood in"  # approved in the issuer's stead, and not advised yet
DECLINED = "declined"
TOLD = "balance told"
REVERSED = "reversed"
TOMBSTONED = "tombstone"
UNNAMED = "no original"  # DE 90 of a reversal is missing or not whole


def state_of(entry: Entry | None) -> str:
    """The state of a transaction, of which `entry` is remembered."""
    if entry is None:
        return UNKNOWN
    if entry.state == PENDING:
        return UNDECIDED
    if entry.state == TOMBSTONE:
        return TOMBSTONED
    if entry.state == STOOD_IN:
        return STOOD
    if entry.reversed:
        return REVERSED
    if entry.amount:
        return POSTED
    return TOLD if entry.approval else DECLINED


SIGN_ON, SIGN_ON_REFUSED, ECHO = "sign-on", "sign-on refused", "echo"
REQUEST, REQUEST_AGAIN = "request", "request again"
REVERSAL, REVERSAL_AGAIN = "reversal", "reversal again"  # again: remembered under its own name
COMMIT, COMMIT_ALONE = "commit", "commit, issuer away"
REVERSAL_ALONE, ADVISED = "reversal, issuer away", "advised"
HANGS, DIES_READING = "hangs", "dies reading"
DIES_BEFORE_COMMIT, DIES_AFTER_COMMIT = "dies before commit", "dies after commit"
DIES_BEFORE_REVERSAL, DIES_AFTER_REVERSAL = "dies before reversal", "dies after reversal"
DIES = "dies over another"

_STORED = "the stored answer, and nothing is posted"
_LOST = "nothing has happened, and nobody is answered"
_KEPT = "it is still known afterwards"
_UNANSWERED = "what was decided stands, the answer is lost"
_SECOND = "refused as a duplicate, and nothing is posted"

HOST_TABLE: dict[Cell, str] = {
    Cell(SIGNED_OFF, SIGN_ON): "accepted: from now on messages are looked up",
    Cell(SIGNED_OFF, SIGN_ON_REFUSED): "refused, and the connection stays signed off",
    Cell(SIGNED_OFF, ECHO): "answered",
    **{
        cell: text
        for state in (SIGNED_OFF, SIGNED_ON)
        for cell, text in {
            Cell(state, HANGS): "put aside until it thaws, and read then",
            Cell(state, DIES_READING): "never read",
        }.items()
    },
    Cell(SIGNED_OFF, REQUEST): "refused, and nothing is remembered",
    Cell(SIGNED_OFF, REVERSAL): "refused for now, and nothing is remembered",
    Cell(SIGNED_ON, SIGN_ON): "accepted again",
    Cell(SIGNED_ON, ECHO): "answered",
    Cell(UNKNOWN, REQUEST): "remembered, and decided after a while",
    Cell(UNKNOWN, REVERSAL): "a tombstone for its original, and success",
    Cell(UNKNOWN, DIES_BEFORE_REVERSAL): _LOST,
    Cell(UNDECIDED, REQUEST_AGAIN): "waits for the first one's answer",
    Cell(UNDECIDED, COMMIT): "decided, posted and remembered in one instant",
    Cell(UNDECIDED, COMMIT_ALONE): "declined, or stood in for up to the limit",
    Cell(UNDECIDED, DIES_BEFORE_COMMIT): _LOST,
    Cell(UNDECIDED, REVERSAL): "a tombstone in its place, and success",
    Cell(UNDECIDED, DIES_BEFORE_REVERSAL): "both are lost",
    Cell(UNDECIDED, DIES): "forgotten",
    Cell(POSTED, REQUEST_AGAIN): _STORED,
    Cell(POSTED, DIES_AFTER_COMMIT): _UNANSWERED,
    Cell(POSTED, REVERSAL): "given back, less what DE 95 says was taken",
    Cell(POSTED, REVERSAL_ALONE): "refused for now, and nothing is remembered",
    Cell(POSTED, REVERSAL_AGAIN): "the stored answer; the first had nothing to give back",
    Cell(POSTED, DIES_BEFORE_REVERSAL): _LOST,
    Cell(POSTED, DIES_AFTER_REVERSAL): "answer lost; there was nothing to give back",
    Cell(POSTED, DIES): _KEPT,
    **{
        cell: text
        for state in (DECLINED, TOLD)
        for cell, text in {
            Cell(state, REQUEST_AGAIN): _STORED,
            Cell(state, DIES_AFTER_COMMIT): _UNANSWERED,
            Cell(state, REVERSAL): "success, and there is nothing to give back",
            Cell(state, REVERSAL_AGAIN): _STORED,
            Cell(state, DIES_BEFORE_REVERSAL): _LOST,
            Cell(state, DIES_AFTER_REVERSAL): _UNANSWERED,
            Cell(state, DIES): _KEPT,
        }.items()
    },
    Cell(STOOD, REQUEST_AGAIN): _STORED,
    Cell(STOOD, DIES_AFTER_COMMIT): _UNANSWERED,
    Cell(STOOD, REVERSAL): "the issuer will hear of what was taken",
    Cell(STOOD, REVERSAL_AGAIN): _STORED,
    Cell(STOOD, DIES_BEFORE_REVERSAL): _LOST,
    Cell(STOOD, DIES_AFTER_REVERSAL): _UNANSWERED,
    Cell(STOOD, DIES): "it is still known, and advised afterwards",
    Cell(STOOD, ADVISED): "posted, whatever is on the account",
    Cell(REVERSED, REQUEST_AGAIN): _STORED,
    Cell(REVERSED, REVERSAL): _SECOND,
    Cell(REVERSED, REVERSAL_AGAIN): _STORED,
    Cell(REVERSED, DIES_BEFORE_REVERSAL): _LOST,
    Cell(REVERSED, DIES_AFTER_REVERSAL): _UNANSWERED,
    Cell(REVERSED, DIES): _KEPT,
    Cell(TOMBSTONED, REQUEST_AGAIN): "the original, come late: declined as a duplicate",
    Cell(TOMBSTONED, COMMIT): "declined as a duplicate",
    Cell(TOMBSTONED, DIES_BEFORE_COMMIT): "the tombstone stays, the request is lost",
    Cell(TOMBSTONED, DIES_AFTER_COMMIT): _UNANSWERED,
    Cell(TOMBSTONED, REVERSAL): _SECOND,
    Cell(TOMBSTONED, REVERSAL_AGAIN): _STORED,
    Cell(TOMBSTONED, DIES_BEFORE_REVERSAL): _LOST,
    Cell(TOMBSTONED, DIES_AFTER_REVERSAL): _UNANSWERED,
    Cell(TOMBSTONED, DIES): _KEPT,
    Cell(UNNAMED, REVERSAL): "a format error, and nothing is posted",
    Cell(UNNAMED, REVERSAL_AGAIN): _STORED,
    Cell(UNNAMED, DIES_BEFORE_REVERSAL): _LOST,
    Cell(UNNAMED, DIES_AFTER_REVERSAL): _UNANSWERED,
}
"""What the host does. A pair that is not here cannot be, by what the words mean."""
