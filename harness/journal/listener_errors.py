"""What becomes of an error that a listener of the journal raises, and how such errors are told."""

from __future__ import annotations

import traceback
from pathlib import Path

from harness.errors import HarnessError
from harness.events import ListenerDropped
from harness.shown import shown

_LONGEST = 200  # characters of an error's own text: it may quote what a peer has sent


def origin_of(error: BaseException) -> str:
    """What was raised and where: 'KeyError: 'x' in cash.py, line 55 (on_Posted)'."""
    said = " ".join(str(error).split())[:_LONGEST]
    text = shown(f"{type(error).__name__}: {said}" if said else type(error).__name__)
    steps = traceback.extract_tb(error.__traceback__)
    if not steps:
        return text
    last = steps[-1]
    return f"{text} in {Path(last.filename).name}, line {last.lineno} ({last.name})"


def listener_dropped(
    listener: object, error: Exception, *, needed: bool = False
) -> ListenerDropped:
    """The event of it, with what was raised and where.

    Raises:
        Exception: the error itself, where the listener is not the harness's own. A user's listener
            may assert something, and what it wanted to see nobody else knows.
    """
    name = f"{getattr(listener, '__module__', '')}.{getattr(listener, '__qualname__', listener)}"
    if not name.startswith("harness.") or isinstance(error, HarnessError | BrokenPipeError):
        raise error
    return ListenerDropped(name, origin_of(error), needed)
