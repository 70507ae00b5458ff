"""The nearest known name, for error messages about a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NoReturn

from harness.errors import ConfigError


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that is most similar to `word`, regardless of case; '' if none is similar."""
    by_folded = {name.casefold(): name for name in names}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[found[0]] if found else ""


def unknown(what: str, word: str, names: Iterable[str], *, place: str = "") -> NoReturn:
    """Refuse `word`, and name the most similar known name, or all of them.

    Raises:
        ConfigError: always.
    """
    known = list(names)
    near = nearest(word, known)
    choice = f"did you mean '{near}'?" if near else f"there are: {', '.join(known)}"
    raise ConfigError(f"unknown {what} '{word}'", place=place, remedy=choice)
