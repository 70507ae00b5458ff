"""What a command holds until it ends: locks of the files it will write, names it has claimed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

_held = ExitStack()


def until_the_end(let_go: Callable[[], object]) -> None:
    """Call it when the command has ended, however it ends."""
    _held.callback(let_go)


def let_go_of_all() -> None:
    """The command has ended."""
    _held.close()
