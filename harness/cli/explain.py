"""`harness explain ID`: what a fault, an invariant, a scenario or a profile is, and why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from harness.report.explain import explain as paragraphs
from harness.report.screen import Screen

_WIDEST = 100


def explain(
    name: Annotated[str, typer.Argument(help="Such as silent, T8, S01 or hangs_on_timeout.")],
) -> None:
    """Say in a paragraph what something is and why it matters."""
    console = Screen()
    width = min(console.width, _WIDEST)
    first, *others, last = paragraphs(name)
    console.print(Text(first, style="bold"), width=width)
    for text in others:
        console.print()
        console.print(Padding(Text(text), (0, 0, 0, 2)), width=width)
    console.print()
    console.print(Text(f"  {last}", style="dim"), soft_wrap=True)
