"""Events of the run itself: faults, its own delay, and how it ends."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType

from harness.events.base import Event


class HarnessEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "harness"


class FaultAdded(HarnessEvent, frozen=True, gc=False):
    """A fault was added while the run goes on. It has to take effect from here on, or the run is
    INVALID, as with a fault of the plan.
    """

    fault: str


class FaultBegan(HarnessEvent, frozen=True, gc=False):
    """The time window of a fault has opened; a fault that is keyed to an attempt has taken its
    first effect.
    """

    fault: str


class FaultEnded(HarnessEvent, frozen=True, gc=False):
    """The time window of a fault has closed."""

    fault: str


class FaultActed(HarnessEvent, frozen=True, gc=False):
    """A fault took effect; `on` says on whom and how ('ATM00001: what it did'). The effect lasts
    for `lasts` run seconds (the mains are off, the host is down), even where the fault's window
    closes before that. `name` is on whom, where that has a colon in it and so cannot be read from
    `on`; else the journal has no such key.
    """

    fault: str
    on: str
    lasts: float = 0.0
    name: str | UnsetType = UNSET

    @property
    def kind(self) -> str:
        """The kind of the fault: its text without parameters and window."""
        return self.fault.partition("@")[0].partition(":")[0]

    @property
    def whom(self) -> str:
        """On whom it acted: a terminal, or the host."""
        return self.name or self.on.partition(": ")[0]

    @property
    def what(self) -> str:
        """What the fault did, without the name of whom it did it to."""
        return self.on[len(self.whom) + 2 :]


class LagMeasured(HarnessEvent, frozen=True, gc=False):
    """The worst delay of the harness itself since the last such entry, in run seconds; and for what
    share of that time its process used a core (1: one core all the time).
    """

    seconds: float
    busy: float = 0.0


class HarnessStoodStill(HarnessEvent, frozen=True, gc=False):
    """A process of the harness did nothing for so many run seconds, up to now: it was stopped or
    swapped out, had no core, or the machine slept. The actor says which process: HOST is that of
    the host in a live run, RUN the other one. What it does next is recorded after this entry.
    """

    seconds: float


class DescriptorsRanOut(HarnessEvent, frozen=True, gc=False):
    """Since the last such entry, so many connections could not be made, as this process may have no
    more than `limit` descriptors.
    """

    count: int
    limit: int


class JournalFull(HarnessEvent, frozen=True, gc=False):
    """The journal has the `limit` of MB that it may have (--most-journal): the run ends with it."""

    limit: int


class EvidenceKept(HarnessEvent, frozen=True, gc=False):
    """The journal has the evidence of so many `terminals` `of` the fleet; nothing is judged of the
    others.
    """

    terminals: int
    of: int


class EvidenceMissing(HarnessEvent, frozen=True, gc=False):
    """Processes that ran before on the same state directory have evidence that this journal lacks:
    `what` says why `file` does not have it. What the store holds of them is brought forward.
    """

    file: str
    what: str


class ClockSetBack(HarnessEvent, frozen=True, gc=False):
    """The clock of the machine went back by at least so many run seconds between two processes that
    wrote this journal. Run time goes on where the first of them ended: how long the second came
    after it is not known.
    """

    seconds: float


class ListenerDropped(HarnessEvent, frozen=True, gc=False):
    """A listener of the journal raised an error (`said`), and hears nothing more. `needed`: the
    verdict rests on it.
    """

    listener: str
    said: str
    needed: bool


class CustomersStopped(HarnessEvent, frozen=True, gc=False):
    """From here on no new customer comes and no fault acts: the run waits for what is open."""


class RunEnded(HarnessEvent, frozen=True, gc=False):
    """The last line of a whole journal. how: 'quiet' (nothing is open), 'open'
    (something still is, after the time that the contract allows), 'interrupted'.
    """

    how: str
