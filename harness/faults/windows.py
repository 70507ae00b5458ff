"""When the windows of a run's faults open and close, as the journal hears of it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.events import Event, FaultBegan, FaultEnded
from harness.faults.rule import FOREVER, FaultSpec


class Windows:
    """What is due is told once, in order; what stands open when the faults are lifted closes then,
    and what has not opened by then never does.
    """

    def __init__(self, specs: Sequence[FaultSpec]) -> None:
        moments = [
            (when, order, event)
            for order, spec in enumerate(specs)
            for when, event in (
                (spec.start, FaultBegan(spec.text)),
                (spec.until, FaultEnded(spec.text)),
            )
            if when < FOREVER
        ]
        self._coming = sorted(moments, key=lambda moment: moment[:2], reverse=True)
        self._open: list[str] = []

    def next(self) -> float:
        """When one opens or closes next; infinite if none does."""
        return self._coming[-1][0] if self._coming else FOREVER

    def passed(self, now: float) -> list[Event]:
        """What has opened and closed up to now, since this was last asked."""
        told: list[Event] = []
        while self.next() <= now:
            event = self._coming.pop()[2]
            if isinstance(event, FaultBegan):
                self._open.append(event.fault)
            else:
                self._open.remove(event.fault)
            told.append(event)
        return told

    def lift(self, now: float) -> list[Event]:
        """All of them close now."""
        told = self.passed(now)
        told += [FaultEnded(fault) for fault in self._open]
        self._open.clear()
        self._coming.clear()
        return told
