"""Python's garbage collector, told what a fleet is."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def few_collections() -> Iterator[None]:
    """A fleet is a large graph that does not die: to collect it again and again costs a simulation
    a third of its time, and holds up a live run for tenths of a second when the process has much
    else behind it.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
