"""The command line, with the real simulation: exit codes and what is said."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.cardholders import Population
from harness.checks.secrecy import SecrecyScan
from harness.cli.main import execute
from harness.crypto.keys import load_keys
from harness.errors import EnvironmentTrouble
from harness.journal import JournalReader
from harness.link_options import LinkOptions

SMALL = """\
id = "X1"
title = "Small evening"
terminals = 5
duration = "10m"
promises = ["T4", "T5", "T8", "H1", "S3"]

[customers]
mean_gap = "60s"

[expect]
NotesTaken = 1
"""
HANG = (
    *("--terminal-profile", "hangs_on_timeout"),
    *("--fault", "drop_response:p=50%,mti=0210"),
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test in a directory of its own, on a wide screen that is no terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    Path("small.toml").write_text(SMALL)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    return " ".join((out + err).split())


def rows(file: str) -> list[tuple[object, ...]]:
    """What a verdict says of each invariant. The journal holds microseconds, the run held more;
    S3 counts the bytes it reads, which are not the same ones."""
    return [
        (row["id"], row["status"], row["failures"], row["id"] == "S3" or row["tried"],
         None if row["worst"] is None else round(row["worst"], 3))
        for row in json.loads(Path(file).read_text())["verdict"]["rows"]
    ]  # fmt: skip


def test_a_run_that_holds_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    """PASS, the default seed printed, and no journal left behind."""
    assert execute(["run", "small.toml"]) == 0
    text = said(capsys)
    assert "PASS" in text
    assert "seed 1" in text
    assert not Path("runs").exists()


def test_a_broken_run_is_1_and_leaves_its_journal(capsys: pytest.CaptureFixture[str]) -> None:
    """FAIL, with one card's story, a journal, and the commands that show and repeat it."""
    assert execute(["run", "small.toml", *HANG]) == 1
    out = capsys.readouterr().out
    assert "FAIL" in out
    assert "The story of customer" in out
    (journal,) = Path("runs").iterdir()
    show = next(line for line in out.splitlines() if "show it:" in line).partition(":")[2]
    repeat = next(line for line in out.splitlines() if "repeat it:" in line).partition(":")[2]
    assert execute(shlex.split(show)[1:]) == 0
    assert "please wait" in capsys.readouterr().out
    again = Path("again.jsonl")
    assert execute([*shlex.split(repeat)[1:], "--journal", str(again), "--quiet"]) == 1
    assert again.read_bytes() == journal.read_bytes()


def test_a_recorded_run_is_judged_alike(capsys: pytest.CaptureFixture[str]) -> None:
    """`judge` reaches for each invariant what `run` did, and exits as it did."""
    for flags, code in (((), 0), (HANG, 1)):
        run = ["run", "small.toml", *flags, "--journal", "run.jsonl", "--json", "run.json"]
        assert execute(run) == code
        assert execute(["judge", "run.jsonl", "--json", "judged.json"]) == code
        assert rows("judged.json") == rows("run.json")
    capsys.readouterr()


