"""Records for the live store, and writing them until they are durable."""

from __future__ import annotations

import asyncio

from harness.cardholders import Card, track2_of
from harness.live.terminal_store import SqliteTerminalStore
from harness.machines.atm import AtmImage
from harness.machines.device_image import DeviceImage
from harness.machines.inputs import Counters
from harness.machines.store import Intent, Record

KEY = bytes(range(16))
PAN = "9999990000000014"
INTENT = Intent(7, "withdrawal", PAN, 5000, "000123", "1121201000", "000000000007")

CARD = Card(PAN, "2912", track2_of(PAN, "2912", "201", "1123456789"), "1234", True, "c0ffee")
IMAGE = AtmImage(
    DeviceImage(
        counters=Counters(7, 5000, 0, True),
        cassettes={5000: 99, 2000: 100},
        card=CARD,
        card_at="transport",
        cash_at="slot",
        stacker={},
        out={5000: 1},
        unknown={2000: 3},
    ),
    customer=12,
)


async def keep(store: SqliteTerminalStore, *records: Record, terminal: str = "ATM00001") -> int:
    """Write records and wait until the last one is told to be synced; its number."""
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def synced(number: int) -> None:
        if number == len(records) and not done.done():
            done.set_result(number)

    for number, record in enumerate(records, start=1):
        store.write(terminal, number, record, synced)
    return await done
