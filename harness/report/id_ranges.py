"""Identifiers of invariants, written short: 'T1-T9 T11 T18.read/key H1 H3.late'.

A clause ('T4.authentic') is left out where all of its invariant is in the list, and more than two
invariants that follow each other are written as a range. Several clauses of one invariant are
written together: 'T18.read/key' are T18.read and T18.key, and 'T25/echo' are T25 and T25.echo.
"""

from __future__ import annotations

from collections.abc import Sequence

_SHORTEST = 3  # invariants that a range stands for at least


def id_ranges(chosen: Sequence[str], known: Sequence[str]) -> str:
    """The chosen identifiers; `known` are all there are, in the order in which they are shown."""
    families: dict[str, list[str]] = {}
    for name in known:
        families.setdefault(name.partition(".")[0], []).append(name)
    wanted = frozenset(chosen)
    words: list[str] = []
    whole: list[str] = []  # whole families that follow each other
    for family, members in families.items():
        present = [name for name in members if name in wanted]
        is_whole = len(present) == len(members) and family in present
        if whole and not (is_whole and whole[0][0] == family[0]):
            words += _range(whole)
            whole = []
        if is_whole:
            whole.append(family)
        else:
            words += _together(present)
    return " ".join(words + _range(whole))


def _together(members: list[str]) -> list[str]:
    """The members of one family as one word."""
    if not members:
        return []
    return ["/".join([members[0], *(name.partition(".")[2] for name in members[1:])])]


def _range(families: list[str]) -> list[str]:
    if len(families) < _SHORTEST:
        return families
    return [f"{families[0]}-{families[-1]}"]
