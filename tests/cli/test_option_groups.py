"""Groups of options become options of the command line, each declared once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

import pytest
import typer

from harness.cli.main import execute
from harness.cli.option_groups import LinkFlags, ReportFlags, StandaloneFlags, with_groups
from harness.contract import Contract


@dataclass(frozen=True)
class Size:
    """A group of a test's own."""

    height: Annotated[int, typer.Option(help="How high.")] = 3
    flat: Annotated[bool, typer.Option("--flat", help="Without depth.")] = False


def test_a_command_gets_its_groups_made() -> None:
    """From flags of their fields' names, with their fields' defaults."""
    seen: list[tuple[str, Size, int]] = []

    @with_groups
    def draw(what: str, size: Size, times: int = 1) -> None:
        """Draw something."""
        seen.append((what, size, times))

    app = typer.Typer()
    app.command()(draw)
    app(["a box"], standalone_mode=False)
    app(["a line", "--height", "1", "--flat", "--times", "2"], standalone_mode=False)
    assert seen == [("a box", Size(), 1), ("a line", Size(height=1, flat=True), 2)]


@pytest.mark.parametrize("command", ["host", "terminals"])
def test_a_host_and_terminals_have_the_same_flags(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the link, of the run and of what is written, as ever."""
    monkeypatch.setenv("COLUMNS", "200")
    assert execute([command, "--help"]) == 0
    said = capsys.readouterr().out
    renamed = {"duration": "for"}
    for group in (LinkFlags, StandaloneFlags, ReportFlags):
        for field in fields(group):
            name = renamed.get(field.name, field.name)
            assert f"--{name.replace('_', '-')} " in said, name
    for flag in ("--fault", f"--{command.removesuffix('s')}-profile", "--no-sign-on", "--verbose"):
        assert flag in said


def test_the_default_of_host_response_is_the_contracts() -> None:
    """It stands in one place."""
    assert StandaloneFlags().host_response == f"{Contract().host_response:g}s"
