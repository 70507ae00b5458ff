"""The host's store on a real disk: SQLite, one commit for what one call of the host changed.

Posting, answer and the host's log become durable together, before the answer leaves
(docs/domain.md, "Store and forward").
What was saved survives SIGKILL; with `fsync` power loss, too. Neither PANs nor tracks are in it: a
transaction is named by terminal, STAN and DE 7, a card by a keyed token, an account by a number.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import EnvironmentTrouble
from harness.journal import JournalWriter
from harness.machines.transaction_log import StoredTransaction

_LAYOUT = 4
_MARKS = ",".join("?" * len(StoredTransaction._fields))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS remembered (
    book TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL,
    approval INTEGER NOT NULL, amount INTEGER NOT NULL, reversed INTEGER NOT NULL,
    balance INTEGER NOT NULL, day TEXT NOT NULL, fingerprint TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (book, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, balance INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL);
"""


class SqliteHostStore:
    """What a host must still know when its process is gone.

    Raises:
        EnvironmentTrouble: the directory cannot be written, the disk is full, or the file is of
            another version of this harness.
    """

    def __init__(self, directory: Path, *, fsync: bool = False) -> None:
        self.path = directory / "host.sqlite"
        self.journal: JournalWriter | None = None
        self._fsync = fsync
        self._trouble: EnvironmentTrouble | None = None
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.path, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(f"PRAGMA synchronous={'FULL' if fsync else 'OFF'}")
            (layout,) = self._database.execute("PRAGMA user_version").fetchone()
            if layout not in (0, _LAYOUT):
                raise EnvironmentTrouble(
                    f"{self.path} has layout {layout}, this harness knows {_LAYOUT}"
                )
            self._database.executescript(_SCHEMA)
            self._database.execute(f"PRAGMA user_version={_LAYOUT}")
        except (OSError, sqlite3.Error) as trouble:
            raise EnvironmentTrouble(f"cannot keep a store at {self.path}: {trouble}") from trouble

    def remembered(self) -> Iterator[StoredTransaction]:
        """Every message that was decided."""
        for row in self._database.execute("SELECT * FROM remembered"):
            yield StoredTransaction(*row)

    def balances(self) -> dict[str, int]:
        """Accounts with their balances, minor units."""
        return dict(self._database.execute("SELECT name, balance FROM accounts"))

    def journal_size(self) -> int | None:
        """How many bytes of the journal there were at the last commit, None if none was told."""
        row = self._database.execute("SELECT size FROM journal").fetchone()
        return None if row is None else int(row[0])

    def save(self, changed: Sequence[StoredTransaction], balances: Mapping[str, int]) -> None:
        """One commit; when it returns, it is durable. After one that failed there is no other: what
        comes later must not be answered as if what came before had been kept.
        """
        if self._trouble is not None:
            raise EnvironmentTrouble(str(self._trouble)) from self._trouble
        try:
            self._commit(changed, balances)
        except EnvironmentTrouble as trouble:
            self._trouble = trouble
            raise

    def _commit(self, changed: Sequence[StoredTransaction], balances: Mapping[str, int]) -> None:
        size = self.journal.flush() if self.journal is not None else -1
        if self._fsync and self.journal is not None:
            self.journal.sync()
        run = self._database
        try:
            run.execute("BEGIN IMMEDIATE")
            run.executemany(f"INSERT OR REPLACE INTO remembered VALUES ({_MARKS})", changed)
            run.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?)", balances.items())
            if size >= 0:
                run.execute("INSERT OR REPLACE INTO journal VALUES (1, ?)", (size,))
            run.execute("COMMIT")
        except sqlite3.Error as trouble:
            with contextlib.suppress(sqlite3.Error):
                run.execute("ROLLBACK")
            raise EnvironmentTrouble(f"cannot write {self.path}: {trouble}") from trouble

    def close(self) -> None:
        """Note how long the journal is at the end, and let go of the file."""
        try:
            if self._trouble is None:
                self.save((), {})
        finally:
            self._database.close()
