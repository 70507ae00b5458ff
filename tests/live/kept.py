"""Records for the live store, and writing them until they are durable."""

from __future__ import annotations

import asyncio

from harness.live.store import SqliteStore
from harness.machines.store import Intent, Record

KEY = bytes(range(16))
PAN = "9999990000000014"
INTENT = Intent(7, "withdrawal", PAN, 5000, "000123", "1121201000", "000000000007")


async def keep(store: SqliteStore, *records: Record, terminal: str = "ATM00001") -> int:
    """Write records and wait until the last one is told to be synced; its number."""
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def synced(number: int) -> None:
        if number == len(records) and not done.done():
            done.set_result(number)

    for number, record in enumerate(records, start=1):
        store.write(terminal, number, record, synced)
    return await done
