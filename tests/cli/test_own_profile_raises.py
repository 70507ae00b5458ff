"""A profile of the user's that raises in the middle of a run: told as its own, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.api import simulate
from harness.cli.main import execute
from harness.errors import ConfigError


@pytest.mark.parametrize(
    ("flag", "profile", "told"),
    [
        ("terminal", "DIVIDES", "raised ZeroDivisionError: at 0"),
        ("terminal", "GIVES_UP", "raised SystemExit: 1"),
        ("host", "LOOKS_UP", "raised KeyError: 'no such key'"),
    ],
)
def test_it_is_the_users_mistake(
    flag: str, profile: str, told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit 2 with file, line and name, neither 'a check failed' nor an error inside the harness."""
    name = f"tests.own_profiles:{profile}"
    journal = str(tmp_path / "run.jsonl")
    code = execute(["run", "few_withdrawals", f"--{flag}-profile", name, "--journal", journal])
    said = capsys.readouterr().err
    assert code == 2, said
    assert f"the profile {name} {told}" in said
    assert "own_profiles.py, line " in said
    assert "inside the harness" not in said


def test_from_python_it_is_an_exception() -> None:
    """With the original one as its cause."""
    with pytest.raises(ConfigError, match="raised ZeroDivisionError") as caught:
        simulate("few_withdrawals", terminal_profile="tests.own_profiles:DIVIDES")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "in divides_by_zero" in caught.value.place


def test_what_the_harness_raises_stays_its_own() -> None:
    """A profile that makes the harness raise is not told from a harness that is wrong."""
    with pytest.raises(Exception, match="no such timer") as caught:
        simulate("few_withdrawals", terminal_profile="tests.own_profiles:MISUSES")
    assert not isinstance(caught.value, ConfigError)


def test_live_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """From the process of the host as from that of the terminals."""
    for flag, profile in (("host", "LOOKS_UP"), ("terminal", "DIVIDES")):
        code = execute(
            [
                *("run", "few_withdrawals", "--live", "--speed", "60", "--terminals", "1"),
                *(f"--{flag}-profile", f"tests.own_profiles:{profile}"),
                *("--journal", str(tmp_path / f"{profile}.jsonl")),
            ]
        )
        said = capsys.readouterr().err
        assert code == 2, said
        assert f"the profile tests.own_profiles:{profile} raised" in said
