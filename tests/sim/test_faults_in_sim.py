"""Every fault of the catalogue, alone and in company, against a safe pair that must withstand it.

A kind that is new in the catalogue is tested here by itself.
"""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from harness.faults.grammar import FaultKind, fault_catalog
from harness.outcome import Outcome
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan

SHARES = {
    "power_cut": "2%",  # each of its attempts is one operation of many
    # a terminal dials once in an evening, if nothing else happens
    **dict.fromkeys(("syn_blackhole", "slow_accept", "connection_limit"), "60%"),
    **dict.fromkeys(("accept_then_close", "accept_never_read"), "60%"),
    # the operator comes when a terminal has dialled
    **dict.fromkeys(("operator_stop", "operator_resume"), "60%"),
    **dict.fromkeys(("service_visit", "planned_restart", "mains_fail"), "60%"),
    **dict.fromkeys(("retract_fail", "before_sign_on"), "100%"),
    **dict.fromkeys(("clock_skew", "clock_step", "dst_change", "year_rollover"), "60%"),
    "process_pause": "2%",
    **dict.fromkeys(("reversal_ack_lost", "reversal_declined"), "100%"),
    **dict.fromkeys(("remote_command", "command_lost"), "60%"),
    **dict.fromkeys(("command_delayed", "command_twice"), "100%"),
    **dict.fromkeys(("command_late", "command_misaddressed"), "100%"),
}
COMMANDS = ("operator_commands:verb=get_state@4m..4m1s",)
COMPANY = {  # without which it cannot happen
    "retract_fail": ("customer_leaves_cash:p=20%",),
    "before_sign_on": ("fin_mid_response:p=20%",),
    **dict.fromkeys(("command_lost", "command_delayed", "command_twice"), COMMANDS),
    **dict.fromkeys(("command_late", "command_misaddressed"), COMMANDS),
}


def usable(kind: FaultKind, share: str = "10%") -> str:
    """The fault so that it strikes, and leaves the evening going on."""
    if "p" not in kind.parameters or kind.kind == "mass_disconnect":
        return f"{kind.kind}@5m..10m"
    return f"{kind.kind}:p={SHARES.get(kind.kind, share)}"


def evening(*faults: str, seed: int = 1) -> Outcome:
    scenario = load_scenario("ordinary_evening")
    standby = any(fault.startswith(("failover", "split_brain")) for fault in faults)
    contract = msgspec.structs.replace(scenario.contract, standby=standby)
    plan = plan_of(
        msgspec.structs.replace(scenario, contract=contract),
        seed=seed,
        terminals=10,
        duration=1800.0,
        faults=faults,
    )
    return simulate_plan(plan)


@pytest.mark.parametrize("kind", fault_catalog(), ids=lambda kind: kind.kind)
def test_a_safe_pair_withstands_every_kind(kind: FaultKind) -> None:
    """It strikes (a run whose fault never took effect does not pass), and nothing breaks."""
    verdict = evening(usable(kind), *COMPANY.get(kind.kind, ())).verdict
    assert verdict.outcome == "pass", (verdict.reasons, verdict.failures)


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_safe_pair_withstands_them_in_company(seed: int) -> None:
    """Two to five kinds at once, drawn: not one check fails, and no card stays inside."""
    draw = Random(seed)
    kinds = draw.sample(fault_catalog(), draw.randint(2, 5))
    faults = [usable(kind, draw.choice(["2%", "10%", "30%"])) for kind in kinds]
    verdict = evening(*faults, seed=seed).verdict
    assert verdict.failures == (), faults
    assert verdict.totals.inside == 0


AT_ONE = "mti=0200,terminal=ATM00001,nth=1"


@pytest.mark.parametrize(
    ("slow", "phase", "in_vain"),
    [
        ("by=5s", "crash_before_commit", True),
        ("by=5s", "crash_after_commit", True),
        ("by=5s,books=late", "crash_before_commit", False),  # it died when it would have answered
    ],
)
def test_a_host_that_dies_first_was_not_slow(slow: str, phase: str, *, in_vain: bool) -> None:
    """Nothing would have been answered anyway: the run says that one of its faults did nothing."""
    fault = f"slow:{slow},{AT_ONE}"
    verdict = evening(fault, f"{phase}:{AT_ONE}").verdict
    assert (f"the fault {fault} never took effect" in verdict.reasons) is in_vain
    assert verdict.failures == ()
