"""Reading a journal, while it grows and when it is finished."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import events as e
from harness.contract import Contract
from harness.errors import ConfigError
from harness.journal import Entry, Header, JournalReader, JournalTail, JournalWriter, encode_entry
from harness.link_options import LinkOptions

HEADER = Header(
    version="0", scenario="by_hand", seed=1, mode="sim", terminals=1, duration=60.0,
    link=LinkOptions(), terminal_profile="safe", host_profile="safe", contract=Contract(),
)  # fmt: skip


def entry(number: int) -> Entry:
    return Entry(float(number), number, "ATM00001", e.CustomerLeft(number, "served"))


def line(number: int) -> bytes:
    return encode_entry(float(number), number, "ATM00001", entry(number).event) + b"\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    writer = JournalWriter(tmp_path / "run.jsonl", HEADER)
    yield writer
    writer.close()


@contextlib.contextmanager
def tail_of(path: Path) -> Iterator[JournalTail]:
    """A tail that is closed in the end."""
    with contextlib.closing(JournalTail(path)) as tail:
        yield tail


def test_a_journal_has_its_header_from_the_start(journal: JournalWriter) -> None:
    """Whoever follows it finds out at once what it is."""
    with tail_of(journal.path) as tail:
        assert tail.read_more() == []
        assert tail.header == HEADER
        assert not tail.unfinished


def test_a_tail_gives_what_is_there_and_more_once_it_has_grown(journal: JournalWriter) -> None:
    """Each entry once, in its order; nothing where nothing was added."""
    with tail_of(journal.path) as tail:
        for first in (1, 3):
            for number in (first, first + 1):
                journal.write(float(number), "ATM00001", entry(number).event)
            assert tail.read_more() == []  # the writer still has it
            journal.flush()
            assert tail.read_more() == [entry(first), entry(first + 1)]
            assert tail.read_more() == []


def test_a_half_written_line_is_waited_for(journal: JournalWriter) -> None:
    """Wherever it is cut, and the header too."""
    whole = journal.path.read_bytes() + line(1) + line(2)
    for cut in range(len(whole)):
        path = journal.path.with_name("growing.jsonl")
        path.write_bytes(whole[:cut])
        with tail_of(path) as tail:
            before = tail.read_more()
            assert tail.unfinished == (cut > 0 and whole[cut - 1 : cut] != b"\n")
            with path.open("ab") as file:
                file.write(whole[cut:])
            assert before + tail.read_more() == [entry(1), entry(2)]
            assert tail.header == HEADER


def test_a_large_journal_comes_in_pieces(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever reads it holds little of it."""
    monkeypatch.setattr(JournalTail, "PIECE", 100)
    for number in range(1, 31):
        journal.write(float(number), "ATM00001", entry(number).event)
    journal.flush()
    pieces = []
    with tail_of(journal.path) as tail:
        while piece := tail.read_more():
            pieces.append(piece)
    assert len(pieces) > 10
    assert [one for piece in pieces for one in piece] == [entry(n) for n in range(1, 31)]


def test_a_line_that_is_no_entry_ends_the_reading(journal: JournalWriter) -> None:
    """What stood before it counts, and nothing behind it."""
    journal.close()
    with journal.path.open("ab") as file:
        file.write(line(1) + b"{}\n" + line(2))
    with tail_of(journal.path) as tail:
        assert tail.read_more() == [entry(1)]
        assert tail.read_more() == []
        assert tail.wrong.startswith("line 3 cannot be read")
    reader = JournalReader(journal.path)
    assert list(reader) == [entry(1)]
    assert reader.cut == f"{tail.wrong}; from there on nothing is judged"


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    """When its first line is whole, and a file that is not there at once."""
    path = tmp_path / "text"
    with pytest.raises(ConfigError, match="cannot be read"):
        JournalTail(path)
    path.write_text("Once upon a time")
    with tail_of(path) as tail:
        assert tail.read_more() == []
        with path.open("a") as file:
            file.write(", and that was that.\n")
        with pytest.raises(ConfigError, match="not a journal"):
            tail.read_more()


def test_a_journal_that_goes_on_behind_its_end_is_cut_off_where_that_stops(
    journal: JournalWriter,
) -> None:
    """An earlier process had come to its end, and the last one was killed."""
    for number, event in enumerate((e.RunEnded("quiet"), e.PowerLost("killed")), start=1):
        journal.write(float(number), "RUN", event)
        journal.flush()
        reader = JournalReader(journal.path)
        assert len(list(reader)) == number
        assert bool(reader.cut) is (number == 2)


def test_only_what_counts_is_read(journal: JournalWriter) -> None:
    """What a killed process wrote behind its last commit has not happened."""
    journal.write(1.0, "RUN", entry(1).event)
    counted = journal.mark().size
    journal.write(2.0, "RUN", entry(2).event)
    journal.flush()
    assert [found.seq for found in JournalReader(journal.path).until(counted)] == [1]


ALTERED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "some are missing": lambda lines: lines[:3] + lines[4:],
    "entry 4, which follows on entry 0": lambda lines: [lines[0], *lines[4:]],
    "twice": lambda lines: lines[:4] + lines[3:],
    "another order": lambda lines: lines + lines[1:],
}


@pytest.mark.parametrize("says", ALTERED)
def test_a_journal_with_a_hole_or_with_lines_twice_is_read_up_to_there(
    journal: JournalWriter, says: str
) -> None:
    """What a machine seems to have done or left out behind that place is held against nobody."""
    for number in range(1, 7):
        journal.write(float(number), "ATM00001", entry(number).event)
    journal.write(7.0, "RUN", e.RunEnded("quiet"))
    journal.flush()
    whole = JournalReader(journal.path)
    assert [x.seq for x in whole] == [1, 2, 3, 4, 5, 6, 7]
    assert not whole.cut
    lines = journal.path.read_bytes().splitlines(keepends=True)
    altered = journal.path.with_name("altered.jsonl")
    altered.write_bytes(b"".join(ALTERED[says](lines)))
    reader = JournalReader(altered)
    read = [x.seq for x in reader]
    assert read == list(range(1, len(read) + 1))
    assert says in reader.cut
    assert reader.cut == f"{reader.wrong}; from there on nothing is judged"
