"""Whole runs whose terminals send no echoes."""

from __future__ import annotations

import msgspec
import pytest

from harness import events as e
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan


@pytest.mark.parametrize(
    ("fault", "sign_on"),
    [
        ("half_open@5m..15m", True),
        ("half_open@5m..15m", False),
        ("silent@10m..20m", False),
        ("rst@5m..10m", False),
    ],
)
def test_terminals_come_back_without_echoes(fault: str, sign_on: bool) -> None:
    """Also from a connection that is dead and that nobody closes: every reversal is delivered."""
    scenario = load_scenario("ordinary_evening")
    link = msgspec.structs.replace(scenario.link, echo=False, sign_on=sign_on)
    asked: list[str] = []

    def see(_at: float, _actor: str, event: e.Event) -> None:
        if isinstance(event, e.FrameSeen) and event.fields.get("70") == "301":
            asked.append(event.end)

    plan = plan_of(scenario, seed=3, terminals=20, faults=(fault,), no_faults=True, link=link)
    verdict = simulate_plan(plan, listeners=[see]).verdict
    assert verdict.passed, verdict
    assert next(row.tried for row in verdict.rows if row.id == "T8")
    assert asked == []
