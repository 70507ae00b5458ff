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

import msgspec

from harness.errors import EnvironmentTrouble
from harness.journal import JournalWriter, Mark
from harness.live.state_files import StateDatabase
from harness.machines.transaction_log import STATES, StoredTransaction
from harness.wire.identity import number_from_text, series_from_text

_LAYOUTS = (4,)
HOST_FILE = "host.sqlite"
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
"""


class SqliteHostStore:
    """What a host must still know when its process is gone.

    Raises:
        EnvironmentTrouble: as `StateDatabase` finds it.
    """

    def __init__(self, directory: Path, *, fsync: bool = False) -> None:
        self.journal: JournalWriter | None = None
        self._fsync = fsync
        self._trouble: EnvironmentTrouble | None = None
        self._state = StateDatabase(
            directory, HOST_FILE, schema=_SCHEMA, layouts=_LAYOUTS, fsync=fsync
        )
        self.path = self._state.path
        self._database = self._state.database

    @property
    def is_empty(self) -> bool:
        """Does it hold nothing, and note no journal?"""
        return self._state.is_empty("remembered", "accounts")

    def remembered(self) -> Iterator[StoredTransaction]:
        """Every message that was decided.

        Raises:
            EnvironmentTrouble: a row does not read.
        """
        for row in self._database.execute("SELECT * FROM remembered"):
            try:
                stored = msgspec.convert(row, StoredTransaction)
                if stored.state not in STATES:
                    raise ValueError(f"no state '{stored.state}'")
                series_from_text(stored.book)
                number_from_text(stored.key)
                int(stored.fingerprint or "0", 16)
            except (ValueError, LookupError) as trouble:
                raise self._unreadable(trouble) from trouble
            yield stored

    def balances(self) -> dict[str, int]:
        """Accounts with their balances, minor units.

        Raises:
            EnvironmentTrouble: a row does not read.
        """
        rows = self._database.execute("SELECT name, balance FROM accounts").fetchall()
        try:
            return dict(msgspec.convert(rows, list[tuple[str, int]]))
        except msgspec.ValidationError as trouble:
            raise self._unreadable(trouble) from trouble

    def _unreadable(self, trouble: Exception) -> EnvironmentTrouble:
        return EnvironmentTrouble(
            f"cannot read {self.path}: {trouble}\n"
            "it has been left as it is: put a copy of it there that is whole, or choose another "
            "directory; what was posted is not known without it"
        )

    def journal_mark(self) -> tuple[Path, Mark] | None:
        """The journal of the last commit and what was in it then; None where there was none."""
        return self._state.journal_mark()

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
        journal = self.journal
        mark = journal.mark() if journal is not None else None
        if self._fsync and self.journal is not None:
            self.journal.sync()
        run = self._database
        try:
            run.execute("BEGIN IMMEDIATE")
            run.executemany(f"INSERT OR REPLACE INTO remembered VALUES ({_MARKS})", changed)
            run.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?)", balances.items())
            if journal is not None and mark is not None:
                self._state.put_mark(journal.path, mark)
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
            self._state.close()
