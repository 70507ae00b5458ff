"""Profiles that stop the event loop for a while, as a machine that is too slow would."""

from __future__ import annotations

import time

from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines.host import Host
from harness.machines.inputs import State
from harness.machines.profile import HostProfile, TerminalProfile, rewired
from harness.machines.terminal import Terminal

SECONDS = 0.4  # of the wall; at 40 times the clock that is 16 s of the run


def _block() -> None:
    time.sleep(SECONDS)


def _slow_reader(t: Terminal, x: i.CardRead, now: float) -> None:
    _block()
    cells_card.card_read(t, x, now)


class _BusyHost(Host):
    def receive(self, number: int, data: bytes, now: float) -> None:
        if b"0200" in data:
            _block()
        super().receive(number, data, now)


class _BrokenHost(Host):
    def receive(self, number: int, data: bytes, now: float) -> None:
        raise ValueError("a bug in somebody's host")


BLOCKS = TerminalProfile(
    name="blocks",
    summary="keeps the loop busy whenever a card is read",
    machine=rewired({(State.CARD_IN, i.CardRead): _slow_reader}),
)
BUSY_HOST = HostProfile(
    name="busy", summary="keeps its process busy with every request", machine=_BusyHost
)
BROKEN_HOST = HostProfile(name="broken", summary="raises", machine=_BrokenHost)
