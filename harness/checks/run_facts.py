"""What a run reports of itself, beside the evidence: its delay, its faults, its end."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from operator import itemgetter

from harness import events as e
from harness.checks.base import Late
from harness.checks.expectations import EventCounter
from harness.checks.harness_errors import HarnessErrors
from harness.journal import Header

REMEDIES = {
    "connections": "--max-connections lets in more",
    "descriptors": "this process may have no more descriptors, raise `ulimit -n`",
}
"""What helps against refused connections, by what there were too many of."""


class StandingStill:
    """The times in which each process of the harness stood still (run seconds)."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._times: dict[str, list[tuple[float, float, float]]] = {}  # from, until, and how long

    def add(self, actor: str, until: float, seconds: float) -> None:
        """A process has stood still for so long, until then. (A machine that slept has, although
        the clock of the run has not moved.)
        """
        times = self._times.setdefault(actor, [])
        since = max(until - seconds, times[-1][1] if times else -_ALWAYS)
        times.append((since, until, seconds))
        self.longest = max(self.longest, seconds)

    def during(self, processes: tuple[str, ...], since: float, until: float) -> float:
        """For how many seconds they stood still in all the times that touch this one. What ended
        as it began counts too: the machine may have begun before its entry could be written.
        """
        found = 0.0
        for process in processes:
            times = self._times.get(process, [])
            first = bisect_left(times, since, key=_END)
            for start, _, seconds in islice(times, first, None):
                if start > until:
                    break
                found += seconds
        return found


_END = itemgetter(1)
_ALWAYS = float("inf")


class RunFacts:
    """What the judge knows of the run itself.

    `lag` is the worst lag of the harness so far, `stood` in what times its processes stood still
    (run seconds), and `ended` how the run said that it ended ('' if it has not). `idle_faults` are
    the faults of the plan, and those added since, that have not taken effect. `counters` count the
    events that the header expects or forbids. `scanned` bytes were searched for secrets, `leaks`
    say where some were found, and `unmasked` where the harness has failed to mask what came over
    the wire. `notes` say which evidence of earlier processes is missing. `errors` are what raised
    inside the harness. `refused` connections of strangers were refused for want of `refused_for`,
    and `not_made` of our own could not be made with the process's `descriptors`.
    """

    def __init__(self, header: Header) -> None:
        self._slack = header.contract.slack
        self.lag = 0.0
        self.stood = StandingStill()
        self.ended = ""
        self.idle_faults = dict.fromkeys(header.faults)
        texts = dict.fromkeys((*header.expects, *header.forbids))
        self.counters = {text: EventCounter(text) for text in texts}
        self.refused = 0
        self.refused_for: dict[str, None] = {}
        self.not_made = 0
        self.descriptors = 0
        self.scanned = 0
        self.leaks: list[str] = []
        self.unmasked: list[str] = []
        self.notes: list[str] = []
        self.errors = HarnessErrors()
        self.full = 0  # MB of the journal, where the run ended for that
        self.too_many_terminals = 0  # so many are judged, and there were more

    def see(self, at: float, actor: str, event: e.Event) -> None:
        """An event that concerns no terminal in particular."""
        if isinstance(event, e.LagMeasured):
            self.lag = max(self.lag, event.seconds)
        elif isinstance(event, e.HarnessStoodStill):
            self.stood.add(actor, at, event.seconds)
        elif isinstance(event, e.FaultActed):
            self.idle_faults.pop(event.fault, None)
        elif isinstance(event, e.FaultAdded):
            self.idle_faults[event.fault] = None
        elif isinstance(event, e.ListenerDropped):
            self.errors.dropped(event.listener, event.said, needed=event.needed)
        elif isinstance(event, e.ConnectionsRefused):
            self.refused += event.count
            self.refused_for[event.what] = None
        elif isinstance(event, e.DescriptorsRanOut):
            self.not_made += event.count
            self.descriptors = event.limit
        elif isinstance(event, e.JournalFull):
            self.full = event.limit
        elif isinstance(event, e.RunEnded):
            self.ended = event.how
        elif isinstance(event, e.EvidenceMissing):
            self.notes.append(
                f"{event.file} begins anew, and of what was before nothing is judged: {event.what}"
            )
        elif isinstance(event, e.ClockSetBack):
            self.notes.append(
                f"the clock of the machine was set back by {event.seconds:.0f} s or more between "
                "two processes: how much time was between them is not known"
            )

    @property
    def unmet(self) -> list[str]:
        """Who could not be connected because of us: what they would have done is unknown."""
        found = []
        if self.refused:
            remedies = " or ".join(REMEDIES[what] for what in self.refused_for)
            found.append(
                f"{self.refused:,} connections were refused, as there were too many: {remedies}"
            )
        if self.not_made:
            found.append(
                f"{self.not_made:,} connections could not be made, as this process may have only "
                f"{self.descriptors:,} descriptors: raise `ulimit -n`, or take fewer terminals"
            )
        return found

    @property
    def cut_short(self) -> list[str]:
        """Why the run ended before its time: nobody knows what would have come."""
        if not self.full:
            return []
        return [
            f"the run ended early, as its journal has {self.full:,} MB: --most-journal lets it grow"
        ]

    @property
    def came_to_its_end(self) -> bool:
        """Did the run end by itself, with or without something open?"""
        return self.ended in ("quiet", "open")

    @property
    def too_slow(self) -> bool:
        """Was the harness late all the time, by so much that its timed bounds say nothing?"""
        return self.lag > self._slack

    @property
    def worst_delay(self) -> float:
        """The longest time by which the harness was late (run seconds)."""
        return max(self.lag, self.stood.longest)

    def lag_excuses(self, late: Late, timers: int) -> bool:
        """Can the lag be why a bound was passed? The bound is made up of so many timers, each of
        which may have been late by it.
        """
        return self.lag > 0.0 and late.excess <= self.lag * timers

    def standstill_excuses(self, late: Late, timers: int, processes: tuple[str, ...]) -> bool:
        """Can it be why a bound was passed that these processes stood still meanwhile? Whatever
        lasted through a standstill is late by that time once, however many timers follow.
        """
        stood = self.stood.during(processes, late.since, late.until)
        return stood > 0.0 and late.over <= stood + self.lag * timers
