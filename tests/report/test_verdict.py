"""The verdict as people and machines read it, from hand-made verdicts."""

from __future__ import annotations

import io
import itertools
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from evening import HEADER, TERMINAL, write_evening
from rich.console import Console

from harness.checks.base import Failure
from harness.checks.totals import Totals
from harness.checks.verdict import Expected, Row, Verdict
from harness.errors import ConfigError, EnvironmentTrouble
from harness.outcome import Progress
from harness.report.console import print_verdict
from harness.report.json_report import verdict_json
from harness.report.junit import junit_xml
from harness.report.output_files import check_writable, write_file
from harness.report.progress import ProgressView


def row(name: str, status: str, **changes: object) -> Row:
    usual = Row(
        id=name, title=f"what {name} promises", tried=3, worst=None, bound=None, unit="",
        status="pass", promised=True, failures=0,
    )  # fmt: skip
    return msgspec.structs.replace(usual, status=status, **changes)


BROKEN = Verdict(
    outcome="fail",
    exit_code=1,
    rows=(
        row("T1", "fail", worst=23.25, bound=22.0, unit="s", failures=2),
        row("T4", "pass"),
        row("T4.authentic", "not observable", promised=False),
        row("T7", "not tried", tried=0),
        row("F1", "invalid"),
    ),
    failures=(
        Failure("T1", 107.0, TERMINAL, "the card was inside for 23 s\x1b", "a1b2c3d4e5f6", 2),
        Failure("T1", 300.0, TERMINAL, "again", "a1b2c3d4e5f6", 2),
    ),
    expected=(Expected("NotesTaken", 1, 0), Expected("LateApproval", 0, 2, forbidden=True)),
    reasons=("T7 is promised and was not tried",),
    totals=Totals(inserted=12, returned=10, captured=2, captured_why={"jam": 1, "not taken": 1}),
    lag=0.0,
)
HOLLOW = msgspec.structs.replace(
    BROKEN, outcome="invalid", exit_code=3, rows=BROKEN.rows[1:], failures=()
)


def printed(verdict: Verdict, *, width: int = 100, **changes: object) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_verdict(console, verdict, HEADER, **changes)  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_outcome_is_said_in_words() -> None:
    """No colour is needed to see what failed, what was not tried, and why."""
    text = printed(BROKEN)
    assert "FAIL  hand_made, seed 1: broken: T1" in text
    assert "ATM00007 customer 2: T1\n    00:01:47 T1: the card was inside" in text
    assert "held T4 (1" in text
    assert "not judged F1 (1)" in text
    assert "not tried T7 (1)" in text
    assert "not seen T4.authentic (1; see --table)" in text
    assert "2 captured (1 jam, 1 not taken)" in text
    assert "NotesTaken 0 (at least 1)" in text
    assert "LateApproval 2 (at most 0)" in text


def test_the_table_has_each_invariant_in_a_row() -> None:
    """With the worst case against its bound, which the short form leaves out."""
    text = printed(BROKEN, table=True)
    assert "FAIL x2" in text
    assert "23.2 / 22 s" in text
    assert "not observable" in text
    assert "held T4" not in text


def test_an_invalid_run_gives_its_reasons() -> None:
    """INVALID says what was missing."""
    text = printed(HOLLOW)
    assert "INVALID  hand_made, seed 1: this run proves nothing" in text
    assert "T7 is promised and was not tried" in text


def test_the_first_failure_has_its_story(tmp_path: Path) -> None:
    """The ladder of the card comes from the journal, with the command that shows it whole."""
    journal = write_evening(tmp_path / "j.jsonl")
    text = printed(BROKEN, journal=journal)
    assert f"The story of customer 2 at {TERMINAL}" in text
    assert "0200 withdrawal" in text
    assert f"--terminal {TERMINAL} --card 2" in text.replace("\n", "")
    assert "0200 withdrawal" not in printed(BROKEN, journal=journal, quiet=True)


def test_a_long_story_is_cut(tmp_path: Path) -> None:
    """The lines around the moment at which it broke are shown, and that there are more is said."""
    journal = write_evening(tmp_path / "j.jsonl")
    text = printed(BROKEN, journal=journal, story=4)
    assert "... and so on" in text
    assert "lines before are left out" in text
    assert "card a1b2c3d4e5f6 inserted" not in text
    assert "customer 2 leaves" in text, "what came just before it broke"


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit(width: int, tmp_path: Path) -> None:
    """Nothing but paths and commands is wider than the screen."""
    journal = write_evening(tmp_path / "j.jsonl")
    for line in printed(BROKEN, width=width, journal=journal).splitlines():
        assert len(line) <= width or str(journal) in line


