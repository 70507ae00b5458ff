"""The store on a real disk: what was synced survives SIGKILL, and no PAN is in the files."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import get_args
from zlib import crc32

import msgspec
import pytest
from kept import CARD, IMAGE, INTENT, KEY, PAN, keep

from harness.assembly import Assembly
from harness.errors import ConfigError, EnvironmentTrouble
from harness.events import SignedOn
from harness.journal import JournalWriter, Mark
from harness.live.terminal_store import SqliteTerminalStore
from harness.machines.store import (
    AnyRecord,
    CashMoved,
    Closed,
    Decision,
    Intent,
    Marks,
    OutOfService,
    Parked,
    Record,
    ReversalRecord,
    StoreImage,
    Suspense,
)
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.disk import Disk
from harness.sim.world import World

replace = msgspec.structs.replace

EVERY_KIND: tuple[Record, ...] = (
    Marks(200, 64),
    INTENT,
    Decision(7, 5000, "00"),
    CashMoved(7, "presented", 5000),
    ReversalRecord(
        7, "4021", "000124", "1121201100", "211100", "1121", "00", 2000, PAN, 5000,
        "000000000007", "000123", "1121201000",
    ),
    Parked(7, "94"),
    Intent(8, "balance", PAN, 0, "000125", "1121201200", "000000000008"),
    Suspense(9, 5000, "dispenser lost count"),
    Closed(8),
    OutOfService(("operator",)),
    Marks(400, 128),
)  # fmt: skip


def contents(image: StoreImage) -> object:
    """What a terminal finds at boot, comparable."""
    return (
        image.marks,
        image.out_of_service,
        {
            number: [getattr(records, name) for name in records.__slots__]
            for number, records in image.transactions.items()
        },
    )


@pytest.mark.parametrize("fsync", [False, True])
async def test_what_was_synced_is_found_again(tmp_path: Path, fsync: bool) -> None:
    """With and without fsync, also by another process's store over the same file."""
    store = SqliteTerminalStore(tmp_path, KEY, fsync=fsync)
    await keep(store, Marks(200, 64), INTENT, Decision(7, 5000, "00"))
    store.close()
    image = SqliteTerminalStore(tmp_path, KEY).image("ATM00001")
    assert image.marks == Marks(200, 64)
    assert image.transactions[7].intent == INTENT
    assert image.transactions[7].decision == Decision(7, 5000, "00")


async def test_a_terminal_finds_what_it_would_in_simulation(tmp_path: Path) -> None:
    """The same records, of every kind there is, leave the same image on disk and in `sim`."""
    assert {type(record) for record in EVERY_KIND} == set(get_args(AnyRecord))
    disk = Disk(World(), lambda _: None)
    for number, record in enumerate(EVERY_KIND, start=1):
        disk.write(number, record, urgent=False)
    disk.flush()
    store = SqliteTerminalStore(tmp_path, KEY)
    await keep(store, *EVERY_KIND)
    assert contents(store.image("ATM00001")) == contents(disk.image)
    assert contents(store.image("ATM00002")) == contents(StoreImage())
    store.close()


async def test_a_closed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """Its rows are gone, so that a store does not grow with the run."""
    store = SqliteTerminalStore(tmp_path, KEY)
    await keep(store, INTENT, Decision(7, 5000, "00"), Closed(7))
    assert store.image("ATM00001").transactions == {}
    store.close()
    with sqlite3.connect(tmp_path / "terminals.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM records").fetchone() == (0,)
    database.close()


async def test_what_was_not_committed_is_lost_with_the_power(tmp_path: Path) -> None:
    """And with nobody's but its own terminal's."""
    store = SqliteTerminalStore(tmp_path, KEY)
    told: list[str] = []
    store.write("ATM00001", 1, INTENT, lambda _: told.append("ATM00001"))
    store.lose("ATM00001")
    await keep(store, INTENT, terminal="ATM00002")
    store.close()
    assert told == []
    after = SqliteTerminalStore(tmp_path, KEY)
    assert after.image("ATM00001").transactions == {}
    assert after.image("ATM00002").transactions[7].intent == INTENT
    after.close()


