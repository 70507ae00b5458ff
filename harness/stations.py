"""Who the terminals of a run are and where they stand: what is the same in all their messages.

It follows from a terminal's number and the run's seed. So a check can say what a terminal has to
tell of itself (DE 41, 42, 43, 32, 49) and need not ask it.
"""

from __future__ import annotations

from functools import lru_cache

from harness.cardholders import Population
from harness.wire.message import Station

BANK = "HARNESS BANK"  # DE 42
PLACES = 200  # streets are drawn for so many terminals and then used again: Faker is slow
_SEEDS = 8  # runs whose streets are kept, as a search plays the same few evenings again and again
_PREFIX = "ATM"


def terminal_id(index: int) -> str:
    """DE 41 of the terminal with that index, from 0: ATM00001."""
    return f"{_PREFIX}{index + 1:05d}"


def index_of(terminal: str) -> int | None:
    """The index of the terminal with that id; None if a run has no such terminal."""
    number = terminal.removeprefix(_PREFIX)
    known = number.isascii() and number.isdigit() and int(number) > 0
    index = int(number) - 1 if known else -1
    return index if index >= 0 and terminal_id(index) == terminal else None


def station_of(seed: int, index: int) -> Station:
    """The station of the terminal with that index, from 0, in a run of that seed."""
    return Station(terminal_id(index), f"{BANK:<15}", _place(seed, index % PLACES))


@lru_cache(maxsize=_SEEDS * PLACES)
def _place(seed: int, index: int) -> str:
    """DE 43."""
    return _population(seed).place(index)


@lru_cache(maxsize=_SEEDS)
def _population(seed: int) -> Population:
    """Its places depend on the seed alone, and nobody asks it for a card."""
    return Population(seed, token_key=bytes(16))
