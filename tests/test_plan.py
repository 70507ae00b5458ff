"""What the command line says over a scenario, and the command that repeats it."""

from __future__ import annotations

import shlex

from harness.plan import plan_of
from harness.scenario import load_scenario


def test_what_is_not_said_is_the_scenarios() -> None:
    """Without flags a plan is its scenario with seed 1."""
    scenario = load_scenario("national_freeze")
    plan = plan_of(scenario)
    assert (plan.seed, plan.terminals, plan.duration) == (1, 1000, 5400.0)
    assert plan.faults == scenario.faults
    assert plan.command == "harness run national_freeze --seed 1"


def test_flags_add_to_the_scenarios_faults() -> None:
    """`--fault` adds, `--no-faults` leaves out the scenario's own and nothing else."""
    scenario = load_scenario("national_freeze")
    added = ("rst@5m..",)
    assert plan_of(scenario, faults=added).faults == scenario.faults + added
    assert plan_of(scenario, faults=added, no_faults=True).faults == added


def test_the_command_repeats_the_run() -> None:
    """Every flag is in it, quoted for a shell."""
    plan = plan_of(
        load_scenario("short_freeze"),
        seed=7,
        terminals=5,
        duration=300.0,
        faults=("drop_response:p=30%,mti=0210", "silent@1m..2m"),
        no_faults=True,
        terminal_profile="hangs_on_timeout",
        host_profile="double_posts_repeats",
        spec="iso87-binary",
        framing="4ascii",
        live=True,
        speed=20.0,
        source="my scenarios/freeze.toml",
    )
    assert shlex.split(plan.command) == [
        *("harness", "run", "my scenarios/freeze.toml", "--live", "--speed", "20"),
        *("--seed", "7", "--terminals", "5", "--for", "300s"),
        *("--terminal-profile", "hangs_on_timeout", "--host-profile", "double_posts_repeats"),
        *("--spec", "iso87-binary", "--framing", "4ascii", "--no-faults"),
        *("--fault", "drop_response:p=30%,mti=0210", "--fault", "silent@1m..2m"),
    ]


def test_the_header_carries_what_a_judge_needs() -> None:
    """Promises, expectations, contract and command go into the journal's first line."""
    scenario = load_scenario("national_freeze")
    plan = plan_of(scenario, seed=3)
    header = plan.header(("device",), {"seed": 3})
    assert header.promises == scenario.promises
    assert header.expects == scenario.expect
    assert header.forbids == scenario.forbid
    assert header.contract == scenario.contract
    assert (header.seed, header.command) == (3, plan.command)
    assert header.sees == ("device",)
