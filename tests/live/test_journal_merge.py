"""The parts of a live run's journal, merged while they grow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.contract import Contract
from harness.journal import Entry, Header, JournalWriter
from harness.link_options import LinkOptions
from harness.live.journal_merge import JournalMerge

HEADER = Header(
    version="0", scenario="by_hand", seed=1, mode="live", terminals=1, duration=60.0,
    link=LinkOptions(), terminal_profile="safe", host_profile="safe", contract=Contract(),
)  # fmt: skip
TERMINALS, HOST = 0, 1


class Parts:
    """Two parts that are written by hand, and their merge."""

    def __init__(self, where: Path) -> None:
        paths = [where / "terminals", where / "host"]
        self.writers = [JournalWriter(path, HEADER) for path in paths]
        self.merge = JournalMerge(paths)

    def write(self, part: int, *moments: float) -> None:
        """Entries of these moments, in the file."""
        for at in moments:
            self.writers[part].write(at, ("ATM00001", "HOST")[part], e.LagMeasured(at))
        self.writers[part].flush()

    def taken(self, most: int = 100) -> list[tuple[float, str]]:
        return [(entry.at, entry.actor[0]) for entry in self.merge.take(most)]

    def close(self) -> None:
        self.merge.close()
        for writer in self.writers:
            writer.close()


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    found = Parts(tmp_path)
    yield found
    found.close()


def test_an_entry_waits_until_no_part_can_bring_an_earlier_one(parts: Parts) -> None:
    """Its own part being further is not enough."""
    parts.write(TERMINALS, 1.0, 2.0, 5.0)
    parts.merge.complete_until(TERMINALS, 6.0)
    assert parts.taken() == []
    parts.write(HOST, 1.5)
    parts.merge.complete_until(HOST, 3.0)
    assert parts.taken() == [(1.0, "A"), (1.5, "H"), (2.0, "A")]
    parts.write(HOST, 3.0, 7.0)
    assert parts.taken() == [(3.0, "H"), (5.0, "A")]  # what is in the file says how far it is
    parts.merge.complete_until(TERMINALS, 8.0)
    assert parts.taken() == [(7.0, "H")]


def test_equal_times_come_in_the_order_of_the_parts(parts: Parts) -> None:
    """Also where one of them has been read, and the other may still come."""
    parts.write(HOST, 1.0)
    parts.merge.complete_until(TERMINALS, 1.0)
    assert parts.taken() == []
    parts.write(TERMINALS, 1.0, 1.0)
    assert parts.taken() == [(1.0, "A"), (1.0, "A")]
    parts.merge.complete()
    assert parts.taken() == [(1.0, "H")]


def test_a_part_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """And in the end it is none."""
    with_one = Parts(tmp_path)
    with_one.write(TERMINALS, 1.0)
    merge = JournalMerge([tmp_path / "terminals", tmp_path / "no such part"])
    merge.complete_until(TERMINALS, 2.0)
    assert merge.take() == []
    merge.complete()
    assert [entry.at for entry in merge.take()] == [1.0]
    merge.close()
    with_one.close()


def test_a_part_that_is_cut_off_ends_there(parts: Parts, tmp_path: Path) -> None:
    """A process that was killed has written half a line."""
    parts.write(HOST, 1.0)
    with (tmp_path / "host").open("ab") as file:
        file.write(b'{"at":2.0,"se')
    parts.write(TERMINALS, 3.0)
    parts.merge.complete()
    assert parts.taken() == [(1.0, "H"), (3.0, "A")]


steps = st.lists(
    st.tuples(st.sampled_from([TERMINALS, HOST]), st.integers(0, 3), st.booleans()), max_size=30
)


@given(steps=steps, most=st.integers(1, 5))
def test_however_they_grow_the_order_is_that_of_the_end(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]], most: int
) -> None:
    """What is merged as it comes is what would be merged when all is over, numbered from 1."""
    parts = Parts(tmp_path_factory.mktemp("parts"))
    clock, whole, taken = [0.0, 0.0], list[tuple[float, int]](), list[Entry]()
    for part, later, told in steps:
        clock[part] += later
        parts.write(part, clock[part])
        whole.append((clock[part], part))
        if told:
            parts.merge.complete_until(part, clock[part])
        taken += parts.merge.take(most)
    parts.merge.complete()
    while more := parts.merge.take(most):
        taken += more
    assert [(entry.at, int(entry.actor == "HOST")) for entry in taken] == sorted(whole)
    assert [entry.seq for entry in taken] == list(range(1, len(whole) + 1))
    parts.close()
