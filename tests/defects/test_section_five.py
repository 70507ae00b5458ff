"""Each defect is caught by what must catch it and by nothing that should not (section 5's table).

The fault that brings a defect out is keyed to one transaction of one terminal, so that what
catches it does not hang on timing; the safe profile lives through the same evening, faults and
seed without a failure.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from harness.checks.judge import Verdict
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan

AT = "terminal=ATM00002"


class Row(NamedTuple):
    defect: str
    faults: tuple[str, ...]
    must: tuple[str, ...]
    may: tuple[str, ...] = ()
    host: bool = False


TABLE = (
    Row(
        "hangs_on_timeout",
        (f"drop_response:{AT},nth=2,mti=0210",),
        ("T1", "T2", "F1"),
        ("F2", "T3", "T8"),
    ),
    Row(
        "keeps_card_silently",
        (f"drop_response:{AT},nth=2,mti=0210",),
        ("T1", "T2"),
        ("F2", "T3", "T7"),
    ),
    Row(
        "rearms_timer_on_noise",
        (
            f"wrong_stan:{AT},nth=2,mti=0210",
            f"latency:by=30s,{AT},nth=2,mti=0210",
        ),
        ("T1", "T3", "F1"),
        ("T2", "F2"),
    ),
    Row(
        "dispenses_late_approval",
        (f"late_response:past=5s,{AT},nth=2,mti=0210",),
        ("T4", "T9"),
        ("T5", "T6", "T8", "H3"),
    ),
    Row(
        "dispenses_twice_on_duplicate",
        (f"dup_response:times=2,every=6s,{AT},nth=2,mti=0210",),
        ("T4", "T5"),
        ("H3", "T8"),
    ),
    Row("cash_before_approval", (), ("T4",), ("T6", "T9", "H3", "T8")),
    Row(
        "forgets_reversal",
        (f"drop_response:{AT},nth=2,mti=0210",),
        ("T8",),
        ("H3", "H7"),
    ),
    Row(
        "reversal_new_identity",
        (f"drop_response:{AT},nth=2,mti=0210", f"drop_response:{AT},nth=1,mti=0430"),
        ("T13",),
        ("H1", "H7"),
    ),
    Row(
        "loses_reversals_on_restart",
        (f"power_cut:at=frame:0200,{AT},nth=2",),
        ("T10",),
        ("T8", "H3"),
    ),
    Row("leaks_pan", (), ("S3",)),
    Row(
        "double_posts_repeats",
        (f"drop_response:{AT},nth=2,mti=0210", f"drop_response:{AT},nth=1,mti=0430"),
        ("H1", "H4"),
        ("H2", "H3"),
        host=True,
    ),
    Row(
        "ignores_reversals",
        (f"drop_response:{AT},nth=2,mti=0210",),
        ("H3",),
        host=True,
    ),
    Row(
        "approves_after_tombstone",
        (f"reorder:hold=60s,{AT},nth=2,mti=0200",),
        ("H6",),
        ("H1", "H3", "T8"),
        host=True,
    ),
)


@cache
def evening(faults: tuple[str, ...], terminal: str = "safe", host: str = "safe") -> Verdict:
    plan = plan_of(
        load_scenario("ordinary_evening"),
        seed=1,
        terminals=4,
        duration=3600.0,
        faults=faults,
        terminal_profile=terminal,
        host_profile=host,
    )
    return simulate_plan(plan).verdict


def failing(verdict: Verdict) -> set[str]:
    return {row.id.split(".")[0] for row in verdict.rows if row.status == "fail"}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.defect)
def test_a_defect_is_caught_by_what_must_and_by_nothing_else(row: Row) -> None:
    """What must catch it does; what is not in its row stays silent."""
    verdict = evening(row.faults, host=row.defect) if row.host else evening(row.faults, row.defect)
    caught = failing(verdict)
    assert set(row.must) <= caught, verdict.failures
    assert caught <= {*row.must, *row.may}, verdict.failures


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.defect)
def test_the_safe_profile_lives_through_the_same(row: Row) -> None:
    """Same scenario, faults and seed: nothing fails, and what caught the defect was tried."""
    verdict = evening(row.faults)
    assert failing(verdict) == set()
    tried = {entry.id for entry in verdict.rows if entry.tried}
    assert set(row.must) - {"T9"} <= tried
