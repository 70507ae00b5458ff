"""The host's books on a real disk: what was saved survives SIGKILL, and no PAN is in the files."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zlib import crc32

import pytest

from harness.assembly import Assembly
from harness.errors import EnvironmentTrouble
from harness.journal import JournalWriter, Mark
from harness.live.host_store import SqliteHostStore
from harness.machines.transaction_log import StoredTransaction
from harness.plan import plan_of
from harness.scenario import load_scenario

DEBIT = StoredTransaction("2ATM00001/99999", "1121201000000001", "done", "00", 1, 5000, 0, 0)
TOMBSTONE = StoredTransaction("2ATM00001/99999", "1121201000000002", "tombstone", "94", 0, 0, 0, 0)
ODD = StoredTransaction("4ATM/1/9", '["0000A2", "1121201000"]', "done", "00", 0, 0, 0, -12)
BALANCES = {"customer 17": 99_995_000, "cash ATM00001": 5000, "capital": -100_000_000}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[SqliteHostStore]:
    found = SqliteHostStore(tmp_path)
    yield found
    found.close()


def journal_at(path: Path) -> JournalWriter:
    plan = plan_of(load_scenario("ordinary_evening"), terminals=1)
    return JournalWriter(path, Assembly(plan).header())


@pytest.mark.parametrize("fsync", [False, True])
def test_what_was_saved_is_found_again(tmp_path: Path, fsync: bool) -> None:
    """Entries and balances, whatever characters a message's name is made of."""
    books = SqliteHostStore(tmp_path / "deep" / "down", fsync=fsync)
    books.save([DEBIT, ODD], BALANCES)
    books.save([TOMBSTONE], {})
    books.close()
    after = SqliteHostStore(tmp_path / "deep" / "down")
    assert sorted(after.remembered()) == sorted([DEBIT, TOMBSTONE, ODD])
    assert after.balances() == BALANCES
    after.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "'undecided'"),
        ("amount", "'a lot'"),
        ("approval", "x'00'"),
        ("key", "'x'"),
        ("key", "'[1]'"),
        ("fingerprint", "'zz'"),
    ],
)
def test_a_row_that_does_not_read(tmp_path: Path, column: str, value: str) -> None:
    """Of another version, or altered: told with the file and a remedy, and left as it is."""
    books = SqliteHostStore(tmp_path)
    books.save([DEBIT], BALANCES)
    books.close()
    with closing(sqlite3.connect(tmp_path / "host.sqlite")) as database, database:
        database.execute(f"UPDATE remembered SET {column} = {value}")
    after = SqliteHostStore(tmp_path)
    with pytest.raises(EnvironmentTrouble, match=r"(?s)host\.sqlite.*choose another directory"):
        list(after.remembered())
    assert after.balances() == BALANCES
    after.close()


def test_a_balance_that_does_not_read(tmp_path: Path) -> None:
    """The same for the accounts."""
    books = SqliteHostStore(tmp_path)
    books.save([DEBIT], BALANCES)
    books.close()
    with closing(sqlite3.connect(tmp_path / "host.sqlite")) as database, database:
        database.execute("UPDATE accounts SET balance = 'none'")
    after = SqliteHostStore(tmp_path)
    with pytest.raises(EnvironmentTrouble, match="cannot read"):
        after.balances()
    after.close()


def test_the_last_word_stands(books: SqliteHostStore) -> None:
    """An entry that is reversed later is one entry, an account one account."""
    books.save([DEBIT, DEBIT._replace(code="94"), DEBIT], BALANCES)
    books.save([DEBIT._replace(reversed=5000)], {"customer 17": 100_000_000, "cash ATM00001": 0})
    assert list(books.remembered()) == [DEBIT._replace(reversed=5000)]
    assert sum(books.balances().values()) == 0


def test_new_books_are_empty(books: SqliteHostStore) -> None:
    """Nothing is remembered, and no journal goes before."""
    assert list(books.remembered()) == []
    assert books.balances() == {}
    assert books.journal_mark() is None


