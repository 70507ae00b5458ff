"""The base of all checks: a check reads evidence, counts what it tried, and keeps little.

A check has a handler for each kind of event that concerns it (`on_CardTaken`). It is called with
the terminal's evidence, the time in run seconds and the event, after the evidence has taken the
event in. A check changes no evidence, but for the note that T8 leaves on a transaction (`judged`).
It never raises: it notes failures. One that raises all the same is an error of the harness, and is
called no more.

When nothing more is to come, `due(terminal, now)` is called once for each terminal, so that a bound
is broken even if no entry followed. If the run came to its end, `rest(terminal, now)` follows, and
judges what must be over by then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import msgspec

from harness import events as e
from harness.checks.operating_time import Moment
from harness.contract import Contract
from harness.events import EVENT_TYPES, Event
from harness.shown import shown

if TYPE_CHECKING:
    from harness.checks.evidence import TerminalEvidence

Handler = Callable[["TerminalEvidence", float, Any], None]
FAILURES_KEPT = 20
NO_LAG = float("inf")


class Whose(Protocol):
    """What a failure is about: it has a card, by its token, and a customer, by the number."""

    @property
    def card(self) -> str: ...

    @property
    def customer(self) -> int: ...


class Late(NamedTuple):
    """A timed bound that was passed by `excess` seconds, by something that went on from `since`
    `until` then (run seconds). `over` is by how much the time that was seen is more than the bound;
    `excess` is more than that where nothing came at all, so that no small delay is why (`NO_LAG`:
    no lag of whatever size is).
    """

    excess: float
    since: float
    until: float
    over: float


class Nobody(NamedTuple):
    """What no card and no customer has to do with."""

    card: str = ""
    customer: int = 0


NOBODY = Nobody()


class Failure(msgspec.Struct, frozen=True):
    """One broken promise. `card` is a token, `customer` the visit's number at that terminal;
    `late` says by how much a timed bound was passed (None where time does not matter).
    """

    invariant: str
    at: float
    actor: str
    what: str
    card: str = ""
    customer: int = 0
    late: Late | None = None

    def __post_init__(self) -> None:
        """What broke may quote the peer: it is kept as it may be shown."""
        msgspec.structs.force_setattr(self, "what", shown(self.what))


@cache
def handlers_of(checks: tuple[type[Check], ...]) -> dict[type[Event], tuple[tuple[int, str], ...]]:
    """By event, which of those classes have a method for it, and its name. (Found once: a search
    makes thousands of judges.)
    """
    return {
        kind: tuple(
            (n, f"on_{name}") for n, check in enumerate(checks) if hasattr(check, f"on_{name}")
        )
        for name, kind in EVENT_TYPES.items()
    }


class Check:
    """Base of all checks.

    `timers` is how many timers and motors of a machine may follow each other within the bound. Each
    of them may be late by the harness's own delay, and the next one starts only then, so that a
    bound may be passed by so many times the delay.

    `stood_by` names the processes of the harness that must not have stood still for the time that
    is judged: that of the terminals, or of a run that has only one; and that of the host.

    `measures` is true for a check that judges the length of a timer, or a step that must follow at
    once. Each stop of the harness spoils one measurement at each terminal, and where the run does
    not promise it, the run proves no less for that.
    """

    id: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    timed: ClassVar[bool] = False
    timers: ClassVar[int] = 1
    stood_by: ClassVar[tuple[str, ...]] = (e.RUN,)
    rare: ClassVar[bool] = False  # a clause that few evenings try: promised by its own name only
    of_a_host: ClassVar[bool] = False  # it blames the host for what it does not say
    tried_by_harness: ClassVar[bool] = False  # whatever the machines did
    by_any_message: ClassVar[bool] = False  # tried by every message, whatever comes of it
    unit: ClassVar[str] = ""
    measures: ClassVar[bool] = False

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.tried = 0
        self.worst: float | None = None
        self.failed = 0
        self.failures: list[Failure] = []
        self.late: list[Late] = []  # timed failures, to be weighed against the harness's own delay
        self.raised = False  # it judges nothing any more, and never counts as held
        self.doubts: list[str] = []  # why a run proves nothing although nothing failed

    @property
    def bound(self) -> float | None:
        """What `worst` is held against."""
        return None

    def observable(self, sees: tuple[str, ...]) -> bool:
        """Can a run that sees these things judge it?"""
        return set(self.needs) <= set(sees)

    @classmethod
    def applies(cls, sees: tuple[str, ...]) -> bool:
        """Is it of use in a run that sees these things? It is not where another check judges all of
        it and more.
        """
        del sees
        return True

    def run_event(self, at: float, event: Event) -> None:
        """An event that concerns no terminal in particular: a fault began, took a lasting effect or
        ended, customers stopped, the host closed a day or came back.
        """

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        """Nothing more was seen after `now`."""

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        """The run came to its end: quiescence, or as long as it is waited for."""

    def fail(
        self,
        terminal: TerminalEvidence,
        at: float,
        what: str,
        *,
        of: Whose | None = None,
        late: Late | None = None,
    ) -> None:
        """Note a failure. `of` is what it is about, a transaction or an exchange, or `NOBODY`: the
        card and the customer of that are named, not those that are at the machine by now. `late` is
        given where only time made it a failure.
        """
        if late is not None:
            self.late.append(late)
        whose = terminal.device if of is None else of
        self._note(Failure(self.id, at, terminal.name, what, whose.card, whose.customer, late))

    def fail_at(self, at: float, actor: str, what: str) -> None:
        """Note a failure that is not one terminal's."""
        self._note(Failure(self.id, at, actor, what))

    def doubt(self, terminal: TerminalEvidence, what: str) -> None:
        """Note what nobody can tell from here: a run in which that matters proves nothing."""
        if len(self.doubts) < FAILURES_KEPT:
            self.doubts.append(f"{terminal.name}: {what}")

    def _note(self, failure: Failure) -> None:
        self.failed += 1
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(failure)

    def measured(self, seconds: float) -> None:
        """A case was tried and took so long."""
        if self.worst is None or seconds > self.worst:
            self.worst = seconds

    def hold(
        self,
        terminal: TerminalEvidence,
        at: float,
        seconds: float,
        bound: float,
        what: str,
        *,
        since: float,
    ) -> None:
        """Measure a timed case that began at `since`, and fail if it took longer than its bound
        (in seconds, both). The figures are added to `what`.
        """
        self.measured(seconds)
        if seconds > bound + 1e-6:
            self.fail(
                terminal,
                at,
                f"{what}: {seconds:.1f} s, at most {bound:.1f} s",
                late=late_by(seconds - bound, since, at),
            )


