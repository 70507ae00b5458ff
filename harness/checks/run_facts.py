"""What a run reports of itself, beside the evidence: its delay, its faults, its end."""

from __future__ import annotations

from harness import events as e
from harness.checks.expectations import EventCounter
from harness.checks.harness_errors import HarnessErrors
from harness.journal import Header


class RunFacts:
    """What the judge knows of the run itself.

    `lag` is the worst delay of the harness so far (run seconds), and `ended` how the run said that
    it ended ('' if it has not). `idle_faults` are the faults of the plan, and those added since,
    that have not taken effect. `counters` count the events that the header expects or forbids.
    `scanned` bytes were searched for secrets, `leaks` say where some were found, and
    `unmasked` where the harness has failed to mask what came over the wire. `notes` say which
    evidence of earlier processes is missing. `errors` are what raised inside the harness.
    """

    def __init__(self, header: Header) -> None:
        self._slack = header.contract.slack
        self.lag = 0.0
        self.ended = ""
        self.idle_faults = dict.fromkeys(header.faults)
        texts = dict.fromkeys((*header.expects, *header.forbids))
        self.counters = {text: EventCounter(text) for text in texts}
        self.scanned = 0
        self.leaks: list[str] = []
        self.unmasked: list[str] = []
        self.notes: list[str] = []
        self.errors = HarnessErrors()
        self.too_many_terminals = 0  # so many are judged, and there were more

    def see(self, event: e.Event) -> None:
        """An event that concerns no terminal in particular."""
        if isinstance(event, e.LagMeasured):
            self.lag = max(self.lag, event.seconds)
        elif isinstance(event, e.FaultActed):
            self.idle_faults.pop(event.fault, None)
        elif isinstance(event, e.FaultAdded):
            self.idle_faults[event.fault] = None
        elif isinstance(event, e.ListenerDropped):
            self.errors.dropped(event.listener, event.said, needed=event.needed)
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
    def came_to_its_end(self) -> bool:
        """Did the run end by itself, with or without something open?"""
        return self.ended in ("quiet", "open")

    @property
    def too_slow(self) -> bool:
        """Was the harness so late that its timed bounds say nothing about the machines?"""
        return self.lag > self._slack

    def excuses(self, excess: float, timers: int) -> bool:
        """Can the harness's own delay be why a bound was passed by so many seconds? The bound is
        made up of so many timers, each of which may have been late by the delay.
        """
        return self.lag > 0.0 and excess <= self.lag * timers
