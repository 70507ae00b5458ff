"""When the machine would not: a full disk, a directory that is none. Exit 5, and a clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from processes import SMALL

from harness.cli.main import execute

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
    """One line that names the file, no traceback, no part of the journal left behind."""
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
    (line,) = done.stderr.splitlines()
    assert line.startswith("harness: environment: cannot ")
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
