"""`harness show JOURNAL --terminal ATM00007 [--card N]`: the message ladder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.report.ladder import WIDEST, ladder
from harness.report.screen import Screen
from harness.report.story import story_of


def show(
    journal: Annotated[Path, typer.Argument(help="A journal that 'harness run' wrote.")],
    terminal: Annotated[str, typer.Option(help="The terminal, such as ATM00007.")],
    card: Annotated[int, typer.Option(min=0, help="Only this customer's story, from 1 up.")] = 0,
) -> None:
    """Show the messages of a terminal beside its device and its timers, masked."""
    console = Screen()
    width = min(console.width, WIDEST) if console.is_terminal else WIDEST
    for line in ladder(story_of(journal, terminal, card), width=width):
        console.print(line, soft_wrap=True)
