"""What raised inside the harness itself while it judged: told, and never a reason to pass.

A check that raises judges nothing any more, and the others go on. Nobody else is to blame for it,
so that it makes a run INVALID, with the exit code of an error inside the harness.
"""

from __future__ import annotations

from harness.events.base import Event
from harness.journal.listener_errors import origin_of

MOST = 20
"""How many are told; the first is the one that counts, and others often follow from it."""
PLEASE = "an error of the harness, please report it with the journal"


def entry_in_words(at: float, actor: str, event: Event) -> str:
    """'Posted of ATM00001 at 12.300 s'."""
    return f"{type(event).__name__} of {actor} at {at:.3f} s"


class HarnessErrors:
    """Those of one judge. `reasons` make the run INVALID, `notes` are told and change nothing."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.notes: list[str] = []
        self.first: Exception | None = None

    def lost(self, what: str, error: Exception, *, during: str = "") -> None:
        """`what` raised, and the verdict does without it."""
        self.first = self.first or error
        if len(self.reasons) < MOST:
            at = f", at {during}" if during else ""
            self.reasons.append(f"{what} raised {origin_of(error)}{at}: {PLEASE}")

    def dropped(self, what: str, said: str, *, needed: bool) -> None:
        """A listener raised, and hears nothing more; the verdict may need it."""
        told = self.reasons if needed else self.notes
        if len(told) < MOST:
            told.append(f"{what} raised {said}, and was left out from there on: {PLEASE}")
