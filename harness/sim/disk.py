"""A simulated disk, which loses what was not synced when the power fails."""

from __future__ import annotations

from collections.abc import Callable

from harness.machines.store import Record, StoreImage
from harness.sim.world import World

SYNC_SECONDS = 0.004


class Disk:
    """The store of one terminal. Records that are written during a sync are part of it."""

    __slots__ = ("_buffer", "_life", "_synced", "_syncing", "_world", "image")

    def __init__(self, world: World, synced: Callable[[int], None]) -> None:
        """`synced(number)` is called when all records up to that number are durable."""
        self._world = world
        self._synced = synced
        self._buffer: list[tuple[int, Record]] = []
        self._syncing = False
        self._life = 0
        self.image = StoreImage()

    def write(self, number: int, record: Record, *, urgent: bool) -> None:
        self._buffer.append((number, record))
        if urgent and not self._syncing:
            self._syncing = True
            self._world.at(self._world.now + SYNC_SECONDS, self._sync, self._life)

    def _sync(self, life: int) -> None:
        if life != self._life:
            return  # the power failed before the sync was done
        self._syncing = False
        self._synced(self.flush())

    def flush(self) -> int:
        """Make all records durable. Returns the number of the last one."""
        last = 0
        for last, record in self._buffer:  # noqa: B007
            self.image.apply(record)
        self._buffer.clear()
        return last

    def lose(self) -> None:
        """The power has failed: what was not synced is lost."""
        self._life += 1
        self._syncing = False
        self._buffer.clear()
