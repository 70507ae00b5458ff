"""`harness judge JOURNAL`: a recorded run judged again, with the same exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.files import Files, prepare
from harness.report.console import print_verdict
from harness.report.judging import judge_journal


def judge(
    journal: Annotated[Path, typer.Argument(help="A journal that 'harness run' wrote.")],
    junit: Annotated[Path | None, typer.Option(help="Write the verdict as JUnit XML.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the verdict as JSON.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the last line.")] = False,
) -> None:
    """Judge a recorded run again: the same checks, the same verdict."""
    files = Files(junit=junit, json=json)
    prepare(files)
    verdict, header = judge_journal(journal)
    print_verdict(Console(highlight=False), verdict, header, journal=journal, quiet=quiet)
    files.write(verdict, header)
    raise typer.Exit(verdict.exit_code)
