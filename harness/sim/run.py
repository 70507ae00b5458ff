"""Running a plan in simulation: from the first boot to quiescence and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.checks.secrecy import SCAN, SecrecyScan
from harness.events import EVENT_TYPES, Event
from harness.gc_tuning import collect_rarely
from harness.journal import Journal, JournalWriter, Listener, encode_entry
from harness.journal.cut import CuttableJournal
from harness.journal.listener_errors import listener_dropped
from harness.outcome import Outcome, Progress
from harness.plan import RunPlan
from harness.profiles import profiles_blamed
from harness.sim.fleet import Fleet

SAMPLE = 128
FIRST = 8
"""Without a journal on disk, the first eight entries of each kind of event and one in 128 of the
others are written as JSON in memory and scanned for secrets (S3)."""

_LOOK_EVERY = 5.0
_STEP = 15.0


class ScanOfEntries:
    """Scans the entries of a run for secrets, in blocks: all of them where a journal is written,
    else a sample.
    """

    def __init__(self, scan: SecrecyScan, where: str, every: int) -> None:
        self._scan = scan
        self._where = where
        self._every = every
        self._seq = 0
        self._seen: dict[type[Event], int] = dict.fromkeys(EVENT_TYPES.values(), 0)
        self._lines: list[bytes] = []

    def see(self, at: float, actor: str, event: Event) -> None:
        self._seq += 1
        count = self._seen[type(event)] = self._seen[type(event)] + 1
        if count <= FIRST or count % self._every == 0:
            self._lines.append(encode_entry(at, self._seq, actor, event))
            if len(self._lines) >= 512:
                self.flush()

    def flush(self) -> None:
        if self._lines:
            first = self._seq - len(self._lines) + 2  # line 1 is the header
            self._scan.scan(b"\n".join(self._lines), self._where, first)
            self._lines.clear()


def simulate_plan(
    plan: RunPlan,
    *,
    journal: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    listeners: Sequence[Listener] = (),
) -> Outcome:
    """Run the plan in virtual time; the verdict, and the journal if one was asked for. `listeners`
    get each entry as it is recorded.

    A KeyboardInterrupt ends the run and is reported as what was seen up to there.

    Raises:
        ConfigError: the plan names something that does not exist.
        EnvironmentTrouble: the journal cannot be begun. One that cannot be written on later is cut,
            the run goes on, and `troubles` of the outcome says so.
    """
    assembly = Assembly(plan)
    header = assembly.header()
    judge = Judge(header)
    scan = SecrecyScan(assembly.population, assembly.keys, terminals=plan.terminals)
    recorded = Journal()
    writer = CuttableJournal(JournalWriter(journal, header)) if journal is not None else None
    scanned = ScanOfEntries(scan, str(journal or "entries"), 1 if journal else SAMPLE)
    recorded.subscribe(judge.see, needed=True)
    recorded.subscribe(scanned.see, needed=True)
    if writer is not None:
        recorded.subscribe(writer.write, needed=True)
    for listener in listeners:
        recorded.subscribe(listener)
    interrupted = False
    with collect_rarely():
        fleet = Fleet(assembly, recorded)
        try:
            with profiles_blamed():
                play(fleet, plan, _watched(progress, recorded))
        except KeyboardInterrupt:
            interrupted = True
            fleet.close("interrupted")
        finally:
            if writer is not None:
                writer.close()
    judge.without(SCAN, scanned.flush)
    judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
    troubles = (writer.trouble,) if writer is not None and writer.trouble else ()
    verdict = judge.verdict(interrupted=interrupted)
    return Outcome(verdict, header, journal, interrupted, troubles)


def _watched(
    progress: Callable[[Progress], None] | None, recorded: Journal
) -> Callable[[Progress], None] | None:
    """The same; where it raises, that is recorded, and it is shown no more."""
    if progress is None:
        return None
    shown = [progress]

    def show(state: Progress) -> None:
        try:
            for one in shown:
                one(state)
        except Exception as error:
            shown.clear()
            recorded.record(state.now, e.RUN, listener_dropped(progress, error))

    return show


def play(fleet: Fleet, plan: RunPlan, progress: Callable[[Progress], None] | None = None) -> None:
    """Play a run from the first boot to the last count. Customers come until the end of the plan.
    Then the faults are lifted, and the run goes on until nothing is open, but at most for the
    contract's quiescence after the last outage that a fault may have begun.
    """
    fleet.start()
    now = 0.0
    while now < plan.duration:
        now = min(now + _STEP, plan.duration)
        fleet.world.run(now)
        _tell(fleet, plan, progress, "running")
    fleet.stop_customers()
    limit = now + fleet.faults.outage + plan.scenario.contract.quiescence
    while not fleet.quiet() and now < limit:
        now += _LOOK_EVERY
        fleet.world.run(now)
        _tell(fleet, plan, progress, "settling")
    fleet.close("quiet" if fleet.quiet() else "open")


def _tell(
    fleet: Fleet, plan: RunPlan, progress: Callable[[Progress], None] | None, phase: str
) -> None:
    if progress is not None:
        progress(
            Progress(fleet.world.now, plan.duration, fleet.states(), fleet.cards_inside(), phase)
        )
