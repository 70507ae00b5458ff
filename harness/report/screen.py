"""The console that the commands print to, and what it can show.

A console with NO_COLOR set shows no style at all, bold included. Where the output or the locale is
not one of Unicode, what is drawn (rules, the strip of time) is drawn in ASCII.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.text import Text

_PLAIN_LOCALES = ("C", "POSIX")


def screen(file: TextIO | None = None, *, width: int | None = None) -> Console:
    """A console on that file (else standard output) which respects NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return Console(file=file, width=width, highlight=False, color_system=None)
    return Console(file=file, width=width, highlight=False)


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
