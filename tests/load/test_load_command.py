"""`harness load`, with a live fleet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import execute
from harness.events import CustomersStopped, Event, FrameSeen
from harness.journal import JournalReader


def load(where: Path, *arguments: str, seconds: str = "1s") -> tuple[int, dict[str, Any]]:
    """The exit code and what is in the JSON report."""
    report = where / "load.json"
    code = execute(
        [
            *("load", "--for", seconds, "--warm-up", "0", "--terminals", "10", "--quiet"),
            *("--journal", str(where / "load.jsonl"), "--json", str(report), *arguments),
        ]
    )
    assert code in (0, 1, 3), f"no run at all: exit code {code}"
    return code, json.loads(report.read_text())


def requests_sent(journal: Path) -> int:
    """0200s at the terminals' end until the customers stopped."""
    sent = 0
    for entry in JournalReader(journal):
        event: Event = entry.event
        if isinstance(event, CustomersStopped):
            break
        if isinstance(event, FrameSeen) and event.end == "terminal":
            sent += event.fields["t"] == "0200"
    return sent


def test_dropped_answers_are_errors_and_the_verdict_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fifth of the answers vanish: each request is answered or counted as not; exit code 0."""
    drop = ("--fault", "drop_response:p=20%,mti=0210", "--host-response", "300ms")
    code, report = load(tmp_path, "--rate", "60/s", *drop, seconds="2s")
    assert code == 0, report["verdict"]["reasons"]
    found = {row["message"]: row for row in report["load"]["messages"]}
    errors = report["load"]["errors"]
    sent = requests_sent(tmp_path / "load.jsonl")
    assert found["0200"]["count"] + errors["0200 unanswered"] == sent
    assert errors["0200 unanswered"] > sent * 0.05
    assert 0 < found["0200"]["p50"] <= found["0200"]["p99"] <= found["0200"]["longest"]
    assert found["0420"]["count"] > 0
    assert report["load"]["asked"] == pytest.approx(60.0)
    text = capsys.readouterr().out
    assert "0200 unanswered" in text
    assert "PASS  load" in text


def test_flat_out_a_defective_terminal_fails_and_the_figures_are_kept(tmp_path: Path) -> None:
    """Exit code 1 and the verdict of any run; every 0200 until the end is in the figures."""
    code, report = load(tmp_path, "--terminal-profile", "leaks_pan", seconds="500ms")
    assert code == 1
    assert [row["id"] for row in report["verdict"]["rows"] if row["status"] == "fail"] == ["S3"]
    counts = {row["message"]: row["count"] for row in report["load"]["messages"]}
    assert counts["0200"] == requests_sent(tmp_path / "load.jsonl") > 0


def test_a_fault_that_never_acts_proves_nothing(tmp_path: Path) -> None:
    """Exit code 3 as for any run, and the figures are there all the same."""
    code, report = load(tmp_path, "--fault", "rst@1h..", seconds="500ms")
    assert code == 3
    assert any("rst" in reason for reason in report["verdict"]["reasons"])
    assert report["load"]["messages"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "fast"], "'fast' is not a rate"),
        (["--rate", "0/s"], "write 300/s or 900/m, above 0"),
        (["--for", "5s", "--warm-up", "5s"], "leaves nothing of 5s"),
        (["--for", "0"], "--for"),
        (["--fault", "sillent"], "silent"),
        (["--terminals", "2", "--rate", "5000/s"], "--terminals 41"),
        (["--framing", "3byte"], "framing"),
    ],
)
def test_a_mistake_is_named_before_anything_runs(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line with the place and what would have been right."""
    assert execute(["load", *arguments]) == 2
    assert said in capsys.readouterr().err
