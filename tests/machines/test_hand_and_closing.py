"""A card that goes in at the very instant in which the machine goes out of service comes out."""

from __future__ import annotations

import pytest
from by_hand import Bench

from harness import events as e
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan


def test_the_hand_in_front_of_a_machine_that_closes() -> None:
    """The street's and the link's time run out together: the reader is quicker, and it gives back
    what it took (a live run once kept such a card until the evening's end).
    """
    fault = "hand_tie:of=link,lets=3,nth=1@2s.."

    def outcome(profile: str, seed: int) -> str:
        scenario = load_scenario("quiet_street")
        plan = plan_of(scenario, seed=seed, faults=(fault,), terminal_profile=profile)
        return simulate_plan(plan).verdict.outcome

    late = [seed for seed in range(1, 9) if outcome("leaves_late_card_inside", seed) == "fail"]
    assert late, "with none of these seeds somebody came at that instant"
    assert [outcome("safe", seed) for seed in late] == ["pass"] * len(late)


@pytest.mark.parametrize("order", [i.StopOrdered(), i.SupervisorEntered()])
def test_the_order_was_heard_and_the_shutter_not_yet(order: i.Input) -> None:
    """The card is ejected at once, nothing is asked of the host, and it stays out of service."""
    bench = Bench().in_service()
    terminal = bench.atm.terminal
    assert terminal is not None
    terminal.sense(i.StopOrdered(), bench.now, cause="operator")
    terminal.sense(order, bench.now, cause="operator")
    bench.insert()
    assert bench.state == State.EJECTING
    bench.go(2.0)
    bench.take_card()
    assert bench.state == State.OUT_OF_SERVICE
    assert bench.device.card is None
    assert bench.all("0200") == []
    assert bench.count(e.EjectBegun) == 1
