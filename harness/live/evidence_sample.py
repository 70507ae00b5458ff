"""Whose evidence a large run keeps: of some of its terminals everything, of the others nothing.

A fleet under load makes more evidence than can be kept and judged. What a terminal's checks need is
about that terminal alone, so that the verdict over some terminals is as sound as over all, and says
nothing about the others. The journal says of how many it has the evidence (`EvidenceKept`).
"""

from __future__ import annotations

from harness import events as e
from harness.journal import Listener
from harness.stations import terminal_id


class EvidenceSample:
    """`judged` of `terminals`, evenly spread over the fleet; all of them with 0."""

    def __init__(self, terminals: int, judged: int = 0) -> None:
        self.terminals = terminals
        self.judged = min(judged, terminals) or terminals
        chosen = (n * terminals // self.judged for n in range(self.judged))
        self._names = {terminal_id(index): None for index in chosen}
        self._faults: dict[str, None] = {}

    @property
    def whole(self) -> bool:
        """Is the evidence of all terminals kept?"""
        return self.judged == self.terminals

    @property
    def event(self) -> e.EvidenceKept:
        """What the journal says of it."""
        return e.EvidenceKept(self.judged, self.terminals)

    def keeps(self, actor: str, event: e.Event) -> bool:
        """Is this entry kept?"""
        if actor not in e.NOT_TERMINALS:
            return actor in self._names
        if isinstance(event, e.FaultActed):
            return self._keeps_fault(event)
        whose = getattr(event, "terminal", "")
        return not whose or whose in self._names

    def _keeps_fault(self, event: e.FaultActed) -> bool:
        """That it took effect, once, wherever that was; and each effect on those that are kept."""
        new = event.fault not in self._faults
        self._faults[event.fault] = None
        return new or event.whom in self._names

    def through(self, listener: Listener) -> Listener:
        """A listener that gets what is kept."""
        if self.whole:
            return listener

        def see(at: float, actor: str, event: e.Event) -> None:
            if self.keeps(actor, event):
                listener(at, actor, event)

        return see
