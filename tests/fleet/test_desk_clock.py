"""Until when an operator's command counts, by the clocks of whatever terminals there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.control import payloads as p
from harness.fleet.desk import COUNTS, counts_from_to

NOW = datetime(2026, 11, 21, 20, 10, tzinfo=UTC)


def at(text: str) -> p.TerminalState:
    return p.decode(
        b'{"id": "1", "boot_id": "b", "seq": 1, "at": "%b", "terminal": "T", "region": "",'
        b' "status": "online"}' % text.encode(),
        p.TerminalState,
    )


@pytest.mark.parametrize(
    "said",
    [
        *("", "yesterday", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+01:00"),
        *("2026-11-21T20:09:00.000Z", "2026-11-21T20:09:00", "2026-11-21T21:09+01:00"),
    ],
)
def test_terminals_with_a_right_clock_or_none_get_a_short_validity(said: str) -> None:
    """Times without a zone are in UTC; what is no time, or none that one can reckon with, counts
    for nothing.
    """
    assert counts_from_to([at(said)], NOW) == (NOW, NOW + timedelta(seconds=COUNTS))


def test_a_fleet_that_has_another_clock_is_commanded_by_it() -> None:
    """A scenario's clock may be years away, and fast: an hour of it."""
    there = datetime(2031, 5, 1, 8, tzinfo=UTC)
    states = [at("2031-05-01T08:00:00.000Z"), at("2031-05-01T07:00:00.000Z")]
    assert counts_from_to(states, NOW) == (there, there + timedelta(hours=1))
