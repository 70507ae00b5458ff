"""The alarm: one timer of the loop for one machine, whatever the machine does with its deadline."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from harness.live.clock import LiveClock
from harness.live.own_delay import OwnDelay
from harness.live.transport import Alarm


class Handle:
    def __init__(self, action: Any) -> None:
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """Remembers the timers that it was asked for; they fire by hand."""

    def __init__(self) -> None:
        self.handles: list[Handle] = []

    def call_later(self, delay: float, action: Any) -> Handle:
        handle = Handle(action)
        self.handles.append(handle)
        return handle

    @property
    def live(self) -> list[Handle]:
        return [handle for handle in self.handles if not handle.cancelled]

    def fire(self) -> None:
        (handle,) = self.live
        self.handles.clear()
        handle.action()


class Clock:
    speed = 1.0

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def wall(self, seconds: float) -> float:
        return seconds


class Machine:
    """Due again five seconds after each wake."""

    def __init__(self, loop: Loop, clock: Clock) -> None:
        self.due = 5.0
        self.woken: list[float] = []
        live_clock = cast(LiveClock, clock)
        self.delay = OwnDelay(live_clock, lambda _: None)
        self.alarm = Alarm(
            cast(asyncio.AbstractEventLoop, loop), live_clock, self.delay,
            lambda: self.due, self.wake,
        )  # fmt: skip

    def wake(self, now: float) -> None:
        self.woken.append(now)
        self.due = now + 5.0
        self.alarm.look()  # as every owner does after every call


def test_a_thousand_wakes_leave_one_timer() -> None:
    """None is left behind, although the machine looks at its deadline from inside its wake."""
    loop, clock = Loop(), Clock()
    machine = Machine(loop, clock)
    machine.alarm.look()
    for number in range(1, 1001):
        clock.time = 5.0 * number
        loop.fire()
        assert len(loop.live) == 1
    assert machine.woken == [5.0 * number for number in range(1, 1001)]


def test_a_nearer_deadline_replaces_the_timer() -> None:
    """The old one is cancelled, and a later deadline is waited for when the timer comes."""
    loop, clock = Loop(), Clock()
    machine = Machine(loop, clock)
    machine.alarm.look()
    machine.due = 2.0
    machine.alarm.look()
    assert len(loop.live) == 1
    machine.due = 9.0
    machine.alarm.look()
    clock.time = 2.0
    loop.fire()
    assert machine.woken == []
    assert len(loop.live) == 1


def test_a_timer_that_comes_early_is_set_again_and_a_late_one_is_lag() -> None:
    """By 1 ms, as uvloop's may; what comes late is the harness's own delay."""
    loop, clock = Loop(), Clock()
    machine = Machine(loop, clock)
    machine.alarm.look()
    clock.time = 4.999
    loop.fire()
    assert machine.woken == []
    clock.time = 5.25
    loop.fire()
    assert machine.woken == [5.25]
    assert machine.delay.take() == 0.25


def test_after_stop_nothing_is_set() -> None:
    """The timer is cancelled, and looking sets no other."""
    loop, clock = Loop(), Clock()
    machine = Machine(loop, clock)
    machine.alarm.look()
    machine.alarm.stop()
    machine.alarm.look()
    assert loop.live == []
