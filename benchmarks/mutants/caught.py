"""The control of the checks' mutants: the self-test with every check as it is, and what it reaches.

The self-test takes minutes, and nearly all of its runs say the same with a mutant as without it. So
it is done once. Of each defect those runs are kept that broke something which had not been broken
before, as they were found and as small as they got; and besides them runs of the safe machines.
Then they are played again with checks that tell which of their mutants are reached: a mutant says
something else in no other of these runs.

What was kept holds for one state of the whole harness.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.mutants.control import (
    KEPT,
    SEED,
    Finder,
    Reached,
    digest_of_harness,
    in_a_process,
    module_of,
    search_of_trials,
)

SAFE_RUNS = 300  # of the safe machines: a check that blames one of them is noticed too


class Play(NamedTuple):
    """One run, and what it broke; `defect` is '' where both machines are the safe ones. `tried` has
    the promised invariants that had something to judge.
    """

    defect: str
    evening: int
    schedule: tuple[str, ...]
    secrets: bool
    broken: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()


class Caught(NamedTuple):
    """`found` says what is wrong without any mistake, and `plays` come defect by defect, those of
    the safe machines first. `reached` has the numbers of the plays that reached a mutant, by module
    and index; `made` the mutants that were reached outside of plays.
    """

    found: list[str]
    plays: list[Play]
    reached: dict[str, dict[int, list[int]]]
    made: dict[str, list[int]]

    def reaching(self, module: str, index: int) -> list[int]:
        """The plays that reach a mutant, which stands in a function."""
        return self.reached.get(module, {}).get(index, [])


class Player:
    """Plays runs of defects and of the safe machines, and keeps what runs of one have in common."""

    def __init__(self) -> None:
        self._defect: str | None = None
        self._runner: Any = None
        self._promises = search_of_trials(SAFE_RUNS).plan.scenario.promises

    def played(self, play: Play) -> Play:
        """That run once more, with what it breaks and tries this time."""
        if play.defect != self._defect:
            self._runner = self._runner_of(play.defect)
            self._defect = play.defect
        trial = self._runner.run(play.schedule, evening=play.evening, secrets=play.secrets)
        broken = tuple(sorted({one.invariant for one in trial.broken}))
        tried = tuple(name for name in self._promises if name in trial.tried)
        return play._replace(broken=broken, tried=tried)

    @staticmethod
    def _runner_of(defect: str) -> Any:
        from harness.explore.runner import Runner

        search = machine_named(defect).search if defect else search_of_trials(SAFE_RUNS)
        return Runner(search.evenings)


def machine_named(defect: str) -> Any:
    """The machine under test with that defect."""
    from harness.defects.catalogue import DEFECTS
    from harness.explore.selftest import machine_of

    return next(machine_of(one) for one in DEFECTS if one.name == defect)


def caught(paths: Sequence[Path]) -> Caught:
    """The control for mutants of those modules, kept or made anew."""
    kept = KEPT / f"{digest_of_harness()}-self-test.json"
    if not kept.exists():
        found, plays = in_a_process(_found)
        plays, reached, made = in_a_process(reaching, [module_of(path) for path in paths], plays)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps((found, plays, reached, made)), encoding="utf-8")
    found, plays, reached, made = json.loads(kept.read_text(encoding="utf-8"))
    return Caught(
        found,
        [Play(x[0], x[1], tuple(x[2]), x[3], tuple(x[4]), tuple(x[5])) for x in plays],
        {name: {int(n): at for n, at in some.items()} for name, some in reached.items()},
        made,
    )


def _found() -> tuple[list[str], list[Play]]:
    """What does not pass, and the runs, safe ones first."""
    from harness.defects.catalogue import DEFECTS

    found, plays = _safe_runs()
    for defect in DEFECTS:
        passed, of_defect = _runs_of(defect)
        plays += of_defect
        found += [] if passed else [f"{defect.name} does not pass"]
    return found, plays


def _safe_runs() -> tuple[list[str], list[Play]]:
    from unittest.mock import patch

    from harness.explore.runner import Runner
    from harness.explore.search import draw_many

    plays: list[Play] = []
    whole = Runner.run

    def run(self: Any, schedule: Any, *, evening: int = 0, secrets: bool = False) -> Any:
        plays.append(Play("", evening, schedule, secrets))
        return whole(self, schedule, evening=evening, secrets=secrets)

    with patch.object(Runner, "run", run):
        search = search_of_trials(SAFE_RUNS)
        tally = draw_many(search, 1, lambda so_far: so_far.runs >= SAFE_RUNS, lambda _: None)
    if tally.interrupted:
        raise KeyboardInterrupt
    return sorted({f"{broken.invariant} of a safe machine" for broken in tally.found}), plays


def _runs_of(defect: Any) -> tuple[bool, list[Play]]:
    """Whether a defect passes, and the runs that show it."""
    from unittest.mock import patch

    from harness.explore import selftest

    plays: dict[Play, None] = {}
    whole = selftest._smallest

    def smallest(runner: Any, found: Any) -> Any:
        breaks, schedule = whole(runner, found)
        secrets = found.broken.invariant == "S3"
        plays[Play(defect.name, found.evening, schedule, secrets)] = None
        plays[Play(defect.name, found.evening, found.schedule, secrets)] = None
        return breaks, schedule

    with patch.object(selftest, "_smallest", smallest):
        result = selftest.examine(selftest.machine_of(defect), SEED)
    return result.passed, list(plays)


def reaching(
    modules: Sequence[str], plays: Sequence[Play]
) -> tuple[list[Play], dict[str, dict[int, list[int]]], dict[str, list[int]]]:
    """The plays with what they break, and what they reach."""
    reached = Reached()
    assert not any(name in sys.modules for name in modules)
    sys.meta_path.insert(0, Finder(modules, reached.loader))
    player = Player()
    made: dict[str, dict[int, None]] = {}
    of_plays: dict[str, dict[int, list[int]]] = {}
    done = []
    for number, play in enumerate(plays):
        for name, index in reached.taken():
            made.setdefault(name, {})[index] = None
        done.append(player.played(play))
        for name, index in reached.taken():
            of_plays.setdefault(name, {}).setdefault(index, []).append(number)
    return done, of_plays, {name: list(some) for name, some in made.items()}
