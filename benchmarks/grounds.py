"""The safe pair on many grounds: `python -m benchmarks.grounds --from 1 --to 300 --runs 200`.

Each ground is the scenario with other legal settings (`harness.explore.ground`), and is searched
with so many runs that count. Whatever is found there is shrunk and told with the settings, and the
grounds after it are searched all the same. With `--cases` each finding is written there as a case.
Exit 1 if anything was found.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError
from harness.explore.case import Found, as_found, shrunk, write_case
from harness.explore.ground import differences, ground
from harness.explore.random_search import Search, chunk_for, drawn, plan_to_search
from harness.explore.runner import Runner
from harness.explore.search import Tally
from harness.explore.workers import workers
from harness.scenario import load_scenario


class Asked(NamedTuple):
    """What the command line asks for."""

    scenario: str
    seed: int
    runs: int
    cases: Path | None


class Searched(NamedTuple):
    """What the search of one ground came to: the runs that count, and the lines that tell what was
    found, for each finding.
    """

    number: int
    runs: int
    settings: tuple[str, ...]
    findings: tuple[tuple[str, ...], ...]


def main() -> int:
    first, last, jobs, asked = _arguments()
    began, runs, guilty = time.monotonic(), 0, 0
    with workers(jobs) as pool:
        tasks = [pool.submit(searched, number, asked) for number in range(first, last + 1)]
        for task in as_completed(tasks):
            result = task.result()
            runs += result.runs
            guilty += bool(result.findings)
            for line in _told(result):
                print(line, flush=True)
    seconds = time.monotonic() - began
    print(
        f"grounds {first} to {last} of seed {asked.seed}, {runs:,} runs in {seconds:.0f} s: "
        f"{guilty} with findings"
    )
    return 1 if guilty else 0


def searched(number: int, asked: Asked) -> Searched:
    """Search one ground, in this process alone."""
    usual = load_scenario(asked.scenario)
    there = ground(usual, number, asked.seed)
    plan = plan_to_search(there, seed=asked.seed)
    chunk = chunk_for(plan, asked.runs, guided=True)
    tally = Tally(Search(plan, asked.seed, chunk=chunk, guided=True))
    with closing(drawn(tally.search, jobs=1)) as chunks:
        while tally.runs < asked.runs:
            tally.add(next(chunks))
    runner = Runner(plan)
    findings = tuple(tuple(_finding(runner, x, number, asked)) for x in tally.found.values())
    return Searched(number, tally.runs, tuple(differences(usual, there)), findings)


def _finding(runner: Runner, found: Found, number: int, asked: Asked) -> Iterator[str]:
    """The lines that tell of one failure, shrunk where that can be done."""
    try:
        case = shrunk(runner, found)
    except HarnessError as trouble:
        yield f"{found.broken.invariant}: not shrunk ({trouble})"
        case = as_found(runner, found)
    yield f"{case.broken.invariant} in {case.broken.phase}, at {case.at:.3f} s: {case.what}"
    yield f"evening {found.evening}, {' '.join(case.schedule) or 'without any fault'}"
    if asked.cases is not None:
        phase = case.broken.phase.split()[0].lower() if case.broken.phase else "none"
        path = asked.cases / f"ground-{number}-{case.broken.invariant.lower()}-{phase}.json"
        write_case(case, path)
        yield str(path)


def _told(result: Searched) -> Iterator[str]:
    yield f"ground {result.number}: {len(result.findings)} found in {result.runs} runs"
    if result.findings:
        yield from (f"    {setting}" for setting in result.settings)
    for lines in result.findings:
        for index, line in enumerate(lines):
            yield f"  {'  ' if index else ''}{line}"


def _arguments() -> tuple[int, int, int, Asked]:
    parser = argparse.ArgumentParser(description="The safe pair under other legal settings.")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--to", dest="last", type=int, default=300)
    parser.add_argument("--runs", type=int, default=200, help="that count, on each ground")
    parser.add_argument("--scenario", default="few_withdrawals")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--cases", type=Path, help="the directory where the findings are written")
    given = parser.parse_args()
    asked = Asked(given.scenario, given.seed, given.runs, given.cases)
    return given.first, given.last, given.jobs, asked


if __name__ == "__main__":
    sys.exit(main())
