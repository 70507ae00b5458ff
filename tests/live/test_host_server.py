"""The host's listening socket, and errors that must not get lost in a loop."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from harness.assembly import Assembly
from harness.errors import EnvironmentTrouble
from harness.events import ConnectionsRefused, FrameSeen, HostDamaged
from harness.journal import Journal
from harness.live.clock import LiveClock
from harness.live.host_server import HostServer
from harness.live.loop import FirstError, watched
from harness.plan import plan_of
from harness.scenario import load_scenario


def side(*faults: str, journal: Journal | None = None) -> HostServer:
    """A host that is alone with whoever connects."""
    plan = plan_of(load_scenario("ordinary_evening"), terminals=1, faults=faults, live=True)
    clock = LiveClock(asyncio.get_running_loop().time(), 1.0)
    return HostServer(Assembly(plan), journal or Journal(), clock)


async def test_a_port_in_use_is_the_environments() -> None:
    """Said with the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentTrouble, match=str(port)):
            await side().listen(port=port)


async def test_two_hosts_find_ports_of_their_own() -> None:
    """Below the ephemeral range, where no connection's own end can sit on one."""
    one, other = side(), side()
    await one.listen()
    await other.listen()
    assert one.port != other.port
    assert max(one.port, other.port) < 32_768
    one.close()
    other.close()


async def test_a_live_runs_own_host_is_limited_by_descriptors_alone() -> None:
    """Whoever runs out of them is told of `ulimit -n`, and not of an option that only
    `harness host` has.
    """
    refused: asyncio.Future[ConnectionsRefused] = asyncio.get_running_loop().create_future()

    def see(_at: float, _actor: str, event: object) -> None:
        if isinstance(event, ConnectionsRefused):
            refused.set_result(event)

    journal = Journal()
    journal.subscribe(see)
    host = side(journal=journal)
    await host.listen()
    host.crowd.most = 0  # there are no descriptors for connections
    with socket.create_connection(("127.0.0.1", host.port)):
        told = await asyncio.wait_for(refused, 30)
    host.close()
    assert told.what == "descriptors"


@pytest.mark.parametrize("faults", [(), ("latency:by=0s",)], ids=["bare", "with faults"])
async def test_garbage_closes_the_connection_and_is_named(faults: tuple[str, ...]) -> None:
    """A good frame before it is read once, and the bytes that cannot be a frame are shown, also
    when the gate has taken the stream apart before the host did.
    """
    seen: list[object] = []
    journal = Journal()
    journal.subscribe(lambda _at, _actor, event: seen.append(event))
    host = side(*faults, journal=journal)
    await host.listen()
    reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
    echo = b"0800, but no message"
    writer.write(struct.pack(">H", len(echo)) + echo + b"\xff\xff garbage")
    assert await reader.read() == b""  # the host hung up
    frames = [event for event in seen if isinstance(event, FrameSeen)]
    assert [event.size for event in frames][:1] == [len(echo)]
    assert ["ff ff" in event.problem for event in frames] == [False, True]
    assert any(isinstance(event, HostDamaged) for event in seen)
    writer.close()
    await writer.wait_closed()
    host.close()


async def test_what_goes_wrong_in_a_task_ends_the_run() -> None:
    """At once, and not when somebody asks the task."""

    async def fails() -> None:
        raise EnvironmentTrouble("the port is gone")

    first_error = FirstError(asyncio.get_running_loop())
    told = first_error.wait()
    task = watched(asyncio.create_task(fails()))
    await asyncio.wait_for(told, 30.0)
    with pytest.raises(EnvironmentTrouble, match="the port is gone"):
        first_error.check()
    assert task.done()


class FullStore:
    """A store on a disk that takes nothing."""

    def save(self, *_: object) -> None:
        raise EnvironmentTrouble("the disk is full")


class Line:
    """A connection that notes what it is given to send."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def from_host(self, data: bytes) -> None:
        self.sent.append(data)


async def test_an_answer_that_could_not_be_kept_never_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither then, nor with the next that needs no store."""
    host, line = side(), Line()
    host.store = FullStore()  # type: ignore[assignment]
    host.accepted[1] = line  # type: ignore[assignment]
    changes = [["a posting"], []]
    monkeypatch.setattr(host.host, "changes", lambda: (changes.pop(0), {}))
    host.host.out = [(1, b"approved")]
    with pytest.raises(EnvironmentTrouble, match="the disk is full"):
        host.drain()
    host.host.out.append((1, b"echo"))
    host.drain()
    assert line.sent == [b"echo"]
