"""The terminals' store on a real disk: SQLite, group-committed, PANs encrypted.

What was told to be synced survives SIGKILL, because a commit has reached the kernel; with
`fsync` it survives power loss too. All terminals of a process share one database, and everything
written in one turn of the event loop is one commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness.errors import ConfigError, EnvironmentTrouble
from harness.journal import JournalWriter, Mark
from harness.live.state_files import StateDatabase
from harness.machines.atm import AtmImage
from harness.machines.store import (
    AnyRecord,
    Closed,
    Marks,
    OutOfService,
    Record,
    StoreImage,
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal TEXT NOT NULL,
    number INTEGER NOT NULL,  -- the transaction's, 0 for marks, -1 for reasons of service
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS images (terminal TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_transaction ON records (terminal, number);
"""
_NONCE = 12
_LAYOUTS = (1,)
TERMINALS_FILE = "terminals.sqlite"

Row = tuple[str, int, Record]
Kept = TypeVar("Kept")


class Batch(NamedTuple):
    """One commit: records, images by terminal, and how much of the journal counts (None: there is
    none).
    """

    rows: list[Row]
    images: dict[str, AtmImage]
    journal: Mark | None


class SqliteTerminalStore:
    """One database for the terminals of a process.

    Raises:
        EnvironmentTrouble: as `StateDatabase` finds it.
    """

    def __init__(self, directory: Path, key: bytes, *, fsync: bool = False) -> None:
        """`key` is an AES key (16 or 32 bytes) that encrypts every record."""
        self._cipher = AESGCM(key)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(AnyRecord)
        self._image_decoder = msgspec.msgpack.Decoder(AtmImage)
        self._fsync = fsync
        self._worker = ThreadPoolExecutor(1, "store") if fsync else None
        self._pending: list[Row] = []
        self._images: dict[str, AtmImage] = {}
        self.journal: JournalWriter | None = None
        self._waiting: dict[str, Callable[[int], None]] = {}
        self._committing: dict[str, Callable[[int], None]] = {}
        self._flushing = False
        self._trouble: EnvironmentTrouble | None = None
        self._state = StateDatabase(
            directory, TERMINALS_FILE, schema=_SCHEMA, layouts=_LAYOUTS, fsync=fsync
        )
        self.path = self._state.path
        self._database = self._state.database

    @property
    def is_empty(self) -> bool:
        """Does it hold nothing, and note no journal?"""
        return self._state.is_empty("records", "images")

    # --- reading -----------------------------------------------------------------------

    def image(self, terminal: str) -> StoreImage:
        """What a terminal finds at boot."""
        image = StoreImage()
        rows = self._database.execute(
            "SELECT body FROM records WHERE terminal = ? ORDER BY sequence", (terminal,)
        )
        for (body,) in rows:
            image.apply(self._read(self._decoder, body, terminal))
        return image

    def kept(self, terminal: str) -> AtmImage | None:
        """The device and its customers as they were kept last; None if they never were."""
        row = self._database.execute(
            "SELECT body FROM images WHERE terminal = ?", (terminal,)
        ).fetchone()
        return None if row is None else self._read(self._image_decoder, row[0], terminal)

    def journal_mark(self) -> tuple[Path, Mark] | None:
        """The journal of the last commit and what was in it then; None where there was none."""
        return self._state.journal_mark()

    def _read(self, decoder: msgspec.msgpack.Decoder[Kept], body: object, terminal: str) -> Kept:
        """Raises ConfigError for a record that does not read."""
        try:
            return decoder.decode(self._clear(body, terminal))
        except msgspec.MsgspecError as trouble:
            raise ConfigError(
                f"what it holds of {terminal} does not read: {trouble}",
                place=str(self.path),
                remedy="go on with the version of the harness that wrote it, put back a copy that "
                "is whole, or choose another directory",
            ) from trouble

    def _clear(self, body: object, terminal: str) -> bytes:
        try:
            sealed = body if isinstance(body, bytes) else b""
            if len(sealed) < _NONCE:
                raise InvalidTag
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], terminal.encode())
        except InvalidTag as trouble:
            raise ConfigError(
                f"what it holds of {terminal} was written under other keys, or is damaged",
                place=str(self.path),
                remedy="start it with the --keys that it was started with first, or choose another "
                "directory",
            ) from trouble

    def _sealed(self, text: bytes, terminal: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text, terminal.encode())

    # --- writing -----------------------------------------------------------------------

    def write(
        self, terminal: str, number: int, record: Record, synced: Callable[[int], None]
    ) -> None:
        """Queue a record; `synced(number)` is called from the loop once it is committed."""
        self._pending.append((terminal, number, record))
        self._waiting[terminal] = synced
        self._wake()

    def keep(self, terminal: str, image: AtmImage) -> None:
        """Queue a device's image: committed together with the records of this turn."""
        self._images[terminal] = image
        self._wake()

    def _wake(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def lose(self, terminal: str) -> None:
        """The terminal lost power: what was not committed is gone, and nobody is there to hear
        of what is just being committed.
        """
        self._pending = [row for row in self._pending if row[0] != terminal]
        self._waiting.pop(terminal, None)
        self._committing.pop(terminal, None)

    def _flush(self) -> None:
        batch = self._taken()
        self._committing, self._waiting = self._waiting, {}
        if self._worker is None:
            self._commit(batch)
            self._tell(batch.rows)
            return
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._worker, self._commit, batch)
        done.add_done_callback(lambda future: self._committed(future, batch.rows))

    def _taken(self) -> Batch:
        """All that waits; the journal is handed over first, so that it never knows less."""
        mark = self.journal.mark() if self.journal is not None else None
        batch = Batch(self._pending, self._images, mark)
        self._pending, self._images = [], {}
        return batch

    def _committed(self, future: asyncio.Future[None], rows: list[Row]) -> None:
        trouble = future.exception()
        if trouble is not None:
            raise trouble
        self._tell(rows)

    def _tell(self, rows: list[Row]) -> None:
        self._flushing = False
        last = {terminal: number for terminal, number, _ in rows}
        for terminal, number in last.items():
            synced = self._committing.pop(terminal, None)
            if synced is not None:
                synced(number)
        if self._pending or self._images:
            self._wake()

    def _commit(self, batch: Batch) -> None:
        """After a commit that failed there is no other: what was to be kept in it is missing."""
        if self._trouble is not None:
            raise EnvironmentTrouble(str(self._trouble)) from self._trouble
        try:
            self._write(batch)
        except EnvironmentTrouble as trouble:
            self._trouble = trouble
            raise

    def _write(self, batch: Batch) -> None:
        database = self._database
        try:
            if self._fsync and self.journal is not None:
                self.journal.sync()
            database.execute("BEGIN IMMEDIATE")
            for terminal, _, record in batch.rows:
                self._put(terminal, record)
            for terminal, image in batch.images.items():
                body = self._sealed(self._encoder.encode(image), terminal)
                database.execute("INSERT OR REPLACE INTO images VALUES (?, ?)", (terminal, body))
            if self.journal is not None and batch.journal is not None:
                self._state.put_mark(self.journal.path, batch.journal)
            database.execute("COMMIT")
        except (OSError, sqlite3.Error) as trouble:
            with contextlib.suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise EnvironmentTrouble(f"cannot write {self.path}: {trouble}") from trouble

    def _put(self, terminal: str, record: Record) -> None:
        number: int = getattr(record, "transaction", 0)
        if isinstance(record, OutOfService):
            number = -1
        if isinstance(record, Closed | Marks | OutOfService):
            self._database.execute(
                "DELETE FROM records WHERE terminal = ? AND number = ?", (terminal, number)
            )
        if isinstance(record, Closed):
            return
        body = self._sealed(self._encoder.encode(record), terminal)
        self._database.execute(
            "INSERT INTO records (terminal, number, body) VALUES (?, ?, ?)",
            (terminal, number, body),
        )

    def sync(self) -> None:
        """Commit what is left, now; nobody is told."""
        batch = self._taken()
        if self._worker is not None:
            self._worker.submit(self._commit, batch).result()
        elif batch.rows or batch.images or batch.journal is not None:
            self._commit(batch)

    def close(self) -> None:
        """Commit what is left, and let go of the file."""
        try:
            if self._trouble is None:
                self.sync()
        finally:
            if self._worker is not None:
                self._worker.shutdown(wait=True)
            self._state.close()
