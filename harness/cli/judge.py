"""`harness judge JOURNAL`: a recorded run judged again, with the same exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.conclusion import conclude
from harness.cli.files import Files, prepare
from harness.cli.option_groups import Quiet, Table
from harness.journal import JournalReader
from harness.report.console import print_verdict
from harness.report.judging import judge_together
from harness.report.time_strip import strip_of


def judge(
    journals: Annotated[
        list[Path],
        typer.Argument(help="A run's journal, or those of a host and of its terminals."),
    ],
    junit: Annotated[Path | None, typer.Option(help="Write the verdict as JUnit XML.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the verdict as JSON.")] = None,
    table: Table = False,
    quiet: Quiet = False,
) -> None:
    """Judge a recorded run again: the same checks, the same verdict. The journals of 'harness host'
    and 'harness terminals' are judged together, by the evidence of both.
    """
    files = Files(junit=junit, json=json)
    prepare(files, **{f"journal {n}": path for n, path in enumerate(journals, start=1)})
    verdict, header = judge_together(journals)
    journal = next((path for path in journals if _of_terminals(path)), journals[0])
    try:
        print_verdict(
            files.screen(),
            verdict,
            header,
            journal=journal,
            strip=strip_of(journal),
            table=table,
            quiet=quiet,
        )
    finally:  # also where nobody reads the report to its end
        troubles = files.write(verdict, header)
    raise typer.Exit(conclude(verdict, troubles))


def _of_terminals(path: Path) -> bool:
    """Is it the journal that can tell a card's story?"""
    return JournalReader(path).header.mode == "terminals"
