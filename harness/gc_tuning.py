"""How often Python's garbage collector runs while machines are simulated or live."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = (200_000, 50, 100)
SMALL = (10_000, 50, 100)


@contextmanager
def collect_rarely() -> Iterator[None]:
    """For one large fleet: its objects live until the run is over. Without this, collections take a
    third of a simulation's time, and hold up a live run for tenths of a second.
    """
    with _collecting(LARGE):
        yield


@contextmanager
def collect_small_runs() -> Iterator[None]:
    """For many small fleets, one after another: each is garbage when its run is over, and is
    collected while it is still in the processor's cache.
    """
    with _collecting(SMALL):
        yield


@contextmanager
def _collecting(threshold: tuple[int, int, int]) -> Iterator[None]:
    """What a caller has frozen stays frozen, and is not gone through for each run: to collect all
    that a large test suite holds takes longer than many a simulation.
    """
    before = gc.get_threshold()
    frozen = gc.get_freeze_count() > 0
    gc.collect()
    if not frozen:
        gc.freeze()
    gc.set_threshold(*threshold)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not frozen:
            gc.unfreeze()
