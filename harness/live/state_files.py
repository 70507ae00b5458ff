"""The files of a state directory: one SQLite database for each half, locked, for its owner alone.

A directory that is made here has the permissions 0700, and each file in it 0600: SQLite gives the
files beside a database the permissions of the database. A directory that was there stays as it is.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from harness.errors import EnvironmentTrouble
from harness.file_lock import OWNER_ONLY, FileLock
from harness.journal import Mark

_DIRECTORY = 0o700
UNKNOWN = -1  # a checksum that an older harness has not noted
_NO_PATH = "."
_JOURNAL = f"""
CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL,
    path TEXT NOT NULL DEFAULT '{_NO_PATH}', checksum INTEGER NOT NULL DEFAULT {UNKNOWN}
);
"""
_ADDED = {
    "path": f"TEXT NOT NULL DEFAULT '{_NO_PATH}'",
    "checksum": f"INTEGER NOT NULL DEFAULT {UNKNOWN}",
}
"""The columns that an older harness did not have."""


class StateDatabase:
    """A database in a state directory, which no other process uses meanwhile. Beside its own tables
    it has one row that says how much of which journal counts.
    """

    def __init__(
        self, directory: Path, name: str, *, schema: str, layouts: tuple[int, ...], fsync: bool
    ) -> None:
        """`layouts` are the numbers of the schema that can be read; the last is written.

        Raises:
            EnvironmentTrouble: the directory cannot be written, the disk is full, another process
                uses it, or the file is damaged or of another version of this harness.
        """
        self.path = directory / name
        self._directory = directory.resolve()
        self._lock: FileLock | None = None
        self._path: Path | None = None  # of the journal that was noted last, and its whole name
        self._where = _NO_PATH
        try:
            _make(directory)
            self._lock = FileLock(
                lock := self.path.with_suffix(".lock"),
                what=f"the state directory {directory}",
                remedy="wait until that has ended, or choose another directory",
                note=lock,
                permissions=OWNER_ONLY,
            )
            _make_private(self.path)
            self.database = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False
            )
        except OSError as trouble:
            self._release()
            raise EnvironmentTrouble(f"cannot keep a store at {self.path}: {trouble}") from trouble
        except EnvironmentTrouble:
            self._release()
            raise
        try:
            self._prepare(schema, layouts, fsync=fsync)
        except BaseException:
            self.close()
            raise

    def _prepare(self, schema: str, layouts: tuple[int, ...], *, fsync: bool) -> None:
        run = self.database.execute
        try:
            (layout,) = run("PRAGMA user_version").fetchone()
            if layout not in (0, *layouts):
                raise EnvironmentTrouble(
                    f"{self.path} has layout {layout}, this harness knows {layouts[-1]}\n"
                    "go on with the version that wrote it, or choose another directory"
                )
            self._check()
            run("PRAGMA journal_mode=WAL")  # only now: what is not understood stays as it is
            run(f"PRAGMA synchronous={'FULL' if fsync else 'OFF'}")
            self.database.executescript(schema + _JOURNAL)
            known = [name for _, name, *_ in run("PRAGMA table_info(journal)")]
            for name, kind in _ADDED.items():
                if name not in known:
                    run(f"ALTER TABLE journal ADD COLUMN {name} {kind}")
            run(f"PRAGMA user_version={layouts[-1]}")
        except sqlite3.DatabaseError as trouble:
            raise EnvironmentTrouble(
                f"cannot keep a store at {self.path}: {trouble}{_remedy(trouble)}"
            ) from trouble

    def _check(self) -> None:
        """Raises sqlite3.DatabaseError for a file whose structure is damaged."""
        (found,) = self.database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"database disk image is malformed: {found.strip()}")

    def is_empty(self, *tables: str) -> bool:
        """Is there no row in these tables, and no note of a journal?"""
        return not any(
            self.database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
            for table in (*tables, "journal")
        )

    # --- how much of the journal counts --------------------------------------------------------

    def journal_mark(self) -> tuple[Path, Mark] | None:
        """The journal of the last commit and what was in it then; None where there was none. Of an
        older harness only the size is known: its path is '.', its checksum UNKNOWN.
        """
        row = self.database.execute("SELECT path, size, checksum FROM journal").fetchone()
        if row is None:
            return None
        where = Path() if row[0] == _NO_PATH else self._directory / row[0]
        return where, Mark(*row[1:])

    def put_mark(self, path: Path, mark: Mark) -> None:
        """Note how much of that journal counts, as a part of the transaction that is open."""
        if path is not self._path:
            self._path, whole = path, path.resolve()
            inside = whole.parent == self._directory  # which may be moved, with all that is in it
            self._where = whole.name if inside else str(whole)
        row = (mark.size, self._where, mark.checksum)
        self.database.execute("INSERT OR REPLACE INTO journal VALUES (1, ?, ?, ?)", row)

    # --- its end ----------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the file, and then of the lock."""
        try:
            self.database.close()
        finally:
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _make(directory: Path) -> None:
    if directory.is_dir():
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.mkdir(mode=_DIRECTORY, exist_ok=True)


def _make_private(path: Path) -> None:
    """An empty file if there is none; for its owner alone, where that can be."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
    for beside in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):
            beside.chmod(OWNER_ONLY)


def _remedy(trouble: sqlite3.Error) -> str:
    """What to do about a file that is damaged, or no database at all."""
    if isinstance(trouble, sqlite3.OperationalError):
        return ""
    return (
        "\nit has been left as it is: put a copy of it there that is whole, or choose another "
        "directory; which reversals it held is not known without it"
    )
