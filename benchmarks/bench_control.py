"""The control plane at a real broker: `python -m benchmarks.bench_control`.

Connecting: so many terminals, each with a connection, a last will, three subscriptions and a
birth, from one process. The floor is what the broker lets anybody do: bare sockets in one process
that send the bytes of CONNECT and SUBSCRIBE, and wait for CONNACK and SUBACK, some at a time, to
the same broker. Floor and measurement alternate.

Stopping: `harness run --live` with so many terminals in a process of its own and its host in
another, and the host frozen; an operator's desk, in this process, tells all of them to go out of
service. The clock runs from the command until 99 % have answered, and until 99 % are out of
service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from harness import events as e
from harness.control.topics import Topics
from harness.fleet.address import BrokerAddress, broker_address
from harness.fleet.broker import Kind, OwnBroker, kind_of_broker
from harness.fleet.desk import Desk, Operator, Whom
from harness.fleet.direct import DirectPlane
from harness.gc_tuning import collect_rarely
from harness.live.loop import allow_many_files, new_loop
from harness.wire.calendar import Calendar

CONNECTED, DIRECT, CARRIED = 3_000, 3_000, 10_000
CONNECT_GOAL, STOP_GOAL = 10.0, 5.0  # seconds
ROUNDS = 3
AT_ONCE = 64  # bare clients that are under way at the same time
SHARE = 0.99
PATIENCE = 120.0  # seconds
TOPICS = Topics("bench")
EPOCH = "2026-11-21T20:10:00"


# --- the floor of connecting -----------------------------------------------------------------


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def _packet(kind: int, body: bytes) -> bytes:
    length, head = len(body), bytearray([kind])
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def connect_bytes(name: str) -> bytes:
    """MQTT 5: clean start, keep-alive of 15 s, a retained last will of the size of a state."""
    flags = 0b00101110
    will = b"\x00" + _text(TOPICS.state(name)) + _text("x" * 600)
    return _packet(0x10, _text("MQTT") + bytes([5, flags, 0, 15, 0]) + _text(name) + will)


def subscribe_bytes(name: str) -> bytes:
    filters = (*TOPICS.commands_of(name), TOPICS.state(name))
    body = b"".join(_text(topic) + b"\x01" for topic in filters)
    return _packet(0x82, b"\x00\x01\x00" + body)


class Bare(asyncio.Protocol):
    """Connects, subscribes, and says so."""

    def __init__(self, name: str, done: asyncio.Future[None]) -> None:
        self._name = name
        self._done = done
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(connect_bytes(self._name))

    def data_received(self, data: bytes) -> None:
        before = bool(self._read)
        self._read += data
        if not before:
            self._transport.write(subscribe_bytes(self._name))
        if b"\x90" in self._read and not self._done.done():  # the SUBACK
            self._done.set_result(None)


async def _bare(port: int, many: int) -> float:
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)
    transports = []

    async def one(number: int) -> None:
        async with room:
            done: asyncio.Future[None] = loop.create_future()
            name = f"B{number:07}"
            transport, _ = await loop.create_connection(lambda: Bare(name, done), "127.0.0.1", port)
            transports.append(transport)
            await done

    began = loop.time()
    await asyncio.gather(*(one(number) for number in range(many)))
    took = loop.time() - began
    for transport in transports:
        transport.write(b"\xe0\x00")  # DISCONNECT: no last will
        transport.close()
    await asyncio.sleep(0.5)
    return took


# --- connecting, measured --------------------------------------------------------------------


class _Idle:
    """A machine without power, which does nothing: what is measured is the control plane."""

    device: Any = None
    terminal: Any = None

    def __init__(self, name: str) -> None:
        self.id = name


class _Terminal:
    def __init__(self, name: str) -> None:
        self.atm: Any = _Idle(name)

    def record(self, event: e.Event) -> None:
        """Nobody reads it."""

    def stir(self) -> None:
        """Nothing follows."""


async def _ours(address: BrokerAddress, many: int) -> float:
    plane = DirectPlane(address, TOPICS, lambda _: "region-1")
    calendar, loop = Calendar(EPOCH), asyncio.get_running_loop()
    agents = [plane.join(_Terminal(f"A{n:07}"), calendar, loop.time) for n in range(many)]
    began = loop.time()
    for agent in agents:
        plane.booting(agent)
    while plane.connected < many and loop.time() < began + PATIENCE:
        await asyncio.sleep(0.02)
    took = loop.time() - began if plane.connected == many else float("inf")
    await plane.close()
    return took


def _child(what: str, address: BrokerAddress, many: int) -> float:
    """Seconds, in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_control", what, str(address), str(many)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return float(json.loads(said))


