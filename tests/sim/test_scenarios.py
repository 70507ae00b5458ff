"""What the shipped scenarios promise, held in simulation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.link_options import LinkOptions
from harness.outcome import Outcome
from harness.plan import plan_of
from harness.scenario import load_scenario, scenario_names
from harness.sim.run import simulate_plan


def play(name: str, **changes: object) -> Outcome:
    return simulate_plan(plan_of(load_scenario(name), **changes))  # type: ignore[arg-type]


# At so many terminals each still tries all that it promises; at their own size these take long.
SMALL = {
    "ordinary_evening": 5,
    "national_freeze": 50,
    "connect_refused": 20,
    "slow_host": 15,
    "brownout_30": 15,
    "approve_then_drop": 15,
    "half_open": 15,
    "flapping": 15,
    "mid_frame_cut": 15,
    "late_approval": 15,
    "duplicate_response": 15,
    "cross_talk": 15,
    "garbled": 10,
    "bad_mac": 15,
    "reversal_lost": 15,
    "reversal_first": 20,
    "recovery_storm": 60,
    "response_flood": 40,
    "failover_stale": 20,
    "dns_failover": 60,
    "clock_skew": 15,
    "cutover_midflight": 25,
    "power_cut": 20,
    "standin_overdraw": 15,
    "jam_and_walkaway": 15,
    "stan_wrap": 15,
    "batch_replay": 25,
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(x, marks=[pytest.mark.long] if x in SMALL else []) for x in scenario_names()],
)
def test_a_safe_pair_lives_through_every_scenario(name: str) -> None:
    """At its own size all that is promised is tried and holds, and what is expected comes."""
    verdict = play(name).verdict
    assert verdict.outcome == "pass", (verdict.reasons, verdict.failures)


@pytest.mark.parametrize(
    ("name", "terminals"), [*SMALL.items(), ("few_withdrawals", 1), ("national_freeze", 20)]
)
def test_a_small_one_proves_as_much_for_its_size(name: str, terminals: int) -> None:
    """Each event is expected in proportion, and comes."""
    whole = load_scenario(name)
    verdict = play(name, terminals=terminals).verdict
    assert verdict.outcome == "pass", (verdict.reasons, verdict.failures)
    wanted = {row.event: row.needed for row in verdict.expected if not row.forbidden}
    assert wanted == {
        event: max(1, count * terminals // whole.terminals) for event, count in whole.expect.items()
    }


def test_a_shorter_one_proves_as_much_for_its_time() -> None:
    """The evening before its fault is no freeze, and the first minutes of the freeze are one."""
    assert play("national_freeze", terminals=50, duration=1200.0).verdict.outcome == "pass"
    early = play("national_freeze", terminals=50, duration=590.0).verdict
    assert early.outcome == "invalid"
    assert any(reason.startswith("TurnedAway came") for reason in early.reasons)


@pytest.mark.parametrize("spec", ["iso87-ascii", "iso87-binary"])
@pytest.mark.parametrize("framing", ["2byte", "2byte-tpdu", "4ascii"])
def test_the_freeze_ends_alike_in_every_encoding(spec: str, framing: str) -> None:
    """The machines do not know how a message looks on the wire."""
    usual = play("national_freeze", terminals=10, duration=1800.0).verdict.totals
    link = LinkOptions(spec=spec, framing=framing)
    other = play("national_freeze", terminals=10, duration=1800.0, link=link).verdict.totals
    assert other == usual


@pytest.mark.parametrize(
    ("terminals", "cards"), [(100, 15), pytest.param(1000, 150, marks=pytest.mark.long)]
)
def test_more_than_15_cards_in_100_meet_the_freeze(terminals: int, cards: int) -> None:
    """More than 150 of 1,000 ATMs, and every one of those cards comes out."""
    totals = play("national_freeze", terminals=terminals, duration=1200.0).verdict.totals
    assert totals.cards_met_fault > cards
    assert totals.inside == 0
    assert totals.inserted == totals.returned + totals.captured


def test_without_its_fault_the_freeze_proves_nothing() -> None:
    """--no-faults: the expected events never come, and green would be a lie."""
    verdict = play("national_freeze", terminals=20, no_faults=True).verdict
    assert verdict.outcome == "invalid"
    assert any("Aborted" in reason for reason in verdict.reasons)


def test_nobody_waits_longer_than_the_contract_whatever_the_profile_says() -> None:
    """A bound is the contract's and never taken from the machine on trial."""
    verdict = play(
        "late_approval",
        terminals=10,
        terminal_profile="tests.sim.patient:PATIENT",
        duration=1800.0,
    ).verdict
    assert {row.id for row in verdict.rows if row.status == "fail"} >= {"F1", "T4"}


def test_the_page_of_scenarios_has_each_of_them() -> None:
    """With its id, and none that is not there."""
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
    listed = re.findall(r"^\| (\w\d\d) \| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted((load_scenario(name).id, name) for name in scenario_names())
