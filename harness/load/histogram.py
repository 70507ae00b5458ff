"""A latency histogram in bounded memory: logarithmic, with linear steps within each octave.

Counts are exact, and two histograms merge without loss. A quantile is the upper edge of the step
that holds it: never below the true value, and above it by at most `RELATIVE_ERROR` of it or by
one `UNIT`, whichever is more.
"""

from __future__ import annotations

from math import ceil

UNIT = 1e-6  # seconds: the finest step
_BITS = 7  # 128 steps to the octave
_STEPS = 1 << _BITS
RELATIVE_ERROR = 1 / _STEPS
_LARGEST = 1 << 42  # units, 51 days: whatever is longer counts as that


class Histogram:
    """How often each duration (seconds, from 0 up) was seen. At most 4,608 steps are ever kept."""

    __slots__ = ("_steps", "count", "largest")

    def __init__(self) -> None:
        self._steps: dict[int, int] = {}
        self.count = 0
        self.largest = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration.

        Raises:
            ValueError: below 0, or not a number.
        """
        if not seconds >= 0:
            raise ValueError(f"{seconds} is not a duration")
        step = _step_of(ceil(min(seconds / UNIT, _LARGEST)))
        self._steps[step] = self._steps.get(step, 0) + 1
        self.count += 1
        self.largest = max(self.largest, seconds)

    def merge(self, other: Histogram) -> None:
        """Count all that the other has counted."""
        for step, count in other._steps.items():
            self._steps[step] = self._steps.get(step, 0) + count
        self.count += other.count
        self.largest = max(self.largest, other.largest)

    def quantile(self, share: float) -> float:
        """The shortest duration within which at least `share` (0 to 1) of them lie, as exact as
        the module says; 0 when there are none.
        """
        needed = max(1, ceil(share * self.count))
        passed = 0
        for step in sorted(self._steps):
            passed += self._steps[step]
            if passed >= needed:
                return min(_upper_edge(step) * UNIT, self.largest)
        return self.largest


def _step_of(units: int) -> int:
    """Below 256 a step is one unit; from there on each octave has 128."""
    shift = max(0, units.bit_length() - _BITS - 1)
    return shift * _STEPS + (units >> shift)


def _upper_edge(step: int) -> int:
    """The largest number of units that falls into the step."""
    shift = max(0, step // _STEPS - 1)
    return ((step - shift * _STEPS + 1) << shift) - 1
