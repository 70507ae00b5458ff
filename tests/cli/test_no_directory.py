"""A working directory that was deleted: the environment's trouble, and no error of the harness."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.cli.main import execute

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps it")


@pytest.mark.parametrize(
    "command",
    [
        "host --listen 127.0.0.1:0 --for 1s",
        "terminals --to 127.0.0.1:1 --for 1s",
        "run ordinary_evening --for 1m --terminals 1 --live",
        "run ordinary_evening --for 1m --terminals 1 --terminal-profile nowhere:nothing",
        "explore --runs 2",
    ],
)
def test_a_directory_that_is_gone_is_5(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever the command needs it for."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert execute(command.split()) == 5
    assert "harness: environment: " in capsys.readouterr().err
