"""Whether the values of a struct lie where the machines can work with them.

A struct of options has been read from a file, a case or a journal's header, or was made in Python.
Its types are right by then; here its numbers are held against their ranges, once for all of these
ways. Which range a number has is told by its default: a time in seconds, a whole number, a pair of
times from the least to the most.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from harness.contract import Contract
from harness.errors import ConfigError, quoted
from harness.units import LONGEST

MOST = 999_999_999
"""The greatest whole number, an amount in minor units included: it fits each element that holds
one, in every dialect.
"""
MOST_TERMINALS = 99_999  # a terminal's number has five digits
MOST_SEED = 2**62  # a search adds the numbers of its runs to it, and a journal holds 64 bits
_LAST_SECOND = 253_402_300_799.0  # Unix time at the end of the year 9999
SLOWEST = 1e-6  # times the clock
FASTEST = 1e6  # times the clock; nobody's machine is as fast as a hundredth of it


class OutOfRange(NamedTuple):
    """Which field it is, what is wrong with its value, and what it is where nobody says otherwise,
    as TOML has it.
    """

    field: str
    problem: str
    usual: str


def out_of_range(usual: msgspec.Struct, given: msgspec.Struct, shares: bool) -> OutOfRange | None:
    """The first field of `given` that is out of its range; None if all are within. `usual` has the
    defaults; with `shares`, a default below 1 is a share.
    """
    for name in usual.__struct_fields__:
        default, value = getattr(usual, name), getattr(given, name)
        problem = _wrong(default, value, shares)
        if problem:
            told = list(default) if isinstance(default, tuple) else default
            return OutOfRange(name, problem, str(told))
    return None


def check_values(
    usual: msgspec.Struct, given: msgspec.Struct, place: str, *, shares: bool = False
) -> None:
    """Raises ConfigError for a field that is out of its range."""
    wrong = out_of_range(usual, given, shares)
    if wrong is not None:
        raise ConfigError(wrong.problem, place=f"{place}.{wrong.field}")


def check_number(value: float, least: float, most: float, place: str) -> None:
    """Raises ConfigError for one that is not from the least to the most."""
    if not least <= value <= most:
        raise ConfigError(f"{quoted(value)} is not from {least:,g} to {most:,.0f}", place=place)


def check_header(header: Any, place: str) -> None:
    """Raises ConfigError for a header of a journal with which no run can have been made."""
    check_values(Contract(), header.contract, f"{place}: contract")
    check_number(header.terminals, 0, MOST_TERMINALS, f"{place}: terminals")
    check_number(header.duration, 0, LONGEST, f"{place}: duration")
    check_number(header.speed, SLOWEST, FASTEST, f"{place}: speed")
    check_number(abs(header.origin), 0, _LAST_SECOND, f"{place}: origin")


def _wrong(default: Any, value: Any, shares: bool) -> str:
    if isinstance(default, tuple):
        return _wrong_tuple(default, value, shares)
    if isinstance(value, bool | str):
        return ""
    if isinstance(value, tuple):  # within a list whose default is empty
        return _wrong_tuple((0.0, 0.0), value, shares)
    if isinstance(default, int):
        return "" if 0 <= value <= MOST else f"{quoted(value)} is not from 0 to {MOST:,}"
    if shares and default < 1:
        return "" if 0 <= value <= 1 else f"{quoted(value)} is no share from 0 to 1"
    fits = 0 <= value <= LONGEST
    return "" if fits else f"{quoted(value)} is no time from 0 s to ten years"


def _wrong_tuple(default: tuple[Any, ...], value: tuple[Any, ...], shares: bool) -> str:
    is_pair = len(default) == 2 and isinstance(default[0], float)
    if is_pair and len(value) != 2:
        return f"{quoted(list(value))} is not the least and the most time"
    if default and not value:
        return "it is empty"
    for item in value:
        problem = _wrong(default[0] if default else 0.0, item, shares and not is_pair)
        if problem:
            return problem
    if is_pair and shares and value[0] > value[1]:
        return f"{quoted(list(value))}: the least time comes first"
    return ""