async def connecting(kind: Kind, many: int, rounds: int) -> None:
    pairs = []
    async with OwnBroker(kind) as broker:
        for _ in range(rounds):
            bare = await asyncio.to_thread(_child, "bare", broker.address, many)
            pairs.append((bare, await asyncio.to_thread(_child, "ours", broker.address, many)))
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    took = statistics.median(ours for _, ours in pairs)
    print(
        f"{kind}, direct, {many:,} terminals connected in {took:.1f} s "
        f"(goal {CONNECT_GOAL:.0f}: {_met(took, CONNECT_GOAL)}); bare clients "
        f"{statistics.median(bare for bare, _ in pairs):.1f} s; ratio {ratio:.1f}; "
        + ", ".join(f"{ours:.1f}/{bare:.1f}" for bare, ours in pairs),
        flush=True,
    )


# --- stopping a fleet ------------------------------------------------------------------------


@asynccontextmanager
async def _fleet(
    address: BrokerAddress, many: int, mode: str, place: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A live run, whose host is frozen from its first second on."""
    command = [
        *(sys.executable, "-m", "harness", "run", "ordinary_evening", "--live", "--quiet"),
        *("--no-faults", "--terminals", str(many), "--for", "1h"),
        *("--fault", "silent@20s..2h", "--broker", str(address), "--broker-mode", mode),
        *("--bank", "bench", "--journal", str(place / "stop.jsonl")),
    ]
    with (place / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _reached(desk: Desk, count: Any, wanted: int, began: float) -> float:
    there = await desk.until(lambda: count() >= wanted, PATIENCE)
    return time.monotonic() - began if there else float("inf")


async def stopping(kind: Kind, mode: str, many: int) -> None:
    with tempfile.TemporaryDirectory() as where:
        async with (
            OwnBroker(kind) as broker,
            _fleet(broker.address, many, mode, Path(where)) as process,
            Desk(broker.address, TOPICS, Operator()) as desk,
        ):
            await _told(desk, process, kind, mode, many)


async def _told(
    desk: Desk, process: subprocess.Popen[bytes], kind: Kind, mode: str, many: int
) -> None:
    def silent() -> int:
        """Terminals that have judged that their host does not answer."""
        return sum(x.host != "up" and x.status == "online" for x in desk.states.values())

    end = time.monotonic() + 4 * PATIENCE
    while silent() < SHARE * many and time.monotonic() < end and process.poll() is None:
        await asyncio.sleep(1.0)
    seen = len(desk.states)
    began = time.monotonic()
    task = asyncio.create_task(desk.command("out_of_service", Whom(everybody=True), wait=PATIENCE))
    await asyncio.sleep(0)
    [call] = desk._calls
    wanted = round(SHARE * many)
    answered = await _reached(desk, lambda: call.answered, wanted, began)
    stopped = await _reached(desk, lambda: call.finished, wanted, began)
    task.cancel()
    print(
        f"{kind}, {mode}, {many:,} terminals ({seen:,} seen, {silent():,} without their host): "
        f"99 % have answered after {answered:.1f} s "
        f"(goal {STOP_GOAL:.0f}: {_met(answered, STOP_GOAL)}), "
        f"99 % were out of service after {stopped:.1f} s",
        flush=True,
    )


def _met(measured: float, goal: float) -> str:
    return "met" if measured <= goal else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("connect", "stop"))
    parser.add_argument("--connected", type=int, default=CONNECTED)
    parser.add_argument("--direct", type=int, default=DIRECT)
    parser.add_argument("--carried", type=int, default=CARRIED)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    allow_many_files()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.python_implementation()} "
        f"{platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    kinds: list[Kind] = list(dict.fromkeys([kind_of_broker("auto"), "iotcore"]))
    if asked.only != "stop":
        for kind in kinds:
            asyncio.run(connecting(kind, asked.connected, asked.rounds))
    if asked.only != "connect":
        asyncio.run(stopping(kinds[0], "direct", asked.direct))
        asyncio.run(stopping(kinds[0], "gateway", asked.carried))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare" | "ours" as what, url, number]:
            allow_many_files()
            address = broker_address(url)
            work = (
                _bare(address.port, int(number)) if what == "bare" else _ours(address, int(number))
            )
            with collect_rarely(), asyncio.Runner(loop_factory=new_loop) as runner:
                print(json.dumps(runner.run(work)))
        case _:
            main()
