"""`python -m benchmarks.mutants`: small mistakes in what we ship, and whether they are noticed.

Mistakes in machines, in the world around them, in faults and the journal have to be noticed by
`harness explore` alone, without any unit test; mistakes in checks by `harness selftest`. A sample
is drawn from a seed. What was tried is kept in a file, so that a run that was stopped goes on where
it was. A mutant that was noticed is not tried again while its module stays as it is, and one that
survived while the whole harness does. Before a group is tried, the harness is tried as it is: runs
in which something is noticed then are left out and told.

Survivors are listed: how many runs reached them, and in how many of these the journal became
another one. `equivalent.toml` says of those that cannot be noticed why not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.mutants import caught, control, self_test
from benchmarks.mutants.forked import Result
from benchmarks.mutants.mutate import Mutant, mutants
from benchmarks.mutants.trial import Trials

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = ROOT / "runs" / "mutants.jsonl"
WORLD = (
    *("harness/machines/atm.py", "harness/machines/behaviour.py", "harness/machines/customer.py"),
    *("harness/machines/customer_keys.py", "harness/machines/device.py"),
    *("harness/machines/device_fault.py", "harness/machines/device_image.py"),
    *("harness/machines/motors.py", "harness/machines/notes.py"),
    *("harness/machines/operations.py", "harness/machines/operator.py", "harness/sim"),
)
"""What surrounds the machines that are judged: the hardware, its power, and people. Much of what
would be a mistake in a machine is here another evening, on which no machine does wrong.
"""
GROUPS = {
    "machines": ("explore", ("harness/machines",)),
    "world": ("explore", WORLD),
    "faults": ("explore", ("harness/faults",)),
    "journal": ("explore", ("harness/journal", "harness/tap.py")),
    "checks": ("selftest", ("harness/checks",)),
}
"""By group, who has to notice its mutants, and where it stands."""
NOT_OF_A_RUN = ("diagram.py", "catalogue.py", "__init__.py")  # they say something and do nothing
GOAL = 0.95


class Trial(NamedTuple):
    path: Path
    mutant: Mutant
    digest: str

    @property
    def module(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def named(self) -> str:
        return f"{self.module} {self.mutant.name}"

    @property
    def function(self) -> str:
        """The names of the class and the function that it is in, with dots between them."""
        return self.mutant.name.partition(": ")[0]

    @property
    def key(self) -> str:
        return f"{self.module} {self.digest} {self.mutant.name}"


def paths_of(group: str) -> list[Path]:
    """The modules of a group."""
    found: list[Path] = []
    for place in GROUPS[group][1]:
        whole = ROOT / place
        found += sorted(whole.glob("*.py")) if whole.is_dir() else [whole]
    others = {ROOT / place for place in WORLD} if group == "machines" else set()
    return [path for path in found if path.name not in NOT_OF_A_RUN and path not in others]


def every_mutant(group: str) -> list[Trial]:
    """All mutants of the modules of a group."""
    every = []
    for path in paths_of(group):
        source = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(source.encode()).hexdigest()[:12]
        every += [Trial(path, mutant, digest) for mutant in mutants(source)]
    return every


def sample(group: str, many: int, seed: int, only: str = "") -> list[Trial]:
    """So many mutants of a group, but for functions that no search calls; only of those whose
    module and name contain that text.
    """
    elsewhere = functions_elsewhere()
    every = [x for x in every_mutant(group) if only in x.named and not _within(x, elsewhere)]
    return Random(seed).sample(every, min(many, len(every)))


def _within(trial: Trial, functions: dict[str, str]) -> bool:
    """Is it in one of these functions, or classes?"""
    names = trial.function.split(".")
    return any(
        f"{trial.module} {'.'.join(names[:count])}" in functions
        for count in range(1, len(names) + 1)
    )


def kept(state: str) -> dict[str, Result]:
    """What was tried before and still holds in this state of the harness, by key."""
    if not KEPT.exists():
        return {}
    found = {}
    for text in KEPT.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        result = Result(*line["result"])
        if result.noticed or line["state"] == state:
            found[line["key"]] = result
    return found


def reasons() -> dict[str, str]:
    """Why a mutant cannot be noticed, by module and name."""
    return _by_module("equivalent.toml")


def functions_elsewhere() -> dict[str, str]:
    """Who calls the functions that no search calls, by module and name."""
    return _by_module("elsewhere.toml")


def _by_module(file: str) -> dict[str, str]:
    table = tomllib.loads((HERE / file).read_text(encoding="utf-8"))
    return {
        f"{module} {name}": why for module, names in table.items() for name, why in names.items()
    }


def _some(text: str) -> int:
    """Raises ValueError, which argparse tells, for less than one."""
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--sample", type=_some, default=100, help="so many mutants of the group")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=_some, default=2)
    parser.add_argument("--only", default="", help="of what contains this text (module and name)")
    parser.add_argument("--most", type=_some, help="at most so many runs with a mutant, for a look")
    given = parser.parse_args()
    trials, why = sample(given.group, given.sample, given.seed, given.only), reasons()
    state = f"{control.digest_of_harness()} {given.most or ''}"
    before = kept(state)
    results = {trial.key: before[trial.key] for trial in trials if trial.key in before}
    left = [trial for trial in trials if trial.key not in results]
    try:
        for trial, result in _tried(left, given):
            results[trial.key] = result
            _keep(trial, result, state)
            if not result.noticed and trial.named not in why:
                print(f"  survives: {_told(trial, result)}", flush=True)
    except _Unusable as trouble:
        print(f"{given.group}: nothing can be told: {trouble}")
        return 1
    return int(not _told_of_all(given.group, trials, results, why))


class _Unusable(Exception):
    """Something is noticed without any mistake."""


def _tried(trials: Sequence[Trial], given: argparse.Namespace) -> Iterator[tuple[Trial, Result]]:
    """Each trial with its result, as they come.

    Raises:
        _Unusable: the harness as it is fails the trial too.
    """
    if not trials:
        return
    pairs = [(trial.path, trial.mutant) for trial in trials]
    if GROUPS[given.group][0] == "selftest":
        as_it_is = caught.caught(paths_of(given.group))
        if as_it_is.found:
            raise _Unusable(f"as it is, {as_it_is.found}")
        results = self_test.try_all(pairs, as_it_is, given.jobs)
    else:
        known = control.control(paths_of(given.group))
        if known.untried:
            raise _Unusable(f"as it is, no run tries {known.untried}")
        if known.found:
            print(f"without any mistake, and so left out: {', '.join(known.found)}", flush=True)
        if names := _reached_elsewhere(given.group, known):
            raise _Unusable(f"elsewhere.toml has what a search does call: {names}")
        runner = Trials(known, given.most)
        if others := runner.differing():
            raise _Unusable(f"runs that went otherwise when they were done again: {others}")
        results = runner.try_all(pairs, given.jobs)
    for number, result in results:
        yield trials[number], result


def _reached_elsewhere(group: str, known: control.Control) -> list[str]:
    """The mutants that runs reach although they are in functions that no search calls."""
    elsewhere = functions_elsewhere()
    return [
        trial.named
        for trial in every_mutant(group)
        if _within(trial, elsewhere)
        and known.reaching(control.module_of(trial.path), trial.mutant.number)
    ]


def _keep(trial: Trial, result: Result, state: str) -> None:
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.open("a", encoding="utf-8") as file:
        print(json.dumps({"key": trial.key, "state": state, "result": result}), file=file)


def _told_of_all(
    group: str, trials: Sequence[Trial], results: dict[str, Result], why: dict[str, str]
) -> bool:
    """Tell of a sample. Was enough noticed?"""
    survivors = [trial for trial in trials if not results[trial.key].noticed]
    known = [trial for trial in survivors if trial.named in why]
    share = 1 - (len(survivors) - len(known)) / len(trials)
    print(
        f"{group}: {len(trials)} mutants, {len(trials) - len(survivors)} noticed by "
        f"{GROUPS[group][0]}, {len(known)} equivalent, {len(survivors) - len(known)} survive: "
        f"{share:.1%}"
    )
    for trial in sorted(survivors, key=lambda trial: trial.named):
        reason = f": {why[trial.named]}" if trial.named in why else ""
        print(f"  {_told(trial, results[trial.key])}{reason}")
    wrong = [trial for trial in trials if trial.named in why and results[trial.key].noticed]
    for trial in wrong:
        print(f"  said to be equivalent and noticed: {trial.named} {results[trial.key].by}")
    return share >= GOAL and not wrong


def _told(trial: Trial, result: Result) -> str:
    what = f"{trial.module}:{trial.mutant.line} in {trial.mutant.name} [{trial.mutant.kind}]"
    return f"{what} reached by {result.reached} runs, {result.differs} of {result.runs} differ"


if __name__ == "__main__":
    sys.exit(main())
