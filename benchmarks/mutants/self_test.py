"""Trials of mutants of the checks, which the self-test has to notice.

The defects that the mutant's module judges come first, as it is most likely that one of these is
not caught any more, or is caught by what should not catch it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.mutants.control import SEED, module_of, search_of_trials
from benchmarks.mutants.forked import Result, as_they_come, end_after, ready_to_fork
from benchmarks.mutants.mutate import Mutant
from benchmarks.mutants.patched import Functions, import_again

SAFE_RUNS = 300  # of the safe machines: a check that blames one of them is noticed too
MACHINE_SECONDS = 120.0  # a machine that takes so long is examined without end, which is noticed


def try_all(trials: Sequence[tuple[Path, Mutant]], jobs: int) -> Iterator[tuple[int, Result]]:
    """Try these, so many at a time; the results as they come, with the number of each."""
    from harness.explore.selftest import examine  # noqa: F401 (with all that judges)

    functions = Functions()
    ready_to_fork()
    actions = [partial(_tried, functions, path, mutant) for path, mutant in trials]
    return as_they_come(actions, jobs)


def noticed_as_it_is() -> list[str]:
    """What the search over the safe machines finds without any mistake."""
    return _safe_pair()


def _tried(functions: Functions, path: Path, mutant: Mutant) -> Result:
    """In a child: the self-test until a machine in it does not pass, or all have."""
    if mutant.at_import or not functions.replace(path, mutant.number):
        import_again(path, mutant.number)
    from harness.defects.catalogue import DEFECTS
    from harness.explore.selftest import examine, machine_of

    first = _judged_by(module_of(path))
    every = sorted(DEFECTS, key=lambda defect: not first & {*defect.must})
    for number, defect in enumerate(every, start=1):
        end_after(MACHINE_SECONDS)
        result = examine(machine_of(defect), SEED)
        if not result.passed:
            return Result(True, number, [f"self-test of {result.name}"])
    end_after(MACHINE_SECONDS)
    found = _safe_pair()
    return Result(bool(found), len(every), found)


def _safe_pair() -> list[str]:
    from harness.explore.search import draw_many

    search = search_of_trials(SAFE_RUNS)

    def over(so_far: Any) -> bool:
        return bool(so_far.found) or so_far.runs >= SAFE_RUNS

    tally = draw_many(search, 1, over, lambda _: None)
    return sorted({broken.invariant for broken in tally.found})


def _judged_by(module: str) -> set[str]:
    """The invariants that a module of checks judges."""
    from harness.checks.catalogue import CATALOGUE

    checks = ((invariant.id, invariant.check) for invariant in CATALOGUE)
    return {name for name, check in checks if check is not None and check.__module__ == module}
