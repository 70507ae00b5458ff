"""What becomes of the error of a listener of the journal."""

from __future__ import annotations

import traceback
from pathlib import Path

from harness.errors import HarnessError
from harness.events import ListenerDropped
from harness.shown import shown

_LONGEST_ERROR = 200  # characters of its text: it may quote what a peer has sent


def listener_dropped(
    listener: object, error: Exception, *, needed: bool = False
) -> ListenerDropped:
    """The event of it, with what was raised and where: 'KeyError: 'x' in meter.py, line 55'.

    Raises:
        Exception: the error itself, where the listener is not the harness's own. A user's listener
            may assert something, and what it wanted to see nobody else knows.
    """
    name = f"{getattr(listener, '__module__', '')}.{getattr(listener, '__qualname__', listener)}"
    if not name.startswith("harness.") or isinstance(error, HarnessError | BrokenPipeError):
        raise error
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = shown(" ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_ERROR])
    said = f"{text} in {Path(last.filename).name}, line {last.lineno} ({last.name})"
    return ListenerDropped(name, said, needed)
