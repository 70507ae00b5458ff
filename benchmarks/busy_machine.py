"""Live runs while other processes take all cores: `python -m benchmarks.busy_machine`.

As many processes as `--hogs` says compute without a pause, and `--runs` runs of `short_freeze` are
made one after the other. A run may PASS, or be INVALID where the harness was too slow to tell; a
FAIL would blame a right machine for the delay of the harness. Exit 1 if there is one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.live.run import run_live
from harness.plan import plan_of
from harness.scenario import load_scenario

# until the process that started it is gone, however that ended
_COMPUTES = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10_000))"


def main() -> int:
    asked = _arguments()
    outcomes: Counter[str] = Counter()
    scenario = load_scenario("short_freeze")
    with tempfile.TemporaryDirectory() as name, _busy(asked.hogs):
        for number in range(1, asked.runs + 1):
            plan = plan_of(
                scenario, seed=asked.seed + number - 1, terminals=asked.terminals, live=True,
                speed=asked.speed,
            )  # fmt: skip
            verdict = run_live(plan, journal=Path(name) / "run.jsonl").verdict
            outcomes[verdict.outcome] += 1
            said = [f"{failure.invariant}: {failure.what}" for failure in verdict.failures]
            print(
                f"run {number}, seed {plan.seed}: {verdict.outcome}, own delay {verdict.lag:.2f} s",
                *(said or verdict.reasons if verdict.outcome != "pass" else ()),
                sep="\n    ",
                flush=True,
            )
    found = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{asked.runs} runs beside {asked.hogs} busy processes, speed {asked.speed:g}: {found}")
    return 1 if outcomes["fail"] else 0


@contextmanager
def _busy(count: int) -> Iterator[None]:
    processes = [subprocess.Popen([sys.executable, "-c", _COMPUTES]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Live runs on a machine that is busy.")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--hogs", type=int, default=4)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--terminals", type=int, default=60)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