def test_junit_says_fail_skip_and_error() -> None:
    """A failure is a failure, what was not tried is skipped, what proves nothing is an error."""
    suite = ET.fromstring(junit_xml(BROKEN, HEADER)).find("testsuite")
    assert suite is not None
    by_name = {case.attrib["name"].split()[0]: case for case in suite.findall("testcase")}
    failure = by_name["T1"].find("failure")
    assert failure is not None
    assert (
        failure.text
        == f"107.000 {TERMINAL} the card was inside for 23 s\\x1b\n300.000 {TERMINAL} again"
    )
    assert by_name["T7"].find("skipped") is not None
    assert by_name["T4.authentic"].find("skipped") is not None
    assert by_name["F1"].find("error") is not None
    assert len(by_name["T4"]) == 0
    counts = {key: suite.attrib[key] for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "1", "skipped": "2"}


def test_junit_of_an_invalid_run_is_not_green() -> None:
    """With nothing failed there is still an error for continuous integration to stop at."""
    suite = ET.fromstring(junit_xml(HOLLOW, HEADER)).find("testsuite")
    assert suite is not None
    whole = suite.findall("testcase")[-1]
    assert [error.attrib["message"] for error in whole.findall("error")] == list(HOLLOW.reasons)
    assert int(suite.attrib["errors"]) == 2


def test_json_holds_run_and_verdict() -> None:
    """Everything that the table shows, for a machine."""
    body = json.loads(verdict_json(BROKEN, HEADER))
    assert body["run"]["seed"] == 1
    assert body["verdict"]["outcome"] == "fail"
    assert body["verdict"]["rows"][0]["worst"] == 23.25


def test_an_unwritable_file_is_found_early(tmp_path: Path) -> None:
    """A missing directory is a mistake; one that vanishes later is the environment's trouble."""
    with pytest.raises(ConfigError, match="mkdir -p"):
        check_writable(tmp_path / "none" / "x.xml", place="--junit")
    with pytest.raises(EnvironmentTrouble):
        write_file(tmp_path / "none" / "x.xml", b"")
    check_writable(tmp_path / "x.xml", place="--junit")
    write_file(tmp_path / "x.xml", b"<a/>")
    assert (tmp_path / "x.xml").read_bytes() == b"<a/>"


def looks() -> list[Progress]:
    return [
        Progress(
            float(second), 600.0, {"IDLE": 3, "WAITING_FOR_HOST": 1, "CARD_IN": 0}, 1, "running"
        )
        for second in range(0, 600, 5)
    ]


def test_progress_in_a_log_is_a_few_lines() -> None:
    """Where nothing can be redrawn, a fifth of the run at a time is told."""
    file = io.StringIO()
    clock = itertools.count(step=10.0)
    with ProgressView(
        Console(file=file, width=80), "2026-11-21T20:10:00", clock=lambda: next(clock)
    ) as view:
        for look in looks():
            view(look)
    lines = file.getvalue().splitlines()
    assert len(lines) == 5
    assert lines[1] == "  00:02:00 running: 3 idle, 1 waiting for host; 1 cards inside"


def test_a_short_run_has_no_progress_in_a_log() -> None:
    """Within five seconds of the clock it is over, and its report says everything."""
    file = io.StringIO()
    with ProgressView(Console(file=file), "2026-11-21T20:10:00", clock=lambda: 1.0) as view:
        for look in looks():
            view(look)
    assert file.getvalue() == ""


def test_progress_on_a_terminal_shows_clock_and_states() -> None:
    """Run time, wall-clock time, terminals by state, cards inside."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True, color_system=None)
    with ProgressView(console, "2026-11-21T20:10:00") as view:
        view(looks()[60])
    text = file.getvalue()
    for part in ("00:05:00", "of 00:10:00", "Sat 20:15 UTC", "3 idle", "cards inside: 1"):
        assert part in text


def test_quiet_progress_says_nothing() -> None:
    """Not a line."""
    file = io.StringIO()
    with ProgressView(Console(file=file), "2026-11-21T20:10:00", quiet=True) as view:
        view(looks()[0])
    assert file.getvalue() == ""
