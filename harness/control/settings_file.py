"""The thresholds of the monitor from a TOML file: what it does not name is as usual."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from harness.control.monitor_settings import MonitorSettings
from harness.control.reporter import TELEMETRY_PERIOD
from harness.did_you_mean import unknown
from harness.errors import ConfigError, quoted
from harness.input_files import KIB, UNREADABLE, Limit, read_text
from harness.toml_keys import TomlKeys
from harness.units import parse_duration, parse_share
from harness.value_ranges import MOST

SETTINGS = Limit("settings of a monitor", 64 * KIB)
_USUAL = MonitorSettings()
_NAMES = MonitorSettings.__struct_fields__
_SHARES = ("bad_most", "bank_share", "region_share", "issuer_share")
_WINDOWS = ("answer_counts", "issuer_window", "storm_window", "storm_at_one_window")
"""What is summed over them is divided by their length."""


def load_settings(path: Path) -> MonitorSettings:
    """The settings of a file whose keys are the fields of `MonitorSettings`: a duration as '45s' or
    in seconds, a share as '20%' or 0.2, a count as a whole number.

    Raises:
        ConfigError: the file cannot be read, has a key that there is not, or a value with which the
            monitor would find what is not so, or keep more than it may.
    """
    try:
        text = read_text(path, SETTINGS)
        table = tomllib.loads(text)
    except UNREADABLE as trouble:
        raise ConfigError(f"not TOML: {trouble}", place=str(path)) from trouble
    lines = TomlKeys(text.splitlines())
    values = {}
    for name, given in table.items():
        line = lines.line("", name)
        place = f"{path}:{line}" if line else str(path)
        if name not in _NAMES:
            unknown("setting", name, _NAMES, place=place)
        values[name] = _value(name, given, f"{place}: {name}")
    return msgspec.structs.replace(_USUAL, **values)


def _value(name: str, given: Any, place: str) -> float | int:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ConfigError(f"{quoted(given)} is no number", place=place, remedy=_usual(name))
    usual = getattr(_USUAL, name)
    if isinstance(usual, int):
        return _count(name, given, usual, place)
    if name in _SHARES:
        return _above_zero(name, parse_share(given, place=place), place)
    seconds = parse_duration(given, place=place)
    if name == "silent_after" and seconds <= TELEMETRY_PERIOD:
        raise ConfigError(
            f"a terminal speaks once in {TELEMETRY_PERIOD:g} s, so that each would be lost",
            place=place,
            remedy=_usual(name),
        )
    return _above_zero(name, seconds, place) if name in _WINDOWS else seconds


def _above_zero(name: str, value: float, place: str) -> float:
    if value <= 0:
        raise ConfigError("has to be more than 0", place=place, remedy=_usual(name))
    return value


def _count(name: str, given: float | str, usual: int, place: str) -> int:
    """`most_...` bounds what the monitor keeps in memory, so that it can be lowered only."""
    most = usual if name.startswith("most_") else MOST
    if not isinstance(given, int) or not 1 <= given <= most:
        raise ConfigError(
            f"{quoted(given)} is no whole number from 1 to {most:,}",
            place=place,
            remedy=_usual(name),
        )
    return given


def _usual(name: str) -> str:
    return f"it is usually {name} = {getattr(_USUAL, name):g}"
