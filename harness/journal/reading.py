"""A journal as it is read: whole, up to a place, or while it is still written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import ConfigError
from harness.input_files import JOURNAL_LINE, UNREADABLE, open_journal
from harness.journal.entries import FORMAT, Entry, Header
from harness.old_formats import header_from_format_2
from harness.value_ranges import check_header

NO_END = "the journal ends without its RunEnded line"


class JournalTail:
    """Reads a journal that may still be growing. Every reader of journals is made of it.

    `read_more` gives the entries so far, in pieces; when it gives none, everything that is whole
    has been read, and it gives more once the file has grown. A last line without its newline is
    waited for: `unfinished` says that there is one.

    Raises:
        ConfigError: no such file; or, from `read_more`, a first line that is no header.
    """

    PIECE = 1 << 16  # bytes

    def __init__(self, path: Path, size: int | None = None) -> None:
        """Of a journal that is cut to so many bytes, nothing behind them is read."""
        self.path = path
        self._left = size
        self.header: Header | None = None
        self.lines = 0
        """Whole lines that were read, the header among them."""
        self.wrong = ""
        """Why nothing is read any more: a line that is no entry, or not the next one."""
        self._seq = 0
        self._decode = msgspec.json.Decoder(Entry).decode
        self._rest = b""
        self._file = open_journal(path)

    @property
    def unfinished(self) -> bool:
        """Does what was read so far end within a line?"""
        return bool(self._rest)

    def read_more(self) -> list[Entry]:
        """The entries of the next whole lines; none where nothing has been added."""
        entries: list[Entry] = []
        while not entries and not self.wrong:
            piece = self._file.read(
                self.PIECE if self._left is None else min(self.PIECE, self._left)
            )
            if not piece:
                break
            if self._left is not None:
                self._left -= len(piece)
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                self.lines += 1
                if self.header is None:
                    self.header = _header_of(line, self.path)
                    continue
                try:
                    entry = self._decode(line)
                except UNREADABLE as trouble:
                    self.wrong = f"line {self.lines} cannot be read: {trouble}"
                    break
                if entry.seq != self._seq + 1:
                    self.wrong = _out_of_order(self.lines, self._seq, entry.seq)
                    break
                self._seq = entry.seq
                entries.append(entry)
            if len(self._rest) > JOURNAL_LINE.most and not self.wrong:
                self.wrong = f"line {self.lines + 1} is longer than a line of a journal may be"
                self._rest = b""
        return entries

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class JournalReader:
    """Reads a journal that is finished; one cut off in the middle is read up to there and `cut`
    says so.

    Raises:
        ConfigError: no such file, or its first line is no header of a format that is read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = ""
        self.wrong = ""
        """Which line cannot be read, and why, once that has been reached."""
        with open_journal(path) as file:
            self.header = _header_of(file.readline(JOURNAL_LINE.most), path)

    def until(self, size: int) -> Iterator[Entry]:
        """The entries in the first `size` bytes, which end with a whole line."""
        with contextlib.closing(JournalTail(self.path, size)) as tail:
            while entries := tail.read_more():
                yield from entries

    def __iter__(self) -> Iterator[Entry]:
        self.cut = NO_END
        with contextlib.closing(JournalTail(self.path)) as tail:
            while entries := tail.read_more():
                for entry in entries:
                    ended = type(entry.event).__name__ == "RunEnded"
                    self.cut = "" if ended else NO_END  # another process may go on after it
                    yield entry
            self.wrong = tail.wrong
            if tail.wrong:
                self.cut = f"{tail.wrong}; from there on nothing is judged"
            elif tail.unfinished:
                self.cut = f"line {tail.lines + 1} is cut off"


def _out_of_order(line: int, before: int, found: int) -> str:
    """Whoever writes a journal numbers its entries 1, 2, 3, so that a hole in it, and what stands
    in it twice, is told from what the machines did.
    """
    why = "some are missing" if found > before else "lines stand there twice or in another order"
    return f"line {line} is entry {found:,}, which follows on entry {before:,}: {why}"


def _header_of(line: bytes, path: Path) -> Header:
    """The first line of a journal.

    Raises:
        ConfigError: it is no header, or that of a format which this version cannot read.
    """
    try:
        raw = msgspec.json.decode(line, type=dict[str, Any])
        if raw.get("format") == FORMAT - 1:
            raw = header_from_format_2(raw)
        header = msgspec.convert(raw, Header)
    except UNREADABLE as trouble:
        raise ConfigError(
            f"not a journal: {trouble}",
            place=f"{path}:1",
            remedy="a journal starts with the header that 'harness run --journal' writes",
        ) from trouble
    if header.format not in (FORMAT - 1, FORMAT):
        raise ConfigError(
            f"journal format {header.format}, this harness reads {FORMAT - 1} and {FORMAT}",
            place=f"{path}:1",
            remedy="run it again, or judge it with the version that wrote it",
        )
    check_header(header, f"{path}:1")
    return header
