"""Who may be connected, by hand; and a process that has no descriptors left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import events as e
from harness.api import Host, Terminals
from harness.live.crowd import HALF_READ_FOR, MUTE_FOR, Crowd, Leaver
from harness.live.descriptors import RESERVE, descriptors_left


def full(connections: int = 3) -> Crowd:
    """Connection 1 came at second 0, 2 at second 1 and so on; no more are let in."""
    crowd = Crowd(connections)
    for number in range(connections):
        crowd.enters()
        crowd.opened(number + 1, float(number))
    assert crowd.is_full
    return crowd


def test_a_new_connection_has_time_to_speak() -> None:
    """Then the oldest that has not makes room, and after it the next."""
    crowd = full()
    assert crowd.leaver(MUTE_FOR - 0.1) is None
    assert crowd.leaver(MUTE_FOR) == Leaver(1, "never sent a message", MUTE_FOR)
    crowd.leaves(1)
    assert not crowd.is_full
    assert crowd.leaver(MUTE_FOR) is None
    assert crowd.leaver(60.0) == Leaver(2, "never sent a message", 59.0)


def test_who_has_spoken_may_be_silent_for_good() -> None:
    """Only a frame that is begun and not ended is another matter, until it is ended."""
    crowd = full()
    for number in (1, 2, 3):
        crowd.spoke(number)
    assert crowd.leaver(1e6) is None
    crowd.half_read(2, 100.0)
    crowd.half_read(2, 120.0)  # told again
    crowd.half_read(3, 110.0)
    assert crowd.leaver(99.0 + HALF_READ_FOR) is None
    expected = Leaver(2, "does not end its frame", HALF_READ_FOR)
    assert crowd.leaver(100.0 + HALF_READ_FOR) == expected
    crowd.spoke(2)
    assert crowd.leaver(100.0 + HALF_READ_FOR) is None


def test_places_are_counted_once() -> None:
    """One that was hung up on has left when its place is given away, and not again when it is
    closed; one that was let in and came to nothing leaves a place too.
    """
    crowd = full()
    crowd.leaves(1)
    crowd.enters()
    assert crowd.is_full
    crowd.closed(1)
    assert crowd.is_full
    crowd.closed()
    assert len(crowd) == 2


# --- descriptors --------------------------------------------------------------------------------


MORE = 20  # descriptors that are given to the process, and taken by a test


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    """This process can open no file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(one.name) for one in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + MORE, hard))
    taken: list[int] = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_never_get_all_descriptors() -> None:
    """Some are left for the journal, the store and the reports."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/dev/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 500, hard))
    try:
        assert descriptors_left() == 500 - RESERVE
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_host_without_descriptors_lives_and_accepts_again(loop: str) -> None:
    """That is told, once and then with how many more; when some are free, who waits is let in."""
    of_loop = pytest.importorskip("uvloop") if loop == "uvloop" else asyncio
    with asyncio.Runner(loop_factory=of_loop.new_event_loop) as runner:
        runner.run(_without_descriptors())


async def _without_descriptors() -> None:
    seen: list[e.Event] = []
    async with Host(listeners=[lambda _at, _actor, event: seen.append(event)]) as host:
        address, _, port = host.address.rpartition(":")
        waiting = [socket.socket() for _ in range(3)]
        with no_descriptors():
            for peer in waiting:
                peer.connect((address, int(port)))
            refused = await host.wait_for(e.ConnectionsRefused)
            assert refused.what == "descriptors"
            assert not [event for event in seen if isinstance(event, e.LinkOpened)]
        opened = host.wait_for(e.LinkOpened, count=3)
        assert await opened == e.LinkOpened()
        for peer in waiting:
            peer.close()
    assert host.verdict.outcome == "invalid"
    assert "ulimit -n" in str(host.verdict)


async def test_terminals_without_descriptors_blame_no_host() -> None:
    """They go on with those that are connected; the run proves nothing, with what helps."""
    async with (
        Host(speed=20, slack="60s") as host,
        Terminals(host.address, 3, speed=20, slack="60s") as atms,
    ):
        with no_descriptors():  # before one of them has dialled
            event = await atms.wait_for(e.DescriptorsRanOut)
    assert event.count == 1
    assert atms.verdict.outcome == "invalid"
    assert "raise `ulimit -n`, or take fewer terminals" in str(atms.verdict)
