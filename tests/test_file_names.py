"""Names of somebody else's never lead out of a directory."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.files import Files
from harness.cli.run_and_report import fresh_name, run_and_report
from harness.file_names import file_name
from harness.plan import plan_of
from harness.report.screen import Screen
from harness.scenario import load_scenario

OUT = "../../X\x1b[2J"


@given(st.text())
def test_any_text_becomes_a_name_in_the_directory(text: str) -> None:
    """Of a length that every file system takes, and printable."""
    name = file_name(text)
    assert name == Path(name).name
    assert name.isprintable()
    assert name[0] not in ".-"
    assert 0 < len(name.encode()) <= 120


@pytest.mark.parametrize("name", ["national_freeze", "few-withdrawals.2", "Überfall"])
def test_a_fit_name_stays_as_it_is(name: str) -> None:
    """So that files are found again."""
    assert file_name(name) == name


def test_a_link_is_taken(tmp_path: Path) -> None:
    """Even one that leads nowhere: what is written there would go elsewhere."""
    (tmp_path / "run.jsonl").symlink_to(tmp_path / "elsewhere" / "file")
    assert fresh_name(tmp_path, "run").name == "run-2.jsonl"
    assert fresh_name(tmp_path, "../run").parent == tmp_path


def test_a_scenario_of_a_case_that_names_another_place_stays_under_runs(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no escape sequence of its name reaches the screen."""
    monkeypatch.chdir(tmp_path)
    plan = plan_of(load_scenario("few_withdrawals"), duration=60.0)
    scenario = msgspec.structs.replace(plan.scenario, name=OUT)
    named = msgspec.structs.replace(plan, scenario=scenario)
    console = Screen()
    where = run_and_report(named, Files(), console).journal
    assert where is None  # it passed, so nothing is kept
    broken = msgspec.structs.replace(scenario, promises=("T7.breaker",))
    where = run_and_report(
        msgspec.structs.replace(named, scenario=broken), Files(), console
    ).journal
    assert where == Path("runs") / "X_2J-sim-seed1.jsonl"
    assert where.is_file()
    assert "\x1b" not in "".join(capsys.readouterr())
