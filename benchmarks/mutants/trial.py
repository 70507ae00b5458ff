"""Trials of mutants that a search has to notice.

The parent has imported the harness and prepared the evenings. A child puts the mutant's functions
in the place of the right ones, and does the runs of the control that reach it, until something is
found. What stands outside of functions, or is done while a search is prepared, needs the modules
anew: these are imported again, and every run is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.mutants.control import Control, Digest, Run, module_of, search_of_trials
from benchmarks.mutants.forked import Result, as_they_come, end_after, ready_to_fork
from benchmarks.mutants.mutate import Mutant
from benchmarks.mutants.patched import Functions, import_again

RUN_SECONDS = 5.0  # a run that takes so long has lost its end, which is noticed
_PROVEN = 40  # runs that noticed other mutants and are done first
_WARM = 64  # runs that fill what the harness keeps for later


class Trials:
    """Tries mutants of modules of the harness."""

    def __init__(self, control: Control, most: int | None = None) -> None:
        """With `most`, no more than so many runs are done with a mutant."""
        from harness.explore.runner import Runner

        self._control = control
        self._most = most
        search = search_of_trials()
        self._promises = search.plan.scenario.promises
        self._runner = Runner(search.evenings, {}, {})
        self._others: list[int] = []
        for number, run in enumerate(control.runs[:_WARM]):
            _, same = _done(self._runner, run)
            if not same:
                self._others.append(number)
        self._functions = Functions()
        self._proven: dict[int, int] = {}
        ready_to_fork()

    def differing(self) -> list[int]:
        """The numbers of the first runs that went otherwise than in the control."""
        return self._others

    def try_all(
        self, trials: Sequence[tuple[Path, Mutant]], jobs: int
    ) -> Iterator[tuple[int, Result]]:
        """Try these, so many at a time; the results as they come, with the number of each."""
        actions = [partial(self._tried, path, mutant) for path, mutant in trials]
        for number, result in as_they_come(actions, jobs):
            if result.last >= 0:
                self._proven[result.last] = self._proven.get(result.last, 0) + 1
            yield number, result

    def _tried(self, path: Path, mutant: Mutant) -> Result:
        """In a child: the mutant in the place of what is right."""
        from harness.explore.runner import Runner

        module, index = module_of(path), mutant.number
        reaching = self._control.reaching(module, index)
        afresh = mutant.at_import or index in self._control.made.get(module, ())
        if not (afresh or reaching):
            return Result(False, 0, [])
        if not afresh and self._functions.replace(path, index):
            return self._searched(self._runner, reaching)
        import_again(path, index)
        from harness.explore.runner import Runner as Again

        assert Again is not Runner
        runner = Again(search_of_trials().evenings, {}, {})
        return self._searched(runner, list(range(len(self._control.runs))))

    def _searched(self, runner: Any, reaching: list[int]) -> Result:
        differ, order = 0, self._in_order(reaching)
        tried: set[str] = set()
        for runs, number in enumerate(order, start=1):
            try:
                trial, same = _done(runner, self._control.runs[number])
            except Exception as error:
                by = [f"raises {type(error).__name__}"]
                return Result(True, runs, by, len(reaching), differ + 1, number)
            differ += not same
            tried.update(trial.tried)
            if trial.broken:
                by = sorted({broken.invariant for broken in trial.broken})
                return Result(True, runs, by, len(reaching), differ, number)
        untried = self._untried(order, tried) if len(order) == len(reaching) else []
        by = [f"{name} was never tried" for name in untried]
        return Result(bool(untried), len(order), by, len(reaching), differ)

    def _untried(self, done: list[int], tried: set[str]) -> list[str]:
        """The promises of the ground that no run tries any more: then a search proves nothing, and
        says so. In runs that do not reach the mutant the same is tried as in the control.
        """
        with_mutant = frozenset(done)
        for number, run in enumerate(self._control.runs):
            if number not in with_mutant:
                tried.update(run.tried)
        return [name for name in self._promises if name not in tried]

    def _in_order(self, reaching: list[int]) -> list[int]:
        """First what has noticed most, then the others in any order."""
        among = frozenset(reaching)
        proven = sorted(self._proven, key=lambda number: -self._proven[number])
        first = [number for number in proven if number in among][:_PROVEN]
        others = [number for number in reaching if number not in first]
        Random(1).shuffle(others)
        return (first + others)[: self._most]


def _done(runner: Any, run: Run) -> tuple[Any, bool]:
    """A run of the control once more, and whether the journal is the same."""
    digest = Digest()
    end_after(RUN_SECONDS)
    listeners = (digest.see,)
    trial = runner.run(run.schedule, evening=run.evening, secrets=run.secrets, listeners=listeners)
    end_after(0)
    return trial, str(digest) == run.digest