async def test_nobody_without_power_is_told_of_a_commit(tmp_path: Path) -> None:
    """Power fails while the disk is written: what the next life writes first is also number 1,
    and must not be taken for durable because of it.
    """
    store = SqliteTerminalStore(tmp_path, KEY, fsync=True)
    told: list[int] = []
    store.write("ATM00001", 1, INTENT, told.append)
    other = asyncio.create_task(keep(store, INTENT, terminal="ATM00002"))
    await asyncio.sleep(0)  # the commit is under way now
    await asyncio.sleep(0)
    store.lose("ATM00001")
    await other
    store.close()
    assert told == []


def test_a_directory_that_cannot_be_is_the_environments(tmp_path: Path) -> None:
    """Named in the error."""
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentTrouble, match=r"terminals\.sqlite"):
        SqliteTerminalStore(tmp_path / "file", KEY)


async def test_after_a_commit_that_failed_there_is_no_other(tmp_path: Path) -> None:
    """Nobody hears that his record was kept, and what had been kept before is found again."""
    store = SqliteTerminalStore(tmp_path, KEY)
    await keep(store, INTENT)
    store._database.execute("PRAGMA query_only=1")
    told: list[int] = []
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # it is asked for here
    store.write("ATM00001", 2, Decision(7, 5000, "00"), told.append)
    with pytest.raises(EnvironmentTrouble, match=r"terminals\.sqlite"):
        store.sync()
    store._database.execute("PRAGMA query_only=0")
    store.write("ATM00001", 3, Closed(7), told.append)
    with pytest.raises(EnvironmentTrouble, match=r"terminals\.sqlite"):
        store.sync()
    store.close()
    assert told == []
    again = SqliteTerminalStore(tmp_path, KEY)
    assert list(again.image("ATM00001").transactions) == [INTENT.transaction]
    again.close()


async def test_no_pan_is_in_the_files(tmp_path: Path) -> None:
    """docs/domain.md, "Secrets and keys": a stored reversal needs the PAN, so it is encrypted."""
    store = SqliteTerminalStore(tmp_path, KEY)
    store.keep("ATM00001", IMAGE)
    await keep(store, INTENT)
    written = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    store.close()
    assert len(written) > 1000
    assert PAN.encode() not in written
    assert CARD.track2.encode() not in written


# --- devices and customers -----------------------------------------------------------------


async def test_the_image_that_was_kept_last_is_found_again(tmp_path: Path) -> None:
    """Each terminal's own, card and all; of who kept none there is none."""
    store = SqliteTerminalStore(tmp_path, KEY)
    store.keep("ATM00001", replace(IMAGE, customer=1))
    store.keep("ATM00002", replace(IMAGE, customer=2))
    store.keep("ATM00001", IMAGE)
    store.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    assert after.kept("ATM00001") == IMAGE
    assert after.kept("ATM00002") == replace(IMAGE, customer=2)
    assert after.kept("ATM00003") is None
    after.close()


@pytest.mark.parametrize("fsync", [False, True])
async def test_an_image_is_durable_no_later_than_what_was_written_after_it(
    tmp_path: Path, fsync: bool
) -> None:
    """Whoever is told that the record is synced finds the image on the disk."""
    store = SqliteTerminalStore(tmp_path, KEY, fsync=fsync)
    done = asyncio.get_running_loop().create_future()
    copy = tmp_path / "copy"  # as the directory itself is locked
    copy.mkdir()

    def synced(_: int) -> None:
        for path in tmp_path.glob("terminals.sqlite*"):
            shutil.copy(path, copy)
        done.set_result(None)

    store.keep("ATM00001", IMAGE)
    store.write("ATM00001", 1, INTENT, synced)
    await asyncio.wait_for(done, 60.0)
    other = SqliteTerminalStore(copy, KEY)
    assert other.kept("ATM00001") == IMAGE
    assert other.image("ATM00001").transactions.keys() == {7}
    other.close()
    store.close()


async def test_a_power_cut_takes_nothing_from_the_device(tmp_path: Path) -> None:
    """The logic forgets what was not synced; where the card is, the device knows by itself."""
    store = SqliteTerminalStore(tmp_path, KEY)
    store.keep("ATM00001", IMAGE)
    store.write("ATM00001", 1, INTENT, lambda _: None)
    store.lose("ATM00001")
    store.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    assert after.kept("ATM00001") == IMAGE
    assert after.image("ATM00001").transactions == {}
    after.close()


