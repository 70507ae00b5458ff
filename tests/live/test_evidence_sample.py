"""Of some terminals a large run keeps all evidence, and of the others none."""

from __future__ import annotations

from pathlib import Path

from live_runs import BUSY, entries

from harness import events as e
from harness.contract import Contract
from harness.journal import Journal
from harness.live.evidence_sample import EvidenceSample
from harness.live.run import run_live
from harness.plan import plan_of
from harness.scenario import Scenario


def kept(sample: EvidenceSample, *happened: tuple[str, e.Event]) -> list[tuple[str, e.Event]]:
    found: list[tuple[str, e.Event]] = []
    journal = Journal()
    journal.subscribe(sample.through(lambda _at, actor, event: found.append((actor, event))))
    for actor, event in happened:
        journal.record(1.0, actor, event)
    return found


def test_a_few_terminals_are_spread_over_the_fleet() -> None:
    """Those that are kept, whoever reports about them."""
    sample = EvidenceSample(9, 3)
    asked = [(f"ATM{n:05d}", e.LinkOpened()) for n in range(1, 10)]
    assert [actor for actor, _ in kept(sample, *asked)] == ["ATM00001", "ATM00004", "ATM00007"]
    told = [("HOST", e.RequestDecided(f"ATM0000{n}", "1", "00", "approved")) for n in (1, 2)]
    assert kept(sample, *told) == told[:1]


def test_what_concerns_everybody_is_kept() -> None:
    """The run's own entries, and that a fault took effect at all."""
    first, again, mine = (e.FaultActed("rst", f"ATM0000{n}: reset") for n in (2, 3, 1))
    everybody = [
        ("RUN", e.LagMeasured(0.1)),
        ("HOST", e.HostStarted()),
        ("HOST", e.HostDamaged("mac")),
    ]
    faults = [("RUN", first), ("RUN", again), ("RUN", mine)]
    assert kept(EvidenceSample(9, 3), *everybody) == everybody
    assert kept(EvidenceSample(9, 3), *faults) == [("RUN", first), ("RUN", mine)]


def test_without_a_number_everything_is_kept() -> None:
    """As in every run that is not a load."""
    assert all(EvidenceSample(5, judged).whole for judged in (0, 5, 6))
    assert kept(EvidenceSample(5), ("ATM00002", e.LinkOpened()))


def test_a_run_is_judged_by_what_it_keeps(tmp_path: Path) -> None:
    """One of three terminals in both processes' parts, and the meters get all of it."""
    scenario = Scenario(
        id="L1", name="busy", title="busy", duration=60.0, customers=BUSY,
        contract=Contract(slack=30.0), promises=("T4", "H1", "H3"),
    )  # fmt: skip
    seen: dict[str, None] = {}

    def meter(_at: float, actor: str, _event: e.Event) -> None:
        seen[actor] = None

    journal = tmp_path / "run.jsonl"
    outcome = run_live(
        plan_of(scenario, terminals=3, live=True, speed=60.0),
        journal=journal, meters=(meter,), judged=1,
    )  # fmt: skip
    assert outcome.verdict.passed, outcome.verdict
    assert outcome.verdict.totals.terminals == 1
    assert set(seen) == {"RUN", "ATM00001", "ATM00002", "ATM00003"}
    assert {entry.actor for entry in entries(journal)} == {"RUN", "HOST", "ATM00001"}
    assert entries(journal, "Posted")
    (told,) = entries(journal, "EvidenceKept")
    assert told.event == e.EvidenceKept(1, 3)
