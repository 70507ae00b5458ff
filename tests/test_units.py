"""What people type as durations, shares and money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.units import (
    format_clock,
    format_duration,
    format_money,
    parse_duration,
    parse_share,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 5400.0),
        ("45s", 45.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("1.5m", 90.0),
        ("1m30s500ms", 90.5),
        ("7", 7.0),
        (7, 7.0),
        (" 5s ", 5.0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str | float, seconds: float) -> None:
    """Units, compounds and bare numbers all come out as seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing"),
        ("m", "not a duration"),
        ("5 m", "without a unit"),
        ("5mins", "did you mean 'm'"),
        ("5x", "unknown unit 'x'"),
        ("1m1h", "out of order"),
        ("1m1m", "out of order"),
        ("-5s", "not a duration"),
        ("５s", "not a duration"),
        (-1, "cannot be -1"),
        (True, "not a duration"),
    ],
)
def test_a_wrong_duration_says_what_is_wrong(text: str | float, says: str) -> None:
    """The mistake, its place and the right units are all in the message."""
    with pytest.raises(ConfigError, match=says) as caught:
        parse_duration(text, place="--for")
    assert str(caught.value).startswith("--for: ")
    assert caught.value.remedy


@given(st.integers(min_value=0, max_value=10**9))
def test_a_duration_survives_being_written(millis: int) -> None:
    """What `format_duration` writes is read back as the same time."""
    assert round(parse_duration(format_duration(millis / 1000)) * 1000) == millis


@pytest.mark.parametrize(("text", "share"), [("30%", 0.3), ("0.3", 0.3), (1, 1.0), ("0%", 0.0)])
def test_a_share_is_read(text: str | float, share: float) -> None:
    """Per cent and plain numbers mean the same."""
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["130%", "1.2", "30 percent", "", True, -0.1])
def test_a_wrong_share_is_refused(text: str | float) -> None:
    """Nothing outside 0..100 % is a probability."""
    with pytest.raises(ConfigError):
        parse_share(text)


def test_figures_are_written_for_people() -> None:
    """Clock, money and the open end of a window."""
    assert format_clock(3_725.9) == "01:02:05"
    assert format_money(-123_450) == "-EUR 1,234.50"
    assert format_duration(float("inf")) == "..."