def late_by(excess: float, since: float, until: float) -> Late:
    """What passed its bound by `excess` seconds, and had begun at `since` (run seconds)."""
    return Late(excess, since, until, excess)


class IntervalCheck(Check):
    """A check of timed cases that begin and end, one at a time for each terminal. Time without
    power is left out, and each power cut during a case adds the time to recover to its bound.
    """

    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._since: dict[str, Moment] = {}

    def _begins(self, terminal: TerminalEvidence, at: float) -> None:
        """Where it has begun already, it goes on."""
        self._since.setdefault(terminal.name, terminal.time.moment(at))

    def _ends(self, terminal: TerminalEvidence, at: float, what: str) -> None:
        since = self._since.pop(terminal.name, None)
        if since is not None:
            self.tried += 1
            seconds = terminal.time.since(since, at)
            self.hold(terminal, at, seconds, self._bound_of(terminal, since), what, since=since.at)

    def _overdue(self, terminal: TerminalEvidence, now: float) -> bool:
        """Should it have ended by now?"""
        since = self._since.get(terminal.name)
        if since is None:
            return False
        return terminal.time.since(since, now) > self._bound_of(terminal, since)

    def _bound_of(self, terminal: TerminalEvidence, since: Moment) -> float:
        assert self.bound is not None, "an interval check has a bound"
        return self.bound + terminal.time.allowance(since)
