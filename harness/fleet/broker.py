"""A broker of our own, on loopback, for as long as a run lasts.

Mosquitto where it is installed, else iotcore (rumqttd in a wheel). Either runs under a small
process of ours that ends it when this process ends, however it ends (`broker_process`).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from harness.errors import ConfigError, EnvironmentTrouble
from harness.fleet.address import broker_address
from harness.ports import ports_in_turn

Kind = Literal["mosquitto", "iotcore"]
HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 10_007, 19_999  # below the ephemeral range, and below the fake hosts' ports
_TRIES = 5
_STARTS = 15.0  # wall seconds
_LOOKS_EVERY = 0.05
_MOST_CONNECTIONS = 100_000

_MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 100000
max_inflight_messages 1000
log_dest stderr
log_type error
"""
_IOTCORE = """\
id = 0
[router]
id = 0
max_connections = {connections}
max_outgoing_packet_count = 10000
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "control"
listen = "{host}:{port}"
next_connection_delay_ms = 0
[v5.1.connections]
connection_timeout_ms = 30000
max_payload_size = 65536
max_inflight_count = 500
dynamic_filters = true
"""


def kind_of_broker(wanted: str) -> Kind:
    """Which broker 'auto' is here; 'mosquitto' and 'iotcore' are themselves.

    Raises:
        ConfigError: Mosquitto is asked for, and is not installed.
    """
    installed = shutil.which("mosquitto") is not None
    if wanted == "auto":
        return "mosquitto" if installed else "iotcore"
    if wanted == "mosquitto" and not installed:
        raise ConfigError(
            "Mosquitto is not installed",
            place="--broker mosquitto",
            remedy="install it, or take --broker iotcore, which needs nothing",
        )
    return "mosquitto" if wanted == "mosquitto" else "iotcore"


class OwnBroker:
    """A broker that lives as long as this context. `address` is where it listens."""

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.address = broker_address(f"mqtt://{HOST}:1")
        self._process: asyncio.subprocess.Process | None = None
        self._files = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        """Raises EnvironmentTrouble: it does not start."""
        place = Path(self._files.enter_context(tempfile.TemporaryDirectory(prefix="harness-mqtt-")))
        said = ""
        ports = iter(ports_in_turn(FIRST_PORT, LAST_PORT))
        for _ in range(_TRIES):
            port = free_port(ports)
            said = await self._start(port, place)
            if not said:
                self.address = broker_address(f"mqtt://{HOST}:{port}")
                return self
        self._files.close()
        raise EnvironmentTrouble(f"the broker ({self.kind}) did not start: {said}")

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()
        self._files.close()

    async def stop(self) -> None:
        """End it, as if it had failed; every connection is lost."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STARTS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _start(self, port: int, place: Path) -> str:
        """Why it did not start there, in words; '' if it listens."""
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "harness.fleet.broker_process", *self._command(port, place)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        loop = asyncio.get_running_loop()
        end = loop.time() + _STARTS
        while loop.time() < end:
            if process.returncode is not None:
                assert process.stderr is not None
                said = (await process.stderr.read()).decode(errors="replace").strip()
                self._process = None
                return said.splitlines()[-1] if said else f"it ended ({process.returncode})"
            if await _listens(port):
                return ""
            await asyncio.sleep(_LOOKS_EVERY)
        await self.stop()
        return f"it did not listen on port {port} within {_STARTS:.0f} s"

    def _command(self, port: int, place: Path) -> tuple[str, ...]:
        path = place / f"{self.kind}-{port}.toml"  # iotcore reads no file of another name
        text = _MOSQUITTO if self.kind == "mosquitto" else _IOTCORE
        path.write_text(text.format(host=HOST, port=port, connections=_MOST_CONNECTIONS))
        if self.kind == "mosquitto":
            return "mosquitto", "-c", str(path)
        return sys.executable, "-m", "iotcore", "--config", str(path), "--log-level", "ERROR"


def free_port(ports: Iterator[int]) -> int:
    """Raises EnvironmentTrouble: none is free."""
    for port in ports:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise EnvironmentTrouble(f"no port from {FIRST_PORT} to {LAST_PORT} is free for a broker")


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
