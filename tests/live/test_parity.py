"""The same plan in `sim` and `live`: the machines end alike, transaction by transaction.

Both worlds run the same machines with the same draws; what differs is real sockets, a real disk, a
host in a process of its own, and a clock that nobody can hold. The evenings are dense and short,
and ten or fifteen times faster than the clock: by what a busy machine is late, so many times as
much is the run, and it adds up from visit to visit. Faults are keyed by terminal and ordinal, so
that time decides nothing, but for what happens within two seconds, and the live run's own delay, of
an edge (the freeze's begin and end, a machine's going out of service, the evening's end): those
visits are counted and left out.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import msgspec
import pytest
from transactions import Comparison, Machine, Session, Transaction, compare, drift, machines_of

from harness.contract import Contract
from harness.live.run import run_live
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan

MARGIN = 2.0

KINDS = (
    "drop_request:mti=0200",
    "drop_response:mti=0210",
    "late_response:past=5s,mti=0210",
    "dup_response:mti=0210",
    "wrong_stan:mti=0210",
    "fin_mid_response:mti=0210",
    "power_cut:at=frame:0200,off=10s",
    "eject_jam",
    "dispense_short",
    "customer_leaves_card",
)
KEYED = tuple(
    f"{kind}{',' if ':' in kind else ':'}terminal=ATM{number:05d},nth=1"
    for number, kind in enumerate(KINDS, start=1)
)


class Run(msgspec.Struct, frozen=True):
    """A scenario cut to a test's size: its faults, how long it lasts (seconds), what counts as an
    edge besides its end, what its compared transactions must have in them, at least how often, how
    much faster than the clock it is, and how many machines: on a busy machine fewer visits compare.
    """

    scenario: str
    faults: tuple[str, ...]
    duration: float
    edges: tuple[float, ...] = ()
    aborted: int = 0
    alike: float = 0.5
    speed: float = 15.0
    terminals: int = 50


# S01: the frozen host posts what it reads for 30 s, which is an edge like the freeze's ends
RUNS = {
    "S01": Run(
        "national_freeze",
        ("silent:post=30s@45s..165s",),
        270.0,
        (45.0, 75.0, 165.0),
        5,
        0.3,
        10.0,
        75,
    ),
    "S05": Run("approve_then_drop", ("fin_mid_response:mti=0210,p=20%",), 150.0, (), 10),
    "S09": Run("late_approval", ("late_response:past=5s,mti=0210,p=20%",), 150.0, (), 10),
    "kinds": Run("ordinary_evening", KEYED, 200.0, (), 5),
}


def journal_of(run: Run, path: Path, *, live: bool, seed: int = 1) -> dict[str, Machine]:
    """Its machines. The contract's slack is wide, as a slow test machine is no matter of parity."""
    scenario = load_scenario(run.scenario)
    scenario = msgspec.structs.replace(
        scenario,
        duration=run.duration,
        faults=run.faults,
        expect={},
        forbid={},
        contract=Contract(slack=60.0),
        customers=msgspec.structs.replace(scenario.customers, mean_gap=40.0),
    )
    if live:
        plan = plan_of(scenario, terminals=run.terminals, live=True, speed=run.speed, seed=seed)
        outcome = run_live(plan, journal=path)
    else:
        outcome = simulate_plan(plan_of(scenario, terminals=run.terminals, seed=seed), journal=path)
    assert outcome.verdict.passed, str(outcome.verdict)
    return machines_of(path)


def aborted(visit: Session) -> list[Transaction]:
    return [x for x in visit.transactions if x.aborted]


def compared(
    run: Run, first: dict[str, Machine], second: dict[str, Machine], late: float = 0.0
) -> Comparison:
    return compare(first, second, [*run.edges, run.duration], MARGIN + late)


# "kinds" has the faults of S05 and S09 among its own
@pytest.mark.parametrize(
    "name", [pytest.param(x, marks=pytest.mark.long) if x in ("S05", "S09") else x for x in RUNS]
)
def test_sim_and_live_end_alike(name: str, tmp_path: Path) -> None:
    """Cards, cash, answers, reversals and postings of each visit are the same, and what the
    scenario is about is among them.
    """
    run = RUNS[name]
    simulated = journal_of(run, tmp_path / "sim.jsonl", live=False)
    lived = journal_of(run, tmp_path / "live.jsonl", live=True)
    result = compared(run, simulated, lived, drift(simulated, lived))
    assert not result.differences, "\n".join(result.differences)
    assert result.share >= run.alike
    assert len(result.stories) >= 2 * run.terminals
    assert sum(len(aborted(visit)) for visit in result.stories) >= run.aborted
    if name == "kinds":
        for number, fault in enumerate(KEYED, start=1):
            who = f"ATM{number:05d}"
            assert simulated[who].faults == lived[who].faults == [fault]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Machine]:
    path = tmp_path_factory.mktemp("parity") / "sim.jsonl"
    return journal_of(RUNS["S05"], path, live=False)


def test_another_evening_is_not_alike(evening: dict[str, Machine], tmp_path: Path) -> None:
    """The comparison sees the difference between two seeds."""
    other = journal_of(RUNS["S05"], tmp_path / "other.jsonl", live=False, seed=2)
    assert len(compared(RUNS["S05"], evening, other).differences) > RUNS["S05"].terminals


@pytest.mark.parametrize("what", ["answers", "reversed", "posted", "notes", "card", "visit"])
def test_one_difference_is_one_difference(evening: dict[str, Machine], what: str) -> None:
    """Whatever it is in: it is found, and the machine and the customer are named."""
    other = deepcopy(evening)
    name = next(name for name, it in other.items() if any(aborted(x) for x in it.visits.values()))
    visits = other[name].visits
    customer, visit = next((k, x) for k, x in visits.items() if aborted(x))
    spoil(visits, customer, visit, what)
    (difference,) = compared(RUNS["S05"], evening, other).differences
    assert difference.startswith(f"{name} customer {customer}:")


def spoil(visits: dict[int, Session], customer: int, visit: Session, what: str) -> None:
    if what == "visit":
        del visits[customer]
    elif hasattr(visit, what):
        getattr(visit, what).pop() if what == "card" else visit.notes.append(("taken", {5000: 1}))
    else:
        setattr(aborted(visit)[0], what, ["another"])
