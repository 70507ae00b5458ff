"""Python's garbage collector, told what a fleet is."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = (200_000, 50, 100)
SMALL = (10_000, 50, 100)


@contextmanager
def few_collections() -> Iterator[None]:
    """A fleet is a large graph that does not die: to collect it again and again costs a simulation
    a third of its time, and holds up a live run for tenths of a second when the process has much
    else behind it.
    """
    with _collecting(LARGE):
        yield


@contextmanager
def brief_collections() -> Iterator[None]:
    """One small fleet after another: each is garbage when its run is over, and what lies about for
    long has left the processor's cache when it is collected.
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
