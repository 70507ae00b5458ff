"""When the machine would not: a full disk, a directory that is none. Exit 5, and a clear line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import LIMIT, SMALL, begin, line_with, message, rest, started

from harness.cli.main import execute
from harness.journal import JournalReader
from harness.report.judging import judge_together

pytestmark = pytest.mark.e2e
LIVE = ("--live", "--speed", "60")
MODES = pytest.mark.parametrize("mode", [(), LIVE], ids=["sim", "live"])

# No file may grow beyond so many bytes, of this process or of those that it starts: a disk that
# fills while the run goes on.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from harness.cli.main import main
main(sys.argv[2:])
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(SMALL)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the machine has no /dev/full")
@MODES
def test_a_full_disk_is_5(mode: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The file is named, and the reason."""
    run = ["run", "small.toml", *mode, "--for", "60s", "--journal", "/dev/full", "--quiet"]
    assert execute(run) == 5
    assert "cannot write the journal /dev/" in capsys.readouterr().err
    assert not list(Path("/dev").glob(".full*"))


@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX's")
@pytest.mark.parametrize("size", [20_000, 70_000], ids=["store", "journal"])
def test_a_disk_that_fills_during_a_live_run_is_5(size: int, tmp_path: Path) -> None:
    """A verdict over what was seen, a line that names the file, no traceback, no part of the
    journal left behind. Where not even the store could be made there is nothing to judge.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, str(size), "run", "small.toml", *LIVE),
            *("--terminals", "8", "--for", "5m", "--journal", "j.jsonl", "--quiet"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 5, done.stdout + done.stderr
    line, *more = done.stderr.splitlines()
    assert line.startswith("harness: environment: cannot ")
    assert "Traceback" not in done.stderr
    if size > 20_000:
        assert "INVALID" in done.stdout
        assert more[-1] == "harness: the verdict stands: INVALID; exit code 5"
    assert not list(tmp_path.glob(".j*"))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((*LIVE, "--state-dir", "small.toml"), 5, "cannot keep a store at small.toml"),
        ((*LIVE, "--journal", "missing/j.jsonl"), 2, "mkdir -p missing"),
        (("--journal", "small.toml/j.jsonl"), 2, "small.toml"),
    ],
    ids=["store", "journal, live", "journal, sim"],
)
def test_a_directory_that_is_none(
    arguments: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found before the run and not at its end."""
    assert execute(["run", "small.toml", *arguments, "--quiet"]) == code
    assert says in capsys.readouterr().err


def test_no_room_for_runs_is_5(capsys: pytest.CaptureFixture[str]) -> None:
    """A live run always leaves a journal: a file where its directory should be is trouble."""
    Path("runs").touch()
    assert execute(["run", "small.toml", *LIVE, "--quiet"]) == 5
    assert "runs" in capsys.readouterr().err


# --- the verdict outlives what cannot be written --------------------------------------------------

HANGS = ("--terminal-profile", "hangs_on_timeout", "--fault", "drop_response:p=30%,mti=0210")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the machine has no /dev/full")


def limited(size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, where no file may grow beyond so many bytes."""
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(size), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@FULL
@pytest.mark.parametrize(
    ("machine", "verdict", "code"), [((), "PASS", 5), (HANGS, "FAIL", 1)], ids=["pass", "fail"]
)
def test_the_verdict_outlives_a_report_that_cannot_be_written(
    machine: tuple[str, ...], verdict: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed, the other report is written, and a line says what is missing. A failure stays
    one; a run that passed without the evidence that was asked for did not do what it should.
    """
    run = ["run", "small.toml", *machine, "--junit", "/dev/full", "--json", "out.json", "--quiet"]
    assert execute(run) == code
    said = capsys.readouterr()
    assert said.out.startswith(verdict)
    assert "/dev/full cannot be written" in said.err
    assert f"the verdict stands: {verdict}; exit code {code}" in said.err
    assert f'"{verdict.lower()}"' in Path("out.json").read_text()


@FULL
@pytest.mark.parametrize(
    ("machine", "verdict", "code"), [((), "PASS", 5), (HANGS, "FAIL", 1)], ids=["pass", "fail"]
)
def test_a_full_disk_behind_standard_output(
    machine: tuple[str, ...], verdict: str, code: int
) -> None:
    """The verdict is told on standard error instead, and the run went on to it."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "harness", "run", "small.toml", *machine],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == code
    assert f"harness: {verdict}" in done.stderr
    assert "standard output cannot be written: No space left on device" in done.stderr


def test_a_failure_without_a_place_for_its_journal_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder that cannot be written: FAIL and 1, with a line about the journal."""
    Path("runs").touch()
    assert execute(["run", "small.toml", *HANGS, "--quiet"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("FAIL")
    assert "cannot make" in said.err


@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX's")
def test_a_disk_that_fills_during_a_simulation() -> None:
    """The run goes on, the journal is cut behind a whole line, and both are said."""
    done = limited(20_000, "run", "small.toml", "--journal", "j.jsonl", "--quiet")
    assert done.returncode == 5
    assert done.stdout.startswith("PASS")
    assert "cannot write the journal j.jsonl" in done.stderr
    journal = JournalReader(Path("j.jsonl"))
    assert list(journal)
    assert journal.cut == "the journal ends without its RunEnded line"


def test_a_report_that_nobody_reads_to_its_end_is_written_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`| head` ends the command with 141, and the file for the machines is there."""

    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("harness.cli.run_and_report.print_verdict", gone)
    assert execute(["run", "small.toml", "--junit", "out.xml", "--quiet"]) == 141
    assert Path("out.xml").read_text().rstrip().endswith("</testsuites>")


def test_no_older_report_is_left_that_might_be_taken_for_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file of an earlier run, or half a file, would say what this run did not."""
    Path("out.xml").write_text("of an earlier run")

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert execute(["run", "small.toml", "--junit", "out.xml", "--quiet"]) == 5
    assert not Path("out.xml").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")
def test_a_host_whose_disk_fills_answers_nothing_it_has_not_kept(tmp_path: Path) -> None:
    """It ends in order with a verdict; with room again it goes on from its books, and both halves
    agree on the cash.
    """
    told = ("--speed", "20", "--slack", "60s", "--state-dir", "books")
    command = ("host", "--listen", "127.0.0.1:0", *told)
    host = started([sys.executable, "-c", LIMITED, "60000", *command], cwd=tmp_path)
    address = line_with(host, "listening on").split()[-1]
    atms = begin(
        *("terminals", "--to", address, "--terminals", "6", "--gap", "5s", "--settle", "10m"),
        *("--journal", "atms.jsonl", "--host-outage", "0s.."),
        cwd=tmp_path,
    )
    text = rest(host)
    assert host.returncode == 5, text
    assert "the verdict stands: INVALID; exit code 5" in text
    host = begin("host", "--listen", address, "--state-dir", "books", "-v", cwd=tmp_path)
    message(host, "0430")
    message(host, "0210")  # what both halves have seen from beginning to end can be judged
    for half in (atms, host):
        half.send_signal(signal.SIGTERM)
        said, _ = half.communicate(timeout=LIMIT)
        assert half.returncode in (0, 3), said
        assert "FAIL" not in said
    verdict, _ = judge_together([tmp_path / "atms.jsonl", tmp_path / "books" / "host.jsonl"])
    assert verdict.outcome != "fail", verdict
    assert {row.status for row in verdict.rows if row.id in ("H1", "H3")} == {"pass"}
