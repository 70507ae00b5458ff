"""A file has one purpose, and one process that writes it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from harness import file_lock
from harness.cli.files import Files, prepare
from harness.cli.held import let_go_of_all
from harness.cli.main import execute
from harness.cli.run_and_report import fresh_name
from harness.errors import EnvironmentTrouble
from harness.file_lock import FileLock
from harness.journal import lock_journal
from harness.resources import fixture

MISTAKE, ENVIRONMENT = 2, 5


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Working in it; no test waits for a lock that stays where it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(file_lock, "_LOOKS_TAKE", 0.0)
    return tmp_path


def scenario(where: Path) -> Path:
    return Path(shutil.copy(fixture("scenarios", "few_withdrawals.toml"), where / "mine.toml"))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--junit out --json out", "--json out: this file is written by --junit too"),
        ("--journal out --json ./out", "--json out: this file is written by --journal too"),
        ("--journal mine.toml", "--journal mine.toml: this file is the scenario"),
        ("--json link", "--json link: this file is the scenario"),
    ],
)
def test_one_file_for_two_purposes_is_a_mistake(
    where: Path, flags: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written over."""
    text = scenario(where).read_bytes()
    (where / "link").hardlink_to(where / "mine.toml")
    assert execute(["run", "mine.toml", *flags.split()]) == MISTAKE
    assert said in capsys.readouterr().err
    assert (where / "mine.toml").read_bytes() == text


def test_a_journal_is_not_written_over_by_its_verdict(
    where: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`judge` reads it."""
    assert execute(["run", str(scenario(where)), "--journal", "run.jsonl", "--quiet"]) == 0
    journal = (where / "run.jsonl").read_bytes()
    assert execute(["judge", "run.jsonl", "--json", "run.jsonl"]) == MISTAKE
    assert "this file is the journal 1" in capsys.readouterr().err
    assert (where / "run.jsonl").read_bytes() == journal


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
@pytest.mark.parametrize("flag", ["--journal", "--json", "--junit"])
def test_a_file_that_another_process_writes_is_refused(
    where: Path, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told who has it, and what to do; the file stays as it is."""
    path = where / "out"
    path.write_text("theirs")
    lock = lock_journal(path)
    assert execute(["run", str(scenario(where)), flag, "out", "--quiet"]) == ENVIRONMENT
    said = capsys.readouterr().err
    assert "is in use by process" in said
    assert f"name another file with {flag}" in said
    assert path.read_text() == "theirs"
    lock.release()
    assert execute(["run", str(scenario(where)), flag, "out", "--quiet"]) == 0


def test_a_name_that_was_found_free_is_taken(tmp_path: Path) -> None:
    """Two processes that begin at one time have two names; one that was not used is given back."""
    first, second = (fresh_name(tmp_path, "case", ".json") for _ in range(2))
    assert (first.name, second.name) == ("case.json", "case-2.json")
    second.write_text("{}")
    let_go_of_all()
    assert [path.name for path in tmp_path.iterdir()] == ["case-2.json"]


@pytest.mark.parametrize("flag", ["junit", "json"])
def test_no_report_of_yesterday_is_left_once_a_run_has_begun(tmp_path: Path, flag: str) -> None:
    """Also if it is killed before it writes its own."""
    report = tmp_path / "report"
    report.write_text("all is well")
    prepare(Files(**{flag: report}))
    let_go_of_all()
    assert report.read_bytes() == b""


def test_a_report_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    """Who is refused empties nothing."""
    report = tmp_path / "report"
    lock = FileLock(report, what="the report", remedy="wait")
    report.write_text("being written")
    with pytest.raises(EnvironmentTrouble):
        prepare(Files(junit=report))
    lock.release()
    assert report.read_text() == "being written"
