"""Answers around the end of the host timer: exactly how long each is held."""

from __future__ import annotations

import pytest
from passing import delivered, frame, plan, told

from harness.errors import ConfigError
from harness.live.fault_places import check_virtual
from harness.plan import plan_of
from harness.scenario import load_scenario


@pytest.mark.parametrize(
    ("fault", "delay"),
    [
        ("just_before_timeout", 29.5),
        ("just_before_timeout:by=1ms", 29.999),
        ("just_after_timeout", 30.5),
        ("exact_tie", 30.0),
    ],
)
def test_by_the_terminals_own_timer(fault: str, delay: float) -> None:
    """Where its deadline is known, the answer is held until then, less or more a moment."""
    faults = plan(fault)
    faults.fate(0.0, frame("0200"))
    ((held, _),) = delivered(faults.fate(15.0, frame(deadline=30.0)))
    assert held == pytest.approx(delay)


@pytest.mark.parametrize(
    ("fault", "delay"), [("just_before_timeout", 29.5), ("just_after_timeout:by=2s", 32.0)]
)
def test_by_the_contract_where_nobody_knows_the_timer(fault: str, delay: float) -> None:
    """45 s from when the request passed."""
    faults = plan(fault)
    faults.fate(0.0, frame("0200"))
    ((held, _),) = delivered(faults.fate(15.0, frame()))
    assert held == pytest.approx(delay)


@pytest.mark.parametrize("fault", ["just_before_timeout", "just_after_timeout", "exact_tie"])
def test_an_answer_that_nobody_waits_for_is_left_alone(fault: str) -> None:
    """No request passed, and no timer runs: nothing to be on one side of."""
    faults = plan(fault)
    assert faults.fate(15.0, frame()) is None
    assert told(faults) == []


def test_a_tie_needs_virtual_time() -> None:
    """On real clocks it would be a lie."""
    scenario = plan_of(load_scenario("few_withdrawals"), faults=("exact_tie",))
    with pytest.raises(ConfigError, match="virtual time"):
        check_virtual(scenario)
