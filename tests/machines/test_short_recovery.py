"""A recovery after a power cut that has less time than a card that nobody takes."""

from __future__ import annotations

import msgspec
import pytest

from harness import events as e
from harness.contract import Contract
from harness.explore.case import Recorder
from harness.explore.random_search import plan_to_search
from harness.explore.runner import Runner
from harness.scenario import load_scenario

AT = "terminal=ATM00001,nth=1"
LEFT = (f"customer_leaves_card:{AT}", f"power_cut:at=motor:capture,off=1s,{AT}")


def evening(recovery: float, *faults: str) -> tuple[Recorder, list[str]]:
    """The entries of an evening whose recovery has so many seconds, and which invariants broke."""
    usual = load_scenario("few_withdrawals")
    contract = Contract(recovery=recovery)
    scenario = msgspec.structs.replace(usual, contract=contract, duration=240.0)
    recorder = Recorder()
    trial = Runner(plan_to_search(scenario)).run(faults, listeners=[recorder.see])
    assert trial.acted == faults
    return recorder, [failure.invariant for failure in trial.failures]


def states(recorder: Recorder) -> list[str]:
    """The states of the terminal, from its last boot on."""
    names = [getattr(x.event, "state", type(x.event).__name__) for x in recorder.entries]
    booted = len(names) - names[::-1].index("Booted")
    entered = {id(x) for x in recorder.entries if type(x.event).__name__ == "StateEntered"}
    later = recorder.entries[booted:]
    return [name for name, x in zip(names[booted:], later, strict=True) if id(x) in entered]


@pytest.mark.parametrize("recovery", [0.0, 1.0, 20.0, 60.0])
def test_a_card_that_nobody_takes_is_captured_and_the_terminal_serves_on(recovery: float) -> None:
    """Nothing is broken, whatever the time for the recovery (docs/domain.md, "Terminal states")."""
    recorder, broken = evening(recovery, *LEFT)
    assert broken == []
    events: list[e.Event] = [entry.event for entry in recorder.entries]
    alarms = [event.kind for event in events if isinstance(event, e.AlarmRaised)]
    assert alarms == ["capture", "capture"]  # before the power cut and after it
    assert states(recorder)[:2] == ["RECOVERING", "IDLE"]


def test_the_card_keeps_its_own_timers_after_a_power_cut() -> None:
    """It may take as long as its timers say, even if the recovery has one second (T2)."""
    _, broken = evening(1.0, f"drop_response:mti=0210,{AT}", *LEFT)
    assert broken == []
