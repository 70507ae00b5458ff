"""Live fleets against a bare echo of the same two messages: `python -m benchmarks.bench_live`.

The floor is what no pair of Python processes can beat on this machine: a client that sends the
0200's bytes on each of as many connections, a server that cuts the stream at the length header
and sends the 0210's bytes back, and nothing else: asyncio.Protocol at both ends, a process each.
A measured withdrawal is a whole one: customer, card, PIN, request, posting, cash, receipt, all
recorded, on the same number of connections. Floor and measurement alternate.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import cast

from benchmarks.bench_codec import withdrawal
from harness.crypto.keys import load_keys
from harness.crypto.mac import CmacMac
from harness.live.loop import allow_many_files, new_loop
from harness.live.run import run_live
from harness.load.plan import load_plan
from harness.load.run import run_load
from harness.outcome import Progress
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.dialects.iso1987 import Dialect1987, Message1987
from harness.wire.framing import framing
from harness.wire.spec import load_spec

ROUNDS = 3
TERMINALS = 200
SECONDS = 4.0
FLOOR_SECONDS = 2.0
CONNECTED = 5_000
HEADER = 2


def messages() -> tuple[bytes, bytes]:
    """A 0200 and its 0210, sealed and framed as a run's are."""
    codec = AuthenticatedCodec(Codec(load_spec("iso87-ascii")), CmacMac(load_keys().mac))
    fields = withdrawal("iso87-ascii")
    wrap = framing("2byte").wrap
    answer = Dialect1987().answer(Message1987(fields), "00", approval="000001").fields
    return wrap(codec.encode(fields)), wrap(codec.encode(answer))


# --- the floor ---------------------------------------------------------------------------


class Server(asyncio.Protocol):
    """One answer for each whole frame."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= HEADER:
            size = HEADER + int.from_bytes(self._buffer[:HEADER], "big")
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._transport.write(self._answer)


class Client(Server):
    """The same, and counts; sends the first request."""

    answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._transport.write(self._answer)

    def data_received(self, data: bytes) -> None:
        Client.answered += len(data)  # whole answers, near enough over thousands
        super().data_received(data)


async def _serve_echo() -> None:
    _, answer = messages()
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(answer), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _ask(port: int) -> float:
    request, answer = messages()
    loop = asyncio.get_running_loop()
    for _ in range(TERMINALS):
        await loop.create_connection(lambda: Client(request), "127.0.0.1", port)
    await asyncio.sleep(0.5)
    before, began = Client.answered, loop.time()
    await asyncio.sleep(FLOOR_SECONDS)
    return (Client.answered - before) / len(answer) / (loop.time() - began)


def floor() -> float:
    """Echoes a second."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bench_live", "serve"], stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(_ask(port))
    finally:
        server.kill()
        server.communicate()


# --- the measurement -----------------------------------------------------------------------


def measured() -> float:
    """Withdrawals a second, flat out; the run must pass."""
    with tempfile.TemporaryDirectory() as where:
        done = run_load(
            load_plan(terminals=TERMINALS, seconds=SECONDS),
            journal=Path(where) / "load.jsonl",
            warm_up=1.0,
        )
    if not done.outcome.verdict.passed:
        print(f"  NOT VALID: {done.outcome.verdict}")
    return next(row.rate for row in done.figures.messages if row.message == "visit")


def rates(loop: str) -> None:
    """Both, in turn, on that event loop."""
    os.environ["HARNESS_LOOP"] = loop
    pairs = [(floor(), measured()) for _ in range(ROUNDS)]
    ratio = statistics.median(done / bare for bare, done in pairs)
    print(
        f"{loop}, {TERMINALS} connections: "
        f"{statistics.median(done for _, done in pairs):,.0f} withdrawals/s, bare echo "
        f"{statistics.median(bare for bare, _ in pairs):,.0f}/s; ratio {ratio:.3f} (goal 0.15); "
        + ", ".join(f"{done:,.0f}/{bare:,.0f}" for bare, done in pairs)
    )


# --- memory ----------------------------------------------------------------------------------


def _resident(pid: int | str) -> int:
    """Kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def connect(terminals: int) -> None:
    """Connect that many, without customers; print both halves' memory once all have signed on."""
    sizes: list[int] = []

    def look(progress: Progress) -> None:
        if progress.states == {"IDLE": terminals} and not sizes:
            sizes.extend(_resident(pid) for pid in ("self", *_children()))
            os.kill(os.getpid(), signal.SIGINT)

    with tempfile.TemporaryDirectory() as where:
        plan = load_plan(terminals=terminals, seconds=300.0, rate=terminals / 1e6)
        run_live(plan, journal=Path(where) / "load.jsonl", progress=look)
    print(json.dumps(sizes))


def memory() -> None:
    """The fleet's process with all connected, against one with a single terminal."""
    sizes = []
    for terminals in (1, CONNECTED):
        output = subprocess.run(
            [sys.executable, "-m", "benchmarks.bench_live", "connect", str(terminals)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        sizes.append(json.loads(output))
    (one, host_one), (many, host_many) = sizes
    each = (many - one) * 1024 / (CONNECTED - 1)
    host_each = (host_many - host_one) * 1024 / (CONNECTED - 1)
    print(
        f"{CONNECTED:,} connected terminals: {many / 1024:.0f} MB (goal 300), {each:,.0f} bytes "
        f"each over {one / 1024:.0f} MB; the host's process {host_many / 1024:.0f} MB, "
        f"{host_each:,.0f} bytes each"
    )


def main() -> None:
    allow_many_files()
    rates("asyncio")
    try:
        import uvloop  # noqa: F401
    except ImportError:
        print("uvloop is not installed: not measured")
    else:
        rates("uvloop")
    memory()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(_serve_echo())
        case ["connect", number]:
            connect(int(number))
        case _:
            main()
