"""What must survive a process, and where it is kept: the one place that chooses a store.

A store for the terminals, for their commands or for the host is a class with the methods below.
Another kind of store (another database) is a module of its own and a line in `open_terminal_store`,
`open_commands` or `open_host_store`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.control.commands import CommandStore
from harness.journal import JournalWriter, Mark
from harness.live.command_store import SqliteCommands
from harness.live.host_store import HOST_FILE, SqliteHostStore
from harness.live.terminal_store import TERMINALS_FILE, SqliteTerminalStore
from harness.machines.atm import AtmImage
from harness.machines.store import Record, StoreImage
from harness.machines.transaction_log import StoredTransaction


class Store(Protocol):
    """Each commit notes how much of the `journal` (where there is one) there was, so that a process
    which goes on after this one can cut it to there. No other process uses the store meanwhile.
    """

    journal: JournalWriter | None

    @property
    def is_empty(self) -> bool:
        """Does it hold nothing, and note no journal?"""

    def journal_mark(self) -> tuple[Path, Mark] | None:
        """The journal of the last commit and what was in it then; None where there was none."""

    def close(self) -> None:
        """Commit what is left, and let go of the file."""


class TerminalStore(Store, Protocol):
    """The records and devices of all terminals of a process. Commits are made in groups; reading
    gives what has been committed.
    """

    def image(self, terminal: str) -> StoreImage:
        """What a terminal finds at boot."""

    def kept(self, terminal: str) -> AtmImage | None:
        """The device and the customers as they were kept last, None if they never were."""

    def write(
        self, terminal: str, number: int, record: Record, synced: Callable[[int], None]
    ) -> None:
        """Queue a record; `synced(number)` is called from the loop once it is committed."""

    def keep(self, terminal: str, image: AtmImage) -> None:
        """Queue a device's image: committed together with the records of this turn."""

    def lose(self, terminal: str) -> None:
        """The terminal lost power: what was not committed is gone, and `synced` is not called."""

    def sync(self) -> None:
        """Commit what is left, now; nobody is told."""


class HostStore(Store, Protocol):
    """What a host must still know when its process is gone: transactions and balances."""

    def remembered(self) -> Iterable[StoredTransaction]:
        """Every message that was decided."""

    def balances(self) -> dict[str, int]:
        """Accounts with their balances, minor units."""

    def save(self, changed: Sequence[StoredTransaction], balances: Mapping[str, int]) -> None:
        """One commit; when it returns, it is durable."""


class CommandsOfTerminals(Protocol):
    """The commands that the terminals of a process know. What is kept is durable at once."""

    def of(self, terminal: str) -> CommandStore:
        """Those of one terminal."""

    def close(self) -> None:
        """Let go of the file."""


def open_terminal_store(directory: Path, key: bytes, *, fsync: bool = False) -> TerminalStore:
    """The terminals' store in that directory, made if there is none. `key` encrypts what is kept;
    with `fsync` it survives power loss, too.

    Raises:
        EnvironmentTrouble: the directory cannot be written, the disk is full, another process uses
            it, or the file is damaged or of another version of this harness.
    """
    return SqliteTerminalStore(directory, key, fsync=fsync)


def open_host_store(directory: Path, *, fsync: bool = False) -> HostStore:
    """The host's store in that directory, made if there is none; with `fsync` it survives power
    loss, too.

    Raises:
        EnvironmentTrouble: as for the terminals' store.
    """
    return SqliteHostStore(directory, fsync=fsync)


def open_commands(directory: Path, *, fsync: bool = False) -> CommandsOfTerminals:
    """The commands that the terminals know, in that directory, made if there are none.

    Raises:
        EnvironmentTrouble: as for the terminals' store.
    """
    return SqliteCommands(directory, fsync=fsync)


def has_store(directory: Path, mode: str) -> bool:
    """Is there a store of that half ('host' or 'terminals') in the directory?"""
    return (directory / {"host": HOST_FILE, "terminals": TERMINALS_FILE}[mode]).exists()
