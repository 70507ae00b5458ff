"""The small things that people try first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from planted import PAN

from harness.cards import read_cards
from harness.checks.base import Failure
from harness.checks.totals import Totals
from harness.checks.verdict import Row, Verdict
from harness.cli.main import execute
from harness.explore.case import read_case, write_case
from harness.resources import fixture

SMALL = """\
id = "X1"
title = "Small evening"
terminals = 3
duration = "5m"

[customers]
mean_gap = "30s"
"""
THEIRS = """\
from pathlib import Path

Path("it_ran").touch()
from harness.machines.profile import SAFE_TERMINAL as terminal
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(SMALL)


def harness(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a shell starts it."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *words],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("words", [["-h"], ["run", "-h"], ["terminals", "-h"], ["--version"]])
def test_help_and_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Both end with 0 and say something."""
    assert execute(words) == 0
    assert capsys.readouterr().out.startswith(("Usage: harness", "harness 0."))


def test_a_shell_completes_commands() -> None:
    """What the shell's own completion asks."""
    asked = {"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "harness sel", "COMP_CWORD": "1"}
    assert harness(**asked).stdout.split() == [b"selftest"]
    shown = harness("--show-completion", "bash")
    assert shown.returncode == 0
    assert b"_HARNESS_COMPLETE" in shown.stdout


def test_the_json_report_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """It is all that is there: the report for people goes to standard error."""
    assert execute(["run", "small.toml", "--json", "-"]) in (0, 3)
    out, err = capsys.readouterr()
    assert json.loads(out)["run"]["scenario"] == "small"
    assert "small, seed 1" in err
    assert not Path("-").exists()


@pytest.mark.parametrize("words", [["--journal", "-"], ["--json", "-", "--junit", "-"]])
def test_what_standard_output_does_not_take(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """No journal, and not two reports."""
    assert execute(["run", "small.toml", *words]) == 2
    assert "name a file" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["list faults", "run small.toml", "cards --terminals 200"])
def test_a_reader_that_has_seen_enough(words: str) -> None:
    """As with `| head -1`: nothing is said, and the exit code is that of a closed pipe, or 0."""
    command = f"{sys.executable} -m harness {words} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=120)
    assert done.returncode in (0, 141, 3)
    assert done.stderr == b""


def test_a_screen_without_colour_or_other_characters() -> None:
    """NO_COLOR means no style at all; a stream that knows ASCII only gets ASCII."""
    execute(["run", "small.toml", "--journal", "run.jsonl", "--quiet"])
    words = ("show", "run.jsonl", "--terminal", "ATM00001")
    styled = harness(*words, FORCE_COLOR="1", PYTHONIOENCODING="utf-8")
    assert b"\x1b[" in styled.stdout
    assert not styled.stdout.isascii()
    plain = harness(*words, FORCE_COLOR="1", NO_COLOR="1", PYTHONIOENCODING="ascii")
    assert plain.returncode == styled.returncode == 0
    assert b"\x1b" not in plain.stdout
    assert plain.stdout.isascii()
    assert b"?" not in plain.stdout
    assert plain.stderr == b""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_separates_the_columns_of_cards(separator: str) -> None:
    """Spreadsheets write a semicolon where the comma is the decimal point."""
    lines = (("pan", "expiry", "pin"), (PAN, "3012", "1234"))
    Path("cards.csv").write_text("\n".join(separator.join(line) for line in lines))
    (listed,) = read_cards(Path("cards.csv"), b"k" * 16).values()
    assert (listed.card.pan, listed.card.expiry, listed.card.pin) == (PAN, "3012", "1234")


@pytest.mark.parametrize(
    ("flag", "name", "right"),
    [
        ("--terminal-profile", "captures_all", "--host-profile"),
        ("--host-profile", "hangs_on_timeout", "--terminal-profile"),
    ],
)
def test_a_profile_of_the_other_role(
    flag: str, name: str, right: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said whose it is, and which flag takes it."""
    assert execute(["run", "small.toml", flag, name]) == 2
    said = capsys.readouterr().err
    assert f"'{name}' is the profile of a" in said
    assert f"give it with {right}" in said


def test_a_file_runs_no_code_of_its_sender(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario or a case that names a profile of its own asks for leave; with leave it runs."""
    Path("their_module.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(Path.cwd())
    Path("theirs.toml").write_text(
        SMALL.replace("[customers]", 'terminal_profile = "their_module:terminal"\n\n[customers]')
    )
    shipped = sorted(Path(str(fixture("seeds"))).glob("*.json"))[0]
    case = read_case(shipped)
    import msgspec

    plan = msgspec.structs.replace(case.plan, terminal_profile="their_module:terminal")
    write_case(msgspec.structs.replace(case, plan=plan), Path("case.json"))
    for words in (["run", "theirs.toml"], ["replay", "case.json"], ["explore", "theirs.toml"]):
        assert execute(words) == 2
        said = capsys.readouterr().err
        assert "their_module:terminal" in said
        assert "--allow-profiles" in said
        assert not Path("it_ran").exists()
    assert execute(["run", "theirs.toml", "--allow-profiles"]) in (0, 3)
    assert Path("it_ran").exists()


def test_junit_has_times() -> None:
    """The suite's is the sum of its cases', in seconds."""
    execute(["run", "small.toml", "--junit", "out.xml", "--quiet"])
    suite = ET.parse("out.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.attrib["time"] == "300.000"
    assert sum(float(case.attrib["time"]) for case in suite.findall("testcase")) == 300.0


def broken(count: int) -> Verdict:
    row = Row(
        id="T1", title="x", tried=9, worst=None, bound=None, unit="s", status="fail",
        promised=True, failures=count,
    )  # fmt: skip
    what = "the card was inside for 23.1 s, which is 1.1 s more than the whole way out can take"
    return Verdict(
        outcome="fail", exit_code=1, rows=(row,), expected=(), reasons=(), totals=Totals(),
        failures=tuple(Failure("T1", 10.0 + n, "ATM00001", what) for n in range(count)), lag=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(("count", "lines"), [(1, 2), (2, 3), (20, 3)])
def test_the_repr_of_a_verdict_says_what_broke(count: int, lines: int) -> None:
    """In three lines at most, short enough for pytest to show them whole."""
    shown = repr(broken(count))
    assert shown.startswith("FAIL: broken: T1\nT1 at 10.0 s, ATM00001: the card was inside")
    assert len(shown.splitlines()) == lines
    assert len(shown) <= 240


def test_pytest_shows_the_failure(tmp_path: Path) -> None:
    """`assert verdict.passed, verdict`, as the README has it."""
    (tmp_path / "test_mine.py").write_text(
        "from harness.api import simulate\n\n"
        "def test_mine():\n"
        "    verdict = simulate('small.toml', terminal_profile='hangs_on_timeout',\n"
        "                       faults=['drop_response'])\n"
        "    assert verdict.passed, verdict\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert "FAIL: broken: T1, T2, " in done.stdout
    assert "T1 at " in done.stdout
    assert "lines more in str(verdict)" in done.stdout
