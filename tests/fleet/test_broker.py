"""Brokers of our own: they start with nothing installed, and end with whoever has started them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from harness.errors import ConfigError
from harness.fleet.broker import Kind, OwnBroker, kind_of_broker

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "iotcore"]


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def test_mosquitto_where_it_is_installed_else_what_needs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/sbin/mosquitto")
    assert kind_of_broker("auto") == "mosquitto"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert kind_of_broker("auto") == "iotcore"
    with pytest.raises(ConfigError, match="iotcore, which needs nothing"):
        kind_of_broker("mosquitto")


@pytest.mark.parametrize("kind", KINDS)
async def test_it_listens_below_the_ephemeral_ports_until_it_is_stopped(kind: Kind) -> None:
    async with OwnBroker(kind) as broker:
        port = broker.address.port
        assert port < 32_768
        assert listens(port)
    assert not listens(port)


@pytest.mark.parametrize("kind", KINDS)
async def test_it_ends_with_a_process_that_is_killed(kind: Kind) -> None:
    program = (
        "import asyncio\nfrom harness.fleet.broker import OwnBroker\n"
        f"async def main():\n    async with OwnBroker('{kind}') as broker:\n"
        "        print(broker.address.port, flush=True)\n        await asyncio.Event().wait()\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert listens(port)
        os.kill(process.pid, signal.SIGKILL)
    async with asyncio.timeout(20.0):
        while listens(port):
            await asyncio.sleep(0.02)  # until another process has ended
