"""Files of somebody else: no kind of file ends the process by memory or by waiting."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from harness import input_files
from harness.cards import read_cards
from harness.crypto.keys import load_keys
from harness.errors import ConfigError
from harness.explore.case import read_case
from harness.input_files import JOURNAL_LINE, Limit, read_input, read_text, whole_lines
from harness.journal import JournalReader, JournalTail
from harness.plan import plan_of
from harness.report.judging import judge_journal
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan
from harness.wire.spec import load_spec

SMALL = Limit("small thing", 100)
READERS: dict[str, Callable[[Path], object]] = {
    "scenario": lambda path: load_scenario(str(path)),
    "keys": lambda path: load_keys(str(path)),
    "specification": lambda path: load_spec(str(path)),
    "cards": lambda path: read_cards(path, b"k" * 16),
    "case": read_case,
    "journal": JournalReader,
    "growing journal": JournalTail,
    "judge": judge_journal,
}


@pytest.fixture
def pipe() -> Iterator[tuple[Path, BinaryIO]]:
    """The name under which a shell passes a pipe, and the end to write to."""
    out, into = os.pipe()
    with os.fdopen(out, "rb"), os.fdopen(into, "wb", buffering=0) as writer:
        yield Path(f"/dev/fd/{out}"), writer


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/", "none/there", "x" * 300 + ".toml"])
def test_what_is_no_file_is_refused_at_once(reader: str, path: str) -> None:
    """Endless, empty, a directory, nothing at all, and a name that no file can have."""
    with pytest.raises(ConfigError) as caught:
        READERS[reader](Path(path) if "/" in path else Path("/tmp") / path)
    assert caught.value.place


@pytest.mark.parametrize("reader", READERS)
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal has to be a regular file; of anything else nothing comes within the time."""
    monkeypatch.setattr(input_files, "SILENCE", 0.0)
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match=r"nothing came through this pipe|a pipe, and no file"):
        READERS[reader](tmp_path / "pipe.toml")


@pytest.mark.parametrize(
    ("reader", "limit"),
    [
        ("scenario", input_files.SCENARIO),
        ("keys", input_files.KEYS),
        ("specification", input_files.SPECIFICATION),
        ("cards", input_files.CARDS),
        ("case", input_files.CASE),
    ],
)
def test_a_file_without_end_is_read_up_to_its_limit(
    reader: str, limit: Limit, tmp_path: Path
) -> None:
    """The error names the file, the limit and the remedy. (The file has holes, and no content.)"""
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match=f"longer than a {limit.kind} may be") as caught:
        READERS[reader](path)
    assert str(path) in caught.value.place
    assert "at most" in caught.value.remedy


def test_the_limit_is_exact(tmp_path: Path) -> None:
    """One byte more is too much."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * SMALL.most)
    assert read_input(path, SMALL) == b"x" * SMALL.most
    path.write_bytes(b"x" * (SMALL.most + 1))
    with pytest.raises(ConfigError, match="longer than a small thing may be: 100 bytes"):
        read_input(path, SMALL)


def test_a_pipe_is_read_once_and_remembered(pipe: tuple[Path, BinaryIO]) -> None:
    """A run reads its keys several times, and another process of it cannot read them at all."""
    path, into = pipe
    into.write(b"hello")
    into.close()
    assert read_input(path, SMALL) == b"hello"
    assert read_input(path, SMALL) == b"hello"
    assert input_files.piped()[str(path)] == b"hello"


def test_a_pipe_without_end_is_read_up_to_the_limit(pipe: tuple[Path, BinaryIO]) -> None:
    """As `yes` writes one."""
    path, into = pipe
    into.write(b"y\n" * SMALL.most)
    with pytest.raises(ConfigError, match="longer than a small thing"):
        read_input(path, SMALL)


def test_another_process_gets_what_was_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipe is not there in it."""
    monkeypatch.setattr(input_files, "_piped", {})
    input_files.keep_piped({"/dev/fd/999": b"kept"})
    assert read_input(Path("/dev/fd/999"), SMALL) == b"kept"
    assert input_files.is_there(Path("/dev/fd/999"))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_text_is_utf_8(mark: bytes, tmp_path: Path) -> None:
    """With or without the mark that some editors put first; another encoding is named as such."""
    path = tmp_path / "text"
    path.write_bytes(mark + "é".encode())
    assert read_text(path, SMALL) == "é"
    path.write_bytes("é".encode("utf-16"))
    with pytest.raises(ConfigError, match="not UTF-8 text: byte 0\\)\nsave it as UTF-8"):
        read_text(path, SMALL)


def test_a_journal_is_read_up_to_a_line_that_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood before it counts. The line is not kept in memory, however long it is."""
    monkeypatch.setattr("harness.journal.reading.JOURNAL_LINE", Limit("journal", 4096))
    monkeypatch.setattr(input_files, "JOURNAL_LINE", Limit("journal", 4096))
    path = tmp_path / "run.jsonl"

    plan = plan_of(load_scenario("few_withdrawals"), terminals=1, duration=60.0)
    simulate_plan(plan, journal=path)
    whole = len(list(JournalReader(path)))
    with path.open("ab") as file:
        file.write(b"[" * 200_000)
    reader = JournalReader(path)
    assert len(list(reader)) == whole
    longer = f"line {whole + 2} is longer than a line of a journal may be"
    assert reader.cut == f"{longer}; from there on nothing is judged"
    with path.open("rb") as file:
        assert len(list(whole_lines(file))) == whole + 1
    verdict, _ = judge_journal(path)
    assert verdict.outcome == "invalid"


def test_the_first_line_of_a_journal_has_a_limit_too(tmp_path: Path) -> None:
    """A header that never ends is no header."""
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        file.truncate(JOURNAL_LINE.most * 1000)
    with pytest.raises(ConfigError, match="not a journal"):
        JournalReader(path)
