"""The screen on which commands report, and what it can show.

It is like any console of Rich's, but no text can take it over: texts of a peer are spelled out
where they are quoted (`harness.shown`), and should one get by, its control characters are spelled
out here, before they reach the terminal; brackets in a text are brackets, not Rich's markup.

With NO_COLOR set it shows no style at all, bold included. Where the output or the locale is not one
of Unicode, what is drawn (rules, the strip of time) is drawn in ASCII.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from harness.shown import escaped

_PLAIN_LOCALES = ("C", "POSIX")


class Screen(Console):
    """On that file; else standard output, or standard error where `stderr` says so."""

    def __init__(
        self, file: TextIO | None = None, *, width: int | None = None, stderr: bool = False
    ) -> None:
        super().__init__(
            file=file,
            width=width,
            stderr=stderr,
            highlight=False,
            markup=False,
            color_system=None if os.environ.get("NO_COLOR") else "auto",
        )

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Rich's own, without control characters in what is text."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            if control or text == "\n" or text.isprintable():
                yield segment
            else:
                yield Segment("".join(map(_harmless, text)), style)


def _harmless(char: str) -> str:
    return char if char in "\n\u00a0" else escaped(char)


def ascii_only(console: Console, environment: Mapping[str, str] | None = None) -> bool:
    """Must the console do with ASCII? Python writes UTF-8 in the locale 'C' all the same, so that
    the encoding alone does not tell. The variables count in the order in which the system takes
    them, without LC_CTYPE, as Python itself sets that where LANG is 'C'.
    """
    variables = os.environ if environment is None else environment
    locale = variables.get("LC_ALL") or variables.get("LANG") or ""
    return locale in _PLAIN_LOCALES or console.options.ascii_only


def print_indented(
    console: Console, text: Text, indent: int, name: str = "", style: str = "bold"
) -> None:
    """Print the text in lines that fit the screen, each behind so many blanks. In the first line
    the name stands in place of the blanks, in that style, at their right end. No line ends in
    blanks.
    """
    head = Text(f"{name:>{indent - 1}} ", style=style) if name else Text(" " * indent)
    for line in text.wrap(console, max(16, console.width - indent)):
        line.rstrip()
        console.print(head + line, soft_wrap=True)
        head = Text(" " * indent)
