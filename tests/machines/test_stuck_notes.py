"""A motor that stops while it draws notes in."""

from __future__ import annotations

from harness import events as e
from harness.explore.random_search import plan_to_search
from harness.explore.runner import Runner
from harness.machines import inputs as i
from harness.machines.device import Device
from harness.machines.device_fault import DeviceFault
from harness.machines.motors import Motors
from harness.machines.timers import NEVER
from harness.scenario import load_scenario


def hangs(_now: float, command: str) -> DeviceFault | None:
    return DeviceFault("hangs") if command == "motor:retract" else None


def presented() -> Device:
    """Notes lie at the slot, and the motor that draws them in is going to stop."""
    device = Device(Motors(), hangs)
    device.stack(1, 5000, 0.0)
    device.tick(device.next_deadline())
    device.present(2.0)
    device.tick(device.next_deadline())
    device.reports.clear()
    device.events.clear()
    device.retract(40.0)
    return device


def test_notes_that_a_motor_does_not_bring_back_are_stuck() -> None:
    """Nobody can reach them, nothing is reported, and the counters no longer know."""
    device = presented()
    device.tick(device.next_deadline())
    assert (device.cash_at, device.reports) == ("", [])
    assert e.RetractFailed({5000: 1}) in device.events
    assert device.next_deadline() == NEVER
    assert not device.power_on().counters.known


def test_a_hand_may_be_quicker() -> None:
    """What was taken before the motor stopped is not stuck."""
    device = presented()
    assert device.take_cash()
    device.tick(100.0)
    assert [type(x) for x in device.reports] == [i.CashGone]
    assert device.power_on().counters.known


def test_the_safe_terminal_is_not_blamed_for_the_motor() -> None:
    """Cash that was forgotten, and a motor that stops or is slow."""
    runner = Runner(plan_to_search(load_scenario("few_withdrawals")))
    for fault in ("motor_hangs:motor=retract", "motor_slow:motor=retract,by=45s"):
        trial = runner.run(("customer_leaves_cash:nth=1", fault), evening=2)
        assert len(trial.acted) == 2
        assert trial.broken == ()
