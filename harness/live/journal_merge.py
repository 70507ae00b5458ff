"""A live run's journal is written in parts, one by each process, and merged in order of time.

`JournalMerge` merges the parts while they still grow. An entry is given once no part can bring an
earlier one any more, so the order is that of the finished journal. For that, each writer says from
time to time up to which moment its part is complete: both processes go by the same clock, a part is
in order of time, and what was recorded before that moment has been handed over to the file.

`MergedJournal` is what becomes of the merged entries: the journal's file, the judge, the scan for
secrets, and the listeners.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from harness import events as e
from harness.checks.judge import Judge
from harness.checks.secrecy import SCAN, SecrecyScan
from harness.journal import Entry, Header, JournalTail, Listener
from harness.journal.cut import keep_whole_lines
from harness.journal.listener_errors import listener_dropped

BLOCK = 256  # entries that are merged before the event loop has its turn
PARTS = ("terminals", "host")  # equal times come in this order
_NEVER = float("inf")


def part_path(journal: Path, part: str) -> Path:
    """Where a process writes its part, one of `PARTS`."""
    return journal.with_name(f".{journal.name}.{part}")


class _Part:
    """One part: the entries that were read and not merged yet, and up to when it is complete."""

    def __init__(self, path: Path) -> None:
        self.until = -_NEVER
        self.last = -_NEVER  # when the last entry that was read was recorded
        self.cut = False
        self.read: deque[Entry] = deque()
        self._path = path
        self._tail: JournalTail | None = None

    def next_at(self) -> float:
        """When its next entry was recorded, or the earliest moment at which it may still be."""
        if not self.read:
            self._read_more()
        if self.read:
            return self.read[0].at
        return self.last if self.cut else self.until

    def _read_more(self) -> None:
        if self._tail is None and self._path.exists():
            self._tail = JournalTail(self._path)
        if self._tail is not None:
            self.read.extend(self._tail.read_more())
            if self.read:
                self.last = self.read[-1].at

    def close(self) -> None:
        if self._tail is not None:
            self._tail.close()


class JournalMerge:
    """Merges the parts at these paths; equal times in the order of the parts, each in its own. A
    part need not be there yet, and one that was cut off ends where it was cut.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._parts = [_Part(path) for path in paths]
        self._seq = 0

    def complete_until(self, part: int, at: float) -> None:
        """All that the part at that index holds from before `at` (run seconds) is in its file, and
        whatever it still gets is of that moment or later.
        """
        self._parts[part].until = max(self._parts[part].until, at)

    def complete(self) -> None:
        """Nothing is added to any part any more."""
        for part in self._parts:
            part.until, part.cut = _NEVER, False

    def cut_off(self) -> None:
        """Nothing is added to any part any more, and a part may lack its end: what the others hold
        from after its last entry is not taken, for nobody can say what happened meanwhile there.
        """
        for part in self._parts:
            part.cut = True

    def take(self, most: int = BLOCK) -> list[Entry]:
        """The next entries in order of time, so many at most; none while a part may bring an
        earlier one.
        """
        taken: list[Entry] = []
        while len(taken) < most:
            moments = [part.next_at() for part in self._parts]
            rank = moments.index(min(moments))  # the first of equal ones
            waiting = self._parts[rank].read
            if not waiting:
                break
            before = min(moments[:rank], default=_NEVER)  # those come first at equal times
            behind = min(moments[rank + 1 :], default=_NEVER)
            while waiting and (at := waiting[0].at) < before and at <= behind:
                entry = waiting.popleft()
                self._seq += 1
                taken.append(Entry(at, self._seq, entry.actor, entry.event))
                if len(taken) == most:
                    break
        return taken

    def close(self) -> None:
        """Let go of the files."""
        for part in self._parts:
            part.close()


class MergedJournal:
    """The whole journal of a live run, made of its parts.

    `judge` and `scan` get each entry as it is written to the file, and so do the listeners: the
    verdict is by construction what `harness judge` says of the file.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        merge: JournalMerge,
        *,
        judge: Judge,
        scan: SecrecyScan,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.path = path
        self._header = header
        self.merge = merge
        self._judge = judge
        self._scan = scan
        self._listeners = list(listeners)
        self._file: BinaryIO | None = None
        self._lines = 0
        self._judged = True
        self.trouble = ""
        """Why the journal is cut; all that was merged has been judged."""

    def advance(self) -> bool:
        """Merge a block of what there is; whether there was anything. When there is nothing more,
        all that was merged is in the file, unless there was trouble with it.
        """
        entries = self.merge.take()
        self._write([msgspec.json.encode(entry) + b"\n" for entry in entries])
        for entry in entries:
            if self._judged:
                self._judge.see(entry.at, entry.actor, entry.event)
            self._tell(entry)
        return bool(entries)

    def _write(self, lines: list[bytes]) -> None:
        if self._file is None and not self._lines:
            lines = [msgspec.json.encode(self._header) + b"\n", *lines]
        text = b"".join(lines)
        if not self.trouble:
            try:
                if self._file is None:
                    self._file = self.path.open("wb", buffering=1 << 18)
                self._file.write(text)
                if not lines:
                    self._file.flush()
            except OSError as trouble:
                self._cut(trouble)
        if lines:
            scan = partial(self._scan.scan, text, str(self.path), self._lines + 1)
            self._judge.without(SCAN, scan)
            self._lines += len(lines)

    def _cut(self, trouble: OSError) -> None:
        self.trouble = f"cannot write the journal {self.path}: {trouble}"
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()  # tries once more to write what it holds
            self._file = None
        keep_whole_lines(self.path)

    def _tell(self, entry: Entry) -> None:
        """A listener of the harness that raises is left out from there on: the judge is told."""
        for listener in tuple(self._listeners):
            try:
                listener(entry.at, entry.actor, entry.event)
            except Exception as error:
                left, self._listeners = self._listeners, []  # if the run ends with that error
                told = listener_dropped(listener, error)
                self._listeners = [other for other in left if other != listener]
                self._judge.see(entry.at, e.RUN, told)

    def finish(self, *, cut: bool = False) -> None:
        """Merge what is left of the parts, to which nothing is added any more, and close all. With
        `cut` a part may lack its end: what the other holds from after that is kept, and not judged.
        """
        try:
            if cut:
                self.merge.cut_off()
                while self.advance():
                    pass
                self._judged = False
            self.merge.complete()
            while self.advance():
                pass
        finally:
            self.close()

    def close(self) -> None:
        """Let go of all files."""
        self.merge.close()
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as trouble:
            self._cut(trouble)
