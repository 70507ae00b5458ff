"""Faults of a terminal's clock: what its messages then say (DE 7, 12, 13), and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from passing import plan, told

from harness.faults.fault_set import FaultSet
from harness.journal import JournalReader
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan
from harness.wire.calendar import Calendar, Stamp, WrongCalendar

EPOCH = "2026-11-21T20:10:00"
ATM, OTHER = "ATM00001", "ATM00002"


class ClockOf:
    """What a set of faults makes of one terminal's clock."""

    acts = True

    def __init__(self, faults: FaultSet, terminal: str) -> None:
        self._faults = faults
        self._terminal = terminal

    def wrong(self, now: float, moment: datetime, *, local: bool) -> tuple[timedelta, timedelta]:
        return self._faults.clock(now, self._terminal, moment, local=local)


def clock_of(faults: FaultSet, terminal: str = ATM) -> WrongCalendar:
    return WrongCalendar(Calendar(EPOCH), ClockOf(faults, terminal))


def stamp(fault: str, now: float, terminal: str = ATM) -> Stamp:
    faults = plan(fault)
    return clock_of(faults, terminal).stamp(now)


@pytest.mark.parametrize(
    ("fault", "now", "expected"),
    [
        ("clock_step:by=1h@1m..2m", 59.0, ("1121201059", "211059", "261121")),
        ("clock_step:by=1h@1m..2m", 60.0, ("1121191100", "201100", "261121")),
        ("clock_step:by=4h,way=forth@1m..2m", 60.0, ("1122001100", "011100", "261122")),
        ("clock_step:by=1h@1m..2m", 120.0, ("1121201200", "211200", "261121")),
        ("dst_change@1m..", 60.0, ("1121201100", "201100", "261121")),
        ("dst_change:way=forth@1m..", 60.0, ("1121201100", "221100", "261121")),
        ("year_rollover:in=30s@1m..", 60.0, ("1231235930", "005930", "270101")),
        ("year_rollover:in=30s@1m..", 90.0, ("0101000000", "010000", "270101")),
    ],
)
def test_what_the_clock_says(fault: str, now: float, expected: tuple[str, str, str]) -> None:
    """DE 7 in UTC, DE 12 and 13 in local time, an hour ahead of it."""
    assert stamp(fault, now) == Stamp(*expected)


def test_each_clock_is_wrong_by_its_own() -> None:
    """Not more than asked for, either way, and the same all the time."""
    faults = plan("clock_skew:by=10m")
    moment = datetime(2026, 11, 21, 20, 10, tzinfo=UTC)
    offs = [faults.clock(1.0, f"ATM{n:05d}", moment, local=True)[0] for n in range(200)]
    assert len(set(offs)) > 100
    assert min(offs) < timedelta() < max(offs)
    assert all(timedelta(seconds=1) <= abs(off) <= timedelta(minutes=10) for off in offs)
    assert [faults.clock(99.0, f"ATM{n:05d}", moment, local=True)[0] for n in range(200)] == offs


def test_only_some_clocks() -> None:
    """By terminal, or by chance, decided once."""
    moment = datetime(2026, 11, 21, 20, 10, tzinfo=UTC)
    one = plan(f"clock_step:terminal={ATM}")
    assert one.clock(1.0, ATM, moment, local=True)[0]
    assert not one.clock(1.0, OTHER, moment, local=True)[0]
    half = plan("clock_step:p=50%")
    struck = [bool(half.clock(1.0, f"ATM{n:05d}", moment, local=True)[0]) for n in range(200)]
    assert 60 < sum(struck) < 140


@pytest.mark.parametrize("kind", ["clock_skew", "clock_step", "dst_change", "year_rollover"])
def test_it_has_acted_when_a_message_was_stamped(kind: str) -> None:
    """Once is enough to say so; before that it has not."""
    faults = plan(f"{kind}@1m..")
    calendar = clock_of(faults)
    calendar.stamp(59.0)
    assert told(faults) == []
    calendar.stamp(60.0)
    calendar.stamp(61.0)
    assert len(told(faults)) == 1


def test_summer_time_does_not_touch_a_message_without_local_time() -> None:
    """An echo carries DE 7 alone, and that is UTC."""
    faults = plan("dst_change")
    calendar = clock_of(faults)
    assert calendar.sent(60.0) == "1121201100"
    assert told(faults) == []
    assert calendar.stamp(60.0).time == "201100"
    assert len(told(faults)) == 1


def test_a_repeat_keeps_the_time_that_it_had(tmp_path: Path) -> None:
    """The clock is set between a reversal and its repeat: DE 7 stays, and T13 holds."""
    journal = tmp_path / "step.jsonl"
    faults = ("drop_response:mti=0210@5m..15m", "drop_response:mti=0430@5m..15m", "clock_step@8m..")
    run = plan_of(load_scenario("ordinary_evening"), terminals=10, duration=1800.0, faults=faults)
    verdict = simulate_plan(run, journal=journal).verdict
    assert verdict.outcome == "pass", verdict
    assert {row.id: row.tried for row in verdict.rows}["T13"] > 5
    sent: dict[str, set[str]] = {}
    for entry in JournalReader(journal):
        fields = getattr(entry.event, "fields", {})
        if fields.get("t") in ("0420", "0421") and getattr(entry.event, "end", "") == "terminal":
            sent.setdefault(fields["41"] + fields["11"], set()).add(fields["7"])
    assert sent
    assert all(len(times) == 1 for times in sent.values())
