"""Good terminals in a bad crowd: `python -m benchmarks.crowd [SECONDS]`.

`harness host` runs as a process of its own, and 100 terminals, in another one, ask it for echoes,
ten a second each, and measure how long each takes. Then the crowd comes, and they do it again:
2,000 peers that are connected and silent, 200 that send a byte now and then, 200 that send what is
no message and come again when they are hung up on, and 50 that send echoes without a pause and
never read. What is printed is the ratio of the 99th percentiles, in the crowd to alone.

With `--floods N`, N peers that send echoes without a pause and read the answers are there as well;
with `--settled S`, the crowd has been there for S seconds when the second measurement begins.

An echo is what a host answers at once: what is measured is the harness's own delay.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from random import Random

from harness.live.loop import allow_many_files, new_loop
from harness.wire.codec import Codec
from harness.wire.framing import framing
from harness.wire.spec import load_spec

GOOD = 100
EVERY = 0.1  # wall seconds between two echoes of a good terminal
IDLE, DRIPPING, GARBAGE, DEAF = 2_000, 200, 200, 50
DRIP = 1.0  # wall seconds between two bytes of a dripping peer
AGAIN = 1.0  # wall seconds after which a peer with garbage comes again
ROUNDS = 3
GOAL = 1.5

_CODEC = Codec(load_spec("iso87-ascii"))
_WRAP = framing("2byte").wrap


def message(name: str, stan: int, function: str = "301") -> bytes:
    """A network management request: an echo, unless another function is asked for."""
    fields = {"t": "0800", "7": "1126120000", "11": f"{stan % 1_000_000:06d}", "41": name}
    return bytes(_WRAP(_CODEC.encode({**fields, "70": function})))


# --- good terminals -----------------------------------------------------------------------------


class Good(asyncio.Protocol):
    """Sends an echo every so often, and notes how long its answer took."""

    def __init__(self, number: int, took: list[float]) -> None:
        self._name = f"GOOD{number:04d}"
        self._took = took
        self._stan = 0
        self._asked = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._ask("001")

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None

    def _ask(self, function: str = "301") -> None:
        if self._transport is None:
            return
        self._stan += 1
        self._asked = time.perf_counter()
        self._transport.write(message(self._name, self._stan, function))

    def data_received(self, _data: bytes) -> None:
        if self._stan > 1:
            self._took.append(time.perf_counter() - self._asked)
        asyncio.get_running_loop().call_later(EVERY, self._ask)


async def _good(port: int, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    transports = []
    for number in range(GOOD):
        transport, _ = await loop.create_connection(partial(Good, number, took), "127.0.0.1", port)
        transports.append(transport)
        await asyncio.sleep(EVERY / GOOD)
    await asyncio.sleep(1.0)
    took.clear()
    await asyncio.sleep(seconds)
    found = list(took)
    for transport in transports:
        transport.abort()
    return found


def good_terminals(port: int, seconds: float, said: Pipe) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        said.send(runner.run(_good(port, seconds)))


# --- the crowd ----------------------------------------------------------------------------------


class Deaf(asyncio.Protocol):
    """Sends echoes as fast as they are taken, and never reads."""

    def __init__(self, number: int) -> None:
        self._data = b"".join(message(f"DEAF{number:04d}", n) for n in range(500))
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        transport.pause_reading()  # type: ignore[attr-defined]
        self.resume_writing()

    def resume_writing(self) -> None:
        transport = self._transport
        while transport is not None and not transport.is_closing():
            transport.write(self._data)
            if transport.get_write_buffer_size():
                return  # it is told when there is room again

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None


class Flood(Deaf):
    """Reads, too."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.resume_writing()


async def _comes_again(port: int, number: int) -> None:
    """Garbage, and again when it is hung up on."""
    draw = Random(number)
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\xff\xff" + draw.randbytes(200))
            await reader.read()
            writer.close()
        await asyncio.sleep(AGAIN)


async def _drips(port: int, number: int) -> None:
    """A byte now and then, of a message that never ends."""
    draw = Random(number)
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x01\x00")
            while not writer.is_closing():
                writer.write(b"0")
                await asyncio.sleep(draw.uniform(0.5, 1.5) * DRIP)
        await asyncio.sleep(AGAIN)


async def _crowd(port: int, floods: int, said: Pipe) -> None:
    loop = asyncio.get_running_loop()
    kept: list[object] = []
    peers: list[Callable[[], asyncio.Protocol]] = [asyncio.Protocol] * IDLE
    peers += [partial(Deaf, number) for number in range(DEAF)]
    peers += [partial(Flood, number) for number in range(floods)]
    for peer in peers:
        kept.append(await loop.create_connection(peer, "127.0.0.1", port))  # noqa: PERF401
    kept += [asyncio.create_task(_comes_again(port, number)) for number in range(GARBAGE)]
    kept += [asyncio.create_task(_drips(port, number)) for number in range(DRIPPING)]
    said.send("there")
    await asyncio.sleep(3600)


def crowd(port: int, floods: int, said: Pipe) -> None:
    allow_many_files()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_crowd(port, floods, said))


# --- the host -----------------------------------------------------------------------------------


@contextlib.contextmanager
def host() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Its port, and its process."""
    with tempfile.TemporaryDirectory() as where:
        command = [sys.executable, "-m", "harness", "host", "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(
            [*command, "--journal", str(Path(where) / "host.jsonl"), "--settle", "1s"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith("listening on "))
            yield int(line.rpartition(":")[2]), process
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)
            size = (Path(where) / "host.jsonl").stat().st_size
            print(
                f"the host ended in {time.monotonic() - began:.1f} s, journal {size / 1e6:.0f} MB"
            )
        finally:
            process.kill()
            process.communicate()


def measured(port: int, seconds: float) -> list[float]:
    """How long each echo of the good terminals took, in seconds."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=good_terminals, args=(port, seconds, theirs))
    process.start()
    took: list[float] = ours.recv()
    process.join()
    return sorted(took)


def p99(took: list[float]) -> float:
    return took[len(took) * 99 // 100]


def told(took: list[float]) -> str:
    p50, p99_ = statistics.median(took) * 1e3, p99(took) * 1e3
    return f"p50 {p50:.1f} ms, p99 {p99_:.1f} ms, {len(took):,} echoes"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=10.0)
    parser.add_argument("--floods", type=int, default=0)
    parser.add_argument(
        "--settled", type=float, default=0.0, help="seconds that the crowd is there"
    )
    options = parser.parse_args()
    ratios = []
    for _ in range(ROUNDS):
        with host() as (port, process):
            alone = measured(port, options.seconds)
            ours, theirs = multiprocessing.Pipe()
            others = multiprocessing.Process(target=crowd, args=(port, options.floods, theirs))
            others.start()
            ours.recv()
            time.sleep(options.settled)
            among = measured(port, options.seconds)
            memory = resident(process.pid)
            others.kill()
            others.join()
        ratios.append(p99(among) / p99(alone))
        print(
            f"{GOOD} good terminals alone: {told(alone)}; in the crowd: {told(among)}; "
            f"ratio of the p99 {ratios[-1]:.2f}; the host has {memory:.0f} MB",
            flush=True,
        )
    median = statistics.median(ratios)
    print(f"ratio of the 99th percentiles, median of {ROUNDS}: {median:.2f} (goal {GOAL})")
    return 0 if median <= GOAL else 1


def resident(pid: int) -> float:
    """Megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    sys.exit(main())
