"""The result screen: how long it is, how wide, and in what order it is read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest
from rich.console import Console
from rich.text import Text

from harness.cli.main import execute
from harness.report.screen import Screen, ascii_only, print_indented

FROZEN = ["run", "short_freeze", "--terminals", "10"]
HANGING = [
    *("run", "ordinary_evening", "--terminals", "5", "--for", "10m"),
    *("--terminal-profile", "hangs_on_timeout", "--fault", "drop_response:p=60%,mti=0210"),
]


Variables = Mapping[str, str]
NONE: Variables = {}


class Printed(Protocol):
    """What a command prints on a screen of so many columns, line by line."""

    def __call__(
        self, arguments: list[str], *, width: int = 80, variables: Mapping[str, str] | None = None
    ) -> list[str]: ...


@pytest.fixture
def printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Printed:
    """In a directory of its own, with a locale of Unicode."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)

    def of(
        arguments: list[str], *, width: int = 80, variables: Mapping[str, str] | None = None
    ) -> list[str]:
        for name, value in {"COLUMNS": str(width), **(variables or {})}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        execute(arguments)
        return capsys.readouterr().out.splitlines()

    return of


def names(lines: list[str]) -> list[str]:
    """The names that stand before the lines of the summary."""
    return [line[:12].strip() for line in lines if line[12:13] == " " and line[:12].strip()]


def test_a_passing_run_fits_a_screen(printed: Printed) -> None:
    """25 lines at 80 columns, the result first, then what held, what was not tried, the totals and
    the strip of time.
    """
    lines = printed(FROZEN)
    assert len(lines) <= 25
    result = next(n for n, line in enumerate(lines) if line.startswith("PASS  short_freeze"))
    assert all(line.startswith(("short_freeze", "  ")) for line in lines[:result])
    summary = names(lines[result + 1 :])
    assert summary[:2] == ["held", "not tried"]
    assert summary[-4:] == ["in service", "cards held", "unanswered", "fault"]
    assert summary.index("cards") > summary.index("not tried")


@pytest.mark.parametrize("width", [60, 80, 160])
def test_nothing_is_wider_than_the_screen(width: int, printed: Printed) -> None:
    """Apart from commands and paths, of a run that passes and of one that fails; no line ends in
    blanks, so that a log is clean.
    """
    for arguments in (FROZEN, HANGING, [*FROZEN, "--table"]):
        for line in printed(arguments, width=width):
            if "--table" not in arguments:
                assert line == line.rstrip()
            assert len(line) <= width or line.split()[0] in ("show", "repeat", "journal:")


def test_a_failure_is_told_by_its_cause(printed: Printed) -> None:
    """One line for all that one visit broke, its first moment, and a story that shows when the
    machine's timer ended; the result again as the last thing before the commands.
    """
    lines = printed(HANGING)
    assert lines[4].startswith("FAIL  ordinary_evening, seed 1: broken: ")
    assert lines[5].startswith("  ATM0000")
    assert lines[5].endswith(": T1 T2 T8 F1 F2")
    assert ": the card never came out: " in lines[6]
    story = lines.index(next(line for line in lines if "The story of customer" in line))
    ends = [n for n, line in enumerate(lines) if "TIMER ENDS: host_response" in line]
    assert len(ends) == 1
    assert ends[0] > story
    assert lines[-5] == lines[4]
    assert [line.split(":")[0].strip() for line in lines[-4:]] == [
        "journal", "show it", "explain it", "repeat it",
    ]  # fmt: skip


def test_quiet_has_one_line_of_evidence(printed: Printed) -> None:
    """The result, the first cause, the commands."""
    lines = printed([*HANGING, "--quiet"])
    assert lines[0].startswith("FAIL")
    assert ": the card never came out: " in lines[2]
    assert len(lines) <= 8


def test_the_table_is_there_for_the_asking(printed: Printed) -> None:
    """Each invariant in a row, and no short lines beside it."""
    lines = printed([*FROZEN, "--table"])
    assert any(line.split()[:1] == ["T4.authentic"] for line in lines)
    assert "held" not in names(lines)


@pytest.mark.parametrize("variables", [{"LANG": "C"}, {"LC_ALL": "POSIX"}])
def test_ascii_where_the_locale_has_no_more(variables: dict[str, str], printed: Printed) -> None:
    """What is drawn is drawn in ASCII; with a Unicode locale it is not."""
    assert "".join(printed(FROZEN, variables=variables)).isascii()
    assert not "".join(printed(FROZEN, variables={"LANG": "C.UTF-8", "LC_ALL": ""})).isascii()


def test_ascii_where_the_file_takes_no_more() -> None:
    """Whatever the locale says."""
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert ascii_only(Console(file=plain), {"LANG": "en_IE.UTF-8"})
    unicode = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert not ascii_only(Console(file=unicode), {"LANG": "en_IE.UTF-8"})
    assert not ascii_only(Console(file=unicode), {})
    assert ascii_only(Console(file=unicode), {"LANG": "en_IE.UTF-8", "LC_ALL": "C"})


def test_no_color_is_no_bold_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one escape sequence, on a terminal too."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    for no_color in ("1", ""):
        monkeypatch.setenv("NO_COLOR", no_color)
        file = io.StringIO()
        console = Screen(file)
        console.print("PASS", style="bold green")
        assert ("\x1b" in file.getvalue()) is not bool(no_color)


def test_a_long_text_hangs_behind_its_name() -> None:
    """And without a name behind its blanks."""
    console = Console(file=io.StringIO(), width=30)
    for name in ("held", ""):
        print_indented(console, Text("one two three four five six seven"), 8, name)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "   held one two three four",
        "        five six seven",
        "        one two three four",
        "        five six seven",
    ]
