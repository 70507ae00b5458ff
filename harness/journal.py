"""The journal: what happened, in one order, as JSON lines.

Line 1 is the `Header`, which makes a journal judgeable on its own. Every further
line is an `Entry`. The last entry of a whole journal is `RunEnded`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Union
from zlib import crc32

import msgspec

from harness.contract import Contract
from harness.errors import ConfigError, EnvironmentTrouble
from harness.events import AdviceSeen, AnyEvent, Event, FrameSeen, ListenerDropped
from harness.file_lock import USUAL, FileLock
from harness.input_files import JOURNAL_LINE, UNREADABLE, open_journal
from harness.link_options import LinkOptions
from harness.listener_errors import listener_dropped
from harness.old_formats import header_from_format_2
from harness.shown import escaped_json
from harness.value_ranges import check_header
from harness.wire.describe import mask_fields

FORMAT = 3
NO_END = "the journal ends without its RunEnded line"

Listener = Callable[[float, str, Event], None]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """`at` seconds since the run's start, `seq` the order among equals, `actor` a terminal's
    id (DE 41), 'HOST' or 'RUN'.
    """

    at: float
    seq: int
    actor: str
    event: Union[AnyEvent]  # type: ignore[valid-type]  # noqa: UP007


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must know to judge the run without having been there.

    `promises` are the invariants the scenario stands for, `expects` the events that
    must have occurred with the least number of times, `forbids` those with a greatest, both for
    a run of this size, `sees` what this run can observe
    (device; wire.terminal and wire.host, the ends of the link; wire.mac, ledger, store,
    terminal). `population` regenerates the cards of the run, so that a scan for secrets can be
    repeated. `origin` is the Unix time of run second 0 of a standalone host or of standalone
    terminals, so that the journals of both can be judged together.
    """

    format: int = FORMAT
    version: str
    scenario: str
    seed: int
    mode: str  # sim, live, host, terminals
    speed: float = 1.0
    terminals: int
    duration: float
    link: LinkOptions
    terminal_profile: str
    host_profile: str
    faults: tuple[str, ...] = ()
    contract: Contract
    promises: tuple[str, ...] = ()
    expects: dict[str, int] = {}
    forbids: dict[str, int] = {}
    sees: tuple[str, ...] = ()
    population: dict[str, Any] = {}
    origin: float = 0.0
    command: str = ""


class Journal:
    """Orders what the actors report and hands it to its listeners, which never feed back.

    A listener of the harness that raises is left out from there on, which is recorded, and the run
    goes on to its verdict. What is raised on purpose (a full disk, a closed pipe) ends the run, and
    so does what a user's own listener raises.

    `record` is the hot path of a simulation: one sequence number and a call per listener.
    """

    __slots__ = ("_listeners", "_needed", "seq")

    def __init__(self) -> None:
        self.seq = 0
        self._listeners: list[Listener] = []
        self._needed: list[Listener] = []

    def subscribe(self, listener: Listener, *, needed: bool = False) -> None:
        """`needed`: a verdict without it would prove less than it says."""
        self._listeners.append(listener)
        if needed:
            self._needed.append(listener)

    def record(self, at: float, actor: str, event: Event) -> None:
        self.seq += 1
        raised: list[ListenerDropped] = []
        for listener in self._listeners:
            try:
                listener(at, actor, event)
            except Exception as error:
                raised.append(self._dropped(listener, error))
        for dropped in raised:
            self.record(at, "RUN", dropped)

    def _dropped(self, listener: Listener, error: Exception) -> ListenerDropped:
        told = listener_dropped(listener, error, needed=listener in self._needed)
        self._listeners = [other for other in self._listeners if other != listener]
        return told


_encoder = msgspec.json.Encoder()


def encode_entry(at: float, seq: int, actor: str, event: Event) -> bytes:
    """One line without its newline. Of what came over the wire the secrets are masked; what our own
    machines say stands as they said it, for the scan for secrets (S3) to judge.
    """
    if type(event) is FrameSeen or type(event) is AdviceSeen:
        event = msgspec.structs.replace(event, fields=mask_fields(event.fields))
    return escaped_json(_encoder.encode(Entry(at, seq, actor, event)))


