"""How a standalone run begins its journal: a new one, or where an earlier process has left it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness import events as e
from harness.errors import ConfigError
from harness.file_lock import OWNER_ONLY, USUAL
from harness.journal import (
    Header,
    JournalReader,
    JournalWriter,
    Listener,
    Mark,
    Resume,
    lock_journal,
)
from harness.live.clock import unix_time
from harness.live.earlier_lives import earlier_lives, has_messages, set_aside
from harness.live.stores import has_store


class JournalPlace(NamedTuple):
    """Where the journal of a run is, and its state directory, if it has one. `asked_for`: the user
    has named the journal.
    """

    path: Path
    state_dir: Path | None
    asked_for: bool

    @property
    def permissions(self) -> int:
        """What lies in a state directory is for its owner alone."""
        if self.state_dir is None or self.path.resolve().parent != self.state_dir.resolve():
            return USUAL
        return OWNER_ONLY


class Begun(NamedTuple):
    """A journal that has begun. `died_at` is when an earlier process last wrote in it (run
    seconds), and `connected` whether one ever had a connection; `missing` says which evidence of
    earlier processes is not in it.
    """

    writer: JournalWriter | None = None
    header: Header | None = None
    died_at: float | None = None
    missing: e.EvidenceMissing | None = None
    connected: bool = False


def refuse_lone_journal(state_dir: Path, mode: str) -> None:
    """Raises ConfigError for a journal in a state directory that has lost its store: its reversals
    and its cash would be forgotten without a word.
    """
    journal = state_dir / f"{mode}.jsonl"
    if journal.exists() and journal.stat().st_size and not has_store(state_dir, mode):
        raise _lone(journal, "is gone")


def refuse_empty_store(journal: Path) -> None:
    """Raises ConfigError where messages have passed in the journal of a state directory whose store
    holds nothing, and notes no journal either: somebody has emptied or replaced it.
    """
    if has_messages(journal):
        raise _lone(journal, "is empty")


def _lone(journal: Path, what: str) -> ConfigError:
    return ConfigError(
        f"there is a journal, and the store that belongs to it {what}: what was pending in it is "
        "not known any more",
        place=str(journal),
        remedy="put the store back there, or choose another directory",
    )


def check_same_run(wanted: Header, found: Header, where: Path | None) -> None:
    """Raises ConfigError where a process is not started as the one before it was."""
    mine, theirs = wanted.link, found.link
    for name, new, old in (
        ("mode", wanted.mode, found.mode),
        ("seed", wanted.seed, found.seed),
        ("terminals", wanted.terminals, found.terminals),
        ("spec", mine.spec, theirs.spec),
        ("dialect", mine.dialect, theirs.dialect),
        ("framing", mine.framing, theirs.framing),
        ("mac", mine.mac, theirs.mac),
        ("keys", mine.keys, theirs.keys),
        ("speed", wanted.speed, found.speed),
    ):
        if new != old:
            raise ConfigError(
                f"it belongs to a run with {name} {old}, and this one has {new}",
                place=f"--state-dir {where}",
                remedy="start it as it was started first, or choose another directory",
            )


def begin_journal(
    place: JournalPlace,
    told: tuple[Path, Mark] | None,
    header: Header,
    goes_on_with: Callable[[Header], Listener],
) -> Begun:
    """Begin the journal at that place. `told` is what the store says of an earlier process's
    journal. Where that is gone on with, `goes_on_with` is called with its header, and what it
    returns gets its entries.

    Raises:
        ConfigError: as `goes_on_with` does.
        EnvironmentTrouble: another process writes the journal, or it cannot be written.
    """
    path = place.path
    lock = lock_journal(path, permissions=place.permissions)
    try:
        earlier = earlier_lives(path, told, asked_for=place.asked_for)
        if earlier.goes_on:
            reader = JournalReader(path)
            see = goes_on_with(reader.header)
            connected, died_at, seq = False, None, 0
            for entry in reader.until(earlier.mark.size):
                see(entry.at, entry.actor, entry.event)
                connected |= isinstance(entry.event, e.LinkOpened)
                died_at, seq = entry.at, entry.seq
            resume = Resume(earlier.mark, seq)
            writer = JournalWriter(path, None, resume=resume, lock=lock)
            return Begun(writer, reader.header, died_at, connected=connected)
        lacks = earlier.lacks
        if earlier.keep:
            aside = set_aside(path)
            lacks = f"{lacks or 'the store counts nothing of it'}; it is kept as {aside}"
            lock.release()
            lock = lock_journal(path, permissions=place.permissions)
        header = msgspec.structs.replace(header, origin=unix_time())
        writer = JournalWriter(path, header, lock=lock)
    except BaseException:
        lock.release()
        raise
    return Begun(writer, header, None, e.EvidenceMissing(str(path), lacks) if lacks else None)
