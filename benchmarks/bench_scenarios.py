"""Every shipped scenario at its shipped size, one after the other, against the bare codec and MAC
of a small ordinary evening's frames.
"""

from __future__ import annotations

import time

from benchmarks.bench_sim import count, floor
from harness.plan import plan_of
from harness.scenario import load_scenario, scenario_names
from harness.sim.run import simulate_plan

LONG = 3.0  # seconds from which a scenario is named


def main() -> None:
    plan = plan_of(load_scenario("ordinary_evening"), terminals=20)
    bare = floor(plan, count(plan))
    names, took = scenario_names(), dict[str, float]()
    for name in names:
        start = time.perf_counter()
        outcome = simulate_plan(plan_of(load_scenario(name)))
        took[name] = time.perf_counter() - start
        assert outcome.verdict.passed, f"{name}: {outcome.verdict}"
    slow = ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items() if seconds > LONG)
    total = sum(took.values())
    print(
        f"{len(names)} scenarios: {total:.1f} s (goal 60 s), {total / bare:,.0f} times the "
        f"floor of 20 ATMs' ordinary evening; the longest: {slow}"
    )


if __name__ == "__main__":
    main()
