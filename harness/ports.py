"""Where a server of ours looks for a free port."""

from __future__ import annotations

import os

_STEP = 7
_APART = 61  # places between the first ports of two processes that were started together


def ports_in_turn(first: int, last: int) -> list[int]:
    """Ports from `first` to `last`. Each process begins elsewhere, so that the clients of one run,
    when they lose their server, do not find that of another run.
    """
    every = list(range(first, last, _STEP))
    start = os.getpid() * _APART % len(every)
    return every[start:] + every[:start]
