"""The host as a process of its own: `python -m harness.live.host_process`.

It reads one JSON line with its `HostProcessOptions` from standard input, puts its host together and
says 'ready'. The next line is the start of the run, a reading of time.monotonic(), so that the run
begins when the process is there, however long that took. The process says 'port N' once it listens,
and works until 'stop' comes or standard input ends, so that it never outlives the process that
started it. Meanwhile it is told by lines:

- 'lift' ends all faults;
- 'flush' hands its part of the journal over to the file, and is answered by 'flushed T': what was
  recorded before the run second T is in the file;
- 'settle' has it tell its issuer what it still owes it, and is answered by 'settled'.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import msgspec

from harness import events as e
from harness.assembly import Assembly
from harness.errors import ConfigError, EnvironmentTrouble
from harness.exit_codes import ENVIRONMENT, MISTAKE
from harness.input_files import keep_piped
from harness.journal import Journal, JournalWriter
from harness.live.clock import LiveClock
from harness.live.evidence_sample import EvidenceSample
from harness.live.host_server import HostServer
from harness.live.loop import FirstError, new_loop, watched
from harness.plan import RunPlan
from harness.profiles import profiles_blamed
from harness.shell import leave_signals_to_parent


class HostProcessOptions(msgspec.Struct):
    """What the process must know. `part` is the path of its part of the journal, which has the
    evidence of so many terminals as are `judged` (0: all). `piped` is what the other process has
    read through pipes, which are not there in this one.
    """

    plan: RunPlan
    part: str
    judged: int = 0
    piped: dict[str, bytes] = {}


async def _serve(options: HostProcessOptions, assembly: Assembly, start: float) -> None:
    first_error = FirstError(asyncio.get_running_loop())
    journal = Journal()
    writer = JournalWriter(Path(options.part), assembly.header())
    sample = EvidenceSample(options.plan.terminals, options.judged)
    journal.subscribe(sample.through(writer.write), needed=True)
    clock = LiveClock(start, options.plan.speed)
    server = HostServer(assembly, journal, clock)
    await server.listen()
    _say(f"port {server.port}")
    watch = watched(asyncio.create_task(server.delay.watch()))
    reader = asyncio.StreamReader()
    await server.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    within = options.plan.scenario.contract.quiescence
    told = asyncio.create_task(_obey(reader, server, writer, within))
    await asyncio.wait({told, first_error.wait()}, return_when=asyncio.FIRST_COMPLETED)
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
    server.close()
    try:
        first_error.check()
        server.record(e.HOST, e.LagMeasured(server.delay.take()))
    finally:
        writer.close()


async def _obey(
    reader: asyncio.StreamReader, server: HostServer, writer: JournalWriter, within: float
) -> None:
    settling: list[asyncio.Task[None]] = []
    while True:
        line = (await reader.readline()).strip()
        if line == b"lift":
            server.lift()
        elif line == b"flush":
            now = server.clock.now()  # first: what comes from now on may miss this flush
            writer.flush()
            _say(f"flushed {now!r}")
        elif line == b"settle":
            settling.append(watched(asyncio.create_task(_settle(server, within))))
        elif line in (b"", b"stop"):
            for task in settling:
                task.cancel()
            return


async def _settle(server: HostServer, within: float) -> None:
    await server.settle(within)
    _say("settled")


def _unprofiled(plan: RunPlan) -> RunPlan:
    """The plan without its terminal profile: this process builds no terminals."""
    return msgspec.structs.replace(plan, terminal_profile="safe")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """0 when all went well, 5 with one line on standard error when the machine would not, and a
    traceback when the harness is at fault.
    """
    leave_signals_to_parent()
    options = msgspec.json.decode(sys.stdin.buffer.readline(), type=HostProcessOptions)
    keep_piped(options.piped)
    try:
        with profiles_blamed():
            assembly = Assembly(_unprofiled(options.plan))
            _say("ready")
            start = sys.stdin.buffer.readline()
            if not start:
                return 0  # the process that started this one is gone
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(_serve(options, assembly, float(start)))
    except ConfigError as mistake:
        sys.stderr.write(f"{mistake}\n")
        return MISTAKE
    except EnvironmentTrouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return ENVIRONMENT
    return 0


if __name__ == "__main__":
    sys.exit(main())
