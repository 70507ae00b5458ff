"""The journal: what happened, in one order, as JSON lines.

Line 1 is the `Header`, which makes a journal judgeable on its own. Every further
line is an `Entry`. The last entry of a whole journal is `RunEnded`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Union

import msgspec

from harness.contract import Contract
from harness.errors import ConfigError, EnvironmentTrouble
from harness.events import AnyEvent, Event, FrameSeen
from harness.wire.describe import mask_fields

FORMAT = 2

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
    repeated. `origin` is the Unix time of run second 0 where one half of a run stands alone, so
    that two halves can be judged together.
    """

    format: int = FORMAT
    version: str
    scenario: str
    seed: int
    mode: str  # sim, live, host, terminals
    speed: float = 1.0
    terminals: int
    duration: float
    spec: str
    framing: str
    keys: str = "test"
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

    `record` is the hot path of a simulation: one sequence number and a call per listener.
    """

    __slots__ = ("_listeners", "seq")

    def __init__(self) -> None:
        self.seq = 0
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def record(self, at: float, actor: str, event: Event) -> None:
        self.seq += 1
        for listener in self._listeners:
            listener(at, actor, event)


_encoder = msgspec.json.Encoder()


def encode_entry(at: float, seq: int, actor: str, event: Event) -> bytes:
    """One line without its newline, secrets masked."""
    if type(event) is FrameSeen:
        event = msgspec.structs.replace(event, fields=mask_fields(event.fields))
    return _encoder.encode(Entry(at, seq, actor, event))


class JournalWriter:
    """Writes lines as they come. `write` subscribes to a `Journal`; a full disk or a lost
    directory raises EnvironmentTrouble with the path.
    """

    def __init__(
        self, path: Path, header: Header | None, *, resume: tuple[int, int] = (0, 0)
    ) -> None:
        """A new journal with its header; or, without one, a journal that goes on after its first
        `resume[0]` bytes, the last entry of which has the number `resume[1]`.
        """
        self.path = path
        self._seq = resume[1]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._opened(path, header, resume[0])
        except OSError as trouble:
            raise EnvironmentTrouble(f"cannot write the journal {path}: {trouble}") from trouble

    def _opened(self, path: Path, header: Header | None, size: int) -> BinaryIO:
        if header is None:
            file: BinaryIO = path.open("r+b", buffering=1 << 18)
            file.truncate(size)
            file.seek(size)
            return file
        file = path.open("wb", buffering=1 << 18)
        file.write(_encoder.encode(header) + b"\n")
        return file

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
        try:
            self._file.write(line + b"\n")
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


class JournalReader:
    """Reads a journal; one cut off in the middle is read up to there and `cut` says so.

    Raises:
        ConfigError: no such file, or its first line is no header of this format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = ""
        try:
            with path.open("rb") as file:
                first = file.readline()
        except OSError as trouble:
            raise ConfigError(f"cannot be read ({trouble.strerror})", place=str(path)) from trouble
        try:
            self.header = msgspec.json.decode(first, type=Header)
        except msgspec.DecodeError as trouble:
            raise ConfigError(
                f"not a journal: {trouble}",
                place=f"{path}:1",
                remedy="a journal starts with the header that 'harness run --journal' writes",
            ) from trouble
        if self.header.format != FORMAT:
            raise ConfigError(
                f"journal format {self.header.format}, this harness reads {FORMAT}",
                place=f"{path}:1",
            )

    def __iter__(self) -> Iterator[Entry]:
        decode = msgspec.json.Decoder(Entry).decode
        self.cut = "the journal ends without its RunEnded line"
        with self.path.open("rb") as file:
            file.readline()
            for number, line in enumerate(file, start=2):
                if not line.endswith(b"\n"):
                    self.cut = f"line {number} is cut off"
                    return
                try:
                    entry = decode(line)
                except msgspec.DecodeError as trouble:
                    self.cut = f"line {number} cannot be read: {trouble}"
                    return
                if type(entry.event).__name__ == "RunEnded":
                    self.cut = ""
                yield entry