def test_a_commit_says_how_long_the_journal_was(tmp_path: Path) -> None:
    """All that was recorded before the commit is in the file by then, and counted."""
    writer = journal_at(tmp_path / "host.jsonl")
    books = SqliteHostStore(tmp_path)
    books.journal = writer
    books.save([DEBIT], BALANCES)
    written = (tmp_path / "host.jsonl").read_bytes()
    assert len(written) > 100
    books.close()
    writer.close()
    after = SqliteHostStore(tmp_path)
    mark = Mark(len(written), crc32(written))
    assert after.journal_mark() == ((tmp_path / "host.jsonl").resolve(), mark)
    after.close()


def test_a_directory_that_cannot_be_is_the_environments(tmp_path: Path) -> None:
    """Named in the error."""
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentTrouble, match=r"host\.sqlite"):
        SqliteHostStore(tmp_path / "file")


def test_a_file_that_is_no_database_is_the_environments(tmp_path: Path) -> None:
    """Named in the error, and left as it is."""
    (tmp_path / "host.sqlite").write_text("the books of somebody else\n" * 100)
    with pytest.raises(EnvironmentTrouble, match=r"host\.sqlite: file is not a database"):
        SqliteHostStore(tmp_path)
    assert (tmp_path / "host.sqlite").read_text().startswith("the books of somebody else")


def test_books_of_another_layout_are_refused(tmp_path: Path) -> None:
    """Nobody guesses what a newer harness has written; file and layouts are named."""
    SqliteHostStore(tmp_path).close()
    database = sqlite3.connect(tmp_path / "host.sqlite")
    database.execute("PRAGMA user_version=7")
    database.close()
    with pytest.raises(EnvironmentTrouble, match=r"host\.sqlite has layout 7"):
        SqliteHostStore(tmp_path)


def test_a_full_disk_is_the_environments_and_no_half_is_saved(books: SqliteHostStore) -> None:
    """A commit that does not fit is none: the error names the file, and the books are as before.
    Nothing is saved behind it, as what it had is missing; the next process goes on.
    """
    books.save([DEBIT], BALANCES)
    database = books._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count={pages}")
    many = [DEBIT._replace(key=str(number)) for number in range(5000)]
    with pytest.raises(EnvironmentTrouble, match=r"host\.sqlite.*full"):
        books.save(many, {"capital": 0})
    database.execute("PRAGMA max_page_count=1000000")
    with pytest.raises(EnvironmentTrouble, match=r"host\.sqlite.*full"):
        books.save([TOMBSTONE], {})
    books.close()
    with closing(SqliteHostStore(books.path.parent)) as again:
        assert list(again.remembered()) == [DEBIT]
        assert again.balances() == BALANCES
        again.save([TOMBSTONE], {})
        assert sorted(again.remembered()) == sorted([DEBIT, TOMBSTONE])


KILLED = """
import sys, threading
from pathlib import Path
from test_host_store import BALANCES, DEBIT
from harness.live.host_store import SqliteHostStore

books = SqliteHostStore(Path(sys.argv[1]))
books.save([DEBIT], BALANCES)
print("saved", flush=True)
threading.Event().wait()
"""


def test_sigkill_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    """Killed in the very moment in which `save` returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"saved\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    books = SqliteHostStore(tmp_path)
    assert list(books.remembered()) == [DEBIT]
    assert books.balances() == BALANCES
    books.close()


def test_what_is_remembered_has_one_column_each() -> None:
    """The table's layout is `StoredTransaction`'s: a field more needs a new layout."""
    with sqlite3.connect(":memory:") as database:
        from harness.live.host_store import _SCHEMA

        database.executescript(_SCHEMA)
        columns = [row[1] for row in database.execute("PRAGMA table_info(remembered)")]
    database.close()
    assert tuple(columns) == StoredTransaction._fields