class Mark(NamedTuple):
    """How much of a journal there was at some moment: its bytes, and their CRC-32."""

    size: int
    checksum: int


class Resume(NamedTuple):
    """What of a journal counts for whoever goes on with it, and the number of its last entry."""

    mark: Mark
    seq: int


NOTHING_WRITTEN = Resume(Mark(0, 0), 0)


def lock_journal(path: Path, *, permissions: int = USUAL) -> FileLock:
    """The lock of a journal, whose directory is made; for the owner alone with `OWNER_ONLY`.

    Raises:
        EnvironmentTrouble: another process writes it, or it cannot be written.
    """
    remedy = "wait until that has ended, or name another file with --journal"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path, what=f"the journal {path}", remedy=remedy, permissions=permissions)
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot write the journal {path}: {trouble}") from trouble


class JournalWriter:
    """Writes lines as they come. `write` subscribes to a `Journal`; a full disk or a lost
    directory raises EnvironmentTrouble with the path.
    """

    def __init__(
        self,
        path: Path,
        header: Header | None,
        *,
        resume: Resume = NOTHING_WRITTEN,
        lock: FileLock | None = None,
    ) -> None:
        """A new journal with its header; or, without one, a journal that goes on after what
        `resume` says. `lock` is that of the file, where it has been taken already (`lock_journal`);
        it is released with `close`.

        Raises:
            EnvironmentTrouble: it cannot be written, or another process writes it.
        """
        self.path = path
        self._seq = resume.seq
        self._checksum = resume.mark.checksum
        self._lock = lock_journal(path) if lock is None else lock
        try:
            self._file = self._opened(path, header, resume.mark.size)
        except OSError as trouble:
            self._lock.release()
            raise EnvironmentTrouble(f"cannot write the journal {path}: {trouble}") from trouble

    def _opened(self, path: Path, header: Header | None, size: int) -> BinaryIO:
        if header is None:
            file: BinaryIO = path.open("r+b", buffering=1 << 18)
            file.truncate(size)
            file.seek(size)
            return file
        file = path.open("wb", buffering=1 << 18)
        line = escaped_json(_encoder.encode(header)) + b"\n"
        self._checksum = crc32(line)
        file.write(line)
        try:
            file.flush()  # so that a reader finds a header from the start
        except OSError:
            with contextlib.suppress(OSError):
                file.close()  # tries to write once more
            raise
        return file

    def mark(self) -> Mark:
        """Hand over what was written, and say what is in the file by now."""
        return Mark(self.flush(), self._checksum)

    def sync(self) -> None:
        """Wait until what was flushed is on the disk; from any thread."""
        os.fsync(self._file.fileno())

    def flush(self) -> int:
        """Hand over to the operating system what was written; the size of the journal, bytes.
        From here on it survives SIGKILL.
        """
        try:
            self._file.flush()
            return self._file.tell()
        except OSError as trouble:
            raise EnvironmentTrouble(
                f"cannot write the journal {self.path}: {trouble}"
            ) from trouble

    def _put(self, line: bytes) -> None:
        line += b"\n"
        self._checksum = crc32(line, self._checksum)
        try:
            self._file.write(line)
        except OSError as trouble:
            raise EnvironmentTrouble(
                f"cannot write the journal {self.path}: {trouble}"
            ) from trouble

    def write(self, at: float, actor: str, event: Event) -> None:
        self._seq += 1
        self._put(encode_entry(at, self._seq, actor, event))

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as trouble:
            raise EnvironmentTrouble(
                f"cannot write the journal {self.path}: {trouble}"
            ) from trouble
        finally:
            self._lock.release()


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
        """Why nothing is read any more: a line that is no entry."""
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
                    entries.append(self._decode(line))
                except UNREADABLE as trouble:
                    self.wrong = f"line {self.lines} cannot be read: {trouble}"
                    break
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
                self.cut = tail.wrong
            elif tail.unfinished:
                self.cut = f"line {tail.lines + 1} is cut off"


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
