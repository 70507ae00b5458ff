"""Reads durations, shares and money as people write them, and writes them.

A duration is a number with a unit ('250ms', '45s', '90m', '1h30m') or a number of seconds without
one. A share is '30%' or 0.3. Money is euros ('20', '20.50', 'EUR 20') and is kept in cents. A
mistake raises ConfigError, which says how it is written.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NoReturn

from harness.errors import ConfigError, quoted

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_UNIT = re.compile(r"[a-zA-Z]*")
_PORT = re.compile(r"[0-9]{1,5}")

LONGEST = 10 * 366 * 86_400.0
"""Seconds of the longest duration, ten years: longer than anything that is simulated, and short
enough that a date which a few of them are added to stays one.
"""
_LONGEST_HOST = 253  # characters of a name in the domain name system

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
"""A run and faults of its clocks may add ten years each to an epoch, and it stays a date."""

_DURATION_REMEDY = "write a number with ms, s, m or h, such as 250ms, 45s, 90m or 1h30m"


def parse_duration(text: str | float, *, place: str = "") -> float:
    """A duration in seconds. A number without a unit is seconds; several parts go from large to
    small units.

    Raises:
        ConfigError: no number, an unknown unit, a unit twice, or parts out of order.
    """
    if isinstance(text, bool):
        _wrong(f"'{text}' is not a duration", place, _DURATION_REMEDY)
    if isinstance(text, int | float):
        if not 0 <= text < float("inf"):
            _wrong(f"a duration cannot be {quoted(text)}", place, _DURATION_REMEDY)
        return _not_too_long(text, text, place)
    word = text.strip()
    if not word:
        _wrong("a duration is missing", place, _DURATION_REMEDY)
    total, last, at = 0.0, float("inf"), 0
    while at < len(word):
        number = _NUMBER.match(word, at)
        if number is None:
            _wrong(f"'{text}' is not a duration", place, _DURATION_REMEDY)
        found = _UNIT.match(word, number.end())
        unit = found.group() if found else ""
        at = number.end() + len(unit)
        if not unit and number.group() != word:
            _wrong(f"'{text}' has a number without a unit", place, _DURATION_REMEDY)
        scale = 1.0 if not unit else _scale(unit, text, place)
        if scale >= last:
            _wrong(f"'{text}' names its units out of order", place, "hours, minutes, seconds, ms")
        total += float(number.group()) * scale
        last = scale
    return _not_too_long(total, text, place)


def _not_too_long(seconds: float, text: str | float, place: str) -> float:
    if seconds > LONGEST:
        _wrong(f"{quoted(text)} is longer than ten years", place, _DURATION_REMEDY)
    return float(seconds)


def _scale(unit: str, text: str, place: str) -> float:
    if unit not in _SECONDS:
        near = f"; did you mean '{_near(unit)}'?" if unit[0].lower() in "smh" else ""
        _wrong(f"unknown unit '{unit}' in '{text}'", place, _DURATION_REMEDY + near)
    return _SECONDS[unit]


def _near(unit: str) -> str:
    lower = unit.lower()
    return "ms" if lower in ("ms", "msec", "millis", "milliseconds") else lower[0]


def format_duration(seconds: float) -> str:
    """The shortest exact form: '90m' becomes '1h30m', 0.25 '250ms', infinity '...'."""
    if seconds == float("inf"):
        return "..."
    millis = round(seconds * 1000)
    if millis == 0:
        return "0s"
    hours, rest = divmod(millis, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, millis = divmod(rest, 1000)
    parts = ((hours, "h"), (minutes, "m"), (whole, "s"), (millis, "ms"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def parse_window(text: str, *, place: str = "") -> tuple[float, float]:
    """(from, until) of 'FROM..UNTIL' in seconds. FROM is 0 where it is left out, and so is UNTIL,
    where it means to the end.

    Raises:
        ConfigError: no '..', no duration, or nothing between the two.
    """
    first, dots, last = text.partition("..")
    if not dots:
        _wrong(f"'{text}' is not FROM..UNTIL", place, "write it as 20s..70s, 5m.. or ..30s")
    start = parse_duration(first, place=place) if first.strip() else 0.0
    until = parse_duration(last, place=place) if last.strip() else 0.0
    if last.strip() and until <= start:
        _wrong(f"the window '{text}' is empty", place, "FROM comes before UNTIL")
    return start, until


def format_clock(seconds: float) -> str:
    """Run time as hh:mm:ss."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def parse_address(text: str, *, place: str = "") -> tuple[str, int]:
    """(host, port) of 'HOST:PORT', an IPv6 host in brackets.

    Raises:
        ConfigError: no colon, no host, or a port that is none.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and _PORT.fullmatch(port) and int(port) <= 65_535 and _is_host(host)):
        _wrong(f"{quoted(text)} is not HOST:PORT", place, "write it as 127.0.0.1:20000")
    return host, int(port)


def _is_host(text: str) -> bool:
    """Can a host be called so? Resolvers raise all sorts of errors for what cannot."""
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return 0 < len(text) <= _LONGEST_HOST and text.isprintable() and " " not in text


def parse_epoch(text: object, place: str) -> str:
    """A date and time in UTC, ISO 8601 without a zone.

    Raises:
        ConfigError: it is none.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as trouble:
        raise ConfigError(
            f"{quoted(text)} is not a date and time", place=place, remedy="2026-11-21T20:10:00"
        ) from trouble
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ConfigError(
            f"the year {moment.year} is not from {_FIRST_YEAR} to {_LAST_YEAR}",
            place=place,
            remedy="2026-11-21T20:10:00",
        )
    if moment.tzinfo is not None:
        raise ConfigError(
            "the epoch is in UTC and has no zone", place=place, remedy="2026-11-21T20:10:00"
        )
    return moment.isoformat()


def parse_share(text: str | float, *, place: str = "") -> float:
    """A probability in [0, 1]: '30%', '0.3' or 0.3.

    Raises:
        ConfigError: not a number, or outside 0..100 %.
    """
    remedy = "write a share as 30% or 0.3"
    if isinstance(text, bool):
        _wrong(f"'{text}' is not a share", place, remedy)
    if isinstance(text, int | float):
        value = float(text) if 0 <= text <= 1 else -1.0  # a number may be too large for a float
    else:
        word = text.strip()
        digits = word.removesuffix("%")
        if not _NUMBER.fullmatch(digits):
            _wrong(f"'{text}' is not a share", place, remedy)
        value = float(digits) / 100 if word.endswith("%") else float(digits)
    if not 0.0 <= value <= 1.0:
        _wrong(f"{quoted(text)} is outside 0%..100%", place, remedy)
    return value


def format_money(cents: int) -> str:
    """'EUR 1,234.50' from cents."""
    sign = "-" if cents < 0 else ""
    return f"{sign}EUR {abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def _wrong(problem: str, place: str, remedy: str) -> NoReturn:
    raise ConfigError(problem, place=place, remedy=remedy)
