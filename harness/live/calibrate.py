"""How fast a live run may go on this machine, measured before one is started."""

from __future__ import annotations

import asyncio
import time

from harness.live.loop import new_loop

WANTED = 20.0
SLACK = 2.0  # run seconds by which a timed bound may be late at all (contract)
COST = 0.004  # wall seconds of a process for a live withdrawal, on an idle machine
_REFERENCE = 0.030  # wall seconds the loop below takes there
_MEAN_GAP = 240.0


def affordable_speed(terminals: int, wanted: float = WANTED) -> float:
    """Run seconds per wall second at which this machine's own delays stay well inside the slack
    and its load stays below one half. Takes about half a second.
    """
    slowness = max(1.0, _work() / _REFERENCE)
    load_bound = 0.5 * _MEAN_GAP / (terminals * COST * slowness)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        worst = runner.run(_worst_delay(0.4))
    lag_bound = SLACK / 4 / max(worst, 0.001)
    return max(1.0, min(wanted, float(int(load_bound)), float(int(lag_bound))))


def _work() -> float:
    """A fixed piece of pure Python, the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        total = 0
        for number in range(400_000):
            total += number & 7
        best = min(best, time.perf_counter() - began)
    return best


async def _worst_delay(seconds: float) -> float:
    loop = asyncio.get_running_loop()
    worst = 0.0
    end = loop.time() + seconds
    while loop.time() < end:
        due = loop.time() + 0.005
        await asyncio.sleep(0.005)
        worst = max(worst, loop.time() - due)
    return worst
