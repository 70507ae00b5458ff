"""Simulation speed: withdrawals per second, against the bare codec and MAC of the same frames.

The floor is what no simulation can go below: each frame of the run encoded, sealed, opened and
decoded once, in the order in which it passed. Run and floor are measured in turn, and the ratio
is taken pair by pair, because these machines' speed drifts.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc

from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.events import Event, FrameSeen, TransactionEnded
from harness.journal import Journal
from harness.plan import RunPlan, plan_of
from harness.scenario import load_scenario
from harness.sim.fleet import Fleet
from harness.sim.run import simulate_plan

ROUNDS = 3
WARM = 10_800.0


class Counts:
    """What passed in a run."""

    def __init__(self) -> None:
        self.entries = 0
        self.withdrawals = 0
        self.frames: list[dict[str, str]] = []

    def see(self, _at: float, _actor: str, event: Event) -> None:
        self.entries += 1
        if isinstance(event, TransactionEnded) and event.outcome == "completed":
            self.withdrawals += 1
        elif isinstance(event, FrameSeen) and event.end == "terminal":
            self.frames.append(event.fields)


def _plan(name: str, terminals: int, duration: float | None = None) -> RunPlan:
    return plan_of(load_scenario(name), terminals=terminals, duration=duration)


def count(plan: RunPlan) -> Counts:
    """One run with everything counted, not timed."""
    counts = Counts()
    journal = Journal()
    journal.subscribe(counts.see)
    fleet = Fleet(Assembly(plan), journal)
    fleet.start()
    fleet.world.run(plan.duration)
    return counts


def floor(plan: RunPlan, counts: Counts) -> float:
    """Seconds to seal and open every frame of the run once."""
    codec = Assembly(plan).codec
    bare = [
        {k: v for k, v in fields.items() if k not in ("64", "128", "p", "1")}
        for fields in counts.frames
    ]
    began = time.perf_counter()
    for fields in bare:
        codec.decode(codec.encode(fields))
    return time.perf_counter() - began


def timed(plan: RunPlan) -> float:
    """Seconds for the whole run: customers to verdict, all checks on, S3 on a sample."""
    began = time.perf_counter()
    simulate_plan(plan)
    return time.perf_counter() - began


def ordinary_evening() -> None:
    plan = _plan("ordinary_evening", 100)
    counts = count(plan)
    done = counts.withdrawals
    print(
        f"ordinary_evening, 100 ATMs, {plan.duration / 60:.0f} min: {done} withdrawals completed, "
        f"{len(counts.frames) / done:.1f} frames and {counts.entries / done:.1f} entries each, "
        f"{done / plan.duration:.2f} a second of run time"
    )
    pairs = [(timed(plan), floor(plan, counts)) for _ in range(ROUNDS)]
    rate = done / statistics.median(run for run, _ in pairs)
    ratio = statistics.median(run / bare for run, bare in pairs)
    bare = statistics.median(bare for _, bare in pairs)
    print(
        f"  {rate:,.0f} withdrawals/s on one core ({1e6 / rate:.0f} us each); floor "
        f"{1e6 * bare / done:.0f} us each; ratio {ratio:.1f} (goal 5)"
    )


def scaling() -> None:
    costs = {}
    for terminals, minutes in ((100, 60.0), (1_000, 12.0), (10_000, 5.0)):
        plan = _plan("ordinary_evening", terminals, minutes * 60)
        done = count(plan).withdrawals
        costs[terminals] = timed(plan) / done
    small = costs[100]
    print(
        "cost per withdrawal, with start-up: "
        + ", ".join(f"{n} ATMs {1e6 * c:.0f} us ({c / small:.2f}x)" for n, c in costs.items())
        + " (goal: within 1.5x)"
    )


def mizuho() -> None:
    plan = _plan("national_freeze", 5_395)
    began = time.perf_counter()
    outcome = simulate_plan(plan)
    took = time.perf_counter() - began
    print(
        f"national_freeze, 5,395 ATMs, 90 min: {took:.1f} s (goal 20), "
        f"verdict {outcome.verdict.outcome}"
    )


def memory() -> None:
    """Bytes that stay per settled transaction, once all that is bounded is full."""
    plan = _plan("ordinary_evening", 20)
    assembly = Assembly(plan)
    journal = Journal()
    judge = Judge(assembly.header())
    settled = 0

    def see(_at: float, _actor: str, event: Event) -> None:
        nonlocal settled
        settled += isinstance(event, TransactionEnded)

    journal.subscribe(judge.see)
    journal.subscribe(see)
    tracemalloc.start()
    fleet = Fleet(assembly, journal)
    fleet.start()
    fleet.world.run(WARM)
    gc.collect()
    before, few = tracemalloc.get_traced_memory()[0], settled
    fleet.world.run(3 * WARM)
    gc.collect()
    after, many = tracemalloc.get_traced_memory()[0], settled
    tracemalloc.stop()
    each = (after - before) / (many - few)
    print(f"memory kept per settled transaction: {each:.0f} bytes (goal 300)")


def main() -> None:
    ordinary_evening()
    scaling()
    mizuho()
    memory()


if __name__ == "__main__":
    main()
