"""What a run reports while it runs and when it is over, in simulation and live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from harness.checks.verdict import Verdict
from harness.journal import Header


class Progress(NamedTuple):
    """The state of a run at one moment.

    `now` and `until` are run seconds, `states` counts terminals by state, `phase` says in a word
    what is going on ('running', 'settling').
    """

    now: float
    until: float
    states: dict[str, int]
    cards_inside: int
    phase: str


class Outcome(NamedTuple):
    """A finished run. `journal` is the file of its journal, or None if none was written. `troubles`
    say what the machine we ran on refused, such as a part of the journal; the verdict stands.
    """

    verdict: Verdict
    header: Header
    journal: Path | None
    interrupted: bool
    troubles: tuple[str, ...] = ()


Watcher = Callable[[Progress], None]
