"""`harness explore` and `harness replay` at the shell: found, kept, told and brought back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.checks.secrecy import SecrecyScan
from harness.cli.main import execute
from harness.crypto.keys import load_keys
from harness.explore.marks import UNREACHABLE
from harness.explore.tables import Cell
from harness.people import Population

FORGETS = ("--terminal-profile", "forgets_reversal", "--jobs", "1")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test in a directory of its own, on a wide screen that is no terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    return " ".join((out + err).split())


def cases() -> list[Path]:
    return sorted(Path("runs").glob("case-*.json"))


def found(invariant: str) -> Path:
    """The case that breaks it."""
    return next(x for x in cases() if json.loads(x.read_text())["broken"]["invariant"] == invariant)


def test_nothing_is_found_in_the_safe_pair(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, the runs that count, and no case."""
    assert execute(["explore", "--runs", "100", "--jobs", "1"]) == 0
    text = said(capsys)
    assert "NOTHING FOUND in 1" in text
    assert "in which none did and that do not count" in text
    assert cases() == []


def test_what_is_found_is_kept_told_and_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1; the story names fault, machine and command; the replay is the same, byte for byte."""
    assert execute(["explore", "--runs", "150", *FORGETS]) == 1
    text = said(capsys)
    assert "every withdrawal ends in exactly one way: broken" in text
    assert "it takes 1 fault of the" in text
    assert "it holds; there the two runs part:" in text
    assert "0200 withdrawal" in text
    case = found("T8")
    assert f"replay it: harness replay {case}" in text
    assert execute(["replay", str(case)]) == 1
    assert "AGAIN it breaks as it did, byte for byte" in said(capsys)


def test_a_replay_writes_the_journal_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """It is judged as any run is, and judges again to the same code."""
    execute(["explore", "--exhaustive", "1", *FORGETS])
    assert execute(["replay", str(found("T8")), "--journal", "again.jsonl"]) == 1
    said(capsys)
    assert execute(["judge", "again.jsonl"]) == 1
    assert "T8" in said(capsys)


def test_a_case_that_is_mended_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 when its machine breaks nothing any more; and it says when the case is stale."""
    execute(["explore", "--exhaustive", "1", *FORGETS])
    case = json.loads(found("T8").read_text())
    case["plan"]["terminal_profile"] = "safe"
    case["version"] = "0.0.1"
    Path("mended.json").write_text(json.dumps(case))
    said(capsys)
    assert execute(["replay", "mended.json"]) == 0
    text = said(capsys)
    assert "GONE" in text
    assert "STALE the case is of harness 0.0.1" in text


def test_no_secret_is_in_what_a_search_tells_and_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    """S3 of the search itself: neither on the screen nor in a case."""
    keys = load_keys("test")
    scan = SecrecyScan(Population(1, token_key=keys.token), keys, terminals=1)
    execute(["explore", "--exhaustive", "1", *FORGETS])
    out, err = capsys.readouterr()
    scan.scan((out + err).encode(), "screen", 1)
    for path in cases():
        scan.scan(path.read_bytes(), path.name, 1)
    assert scan.scanned > 5000
    assert scan.leaks == []


def test_coverage_tells_what_was_exercised(capsys: pytest.CaptureFixture[str]) -> None:
    """Both tables, state by state; what a short search leaves out is no failure."""
    assert execute(["explore", "--runs", "60", "--jobs", "1", "--coverage"]) == 0
    out = capsys.readouterr().out
    text = " ".join(out.split())
    assert max(len(line) for line in out.splitlines()[2:]) <= 120
    assert re.search(r"terminal: 129 cells; \d\d reached here, \d\d only in the test suite", text)
    assert re.search(r"host: 70 cells; \d\d reached here, 17 only in the test suite, 0 un", text)
    assert re.search(r"WAITING_FOR_HOST .*Approved \d+.* in the suite: .*CaptureOrdered", text)
    assert re.search(r"IDLE CardIn \d+.* ignored: LinkLost \d+", text)
    assert "not reached: Late" in text
    assert "unreachable: Late, Duplicate" in text
    assert "unreachable: 2 as an answer is known by its request" in text
    assert re.search(r"only in the suite: .*\d\d as nobody gives orders in a simulation", text)
    assert "reversal again" in text
    assert "NOTHING FOUND" in text


def test_without_it_nothing_of_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """And with it every combination can be searched too."""
    execute(["explore", "--runs", "20", "--jobs", "1"])
    assert "cells" not in said(capsys)
    assert execute(["explore", "--exhaustive", "1", "--jobs", "1", "--coverage"]) == 0
    assert "cells; " in said(capsys)


def test_a_mark_that_a_search_proves_wrong_fails_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1, and the cell is named."""
    monkeypatch.setitem(UNREACHABLE, Cell("IDLE", "CardIn"), "nobody has a card")
    assert execute(["explore", "--runs", "20", "--jobs", "1", "--coverage"]) == 1
    text = said(capsys)
    assert re.search(
        r"IDLE x CardIn is marked unreachable and was reached \d+ times: it is not so that nobody",
        text,
    )
    assert "FAIL a cell is marked unreachable wrongly" in text
    assert "NOTHING FOUND" not in text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["explore", "--runs", "5", "--for", "5s"], "exclude each other"),
        (["explore", "no_such_evening"], "no_such_evening"),
        (["explore", "--terminal-profile", "hangs_on_timeut"], "did you mean 'hangs_on_timeout'?"),
        (["explore", "--for", "5 parsecs"], "--for"),
        (["replay", "nowhere.json"], "cannot be read"),
        (["replay", "small.txt"], "is no case"),
    ],
)
def test_mistakes_are_told_with_a_remedy(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2."""
    Path("small.txt").write_text("not JSON")
    assert execute(arguments) == 2
    assert problem in said(capsys)
