"""The host as a process of its own: `python -m harness.live.host_process`.

It prints 'ready', reads one JSON line with its `Orders` from standard input, prints the port it
listens on, and works until 'stop' comes or standard input ends, so that it never outlives whoever
started it.
'lift' ends all faults; 'settle' has it tell its issuer first what it still owes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import msgspec

from harness import events as e
from harness.assembly import Assembly
from harness.errors import EnvironmentTrouble
from harness.journal import Journal, JournalWriter
from harness.live.clock import LiveClock
from harness.live.host_server import HostServer
from harness.live.loop import Fatal, new_loop, watched
from harness.live.transport import watch_lag
from harness.plan import RunPlan

ENVIRONMENT = 5


class Orders(msgspec.Struct):
    """What the host process must know. `start` is a reading of time.monotonic()."""

    plan: RunPlan
    start: float
    part: str


async def _serve(orders: Orders) -> None:
    fatal = Fatal(asyncio.get_running_loop())
    assembly = Assembly(_unprofiled(orders.plan))
    journal = Journal()
    writer = JournalWriter(Path(orders.part), assembly.header())
    journal.subscribe(writer.write)
    clock = LiveClock(orders.start, orders.plan.speed)
    side = HostServer(assembly, journal, clock)
    await side.listen()
    _say(f"port {side.port}")
    lag = watched(
        asyncio.create_task(
            watch_lag(clock, side.lag, lambda worst: side.record("HOST", e.LagMeasured(worst)))
        )
    )
    reader = asyncio.StreamReader()
    await side.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    within = orders.plan.scenario.contract.quiescence
    orders_in = asyncio.create_task(_obey(reader, side, within))
    await asyncio.wait({orders_in, fatal.wait()}, return_when=asyncio.FIRST_COMPLETED)
    lag.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await lag
    side.close()
    try:
        fatal.check()
        side.record("HOST", e.LagMeasured(side.lag.take()))
    finally:
        writer.close()


async def _obey(reader: asyncio.StreamReader, side: HostServer, within: float) -> None:
    while True:
        line = (await reader.readline()).strip()
        if line == b"lift":
            side.lift()
        elif line == b"settle":
            await side.settle(within)
        elif line in (b"", b"stop"):
            return


def _unprofiled(plan: RunPlan) -> RunPlan:
    """The host process builds no terminals, and needs nobody's terminal profile."""
    return msgspec.structs.replace(plan, terminal_profile="safe")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """0 when all went well, 5 with one line on standard error when the machine would not, and a
    traceback when the harness is at fault.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other half's to handle
    _say("ready")
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(orders))
    except EnvironmentTrouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return ENVIRONMENT
    return 0


if __name__ == "__main__":
    sys.exit(main())
