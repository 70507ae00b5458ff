"""Trials of mutants of the checks, which the self-test has to notice.

The runs of the control that reach a mutant are played with it. It is noticed at once if a safe
machine is blamed in one of them, or if a promise is not tried in any. Where a defect is blamed for
what it may not break, or not caught any more by what must catch it, the self-test examines that
defect in full, and has the last word: another run may still catch it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from benchmarks.mutants.caught import Caught, Play, Player, machine_named
from benchmarks.mutants.control import SEED, module_of, search_of_trials
from benchmarks.mutants.forked import Result, as_they_come, end_after, ready_to_fork
from benchmarks.mutants.mutate import Mutant
from benchmarks.mutants.patched import Functions, import_again

RUN_SECONDS = 10.0  # a run that takes so long has lost its end, which is noticed
MACHINE_SECONDS = 900.0  # far longer than 2,000 runs take, after which the self-test gives up


def try_all(
    trials: Sequence[tuple[Path, Mutant]], control: Caught, jobs: int
) -> Iterator[tuple[int, Result]]:
    """Try these, so many at a time; the results as they come, with the number of each."""
    from harness.explore.selftest import examine  # noqa: F401 (with all that judges)

    search_of_trials()
    functions = Functions()
    ready_to_fork()
    actions = [partial(_tried, functions, control, path, mutant) for path, mutant in trials]
    return as_they_come(actions, jobs)


def _tried(functions: Functions, control: Caught, path: Path, mutant: Mutant) -> Result:
    """In a child: the mutant in the place of what is right."""
    module, index = module_of(path), mutant.number
    reaching = control.reaching(module, index)
    afresh = mutant.at_import or index in control.made.get(module, ())
    if not (afresh or reaching):
        return Result(False, 0, [])
    if afresh or not functions.replace(path, index):
        import_again(path, index)
        reaching = list(range(len(control.plays)))
    return _Trial(control, reaching).result()


class _Trial:
    """The plays that reach one mutant."""

    def __init__(self, control: Caught, reaching: Sequence[int]) -> None:
        self._control = control
        self._reaching = frozenset(reaching)
        self._player = Player()
        self._done = 0
        self._differ = 0

    def result(self) -> Result:
        """Defect after defect, the safe machines first, until one notices the mutant."""
        numbered = enumerate(self._control.plays)
        for defect, plays in groupby(numbered, key=lambda one: one[1].defect):
            if by := self._noticed(defect, list(plays)):
                return Result(True, self._done, by, len(self._reaching), self._differ)
        return Result(False, self._done, [], len(self._reaching), self._differ)

    def _noticed(self, defect: str, plays: Sequence[tuple[int, Play]]) -> list[str]:
        """What notices it at that defect."""
        if not any(number in self._reaching for number, _ in plays):
            return []
        before = [play for _, play in plays]
        now = [self._played(play) if n in self._reaching else play for n, play in plays]
        if not defect:
            return _blamed(now) or _untried(before, now)
        machine = machine_named(defect)
        broken = {name for play in now for name in play.broken}
        if all(map(machine.expected, broken)) and broken.issuperset(machine.must):
            return []
        from harness.explore.selftest import examine

        end_after(MACHINE_SECONDS)
        result = examine(machine, SEED)
        end_after(0)
        told = [f"{name} not at {defect}" for name in result.missing]
        return told + [f"{name} wrongly at {defect}" for name in result.wrong]

    def _played(self, play: Play) -> Play:
        end_after(RUN_SECONDS)
        now = self._player.played(play)
        end_after(0)
        self._done += 1
        self._differ += now != play
        return now


def _blamed(plays: Sequence[Play]) -> list[str]:
    broken = sorted({name for play in plays for name in play.broken})
    return [f"{name} of a safe machine" for name in broken]


def _untried(before: Sequence[Play], now: Sequence[Play]) -> list[str]:
    """The promises that are not tried any more: a search that does not try one says so."""
    tried = {name for play in now for name in play.tried}
    lost = dict.fromkeys(name for play in before for name in play.tried if name not in tried)
    return [f"{name} was never tried" for name in lost]