def test_a_journal_cut_off_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    """Read up to the cut, and INVALID."""
    assert execute(["run", "small.toml", "--journal", "whole.jsonl", "--quiet"]) == 0
    data = Path("whole.jsonl").read_bytes()
    Path("cut.jsonl").write_bytes(data[: len(data) * 2 // 3])
    capsys.readouterr()
    assert execute(["judge", "cut.jsonl"]) == 3
    text = said(capsys)
    assert "INVALID" in text
    assert "cut off" in text


def test_a_run_that_tries_nothing_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody comes in two seconds: nothing is proven, whatever holds."""
    assert execute(["run", "small.toml", "--terminals", "1", "--for", "1s"]) == 3
    assert "INVALID" in said(capsys)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "nationl_freeze"], "did you mean 'national_freeze'"),
        (["run", "small.toml", "--speed", "20"], "add --live"),
        (["run", "small.toml", "--speed", "0", "--live"], "above 0"),
        (["run", "small.toml", "--for", "5 weeks"], "--for"),
        (["run", "small.toml", "--for", "0"], "--for 30m"),
        (["run", "small.toml", "--terminals", "0"], "terminals"),
        (["run", "small.toml", "--fault", "slient"], "silent"),
        (["run", "small.toml", "--terminal-profile", "hangs_on_timeot"], "hangs_on_timeout"),
        (["run", "small.toml", "--host-profile", "nobody:Nothing"], "nobody"),
        (["run", "small.toml", "--spec", "iso87-asci"], "iso87-ascii"),
        (["run", "small.toml", "--framing", "2bytes"], "did you mean '2byte'"),
        (["run", "small.toml", "--mac", "cmca"], "--mac: unknown MAC algorithm 'cmca'"),
        (["run", "small.toml", "--dialect", "1978"], "did you mean '1987'"),
        (["host", "--listen", "127.0.0.1:0", "--framing", "2bytes"], "did you mean '2byte'"),
        (["host", "--listen", "127.0.0.1:0", "--slack", "soon"], "--slack soon"),
        (["terminals", "--to", "127.0.0.1:1", "--gap", "often"], "--gap often"),
        (["terminals", "--to", "127.0.0.1:1", "--speed", "0"], "--speed 1"),
        (["run", "small.toml", "--journal", "none/run.jsonl"], "mkdir -p none"),
        (["run", "small.toml", "--junit", "."], "--junit"),
        (["run", "small.toml", "--sed", "1"], "--sed"),
        (["run"], "Missing argument"),
        (["list", "scenario"], "did you mean 'scenarios'"),
        (["judge", "none.jsonl"], "cannot be read"),
        (["judge", "small.toml"], "not a journal"),
        (["show", "none.jsonl", "--terminal", "ATM00001"], "cannot be read"),
        (["jugde", "x"], "jugde"),
    ],
)
def test_a_mistake_is_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found before anything runs, with the remedy."""
    assert execute(arguments) == 2
    assert says in said(capsys)
    assert not Path("runs").exists()


def test_reports_are_found_unwritable_before_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing has run when a report's directory is missing."""
    assert execute(["run", "small.toml", "--json", "none/x.json", "--journal", "r.jsonl"]) == 2
    capsys.readouterr()
    assert Path("r.jsonl").read_bytes() == b""


def test_the_environment_is_5(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that will not is nobody's mistake."""

    def full(*_: object, **__: object) -> None:
        raise EnvironmentTrouble("disk full")

    monkeypatch.setattr("harness.cli.run.run_and_report", full)
    assert execute(["run", "small.toml"]) == 5
    assert "disk full" in said(capsys)


def test_an_error_inside_is_4_and_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback goes to a file that is named; HARNESS_DEBUG=1 prints it."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr("harness.cli.run.run_and_report", broken)
    monkeypatch.delenv("HARNESS_DEBUG", raising=False)
    assert execute(["run", "small.toml"]) == 4
    error = capsys.readouterr().err
    assert "ZeroDivisionError: by design" in error
    kept = Path(error.split("the traceback is in ")[1].split(";")[0])
    assert "Traceback" in kept.read_text()
    kept.unlink()
    monkeypatch.setenv("HARNESS_DEBUG", "1")
    assert execute(["run", "small.toml"]) == 4
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle of a run: the report of what was seen, and 130."""
    looks = iter(range(10))

    def press(*_: object) -> None:
        if next(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("harness.report.progress.ProgressView.__call__", press)
    assert execute(["run", "small.toml"]) == 130
    text = said(capsys)
    assert "interrupted, this is what was seen" in text
    assert " still inside" in text


def test_junit_is_well_formed(capsys: pytest.CaptureFixture[str]) -> None:
    """A case per invariant, counts that agree, the seed among the properties."""
    assert execute(["run", "small.toml", *HANG, "--junit", "out.xml", "--quiet"]) == 1
    capsys.readouterr()
    suite = ET.parse("out.xml").getroot().find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) > 0
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    properties = {p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")}
    assert properties["seed"] == "1"
    assert properties["terminal_profile"] == "hangs_on_timeout"


def test_quiet_is_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the outcome and where to look."""
    assert execute(["run", "small.toml", "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) <= 2


@pytest.mark.parametrize(
    ("things", "says"),
    [
        ("scenarios", "national_freeze (S01)"),
        ("faults", "drop_response"),
        ("profiles", "hangs_on_timeout"),
        ("specs", "iso87-binary"),
        ("framings", "4ascii"),
        ("invariants", "T13"),
    ],
)
def test_lists_describe(things: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that can be named on the command line is listed with a description."""
    assert execute(["list", things]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(says in line for line in lines)
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("columns", ["80", "100"])
def test_it_fits_the_screen(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apart from paths and commands nothing is wider than the screen."""
    monkeypatch.setenv("COLUMNS", columns)
    execute(["run", "small.toml", *HANG])
    for line in capsys.readouterr().out.splitlines():
        assert len(line) <= int(columns) or "harness run" in line or "harness show" in line


def test_main_exits_with_the_code() -> None:
    """The script's entry point hands the exit code to the shell."""
    program = "from harness.cli.main import main; main(['list', 'nothing'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 2


def test_no_report_holds_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """S3 for all that a failing run prints and writes, the ladder included."""
    files = ["--journal", "j.jsonl", "--junit", "j.xml", "--json", "j.json"]
    assert execute(["run", "small.toml", *HANG, *files]) == 1
    assert execute(["show", "j.jsonl", "--terminal", "ATM00001"]) == 0
    keys = load_keys("test")
    population = Population(1, token_key=keys.token)
    scan = SecrecyScan(population, keys, terminals=5)
    scan.scan(capsys.readouterr().out, "stdout")
    for name in ("j.jsonl", "j.xml", "j.json"):
        scan.scan(Path(name).read_bytes(), name)
    assert scan.leaks == []
    assert scan.scan(population.card(0, 1).pan, "planted")


def test_an_old_name_in_a_file_is_a_hint_and_no_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error, each time, with the place and the name that it has now."""
    Path("old.toml").write_text(SMALL.replace("[customers]", "[evening]"))
    for _ in range(2):
        assert execute(["run", "old.toml", "--quiet"]) == 0
        hints = capsys.readouterr().err.splitlines()
        assert hints == [
            "harness: hint: old.toml:7: key 'evening': it is called '[customers]' now; "
            "the old name works in this version only"
        ]


def test_the_flags_of_the_link_reach_the_journal() -> None:
    """And the command that repeats the run has them."""
    flags = ["--framing", "4ascii", "--mac", "iso9797-1-alg3", "--no-sign-on"]
    assert execute(["run", "small.toml", *flags, "--journal", "run.jsonl", "--quiet"]) == 0
    header = JournalReader(Path("run.jsonl")).header
    assert header.link == LinkOptions(
        framing="4ascii", mac="iso9797-1-alg3", sign_on=False, dialect="1987"
    )
    assert header.command.endswith(shlex.join(flags))
