"""The harness's own delay: lag and standing still, told apart, in their place in the journal."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from harness import events as e
from harness.live import own_delay
from harness.live.clock import LiveClock
from harness.live.own_delay import LOOK, OwnDelay


class Clock:
    """Moved by hand, `speed` times faster than the wall."""

    def __init__(self, speed: float = 10.0) -> None:
        self.speed = speed
        self.time = 0.0

    def now(self) -> float:
        return self.time


class Process:
    """Its journal is `told`: what was reported, and what it recorded itself."""

    def __init__(self, speed: float = 10.0) -> None:
        self.clock = Clock(speed)
        self.told: list[tuple[float, e.Event | str]] = []
        self.delay = OwnDelay(cast(LiveClock, self.clock), self.record)

    def record(self, event: e.Event | str) -> None:
        self.told.append((self.delay.now(), event))

    def watch(self, *wall: float) -> None:
        """The watch looks after so many wall seconds each."""

        async def looks() -> None:
            task = asyncio.create_task(self.delay.watch())
            for seconds in wall:
                await asyncio.sleep(0)
                self.clock.time += seconds * self.clock.speed
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(looks())

    @property
    def stood(self) -> list[float]:
        return [x.seconds for _, x in self.told if isinstance(x, e.HarnessStoodStill)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sleep of the watch only gives way."""
    give_way = asyncio.sleep
    monkeypatch.setattr(own_delay, "asyncio", SimpleNamespace(sleep=lambda _: give_way(0)))


def test_a_stop_is_told_before_what_comes_next() -> None:
    """Whatever notices it first, the watch or an entry of a machine; and once."""
    process = Process()
    process.delay.begin()
    process.clock.time = 0.3
    process.record("before")
    process.clock.time = 120.0
    process.record("after")
    process.record("after that")
    assert process.told == [
        (0.3, "before"), (120.0, e.HarnessStoodStill(120.0)), (120.0, "after"),
        (120.0, "after that"),
    ]  # fmt: skip
    assert process.delay.stood == 120.0


def test_what_follows_a_stop_is_no_earlier_than_its_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clock goes on while the report is written, and a journal has its entries in order."""
    process = Process()
    process.delay.begin()
    process.clock.time = 120.0

    def going_on() -> float:
        process.clock.time += 0.001
        return process.clock.time

    monkeypatch.setattr(process.clock, "now", going_on)
    process.record("after")
    times = [at for at, _ in process.told]
    assert [type(what) for _, what in process.told] == [e.HarnessStoodStill, str]
    assert times == sorted(times)


def test_nothing_is_told_while_nobody_watches() -> None:
    """Before it begins, and after the watch has ended."""
    process = Process()
    process.clock.time = 500.0
    process.record("early")
    process.watch(LOOK)
    process.clock.time = 1000.0
    process.record("late")
    assert [what for _, what in process.told] == ["early", "late"]


@pytest.mark.parametrize(
    ("speed", "wall", "stood"),
    [
        (1.0, LOOK + 0.2, []),  # a fifth of a second: lag
        (1.0, LOOK + 0.3, [LOOK + 0.3]),
        (20.0, 2 * LOOK - 0.001, []),  # no look can tell so little from an ordinary delay
        (20.0, 2 * LOOK + 0.001, [20.0 * (2 * LOOK + 0.001)]),
    ],
)
def test_from_when_a_delay_is_standing_still(speed: float, wall: float, stood: list[float]) -> None:
    """By run seconds, and by what the watch can see."""
    process = Process(speed)
    process.watch(LOOK, wall, LOOK)
    assert process.stood == pytest.approx(stood)


def test_standing_still_is_no_lag() -> None:
    """A timer that was late by a stop is not late by lag as well; what is less is lag."""
    process = Process()
    process.watch(LOOK + 0.015, 3.0, LOOK)
    process.delay.saw(30.0)
    assert process.stood == pytest.approx([30.0])
    measured = [x.seconds for _, x in process.told if isinstance(x, e.LagMeasured)]
    assert [*measured, process.delay.take()] == pytest.approx([0.15, 0.0])


def test_a_wait_does_not_count_the_time_it_stood_still() -> None:
    """Ten seconds of waiting are ten seconds in which something could have been seen."""
    process = Process()
    process.delay.begin()
    end = process.delay.deadline(10.0)
    process.clock.time = 300.0
    assert not end.passed
    for _ in range(101):
        process.clock.time += 0.1
        process.delay.now()
        process.delay._looks(process.clock.time)
    assert end.passed


def test_a_machine_that_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock stood still with it: only the kernel's other clock shows that a laptop was shut."""
    slept = iter([5.0, 5.0, 65.0, 65.0])
    monkeypatch.setattr(own_delay, "_slept", lambda: next(slept, 65.0))
    process = Process(2.0)
    process.watch(LOOK, LOOK, LOOK)
    assert process.stood == [120.0]
