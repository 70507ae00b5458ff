"""A schedule is run alone, and its trial says what acted and what broke."""

from __future__ import annotations

import pytest
from searches import plan

from harness.explore.case import Recorder
from harness.explore.runner import Broken, Runner
from harness.sim.run import simulate_plan

UNANSWERED = "drop_response:mti=0210,terminal=ATM00001,nth=1"
NEVER = "power_cut:at=motor:retract,terminal=ATM00001,nth=3"


def test_a_fault_that_took_no_effect_is_no_part_of_the_trial() -> None:
    """Only what acted is told, in the order of the schedule."""
    trial = Runner(plan()).run((NEVER, UNANSWERED))
    assert trial.acted == (UNANSWERED,)
    assert trial.failures == ()


def test_a_defect_is_broken_in_a_role_and_a_phase() -> None:
    """The invariant, whose it is, and what the machine was doing."""
    trial = Runner(plan("hangs_on_timeout")).run((UNANSWERED,))
    assert Broken("T1", "terminal", "WAITING_FOR_HOST") in trial.broken
    assert len(trial.broken) == len(trial.failures)
    trial = Runner(plan(host="ignores_reversals")).run((UNANSWERED,))
    assert {(broken.invariant, broken.role) for broken in trial.broken} == {
        ("H3", "host"),
        ("H14", "host"),
    }


def test_runs_on_one_bench_leave_no_trace_in_each_other() -> None:
    """Whatever was run before, a schedule's journal is the same."""
    runner, fresh = Runner(plan()), Recorder()
    runner.run((UNANSWERED,), evening=3, listeners=[fresh.see])
    for evening in range(5):
        runner.run(("bitflip:mti=0210,terminal=ATM00001,nth=1",), evening=evening)
    again = Recorder()
    runner.run((UNANSWERED,), evening=3, listeners=[again.see])
    assert again.digest() == fresh.digest()
    other = Recorder()
    runner.run((UNANSWERED,), evening=4, listeners=[other.see])
    assert other.digest() != fresh.digest()


def test_a_trial_is_the_run_of_its_plan() -> None:
    """What the runner saw is what `harness run` sees with the same faults and seed."""
    runner = Runner(plan("forgets_reversal"))
    trial = runner.run((UNANSWERED,), evening=7)
    outcome = simulate_plan(runner.plan_for(7, (UNANSWERED,)))
    assert outcome.verdict.failures == trial.failures != ()


@pytest.mark.parametrize("secrets", [False, True])
def test_secrets_are_looked_for_when_asked(secrets: bool) -> None:
    """S3 takes a scan of all that would be written."""
    trial = Runner(plan("leaks_pan")).run((), secrets=secrets)
    assert bool(trial.broken) is secrets
