"""What of a device outlives its process, and after which events it has changed."""

from __future__ import annotations

import msgspec

from harness import events as e
from harness.cardholders import Card
from harness.machines import inputs as i


class DeviceImage(msgspec.Struct, frozen=True, gc=False):
    """Where the card and the notes are. In a real machine this outlives the power; whoever starts
    the process again has to keep it. Motors are not in it, as they stand still after a power cut.
    """

    counters: i.Counters
    cassettes: e.Notes
    card: Card | None
    card_at: str
    cash_at: str
    stacker: e.Notes
    out: e.Notes
    unknown: e.Notes


MOVES: frozenset[type[e.Event]] = frozenset(
    (
        *(e.CardInserted, e.CardAtSlot, e.CardTaken, e.CaptureBegun, e.CardCaptured),
        *(e.NotesStacked, e.NotesPresented, e.NotesTaken, e.NotesPartlyTaken),
        *(e.NotesRetracted, e.RetractFailed, e.CaptureFailed, e.CardRemoved, e.CassettesFilled),
    )
)
"""The events after which an image differs from the one before."""
