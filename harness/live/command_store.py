"""The commands that terminals know, on a real disk: SQLite, a commit for each answer.

What a terminal has said of a command is kept before it acts, so that a command which comes again
after a restart of the process gets the answer that it had, and is not carried out again. It
survives SIGKILL; with `fsync` power loss too, and then each answer waits for the disk.

Nothing here is secret: a command holds no card number.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from harness.control.commands import CommandStore, KnownCommand
from harness.errors import ConfigError, EnvironmentTrouble
from harness.live.state_files import StateDatabase

COMMANDS_FILE = "commands.sqlite"
_LAYOUTS = (1,)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS commands (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (terminal, id)
);
"""
_KEEP = (
    "INSERT INTO commands (terminal, id, body) VALUES (?, ?, ?) "
    "ON CONFLICT (terminal, id) DO UPDATE SET body = excluded.body"
)


class SqliteCommands:
    """The commands of all terminals of a process.

    Raises:
        EnvironmentTrouble: as `StateDatabase` finds it.
    """

    def __init__(self, directory: Path, *, fsync: bool = False) -> None:
        self._state = StateDatabase(
            directory, COMMANDS_FILE, schema=_SCHEMA, layouts=_LAYOUTS, fsync=fsync
        )
        self.path = self._state.path
        self._database = self._state.database
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(KnownCommand)

    def of(self, terminal: str) -> CommandStore:
        """The commands of one terminal."""
        return _OfTerminal(self, terminal.strip())

    def close(self) -> None:
        """Let go of the file."""
        self._state.close()

    # --- for one terminal ------------------------------------------------------------------------

    def load(self, terminal: str) -> list[KnownCommand]:
        """Raises ConfigError for a command that does not read."""
        rows = self._run("SELECT body FROM commands WHERE terminal = ? ORDER BY sequence", terminal)
        try:
            return [self._decoder.decode(body) for (body,) in rows]
        except (msgspec.MsgspecError, TypeError) as trouble:
            raise ConfigError(
                f"what it holds of {terminal} does not read: {trouble}",
                place=str(self.path),
                remedy="go on with the version of the harness that wrote it, or remove the file: "
                "then a command that comes again is carried out again",
            ) from trouble

    def keep(self, terminal: str, command: KnownCommand) -> None:
        """Raises EnvironmentTrouble: the disk is full."""
        self._run(_KEEP, terminal, command.id, self._encoder.encode(command))

    def forget(self, terminal: str, command: str) -> None:
        """Raises EnvironmentTrouble, as `keep`."""
        self._run("DELETE FROM commands WHERE terminal = ? AND id = ?", terminal, command)

    def _run(self, statement: str, *values: str | bytes) -> list[tuple[bytes]]:
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as trouble:
            raise EnvironmentTrouble(f"cannot use {self.path}: {trouble}") from trouble


class _OfTerminal:
    """A `CommandStore`."""

    __slots__ = ("_all", "_terminal")

    def __init__(self, commands: SqliteCommands, terminal: str) -> None:
        self._all = commands
        self._terminal = terminal

    def load(self) -> list[KnownCommand]:
        return self._all.load(self._terminal)

    def keep(self, command: KnownCommand) -> None:
        self._all.keep(self._terminal, command)

    def forget(self, command: str) -> None:
        self._all.forget(self._terminal, command)
