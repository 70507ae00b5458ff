"""A shell that closes standard input, standard output or standard error (`<&-`, `>&-`, `2>&-`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from processes import LIMIT, SMALL

from harness.api import simulate
from harness.journal import JournalReader

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="the redirections are those of sh"),
]
ALL = "<&- >&- 2>&-"
HOST = ("host", "--listen", "127.0.0.1:0", "--for", "1s", "--speed", "20")


def closed(redirections: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    (cwd / "small.toml").write_text(SMALL)
    return subprocess.run(
        [
            *("sh", "-c", f'exec "$@" {redirections}', "sh"),
            *(sys.executable, "-m", "harness", *arguments),
        ],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


@pytest.mark.parametrize("redirections", ["<&-", ">&-", "2>&-", ALL])
def test_a_host_takes_no_socket_for_a_standard_descriptor(
    tmp_path: Path, redirections: str
) -> None:
    """It runs to its end; what it has to say goes where it can, and not into its journal."""
    done = closed(redirections, *HOST, "--journal", "j.jsonl", cwd=tmp_path)
    assert done.returncode == 3, done.stderr  # nobody came
    assert ("listening on" in done.stdout) is (">&-" not in redirections.split())
    journal = JournalReader(tmp_path / "j.jsonl")
    assert list(journal)
    assert journal.cut == ""


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        ("run small.toml --json out.json", (0,)),
        ("run small.toml --live --speed 60 --for 30s --json out.json", (0, 3)),
        ("load --terminals 1 --for 1s --json out.json", (0, 3)),
        ("terminals --to 127.0.0.1:9 --for 1s", (5,)),
        ("explore --runs 20 --jobs 2", (0, 3)),
        ("selftest --jobs 2 --terminal-profile forgets_reversal", (0,)),
        ("judge seen.jsonl --json out.json", (0,)),
        ("show seen.jsonl --terminal ATM00001", (0,)),
        ("list faults", (0,)),
        ("cards --terminals 1", (0,)),
        ("explain T1", (0,)),
        ("run nothing_of_the_kind", (2,)),
    ],
)
def test_every_command_goes_as_usual(tmp_path: Path, command: str, codes: tuple[int, ...]) -> None:
    """The exit code tells, and the files are whole."""
    seen = simulate("few_withdrawals", terminals=4, journal=tmp_path / "seen.jsonl")
    assert seen.outcome == "pass", seen
    done = closed(ALL, *command.split(), cwd=tmp_path)
    assert done.returncode in codes
    if "out.json" in command:
        assert (tmp_path / "out.json").read_text().startswith("{")


@pytest.mark.parametrize("flag", ["--json", "--junit"])
def test_a_report_for_a_closed_output_is_5(tmp_path: Path, flag: str) -> None:
    """It was asked for and can go nowhere; that is said before anything runs."""
    done = closed(">&-", "run", "small.toml", flag, "-", cwd=tmp_path)
    assert done.returncode == 5
    assert done.stderr == (
        f"harness: environment: {flag} -: standard output is closed; name a file\n"
    )
