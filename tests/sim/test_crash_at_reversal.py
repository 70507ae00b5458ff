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
    entries = list(JournalReader(tmp_path / "run.jsonl"))
    crashed = next(x.at for x in entries if isinstance(x.event, e.HostCrashed))
    given_back = [
        x.at for x in entries if isinstance(x.event, e.Posted) and x.event.kind == "reversal"
    ]
    answered = [x.at for x in entries if isinstance(x.event, e.ReversalAnswered)]
    assert len(given_back) == len(answered) == 1
    assert (given_back[0] > crashed) is (kind == "crash_before_commit")
    assert answered[0] > crashed
    assert outcome.verdict.failures == ()
