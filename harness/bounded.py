"""What is kept of a peer is bounded: it may send any number of whatever it likes."""

from __future__ import annotations

from typing import Any


def keep_latest(kept: dict[Any, Any], most: int) -> None:
    """Forget the oldest entry where there are more than so many; called after each new one."""
    if len(kept) > most:
        del kept[next(iter(kept))]
