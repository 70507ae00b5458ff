"""A host alone, or terminals alone; the other end of the link is somebody else's.

Such a run has a journal, is judged by what our end sees, and ends in order: faults are lifted, what
is open gets time to close, and then there is a verdict. What cannot be seen is 'not observable'.

    async with StandaloneHost(plan, listen=("127.0.0.1", 0)) as host:
        ...
        await host.settle()
    host.verdict
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TypeVar

import msgspec

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.checks.secrecy import SCAN, SecrecyScan
from harness.checks.verdict import Verdict
from harness.contract import MOST_JOURNAL
from harness.errors import EnvironmentTrouble
from harness.journal import Header, Journal, JournalWriter, Listener
from harness.journal.cut import CuttableJournal
from harness.live.awaited_events import AwaitedEvents
from harness.live.begun_journal import (
    Begun,
    JournalPlace,
    begin_journal,
    check_same_run,
    refuse_empty_store,
    refuse_lone_journal,
)
from harness.live.clock import LiveClock, unix_time
from harness.live.evidence_sample import EvidenceSample
from harness.live.fault_places import check_faults
from harness.live.journal_limit import JournalLimit
from harness.live.journal_scan import JournalScan
from harness.live.loop import FirstError, allow_many_files, cancel, watched
from harness.live.own_delay import OwnDelay
from harness.live.stores import Store
from harness.live.transport import watch_windows
from harness.plan import RunPlan
from harness.scenario import REAL_CLOCK
from harness.units import parse_duration
from harness.wire.calendar import Calendar

LOOK_EVERY = 0.05  # wall seconds between looks for something that is not announced
E = TypeVar("E", bound=e.Event)


class StandaloneMachines(Protocol):
    """What runs here: a `HostServer` or a `TerminalFleet`."""

    delay: OwnDelay

    def record(self, actor: str, event: e.Event) -> None: ...


class Standalone:
    """What a standalone host and standalone terminals share. Use it as an async context."""

    mode: ClassVar[str] = ""

    def __init__(
        self,
        plan: RunPlan,
        *,
        journal: Path | None = None,
        state_dir: Path | None = None,
        fsync: bool = False,
        most_journal: int = MOST_JOURNAL,
        listeners: Sequence[Listener] = (),
        judged: int = 0,
    ) -> None:
        """`state_dir` keeps what must survive the process, with `fsync` a power cut too. A process
        that is started on the directory of a killed one goes on where that was, in the same
        journal. The run ends when its journal has `most_journal` MB, those of earlier processes
        included. `listeners` get each entry of the journal, and of what is not kept in it: with
        `judged`, the evidence of so many terminals of ours is kept and judged.

        Raises:
            ConfigError: a fault that only the other end could carry out, a journal of no size, or
                what `Assembly` says.
        """
        check_faults(plan, self.mode)
        self.plan = plan
        self.path = state_dir / f"{self.mode}.jsonl" if state_dir and not journal else journal
        self._goes_on = journal is None
        self._state_dir = state_dir
        self._fsync = fsync
        self._listeners = listeners
        self._assembly = Assembly(plan)
        self._awaited = AwaitedEvents()
        self._tasks: list[asyncio.Task[None]] = []
        self._writer: JournalWriter | None = None
        self._kept: CuttableJournal | None = None
        self._begun = Begun()
        self._how = ""
        self.header: Header = self._assembly.header()
        self.judge = Judge(self.header)
        self.journal = Journal()
        self._sample = EvidenceSample(plan.terminals, judged)
        self._limit = JournalLimit(most_journal)
        self._scan: JournalScan | None = None
        self._settled = False
        self._scanned = False
        self._ended_early = ""
        self.trouble = ""
        """What the machine that we run on has refused: '' if nothing."""

    # --- what host and terminals do each in their own way -----------------------------------------

    async def _open(self) -> StandaloneMachines:
        """Build the machines and set them to work."""
        raise NotImplementedError

    async def _shut(self) -> None:
        """Hang up; also where `_open` failed, or failed on its way."""
        raise NotImplementedError

    def _count(self) -> None:
        """Record what is counted at the end."""

    def _lift(self) -> None:
        """Lift the faults; nothing new begins."""
        raise NotImplementedError

    def quiet(self) -> bool:
        """Is nothing open?"""
        raise NotImplementedError

    def _open_store(self) -> Store | None:
        """Open the store; None if there is none."""
        raise NotImplementedError

    # --- from start to end ----------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        allow_many_files()
        self._first_error = FirstError(asyncio.get_running_loop())
        try:
            self._begin_journal()
            if self.plan.scenario.epoch == REAL_CLOCK:
                self._assembly.calendar = calendar_at(self.header.origin)
            self._begin_clock()
            self.machines = await self._open()
        except BaseException:
            await self._shut()
            self._first_error.release()
            self._let_go()
            raise
        record = self.machines.record
        if not self._sample.whole:
            record(e.RUN, self._sample.event)
        self._tasks = [
            watched(asyncio.create_task(task))
            for task in (
                self.machines.delay.watch(),  # the first one: it ends last
                watch_windows(
                    self.clock, self._assembly.faults, lambda event: record(e.RUN, event)
                ),
                *([] if self._scan is None else [self._scan.follow()]),
            )
        ]
        return self

    @property
    def left_out(self) -> tuple[str, ...]:
        """The data elements that our messages go without, as the specification has no room for
        them.
        """
        return tuple(sorted(self._assembly.fitting.left_out, key=int))

    def _begin_journal(self) -> None:
        if self._state_dir is not None and self._goes_on:
            refuse_lone_journal(self._state_dir, self.mode)
        store = self._open_store()
        told = store.journal_mark() if store is not None else None
        if store is not None and self._state_dir is not None and self._goes_on and store.is_empty:
            refuse_empty_store(self._state_dir / f"{self.mode}.jsonl")
        if self.path is not None:
            place = JournalPlace(self.path, self._state_dir, asked_for=not self._goes_on)
            self._begun = begin_journal(place, told, self.header, self._goes_on_with)
            self._writer, self.header = self._begun.writer, self._begun.header or self.header
        else:
            self.header = msgspec.structs.replace(self.header, origin=unix_time())
        self.judge.starts(self.header)
        self.journal.subscribe(self._sample.through(self.judge.see), needed=True)
        self.journal.subscribe(self._awaited.see)
        if self._writer is not None:
            # A store and its journal are kept together, or not at all.
            self._kept = CuttableJournal(self._writer, strict=self._state_dir is not None)
            self.journal.subscribe(self._sample.through(self._kept.write), needed=True)
        for listener in self._listeners:
            self.journal.subscribe(listener)
        if self.path is not None:
            self._scan = JournalScan(self.path, self._secrecy_scan())

    def _secrecy_scan(self) -> SecrecyScan:
        assembly = self._assembly
        known = assembly.population if self.header.population else None
        return SecrecyScan(known, assembly.keys, terminals=self.plan.terminals)

    def _goes_on_with(self, found: Header) -> Listener:
        """The journal of an earlier process is gone on with: who gets its entries."""
        check_same_run(self.header, found, self._state_dir)
        self.judge = Judge(found)
        return self.judge.see

    def _begin_clock(self) -> None:
        """Run time never goes back: where the clock on the wall has been set back since an earlier
        process died, run time goes on from there, and the journal says so.
        """
        speed, died = self.plan.speed, self._begun.died_at or 0.0
        since = (unix_time() - self.header.origin) * speed
        self.clock = LiveClock(time.monotonic() - max(since, died) / speed, speed)
        if self._begun.missing is not None:
            self.journal.record(self.clock.now(), e.RUN, self._begun.missing)
        if since < died:
            self.journal.record(died, e.RUN, e.ClockSetBack(died - since))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Settle first, unless that was done or something went wrong. Where the machine that we run
        on was the trouble, there is a verdict all the same, over what was seen until then.
        """
        try:
            await self._end_in_order(kind)
        except EnvironmentTrouble as trouble:
            error = error or trouble
        finally:
            await cancel(self._tasks)
            self._first_error.release()
            self._let_go()
        if isinstance(error, EnvironmentTrouble):
            self.trouble = str(error)
            self._ended_early = f"the run ended early: {error}"
        if kind is None and self.trouble:
            raise EnvironmentTrouble(self.trouble)

    async def _end_in_order(self, kind: type[BaseException] | None) -> None:
        try:
            if kind is None and not self._settled:
                await self.settle()
        finally:
            await cancel(self._tasks[1:])
            await self._shut()
        try:
            if kind is None:
                self._first_error.check()
            self._count()
        finally:
            record = self.machines.record
            record(e.RUN, e.LagMeasured(self.machines.delay.take()))
            record(e.RUN, e.RunEnded(self._how or "interrupted"))
            self.machines.delay.end()

    def _let_go(self) -> None:
        """Close the files. What fails now hides nothing that was judged before."""
        for close in (self._close_store, self._close_journal):
            try:
                close()
            except EnvironmentTrouble as trouble:
                self.trouble = self.trouble or str(trouble)

    def _close_store(self) -> None:
        """Close the store, if there is one."""

    def _close_journal(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self.trouble = self.trouble or self._kept.trouble
        elif self._writer is not None:
            self._writer.close()

    async def settle(self, stop_waiting: asyncio.Event | None = None) -> bool:
        """Lift the faults, let nothing new begin, and wait until nothing is open, for
        `contract.quiescence` run seconds at most or until `stop_waiting`. Whether it got quiet.
        """
        self._settled = True
        self._lift()
        wait = self._assembly.faults.outage + self.plan.scenario.contract.quiescence
        end = self.machines.delay.deadline(wait)
        stop_waiting = stop_waiting or asyncio.Event()
        while not (quiet := self.quiet()) and not end.passed and not stop_waiting.is_set():
            if self._limit.is_passed(self._size):
                stop_waiting.set()
            else:
                await self.pause(stop_waiting)
        self._how = "quiet" if quiet else "interrupted" if stop_waiting.is_set() else "open"
        return quiet

    async def serve(self, duration: str | float) -> None:
        """Go on for so long, in run seconds. Raises what goes wrong meanwhile."""
        end = self.clock.now() + parse_duration(duration, place="serve")
        never = asyncio.Event()
        while not self.journal_is_full() and (left := end - self.clock.now()) > 0:
            await self.pause(never, min(0.25, self.clock.wall(left)))

    def journal_is_full(self) -> bool:
        """Has the journal as many bytes as it may have? Then the run is to end, which is recorded
        the first time.
        """
        full = self._limit.is_reached(self._size)
        if full and not self._limit.told:
            self._limit.told = True
            self.machines.record(e.RUN, e.JournalFull(self._limit.megabytes))
        return full

    @property
    def _size(self) -> int:
        """Bytes of the journal, where there is one."""
        return 0 if self._writer is None else self._writer.size

    async def pause(self, until: asyncio.Event, wall: float = LOOK_EVERY) -> None:
        """Wait so many wall seconds, or until the event. Raises what went wrong meanwhile."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), wall)
        self._first_error.check()

    # --- waiting for what happens ---------------------------------------------------------------

    async def wait_for(
        self,
        kind: type[E],
        /,
        *,
        count: int = 1,
        actor: str = "",
        within: float = 30.0,
        **values: Any,
    ) -> E:
        """The `count`th event of that kind from now on; of that actor and with those values, where
        given. `within` wall seconds, else TimeoutError.
        """
        return await self._awaited.wait_for(
            kind, self._first_error, count=count, actor=actor, within=within, values=values
        )

    # --- the verdict -----------------------------------------------------------------------------

    @property
    def verdict(self) -> Verdict:
        """The verdict, once the run has ended. The first time, the journal (if there is one) is
        scanned for secrets (S3).
        """
        if not self._scanned:
            self._scanned = True
            self.judge.without(SCAN, self._scan_for_secrets)
        return self.judge.verdict(
            cut=self._ended_early, interrupted=self._how not in ("quiet", "open")
        )

    @property
    def met_anybody(self) -> bool:
        """Is there anything to judge? Terminals that never reached their host saw nothing."""
        return True

    @property
    def journal_trouble(self) -> str:
        """Why the journal is cut while the run goes on, '' if it is not."""
        return "" if self._kept is None else self._kept.trouble

    def _scan_for_secrets(self) -> None:
        scan = self._scan
        if scan is not None and scan.tried:
            scan.finish()
            self.judge.secrecy(scan.found.scanned, *scan.found.apart)


def calendar_at(origin: float) -> Calendar:
    """The real date and time, when `origin` is the Unix time of run second 0; local time is that of
    this machine then.
    """
    start = datetime.fromtimestamp(origin, UTC)
    offset = start.astimezone().utcoffset() or timedelta()
    return Calendar(start.replace(tzinfo=None).isoformat(), utc_offset=offset.total_seconds())
