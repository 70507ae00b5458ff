"""What the command line says over a scenario, and the command that repeats it."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from harness.link_options import LinkOptions
from harness.plan import plan_of
from harness.scenario import Scenario, load_scenario


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
        link=LinkOptions(spec="iso87-binary", framing="4ascii"),
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


def counts(**changes: Any) -> tuple[dict[str, int], dict[str, int]]:
    """What a run of a scenario with 100 terminals and an hour expects and forbids."""
    scenario = Scenario(
        id="X1",
        name="x",
        title="x",
        terminals=100,
        duration=3600.0,
        faults=("silent@10m..20m",),
        expect={"CardInserted": 150, "Aborted": 3, "HostHung": 1},
        forbid={"LateApproval": 0, "TurnedAway": 7},
    )
    header = plan_of(scenario, **changes).header((), {})
    return header.expects, header.forbids


def test_a_run_as_its_scenario_is_expects_what_the_file_says() -> None:
    """To the letter."""
    assert counts() == (
        {"CardInserted": 150, "Aborted": 3, "HostHung": 1},
        {"LateApproval": 0, "TurnedAway": 7},
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"terminals": 50}, (75, 1, 1)),
        ({"terminals": 99}, (148, 2, 1)),
        ({"terminals": 1}, (1, 1, 1)),
        ({"duration": 1800.0}, (75, 1, 1)),
        ({"duration": 1.0}, (1, 1, 1)),
        ({"terminals": 20, "duration": 1800.0}, (15, 1, 1)),
        ({"terminals": 200, "duration": 1800.0}, (75, 1, 1)),  # the one does not make up for it
    ],
)
def test_a_smaller_run_has_to_show_its_share(
    changes: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """Rounded down, and never below once; what is forbidden stays as it is."""
    expects, forbids = counts(**changes)
    assert tuple(expects.values()) == expected
    share = changes.get("terminals", 100) / 100
    assert forbids == {"LateApproval": 0, "TurnedAway": int(7 * max(1, share))}


def test_a_larger_run_may_bring_more_and_has_to_show_no_more() -> None:
    """What is forbidden altogether stays so."""
    expects, forbids = counts(terminals=250, duration=7200.0)
    assert tuple(expects.values()) == (150, 3, 1)
    assert forbids == {"LateApproval": 0, "TurnedAway": 35}


@pytest.mark.parametrize("changes", [{"faults": ("slow",)}, {"no_faults": True}])
def test_with_other_faults_what_was_expected_has_to_come_once(changes: dict[str, Any]) -> None:
    """They may take its place, and bring about what is forbidden."""
    assert counts(**changes) == ({"CardInserted": 1, "Aborted": 1, "HostHung": 1}, {})


def test_other_machines_are_held_to_as_much() -> None:
    """Theirs may do by right what the scenario forbids, but the same has to happen to them."""
    expects, forbids = counts(terminals=50, terminal_profile="hangs_on_timeout")
    assert (expects["CardInserted"], forbids) == (75, {})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"faults": ("slow",)}, {"Posted kind=debit": 1, "FaultActed kind=silent": 1}),
        ({"faults": ("slow",), "no_faults": True}, {"Posted kind=debit": 1}),
    ],
)
def test_what_only_a_fault_can_do_is_not_expected_without_it(
    changes: dict[str, Any], expected: dict[str, int]
) -> None:
    """It is left out; with others over it, it has to act."""
    scenario = Scenario(
        id="X1",
        name="x",
        title="x",
        faults=("silent@10m..20m",),
        expect={"Posted kind=debit": 9, "FaultActed kind=silent": 5},
    )
    assert plan_of(scenario, **changes).header((), {}).expects == expected
