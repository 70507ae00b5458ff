"""The time in which a terminal can act: with power, and with its process running."""

from __future__ import annotations

from typing import NamedTuple


class Moment(NamedTuple):
    """A point of time (`at`, run seconds), with how long the mains had been off by then (`off`,
    seconds) and how often they had failed (`cuts`).
    """

    at: float
    off: float
    cuts: int


class OperatingTime:
    """Power and process of one terminal, as its mains and its process report them. `recovered_by`
    is when it has recovered at the latest from the last power cut (run seconds).
    """

    __slots__ = ("_after_cut", "_off", "_off_since", "_pauses", "cuts", "powered", "recovered_by")

    def __init__(self, after_cut: float) -> None:
        """`after_cut` is how many seconds a power cut adds to a bound
        (`Contract.after_power_cut`).
        """
        self._after_cut = after_cut
        self._off = 0.0
        self._off_since = 0.0
        self._pauses: list[tuple[float, float]] = []  # in which the process stood still
        self.powered = True
        self.cuts = 0
        self.recovered_by = 0.0

    # --- what is reported ------------------------------------------------------------------

    def power_lost(self, at: float) -> None:
        """A process that stood still never goes on: another one boots."""
        self.powered = False
        self._off_since = at
        self.cuts += 1
        self.resumed(at)

    def power_restored(self, at: float) -> None:
        self._off += at - self._off_since
        self.powered = True
        self.recovered_by = at + self._after_cut

    def paused(self, at: float) -> None:
        """The process stands still from now on."""
        self._pauses.append((at, float("inf")))

    def resumed(self, at: float) -> None:
        """The process goes on, if it stood still."""
        if self.stands_still:
            self._pauses[-1] = (self._pauses[-1][0], at)

    # --- what follows from it --------------------------------------------------------------

    @property
    def booted_after(self) -> float:
        """When the power failed last: the process that runs remembers nothing from before (run
        seconds; minus infinity if it never failed).
        """
        return self._off_since if self.cuts else float("-inf")

    @property
    def stands_still(self) -> bool:
        """Does the process stand still now?"""
        return bool(self._pauses) and self._pauses[-1][1] == float("inf")

    def moment(self, at: float) -> Moment:
        """Now, to count from."""
        return Moment(at, self._off, self.cuts)

    def since(self, moment: Moment, at: float) -> float:
        """Seconds since a moment, without the time in which there was no power or the process
        stood still.
        """
        off = self._off - moment.off
        if not self.powered:
            off += at - max(self._off_since, moment.at)
        return self.between(moment.at, at) - off

    def between(self, start: float, end: float) -> float:
        """Seconds from one time to another, without those in which the process stood still."""
        still = sum(max(0.0, min(until, end) - max(since, start)) for since, until in self._pauses)
        return end - start - still

    def decided_at(self, at: float, within: float) -> float:
        """When a terminal may have decided what it did at `at`: where its process had stood still
        until less than `within` seconds before, as early as it came to stand still. What was left
        undone then is done first.
        """
        since, until = self._pauses[-1] if self._pauses else (at, at)
        return since if until <= at <= until + within else at

    def allowance(self, moment: Moment) -> float:
        """Seconds to add to a bound, for each power cut since that moment."""
        return self._after_cut * (self.cuts - moment.cuts)
