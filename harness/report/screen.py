"""The screen on which commands report: like any console of Rich's, but no text can take it over.

Texts of a peer are spelled out where they are quoted (`harness.shown`). Should one get by, its
control characters are spelled out here, before they reach the terminal; and brackets in a text are
brackets, not Rich's markup.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from harness.shown import escaped


class Screen(Console):
    """Standard output, or standard error where `stderr` says so."""

    def __init__(self, *, stderr: bool = False) -> None:
        plain = bool(os.environ.get("NO_COLOR"))  # then nothing is bold or dim, either
        super().__init__(
            stderr=stderr,
            highlight=False,
            markup=False,
            color_system=None if plain else "auto",
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