async def test_a_commit_says_how_long_the_journal_was(tmp_path: Path) -> None:
    """All that had been recorded by then is in the file, and what came after is not counted."""
    path = tmp_path / "terminals.jsonl"
    plan = plan_of(load_scenario("ordinary_evening"), terminals=1)
    writer = JournalWriter(path, Assembly(plan).header())
    store = SqliteTerminalStore(tmp_path, KEY)
    store.journal = writer
    writer.write(1.0, "HOST", SignedOn("ATM00001"))
    await keep(store, INTENT)
    written = path.read_bytes()
    assert b"SignedOn" in written
    writer.write(2.0, "HOST", SignedOn("ATM00002"))
    assert store.journal_mark() == (path.resolve(), Mark(len(written), crc32(written)))
    store.close()
    writer.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    whole = path.read_bytes()
    assert len(whole) > len(written)
    assert after.journal_mark() == (path.resolve(), Mark(len(whole), crc32(whole)))
    after.close()


async def test_an_image_belongs_to_one_terminal(tmp_path: Path) -> None:
    """Put under another terminal's name it cannot be opened."""
    store = SqliteTerminalStore(tmp_path, KEY)
    store.keep("ATM00001", IMAGE)
    store.close()
    with sqlite3.connect(tmp_path / "terminals.sqlite") as database:
        database.execute("UPDATE images SET terminal = 'ATM00002'")
    database.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    with pytest.raises(ConfigError, match="under other keys"):
        after.kept("ATM00002")
    after.close()


@pytest.mark.parametrize("body", [b"", b"\x81\xff{", b"\0" * 40, "text", 7])
async def test_a_record_that_does_not_read(tmp_path: Path, body: object) -> None:
    """Too short, of other keys, or no bytes at all: a mistake that names the file and a remedy."""
    store = SqliteTerminalStore(tmp_path, KEY)
    await keep(store, INTENT)
    store.close()
    with sqlite3.connect(tmp_path / "terminals.sqlite") as database:
        database.execute("UPDATE records SET body = ?", (body,))
    database.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    with pytest.raises(ConfigError, match=r"(?s)ATM00001.*choose another directory"):
        after.image("ATM00001")
    after.close()


async def test_a_record_of_another_version(tmp_path: Path) -> None:
    """Under the right keys, and with contents that this version does not know."""
    store = SqliteTerminalStore(tmp_path, KEY)
    await keep(store, INTENT)
    body = store._sealed(b"\x93\x01\x02\x03", "ATM00001")
    store.close()
    with sqlite3.connect(tmp_path / "terminals.sqlite") as database:
        database.execute("UPDATE records SET body = ?", (body,))
    database.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    with pytest.raises(ConfigError, match="does not read"):
        after.image("ATM00001")
    after.close()


async def test_a_store_of_an_older_harness_is_gone_on_with(tmp_path: Path) -> None:
    """It has records and nothing else; what is missing is made."""
    store = SqliteTerminalStore(tmp_path, KEY)
    await keep(store, INTENT)
    store.close()
    with sqlite3.connect(tmp_path / "terminals.sqlite") as database:
        database.execute("DROP TABLE images")
        database.execute("DROP TABLE journal")
    database.close()
    after = SqliteTerminalStore(tmp_path, KEY)
    assert after.kept("ATM00001") is None
    assert after.journal_mark() is None
    assert after.image("ATM00001").transactions[7].intent == INTENT
    after.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from kept import IMAGE, INTENT, KEY, keep
from harness.live.terminal_store import SqliteTerminalStore

async def main() -> None:
    store = SqliteTerminalStore(Path(sys.argv[1]), KEY)
    store.keep("ATM00001", IMAGE)
    await keep(store, INTENT)
    print("synced", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_sigkill_loses_nothing_that_was_synced(tmp_path: Path) -> None:
    """Killed in the very moment in which it says so: records and devices."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"synced\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    store = SqliteTerminalStore(tmp_path, KEY)
    assert store.image("ATM00001").transactions[7].intent == INTENT
    assert store.kept("ATM00001") == IMAGE
    store.close()
