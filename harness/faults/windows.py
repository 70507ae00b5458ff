"""When the windows of a run's faults open and close, as events for the journal."""

from __future__ import annotations

from bisect import insort

from harness.events import Event, FaultBegan, FaultEnded
from harness.faults.rule import FOREVER, FaultSpec


class Windows:
    """Each opening and closing is reported once, in order. When the faults are lifted, open windows
    close, and windows that have not opened by then never open.
    """

    def __init__(self) -> None:
        # (when, number of the fault, does it open?); the next one is last
        self._coming: list[tuple[float, int, bool]] = []
        self._texts: dict[int, str] = {}
        self._open: list[int] = []

    def add(self, number: int, spec: FaultSpec) -> None:
        """Add a fault of the run; its number must be greater than all earlier numbers."""
        self._texts[number] = spec.text
        for when, opens in ((spec.start, True), (spec.until, False)):
            if when < FOREVER:
                insort(self._coming, (when, number, opens), key=_from_the_last)

    def next(self) -> float:
        """When a window opens or closes next; infinite if none does."""
        return self._coming[-1][0] if self._coming else FOREVER

    def passed(self, now: float) -> list[Event]:
        """The windows that have opened or closed since the last call, up to now."""
        told: list[Event] = []
        while self.next() <= now:
            _, number, opens = self._coming.pop()
            if opens:
                self._open.append(number)
                told.append(FaultBegan(self._texts[number]))
            else:
                self._open.remove(number)
                told.append(FaultEnded(self._texts[number]))
        return told

    def remove(self, number: int, now: float) -> list[Event]:
        """Close the window of that fault now; it never opens again."""
        told = self.passed(now)
        self._coming = [moment for moment in self._coming if moment[1] != number]
        if number in self._open:
            self._open.remove(number)
            told.append(FaultEnded(self._texts[number]))
        return told

    def lift(self, now: float) -> list[Event]:
        """Close all windows now."""
        told = self.passed(now)
        told += [FaultEnded(self._texts[number]) for number in self._open]
        self._open.clear()
        self._coming.clear()
        return told


def _from_the_last(moment: tuple[float, int, bool]) -> tuple[float, int]:
    return -moment[0], -moment[1]
