"""The commands that a terminal has been given, and what became of each.

A command is known by its id. What a terminal has said of it is kept in a store that outlives a
power cut, before the terminal acts: so a command that comes twice is carried out once, and gets the
answer that it had. A command is forgotten when it would be refused as expired anyway.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from harness.control.payloads import FINAL, Status

MOST_KEPT = 1000
"""Commands that are remembered at most; the oldest of those that are finished go first."""


class KnownCommand(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A command and what was said of it last.

    `inbox` and `correlation` say where the answer goes besides, and with which correlation data.
    Of a restart, `resume` is whether the terminal was not stopped by its operator before, and
    `restarting` whether its process has ended since.
    """

    id: str
    verb: str
    operator: str
    expires_at: str
    status: Status
    detail: str = ""
    inbox: str = ""
    correlation: bytes = b""
    resume: bool = False
    restarting: bool = False

    @property
    def open(self) -> bool:
        return self.status not in FINAL


class CommandStore(Protocol):
    """What outlives a power cut. A `keep` is durable when it returns."""

    def load(self) -> list[KnownCommand]:
        """All that is kept, in the order in which it came."""

    def keep(self, command: KnownCommand) -> None:
        """Keep a command, in the place of what was kept of it before."""

    def forget(self, command: str) -> None:
        """Keep nothing of that command any more."""


class MemoryStore:
    """Keeps commands in memory: for a simulation, where memory outlives the power, and for
    terminals that live as long as their process.
    """

    def __init__(self) -> None:
        self._kept: dict[str, KnownCommand] = {}

    def load(self) -> list[KnownCommand]:
        return list(self._kept.values())

    def keep(self, command: KnownCommand) -> None:
        self._kept[command.id] = command

    def forget(self, command: str) -> None:
        self._kept.pop(command, None)


class CommandBook:
    """All commands that one terminal knows."""

    def __init__(self, store: CommandStore) -> None:
        self._store = store
        self._known = {command.id: command for command in store.load()}

    def get(self, command: str) -> KnownCommand | None:
        return self._known.get(command)

    def put(self, command: KnownCommand, clock: str) -> None:
        """Keep what is known of a command now; `clock` is the terminal's own (ISO 8601)."""
        self._store.keep(command)
        self._known[command.id] = command
        if len(self._known) > MOST_KEPT:
            self._make_room(clock)

    def forget(self, command: str) -> None:
        """Know nothing of that command any more."""
        self._known.pop(command, None)
        self._store.forget(command)

    def open(self) -> list[KnownCommand]:
        """The commands that are not finished, in the order in which they came."""
        return [command for command in self._known.values() if command.open]

    def _make_room(self, clock: str) -> None:
        """Forget what has expired; if that is nothing, the oldest that is finished."""
        finished = [command for command in self._known.values() if not command.open]
        expired = [command for command in finished if command.expires_at < clock]
        for command in expired or finished[:1]:
            self.forget(command.id)
