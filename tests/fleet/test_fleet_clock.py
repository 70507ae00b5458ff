"""What time it is for a fleet that a monitor comes to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.fleet.fleet_clock import LONGEST_WAIT, WAITS, FleetClock

WALL = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)


def said(at: str) -> bytes:
    return b'{"at": "%b", "seq": 1}' % at.encode()


def test_a_fleet_of_another_day_has_its_own_clock() -> None:
    """As many as five terminals say what time it is, and one of them is wrong."""
    clock = FleetClock(WALL)
    for number in range(4):
        clock.heard(f"ATM{number}", said("2026-11-21T20:10:07.000Z"), 7.0)
    assert not clock.known
    clock.heard("ATM4", said("1970-01-01T00:00:00.000Z"), 7.0)
    assert clock.known
    assert clock.iso(8.0) == "2026-11-21T20:10:08.000Z"


def test_a_fleet_whose_clocks_are_about_right_has_the_time_on_the_wall() -> None:
    clock = FleetClock(WALL)
    clock.heard("ATM1", said("2026-11-27T21:05:00.000Z"), 1.0)
    clock.look(1.0 + WAITS)
    assert clock.known
    assert clock.iso(0.0) == "2026-11-27T21:00:00.000Z"


@pytest.mark.parametrize("payload", [b"", b"{}", b"[1]", b'{"at": 5}', b"\xff", said("today")])
def test_what_is_no_time_is_passed_over(payload: bytes) -> None:
    """And where nobody says anything, it is the time on the wall in the end."""
    clock = FleetClock(WALL)
    clock.heard("ATM1", payload, 1.0)
    clock.look(LONGEST_WAIT - 1.0)
    assert not clock.known
    clock.look(LONGEST_WAIT)
    assert clock.known
    assert clock.iso(0.0) == "2026-11-27T21:00:00.000Z"
