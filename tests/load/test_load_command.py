"""`harness load`, with a live fleet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import execute
from harness.events import CustomersStopped, Event, FrameSeen
from harness.journal import JournalReader


class Listening:
    """A host that runs in a process of its own, as somebody else's would."""

    def __init__(self, where: Path) -> None:
        self._journal = where / "host.jsonl"

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "harness", "host", "--listen", "127.0.0.1:0"]
        self._process = subprocess.Popen(
            [*command, "--journal", str(self._journal)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("listening on "):
                return line.split()[-1]
        raise AssertionError("the host did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


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
    code, report = load(tmp_path, "--rate", "20/s", *drop, seconds="3s")
    assert code == 0, report["verdict"]["reasons"]
    found = {row["message"]: row for row in report["load"]["messages"]}
    errors = report["load"]["errors"]
    sent = requests_sent(tmp_path / "load.jsonl")
    assert found["0200"]["count"] + errors["0200 unanswered"] == sent
    assert errors["0200 unanswered"] > sent * 0.05
    assert 0 < found["0200"]["p50"] <= found["0200"]["p99"] <= found["0200"]["longest"]
    assert found["0420"]["count"] > 0
    assert report["load"]["asked"] == pytest.approx(20.0)
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


def test_a_rate_that_is_missed_is_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3: our own machines were the limit, and nothing is said of the load asked for."""
    code, report = load(tmp_path, "--rate", "5000/s")
    assert code == report["verdict"]["exit_code"] == 3
    assert "the rate was missed" in report["verdict"]["reasons"][0]
    assert "BEHIND" in capsys.readouterr().out


def test_what_was_required_and_not_reached_fails(tmp_path: Path) -> None:
    """Exit code 1, though every invariant holds."""
    code, report = load(tmp_path, "--require", "visit.p50=0.001ms", "--require", "errors=1000")
    assert code == 1
    assert not [row for row in report["verdict"]["rows"] if row["status"] == "fail"]
    (reason,) = report["verdict"]["reasons"]
    assert reason.startswith("required visit.p50=0.001ms: it was")


@pytest.mark.parametrize("rate", [(), ("--rate", "20/s")])
def test_somebody_elses_host_is_loaded(tmp_path: Path, rate: tuple[str, ...]) -> None:
    """With our terminals alone, which judge what they see; `terminals` measures in the same way."""
    with Listening(tmp_path) as address:
        code, report = load(tmp_path, "--to", address, *rate)
        figures = {row["message"]: row for row in report["load"]["messages"]}
        assert code in (0, 3), report["verdict"]["failures"]  # 3: it answers too late for the rate
        assert report["run"]["mode"] == "terminals"
        assert figures["0200"]["count"] > 0
        assert ("queue" in figures) is bool(rate)
        path = tmp_path / "terminals.json"
        execute(
            [
                *("terminals", "--to", address, "--for", "30s", "--speed", "20", "--slack", "20s"),
                *("--quiet", "--json", str(path), "--journal", str(tmp_path / "t.jsonl")),
            ]
        )
        rows = json.loads(path.read_text())["load"]["messages"]
        assert {"0200", "0800"} <= {row["message"] for row in rows}
        assert all(row["rate"] > 0 for row in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--require", "p99=5ms"], "such as rate=300/s"),
        (["--cards", "x.csv"], "it goes with --to HOST:PORT"),
        (["--rate", "fast"], "'fast' is not a rate"),
        (["--rate", "0/s"], "write 300/s or 900/m, up to 1,000,000/s"),
        (["--for", "5s", "--warm-up", "5s"], "leaves nothing of 5s"),
        (["--for", "0"], "--for"),
        (["--fault", "sillent"], "silent"),
        (["--terminals", "2", "--rate", "5000/s"], "--terminals 41"),
        (["--framing", "5byte"], "framing"),
    ],
)
def test_a_mistake_is_named_before_anything_runs(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line with the place and what would have been right."""
    assert execute(["load", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_load_run_keeps_its_journal_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A device is refused before the run and not when its figures are read."""
    assert execute(["load", "--for", "1s", "--terminals", "2", "--journal", "/dev/null"]) == 2
    said = capsys.readouterr()
    assert "is no regular file, and a load run reads its journal" in said.err
    assert "measured" not in said.out
