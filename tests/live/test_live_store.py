"""The store on a real disk: what was synced survives SIGKILL, and no PAN is in the files."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.live.store import SqliteStore
from harness.machines.store import Closed, Decision, Intent, Marks, Record

KEY = bytes(range(16))
PAN = "9999990000000014"
INTENT = Intent(7, "withdrawal", PAN, 5000, "000123", "1121201000", "000000000007")


async def keep(store: SqliteStore, *records: Record) -> int:
    """Write records and wait until the last one is durable; its number."""
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def synced(number: int) -> None:
        if number == len(records) and not done.done():
            done.set_result(number)

    for number, record in enumerate(records, start=1):
        store.write("ATM00001", number, record, synced)
    return await done


@pytest.mark.parametrize("fsync", [False, True])
async def test_what_was_synced_is_found_again(tmp_path: Path, fsync: bool) -> None:
    """With and without fsync, also by another process's store over the same file."""
    store = SqliteStore(tmp_path, KEY, fsync=fsync)
    await keep(store, Marks(200, 64), INTENT, Decision(7, 5000, "00"))
    store.close()
    image = SqliteStore(tmp_path, KEY).image("ATM00001")
    assert image.marks == Marks(200, 64)
    assert image.dossiers[7].intent == INTENT
    assert image.dossiers[7].decision == Decision(7, 5000, "00")


async def test_a_closed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, KEY)
    await keep(store, INTENT, Closed(7))
    assert store.image("ATM00001").dossiers == {}


async def test_what_was_not_committed_is_lost_with_the_power(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, KEY)
    store.write("ATM00001", 1, INTENT, lambda _: None)
    store.lose("ATM00001")
    store.close()
    assert SqliteStore(tmp_path, KEY).image("ATM00001").dossiers == {}


async def test_no_pan_is_in_the_files(tmp_path: Path) -> None:
    """Section 8: a stored reversal needs the PAN, so it is encrypted."""
    store = SqliteStore(tmp_path, KEY)
    await keep(store, INTENT)
    written = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    store.close()
    assert len(written) > 1000
    assert PAN.encode() not in written


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.live.test_live_store import INTENT, KEY, keep
from harness.live.store import SqliteStore

async def main() -> None:
    await keep(SqliteStore(Path(sys.argv[1]), KEY), INTENT)
    print("synced", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_sigkill_loses_nothing_that_was_synced(tmp_path: Path) -> None:
    """Killed in the very moment in which it says so."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"synced\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert SqliteStore(tmp_path, KEY).image("ATM00001").dossiers[7].intent == INTENT
