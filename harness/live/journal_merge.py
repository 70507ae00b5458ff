"""A live run's journal is written in parts, one per process, and merged in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import EnvironmentTrouble
from harness.journal import Entry, Header, JournalReader


def part_path(journal: Path, part: str) -> Path:
    """Where a process writes its part: 'terminals' or 'host'."""
    return journal.with_name(f".{journal.name}.{part}")


def read_part(path: Path) -> Iterator[Entry]:
    """The entries of a part; one that was cut off ends where it was cut."""
    yield from JournalReader(path)


def merged(paths: list[Path]) -> Iterator[Entry]:
    """All entries in order of time; equal times in the order of the parts, each in its own."""
    streams = [
        ((entry.at, rank, entry.seq, entry) for entry in read_part(path))
        for rank, path in enumerate(paths)
    ]
    for seq, (_, _, _, entry) in enumerate(heapq.merge(*streams, key=lambda item: item[:3]), 1):
        yield Entry(entry.at, seq, entry.actor, entry.event)


def write_journal(path: Path, header: Header, entries: Iterator[Entry]) -> Iterator[bytes]:
    """Write the whole journal and hand out each line as it is written.

    Raises:
        EnvironmentTrouble: the disk is full or the directory is gone.
    """
    encode = msgspec.json.encode
    try:
        with path.open("wb", buffering=1 << 18) as file:
            line = encode(header) + b"\n"
            file.write(line)
            yield line
            for entry in entries:
                line = encode(entry) + b"\n"
                file.write(line)
                yield line
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot write the journal {path}: {trouble}") from trouble
