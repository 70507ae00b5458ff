"""Running a plan live: terminals in this process, the host in another, real TCP between them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.checks.secrecy import SecrecyScan
from harness.control.plane import ControlFactory, ControlPlane
from harness.errors import EnvironmentTrouble, HarnessError
from harness.file_names import file_name
from harness.gc_tuning import collect_rarely
from harness.journal import Header, Journal, JournalWriter, Listener, lock_journal
from harness.journal.cut import CuttableJournal
from harness.live.clock import LiveClock
from harness.live.evidence_sample import EvidenceSample
from harness.live.fault_places import check_virtual
from harness.live.host_launcher import HostProcess
from harness.live.host_process import HostProcessOptions
from harness.live.journal_merge import PARTS, JournalMerge, MergedJournal, part_path
from harness.live.leftovers import remove_parts, temporary_state
from harness.live.loop import (
    FirstError,
    Signals,
    allow_many_files,
    cancel,
    run_with_signals,
    watched,
)
from harness.live.stores import (
    CommandsOfTerminals,
    TerminalStore,
    open_commands,
    open_terminal_store,
)
from harness.live.terminal_fleet import TerminalFleet
from harness.live.transport import watch_windows
from harness.outcome import Outcome, Progress
from harness.plan import RunPlan
from harness.profiles import profiles_blamed

_TERMINALS, _HOST = 0, 1  # the parts of the journal
_LEAD = 0.2  # wall seconds from when the host's process is ready until the run's second 0,
_LEAD_PER_ATM = 0.001  # and so many for each ATM that is put together meanwhile
_LOOK_EVERY = 0.25  # wall seconds between looks at the fleet
_SETTLED_EVERY = 0.01  # wall seconds between looks whether the host has settled
_MERGE_EVERY = 0.1  # wall seconds between two mergings of what the parts hold by then

Watch = Callable[[Progress], None] | None


def run_live(
    plan: RunPlan,
    *,
    journal: Path | None = None,
    progress: Watch = None,
    state_dir: Path | None = None,
    fsync: bool = False,
    listeners: Sequence[Listener] = (),
    meters: Sequence[Listener] = (),
    judged: int = 0,
    control: ControlFactory | None = None,
) -> Outcome:
    """Run the plan on the wall clock, `plan.speed` times faster; always leaves a journal.

    `listeners` get each entry of the journal while the run goes on, in the order of the finished
    journal, some tenths of a second after it happened; later where this machine is too busy. They
    are called by the event loop of the terminals, so that a slow one makes the run late. Without
    any, the parts of the journal are merged when the run is over.

    `meters` get what the process of the terminals records, at once. With `judged`, the evidence of
    so many terminals is kept and judged, and the rest is for the meters alone. `control` makes the
    control plane of the terminals; without it they have none.

    The verdict is reached from that journal alone, as `harness judge` would reach it.

    Raises:
        ConfigError: the plan names something that does not exist.
        EnvironmentTrouble: the run cannot begin: no port, no disk. What goes wrong with the machine
            later, as a full disk or a host's process that is killed, ends the run: its verdict is
            over what the parts of the journal held until then, and `troubles` says why.
        KeyboardInterrupt: somebody asked a second time that it ends. What the parts held is in the
            journal.
    """
    check_virtual(plan)
    assembly = Assembly(plan)
    header = assembly.header()
    usual = f"{file_name(plan.scenario.name)}-live-seed{plan.seed}.jsonl"
    path = journal or Path("runs") / usual
    parts = [part_path(path, part) for part in PARTS]
    judge = Judge(header)
    scan = SecrecyScan(assembly.population, assembly.keys, terminals=plan.terminals)
    merged = MergedJournal(
        path, header, JournalMerge(parts), judge=judge, scan=scan, listeners=listeners
    )
    troubles: list[str] = []
    interrupted = False
    allow_many_files()
    with contextlib.ExitStack() as stack:
        stack.callback(lock_journal(path).release)
        remove_parts(path.parent)
        where = state_dir or stack.enter_context(temporary_state())
        store = open_terminal_store(where, assembly.keys.store, fsync=fsync)
        stack.callback(_closed, store, troubles)
        commands = None
        if control is not None and state_dir is not None:
            commands = open_commands(state_dir, fsync=fsync)
            stack.callback(commands.close)
        for part in parts:
            stack.callback(part.unlink, missing_ok=True)
        stack.enter_context(collect_rarely())
        options = HostProcessOptions(plan, str(parts[_HOST]), judged)
        lead = _LEAD + _LEAD_PER_ATM * plan.terminals
        host = stack.enter_context(HostProcess(options, lead=lead))
        clock = LiveClock(host.start, plan.speed)
        sample = EvidenceSample(plan.terminals, judged)
        run = _LiveRun(
            assembly, header, parts[_TERMINALS], clock, store, host, sample, meters,
            control, commands,
        )  # fmt: skip
        try:
            with profiles_blamed():
                interrupted = run_with_signals(
                    lambda signals: run.live(signals, progress, merged if listeners else None)
                )
        except KeyboardInterrupt:  # a second signal
            merged.finish(cut=True)
            raise
        except EnvironmentTrouble as trouble:
            troubles.append(str(trouble))
            with contextlib.suppress(HarnessError):
                host.stop()
        except BaseException:
            with contextlib.suppress(HarnessError):
                host.stop()
            merged.finish(cut=True)
            raise
        if progress is not None:
            progress(Progress(plan.duration, plan.duration, {}, 0, "judging"))
        cut = f"the run ended early: {troubles[0]}" if troubles else ""
        merged.finish(cut=bool(cut))
    judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
    if merged.trouble:
        troubles.append(merged.trouble)
    verdict = judge.verdict(cut=cut, interrupted=interrupted)
    return Outcome(verdict, header, path, interrupted, tuple(dict.fromkeys(troubles)))


def _closed(store: TerminalStore, troubles: list[str]) -> None:
    """Close it; that its last commit fails is told, and hides no verdict."""
    try:
        store.close()
    except EnvironmentTrouble as trouble:
        troubles.append(str(trouble))


class _LiveRun:
    """One run, from its start until nothing is open, as the process of the terminals sees it."""

    def __init__(
        self,
        assembly: Assembly,
        header: Header,
        part: Path,
        clock: LiveClock,
        store: TerminalStore,
        host: HostProcess,
        sample: EvidenceSample,
        meters: Sequence[Listener],
        control: ControlFactory | None,
        commands: CommandsOfTerminals | None,
    ) -> None:
        self._control = control
        self._commands = commands
        self._sample = sample
        self._meters = meters
        self._assembly = assembly
        self._header = header
        self._part = part
        self._clock = clock
        self._store = store
        self._host = host

    async def live(self, signals: Signals, progress: Watch, listened: MergedJournal | None) -> bool:
        """True when it was interrupted. `listened` is the merged journal if there are listeners. A
        second signal cancels it.
        """
        loop = asyncio.get_running_loop()
        first_error = FirstError(loop)
        interrupt = asyncio.Event()
        with signals.take(interrupt.set):
            return await self._journalled(interrupt, first_error, progress, listened)

    async def _journalled(
        self,
        interrupt: asyncio.Event,
        first_error: FirstError,
        progress: Watch,
        listened: MergedJournal | None,
    ) -> bool:
        """With its part of the journal; True when it was interrupted."""
        loop = asyncio.get_running_loop()
        journal = Journal()
        writer = JournalWriter(self._part, self._header)
        part = CuttableJournal(writer, strict=True)  # the verdict is reached from it
        journal.subscribe(self._sample.through(part.write), needed=True)
        for meter in self._meters:
            journal.subscribe(meter)
        merging = [] if listened is None else [self._merge_on(writer, listened)]
        tasks = [watched(loop.create_task(task)) for task in merging]
        try:
            how = await self._run_fleet(journal, interrupt, first_error, progress)
        finally:
            await cancel(tasks)
            part.close()
        first_error.check()
        if part.trouble:
            raise EnvironmentTrouble(part.trouble)
        return how == "interrupted"

    async def _merge_on(self, writer: JournalWriter, listened: MergedJournal) -> None:
        """Merge the parts while they grow; until cancelled."""
        merge = listened.merge
        while True:
            await asyncio.sleep(_MERGE_EVERY)
            now = self._clock.now()  # first: what is recorded from now on may miss this flush
            writer.flush()
            merge.complete_until(_TERMINALS, now)
            self._host.hear()
            merge.complete_until(_HOST, self._host.flushed_until)
            self._host.flush()
            while listened.advance():
                await asyncio.sleep(0)

    async def _run_fleet(
        self, journal: Journal, interrupt: asyncio.Event, first_error: FirstError, progress: Watch
    ) -> str:
        """How it ended."""
        async with contextlib.AsyncExitStack() as stack:
            control: ControlPlane | None = None
            if self._control is not None:
                control = await stack.enter_async_context(self._control())
            return await self._run_with(control, journal, interrupt, first_error, progress)

    async def _run_with(
        self,
        control: ControlPlane | None,
        journal: Journal,
        interrupt: asyncio.Event,
        first_error: FirstError,
        progress: Watch,
    ) -> str:
        loop = asyncio.get_running_loop()
        host = "127.0.0.1", self._host.port
        fleet = TerminalFleet(
            *(self._assembly, journal, self._clock, self._store, host),
            control=control,
            commands=self._commands,
        )
        watching = watched(loop.create_task(fleet.delay.watch()))
        try:
            how = await self._play_windows(fleet, interrupt, first_error, progress)
            fleet.record(e.RUN, e.LagMeasured(fleet.delay.take()))
            fleet.count()
            if how != "interrupted":
                await self._settle_host(fleet, first_error)
            self._host.stop()  # first: nothing comes after the run's end
            fleet.record(e.RUN, e.RunEnded(how))
            fleet.delay.end()
        finally:
            await cancel([watching])  # last: the run's end is judged as well
        return how

    async def _play_windows(
        self,
        fleet: TerminalFleet,
        interrupt: asyncio.Event,
        first_error: FirstError,
        progress: Watch,
    ) -> str:
        """Play the run, while the faults' windows open and close."""
        windows = watch_windows(
            self._clock, self._assembly.faults, lambda event: fleet.record(e.RUN, event)
        )
        watching = watched(asyncio.get_running_loop().create_task(windows))
        try:
            await self._until(0.0, interrupt, first_error)
            if not self._sample.whole:
                fleet.record(e.RUN, self._sample.event)
            fleet.start()
            how = await self._play(fleet, interrupt, first_error, progress)
        finally:
            await cancel([watching])
            await fleet.close()
        first_error.check()
        return how

    async def _settle_host(self, fleet: TerminalFleet, first_error: FirstError) -> None:
        """Until the host has told its issuer what it owed it, for the contract's quiescence."""
        end = fleet.delay.deadline(self._assembly.plan.scenario.contract.quiescence)
        self._host.settle()
        while not self._host.settled and not end.passed:
            await asyncio.sleep(_SETTLED_EVERY)
            self._host.hear()
            self._host.check()
            first_error.check()

    async def _play(
        self,
        fleet: TerminalFleet,
        interrupt: asyncio.Event,
        first_error: FirstError,
        progress: Watch,
    ) -> str:
        plan = self._assembly.plan
        phase = "running"
        end = plan.duration
        settled = fleet.delay.deadline(0.0)
        while not interrupt.is_set():
            now = self._clock.now()
            if progress is not None:
                progress(Progress(now, plan.duration, fleet.states(), fleet.cards_inside(), phase))
            if phase == "running" and now >= end:
                phase = "settling"
                wait = self._assembly.faults.outage + plan.scenario.contract.quiescence
                end, settled = now + wait, fleet.delay.deadline(wait)
                fleet.stop_customers()
                self._host.lift()
            elif phase == "settling":
                if fleet.quiet():
                    return "quiet"
                if settled.passed:
                    return "open"
            self._host.check()
            first_error.check()
            soon = now + _LOOK_EVERY * self._clock.speed
            await self._until(min(soon, max(end, now + 1.0)), interrupt, first_error)
        return "interrupted"

    async def _until(self, when: float, interrupt: asyncio.Event, first_error: FirstError) -> None:
        """Wait for a run second, an interrupt or an error, whatever comes first."""
        wait = max(0.0, self._clock.wall(when - self._clock.now()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupt.wait(), wait)
        first_error.check()
