"""A journal whose disk takes no more, and the parts of one of which one is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import events as e
from harness.contract import Contract
from harness.errors import EnvironmentTrouble
from harness.journal import Header, JournalReader, JournalWriter
from harness.journal.cut import CuttableJournal, keep_whole_lines, whole_enough
from harness.link_options import LinkOptions
from harness.live.journal_merge import JournalMerge

HEADER = Header(
    version="0", scenario="by_hand", seed=1, mode="sim", terminals=1, duration=60.0,
    link=LinkOptions(), terminal_profile="safe", host_profile="safe", contract=Contract(),
)  # fmt: skip


class Full(JournalWriter):
    """Takes so many entries, and then a half."""

    left = 2

    def write(self, at: float, actor: str, event: e.Event) -> None:
        if not self.left:
            self._put(b'{"at":1.0,"seq":3,"ac')
            self._file.seek(-1, 1)  # no newline behind it
            self._file.truncate()
            raise EnvironmentTrouble("cannot write the journal: it is full")
        self.left -= 1
        super().write(at, actor, event)


@pytest.mark.parametrize("strict", [False, True])
def test_it_is_cut_behind_its_last_whole_line(tmp_path: Path, strict: bool) -> None:
    """What was written reads, nothing is written behind it, and a strict one says so once."""
    journal = CuttableJournal(Full(tmp_path / "j.jsonl", HEADER), strict=strict)
    raised = 0
    for at in range(5):
        try:
            journal.write(float(at), "RUN", e.LagMeasured(0.0))
        except EnvironmentTrouble:
            raised += 1
    journal.close()
    assert raised == strict
    assert journal.trouble == "cannot write the journal: it is full"
    reader = JournalReader(tmp_path / "j.jsonl")
    assert [entry.at for entry in reader] == [0.0, 1.0]
    assert reader.cut == "the journal ends without its RunEnded line"


@pytest.mark.parametrize(
    ("text", "kept"),
    [(b"", b""), (b"half", b""), (b"one\n", b"one\n"), (b"one\nhal", b"one\n")],
)
def test_only_whole_lines_are_kept(tmp_path: Path, text: bytes, kept: bytes) -> None:
    path = tmp_path / "j.jsonl"
    long = b"x" * 200_000 if text.endswith(b"hal") else b""
    path.write_bytes(text + long)
    keep_whole_lines(path)
    assert path.read_bytes() == kept
    assert whole_enough(path) == (path if kept else None)


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    """A device, a directory, nothing at all."""
    for path in (Path("/dev/null"), tmp_path, tmp_path / "missing"):
        keep_whole_lines(path)
        assert whole_enough(path) is None
    assert whole_enough(None) is None


def test_nothing_is_taken_from_after_the_end_of_a_part_that_is_cut(tmp_path: Path) -> None:
    """Nobody can say what happened there meanwhile."""
    paths = [tmp_path / "terminals", tmp_path / "host"]
    for path, moments in zip(paths, [(1.0, 2.0, 3.0), (0.5, 2.5, 7.0, 9.0)], strict=True):
        writer = JournalWriter(path, HEADER)
        for at in moments:
            writer.write(at, "RUN", e.LagMeasured(at))
        writer.close()
    cut, whole = JournalMerge(paths), JournalMerge(paths)
    cut.cut_off()
    whole.complete()
    assert [entry.at for entry in cut.take()] == [0.5, 1.0, 2.0, 2.5, 3.0]
    assert [entry.at for entry in whole.take()] == [0.5, 1.0, 2.0, 2.5, 3.0, 7.0, 9.0]
    cut.close()
    whole.close()
