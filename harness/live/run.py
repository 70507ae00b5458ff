"""Running a plan live: terminals in this process, the host in another, real TCP between them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.checks.secrecy import SecrecyScan
from harness.errors import EnvironmentTrouble, HarnessError
from harness.gc_tuning import few_collections
from harness.journal import Entry, Header, Journal, JournalWriter
from harness.live.clock import LiveClock
from harness.live.host_process import ENVIRONMENT, Orders
from harness.live.journal_merge import merged, part_path, write_journal
from harness.live.loop import Fatal, allow_many_files, new_loop, watched
from harness.live.standalone import check_virtual
from harness.live.terminal_fleet import TerminalFleet
from harness.live.terminal_store import SqliteStore
from harness.live.transport import watch_lag, watch_windows
from harness.outcome import Outcome, Progress
from harness.plan import RunPlan

RUN = "RUN"
_LEAD = 1.0  # wall seconds from the host process's first word to the run's zero
_STOPS = 30.0  # wall seconds in which the host's process writes its part and ends
_LOOK_EVERY = 0.25  # wall seconds between looks at the fleet

Watch = Callable[[Progress], None] | None


def run_live(
    plan: RunPlan,
    *,
    journal: Path | None = None,
    progress: Watch = None,
    state_dir: Path | None = None,
    fsync: bool = False,
) -> Outcome:
    """Run the plan on the wall clock, `plan.speed` times faster; always leaves a journal.

    The verdict is reached from that journal alone, as `harness judge` would reach it.

    Raises:
        ConfigError: the plan names something that does not exist.
        EnvironmentTrouble: no port, no disk, or the host's process was killed. What the journal's
            parts held until then is in the journal, which is cut off.
    """
    check_virtual(plan)
    assembly = Assembly(plan)
    header = assembly.header()
    path = journal or Path("runs") / f"{plan.scenario.name}-live-seed{plan.seed}.jsonl"
    parts = [part_path(path, part) for part in ("terminals", "host")]
    allow_many_files()
    with contextlib.ExitStack() as stack:
        where = state_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = SqliteStore(where, assembly.keys.store, fsync=fsync)
        stack.callback(store.close)
        for part in parts:
            stack.callback(part.unlink, missing_ok=True)
        stack.enter_context(few_collections())
        host = stack.enter_context(_HostProcess(plan, str(parts[1])))
        half = _Half(assembly, header, parts[0], LiveClock(host.start, plan.speed), store, host)
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                interrupted = runner.run(half.live(progress))
        except BaseException:
            with contextlib.suppress(HarnessError):
                host.stop()
            with contextlib.suppress(HarnessError):
                judge_parts(path, header, parts, assembly)
            raise
        if progress is not None:
            progress(Progress(plan.duration, plan.duration, {}, 0, "judging"))
        judge, scan = judge_parts(path, header, parts, assembly)
    judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
    return Outcome(judge.verdict(interrupted=interrupted), header, path, interrupted)


def judge_parts(
    path: Path, header: Header, parts: list[Path], assembly: Assembly
) -> tuple[Judge, SecrecyScan]:
    """Merge the parts into one journal, and read it as anyone would."""
    judge = Judge(header)
    scan = SecrecyScan(assembly.population, assembly.keys, terminals=assembly.plan.terminals)
    written = [part for part in parts if part.exists() and part.stat().st_size]
    lines = write_journal(path, header, merged(written))
    scan.scan(next(lines), str(path))
    decode = msgspec.json.Decoder(Entry).decode
    for block in _blocks(lines, 256):
        scan.scan(b"".join(block), str(path))
        for line in block:
            entry = decode(line)
            judge.see(entry.at, entry.actor, entry.event)
    return judge, scan


def _blocks(lines: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) >= size:
            yield block
            block = []
    if block:
        yield block


class _HostProcess:
    """The other half. Ends with us, whatever becomes of us: its standard input closes. The run's
    `start` is named when its process is there, however long a busy machine took to bring it up.
    """

    def __init__(self, plan: RunPlan, part: str) -> None:
        self._plan = plan
        self._part = part
        self._process: subprocess.Popen[bytes] | None = None
        self.start = 0.0
        self.port = 0

    def __enter__(self) -> _HostProcess:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.live.host_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a terminal's Ctrl-C is for the terminals' half
        )
        try:
            self.port = self._ready(self._process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _ready(self, process: subprocess.Popen[bytes]) -> int:
        """The port, once it listens."""
        assert process.stdout is not None
        process.stdout.readline()  # "ready", or nothing if it has ended
        self.start = time.monotonic() + _LEAD
        self._tell(msgspec.json.encode(Orders(self._plan, self.start, self._part)))
        first = process.stdout.readline().decode().split()
        if len(first) != 2 or first[0] != "port":
            raise self._ended(process)
        return int(first[1])

    def _tell(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def _ended(self, process: subprocess.Popen[bytes]) -> HarnessError:
        """Why it is gone: the environment's fault, or an error inside the harness."""
        _, errors = process.communicate()
        self._process = None
        code = process.returncode
        said = errors.decode(errors="replace").strip().splitlines()
        text = f"the host's process ended ({code}): {said[-1] if said else 'without a word'}"
        killed = code < 0
        return (EnvironmentTrouble if killed or code == ENVIRONMENT else HarnessError)(text)

    def lift(self) -> None:
        self._tell(b"lift")

    def check(self) -> None:
        """Raises a HarnessError if it died."""
        if self._process is not None and self._process.poll() is not None:
            raise self._ended(self._process)

    def stop(self, settle: float = 0.0) -> None:
        """Let it close its part of the journal, and before that, for so many wall seconds at most,
        tell its issuer what it owes it. Raises as `check` does.
        """
        process = self._process
        if process is None:
            return
        if settle:
            self._tell(b"settle")
        self._tell(b"stop")
        try:
            process.wait(timeout=settle + _STOPS)
        except subprocess.TimeoutExpired:
            self.__exit__()
            raise EnvironmentTrouble("the host's process did not stop") from None
        error = self._ended(process)
        if process.returncode != 0:
            raise error

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class _Half:
    """The terminals' half, from start to quiescence."""

    def __init__(
        self,
        assembly: Assembly,
        header: Header,
        part: Path,
        clock: LiveClock,
        store: SqliteStore,
        host: _HostProcess,
    ) -> None:
        self._assembly = assembly
        self._header = header
        self._part = part
        self._clock = clock
        self._store = store
        self._host = host

    async def live(self, progress: Watch) -> bool:
        """True when it was interrupted."""
        loop = asyncio.get_running_loop()
        fatal = Fatal(loop)
        interrupt = asyncio.Event()
        for sent in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sent, interrupt.set)
        journal = Journal()
        writer = JournalWriter(self._part, self._header)
        journal.subscribe(writer.write)
        try:
            how = await self._fleet_lives(journal, interrupt, fatal, progress)
        finally:
            for sent in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sent)
            writer.close()
        return how == "interrupted"

    async def _fleet_lives(
        self, journal: Journal, interrupt: asyncio.Event, fatal: Fatal, progress: Watch
    ) -> str:
        """How it ended."""
        loop = asyncio.get_running_loop()
        fleet = TerminalFleet(
            self._assembly, journal, self._clock, self._store, ("127.0.0.1", self._host.port)
        )
        watching = [
            watched(loop.create_task(task))
            for task in (
                watch_lag(
                    self._clock, fleet.lag, lambda lag: fleet.record(RUN, e.LagMeasured(lag))
                ),
                watch_windows(
                    self._clock, self._assembly.faults, lambda event: fleet.record(RUN, event)
                ),
            )
        ]
        try:
            await self._until(0.0, interrupt, fatal)
            fleet.start()
            how = await self._play(fleet, interrupt, fatal, progress)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await fleet.close()
        fatal.check()
        fleet.record(RUN, e.LagMeasured(fleet.lag.take()))
        fleet.count()
        quiescence = self._assembly.plan.scenario.contract.quiescence
        settle = 0.0 if how == "interrupted" else self._clock.wall(quiescence)
        self._host.stop(settle)  # first: nothing comes after the run's end
        fleet.record(RUN, e.RunEnded(how))
        return how

    async def _play(
        self, fleet: TerminalFleet, interrupt: asyncio.Event, fatal: Fatal, progress: Watch
    ) -> str:
        plan = self._assembly.plan
        phase = "running"
        end = plan.duration
        while not interrupt.is_set():
            now = self._clock.now()
            if progress is not None:
                progress(Progress(now, plan.duration, fleet.states(), fleet.cards_inside(), phase))
            if phase == "running" and now >= end:
                phase = "settling"
                end = now + self._assembly.faults.outage + plan.scenario.contract.quiescence
                fleet.stop_customers()
                self._host.lift()
            elif phase == "settling":
                if fleet.quiet():
                    return "quiet"
                if now >= end:
                    return "open"
            self._host.check()
            fatal.check()
            await self._until(min(now + _LOOK_EVERY * self._clock.speed, end), interrupt, fatal)
        return "interrupted"

    async def _until(self, when: float, interrupt: asyncio.Event, fatal: Fatal) -> None:
        """Wait for a run second, an interrupt or an error, whatever comes first."""
        wait = max(0.0, self._clock.wall(when - self._clock.now()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupt.wait(), wait)
        fatal.check()
