"""A profile that stops the event loop for a while, as a machine that is too slow would."""

from __future__ import annotations

import time

from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.terminal import Terminal

SECONDS = 0.4  # of the wall; at 40 times the clock that is 16 s of the run


def _block(t: Terminal, x: i.CardRead, now: float) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        pass
    cells_card.card_read(t, x, now)


BLOCKS = TerminalProfile(
    name="blocks",
    summary="keeps the loop busy whenever a card is read",
    machine=rewired({(State.CARD_IN, i.CardRead): _block}),
)
