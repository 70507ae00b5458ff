"""Where reports go: a file, a device, a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import sys
from harness.cli.main import execute
sys.exit(execute(["run", "few_withdrawals", *sys.argv[1:]]))
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the machine has no named pipes")
@pytest.mark.parametrize("flag", ["--journal", "--junit", "--json"])
def test_a_pipe_that_nobody_reads_is_refused(tmp_path: Path, flag: str) -> None:
    """Before the run, with the remedy; it would wait for a reader for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, flag, str(pipe)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 5, done.stderr
    assert "is a pipe that nobody reads: start its reader first" in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the machine has no named pipes")
@pytest.mark.parametrize("flag", ["--journal", "--json"])
def test_a_pipe_that_is_read_gets_all(tmp_path: Path, flag: str) -> None:
    """Its reader does not see an end before there is one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    kept = tmp_path / "kept"
    with kept.open("wb") as file, subprocess.Popen(["cat", str(pipe)], stdout=file) as reader:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, flag, str(pipe), "--quiet"],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert reader.wait(60) == 0
    assert done.returncode == 0, done.stderr
    assert kept.read_bytes().startswith(b"{")
    assert kept.read_bytes().rstrip().endswith(b"}")
