"""A host that crashes at the commit of a reversal, of which the repeat finds what is durable."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import events as e
from harness.journal import JournalReader
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan


@pytest.mark.parametrize("kind", ["crash_before_commit", "crash_after_commit"])
def test_it_is_posted_once_and_answered_when_it_comes_again(kind: str, tmp_path: Path) -> None:
    """Before the commit nothing had happened, after it all but the answer."""
    faults = ("drop_response:mti=0210,nth=1", f"{kind}:mti=0420,nth=1")
    plan = plan_of(load_scenario("ordinary_evening"), terminals=1, duration=1200.0, faults=faults)
    outcome = simulate_plan(plan, journal=tmp_path / "run.jsonl")
    seen: list[tuple[float, e.Event]] = [
        (entry.at, entry.event) for entry in JournalReader(tmp_path / "run.jsonl")
    ]
    crashed = next(at for at, event in seen if isinstance(event, e.HostCrashed))
    given_back = [at for at, x in seen if isinstance(x, e.Posted) and x.kind == "reversal"]
    answered = [at for at, event in seen if isinstance(event, e.ReversalAnswered)]
    assert len(given_back) == len(answered) == 1
    assert (given_back[0] > crashed) is (kind == "crash_before_commit")
    assert answered[0] > crashed
    assert outcome.verdict.failures == ()
