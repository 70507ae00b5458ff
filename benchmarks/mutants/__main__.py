"""`python -m benchmarks.mutants`: small mistakes in what we ship, and whether they are noticed.

Mistakes in machines, faults and the journal have to be noticed by `harness explore` alone, without
any unit test; mistakes in checks by `harness selftest`. A sample is drawn from a seed. What was
tried is kept in a file, so that a run that was stopped goes on where it was, and a mutant of a
module that has not changed since is not tried again. Before a group is tried, its first module is
tried as it is: nothing may be noticed then.

Survivors are listed. `equivalent.toml` says of those that cannot be noticed why not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.mutants.mutate import Mutant, mutants
from benchmarks.mutants.trial import CONTROL

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = ROOT / "runs" / "mutants.jsonl"
GROUPS = {
    "machines": ("explore", ("harness/machines", "harness/sim")),
    "faults": ("explore", ("harness/faults",)),
    "journal": ("explore", ("harness/journal", "harness/tap.py")),
    "checks": ("selftest", ("harness/checks",)),
}
"""By group, who has to notice its mutants, and where it stands."""
NOT_OF_A_RUN = ("diagram.py", "catalogue.py", "__init__.py")  # they say something and do nothing
RUNS = 2000
CPU_SECONDS = 240  # a mutant that goes on for longer has lost its end, which is noticed
GOAL = 0.95


class Trial(NamedTuple):
    path: Path
    mutant: Mutant
    how: str
    key: str


def sample(group: str, many: int, seed: int) -> list[Trial]:
    """So many mutants of a group, drawn from all of its modules."""
    how, places = GROUPS[group]
    every = []
    for place in places:
        whole = ROOT / place
        for path in sorted(whole.glob("*.py")) if whole.is_dir() else [whole]:
            if path.name in NOT_OF_A_RUN:
                continue
            source = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(source.encode()).hexdigest()[:12]
            shown = path.relative_to(ROOT).as_posix()
            every += [Trial(path, x, how, f"{shown} {digest} {x.name}") for x in mutants(source)]
    return Random(seed).sample(every, min(many, len(every)))


def control(trial: Trial) -> str:
    """By what the module of that trial is noticed as it is, without any mistake; '' if by nothing.
    Then a mutant that is noticed is noticed for its mistake.
    """
    as_it_is = trial.mutant._replace(number=CONTROL)
    result = tried(trial._replace(mutant=as_it_is))
    return f"{result['by']}" if result["noticed"] else ""


def tried(trial: Trial) -> dict[str, object]:
    """Try one, in a process of its own."""
    module = trial.path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    words = [sys.executable, "-m", "benchmarks.mutants.trial", module, str(trial.mutant.number)]
    words += [trial.how, str(RUNS), *(_judged_by(trial.path) if trial.how == "selftest" else ())]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, preexec_fn=_limited)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        how = "went on without end" if done.returncode < 0 else "could not be imported"
        return {"noticed": True, "runs": 0, "by": [how]}
    result: dict[str, object] = json.loads(lines[-1])
    return result


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def _judged_by(path: Path) -> Iterator[str]:
    """The invariants that a module of checks judges."""
    from harness.checks.catalogue import CATALOGUE

    for invariant in CATALOGUE:
        if invariant.check is not None and invariant.check.__module__.endswith(f".{path.stem}"):
            yield invariant.id


def kept() -> dict[str, dict[str, object]]:
    """What was tried before, by key."""
    if not KEPT.exists():
        return {}
    lines = (json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines())
    return {line["key"]: line["result"] for line in lines}


def reasons() -> dict[str, str]:
    """Why a mutant cannot be noticed, by module and name."""
    table = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))
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
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="else all")
    parser.add_argument("--sample", type=_some, default=100, help="so many mutants of each group")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    short = False
    for group in given.groups or GROUPS:
        short |= not _examined(group, given)
    return int(short)


def _examined(group: str, given: argparse.Namespace) -> bool:
    """Try the sample of a group and tell of it. Was enough noticed?"""
    trials, before, why = sample(group, given.sample, given.seed), kept(), reasons()
    KEPT.parent.mkdir(exist_ok=True)
    results = {trial.key: before[trial.key] for trial in trials if trial.key in before}
    left = [trial for trial in trials if trial.key not in results]
    if left and (by := control(left[0])):
        print(f"{group}: nothing can be told, as without any mistake something is noticed: {by}")
        return False
    with ThreadPoolExecutor(given.jobs) as pool, KEPT.open("a", encoding="utf-8") as file:
        for trial, result in zip(left, pool.map(tried, left), strict=True):
            results[trial.key] = result
            print(json.dumps({"key": trial.key, "result": result}), file=file, flush=True)
            if not result["noticed"]:
                print(f"  survives: {_told(trial)}", flush=True)
    survivors = [trial for trial in trials if not results[trial.key]["noticed"]]
    known = [trial for trial in survivors if _named(trial) in why]
    share = 1 - (len(survivors) - len(known)) / len(trials)
    print(
        f"{group}: {len(trials)} mutants, {len(trials) - len(survivors)} noticed by "
        f"{GROUPS[group][0]}, {len(known)} equivalent, {len(survivors) - len(known)} survive: "
        f"{share:.1%}"
    )
    for trial in survivors:
        print(f"  {_told(trial)}{': ' + why[_named(trial)] if trial in known else ''}")
    return share >= GOAL


def _named(trial: Trial) -> str:
    return f"{trial.path.relative_to(ROOT).as_posix()} {trial.mutant.name}"


def _told(trial: Trial) -> str:
    shown = trial.path.relative_to(ROOT).as_posix()
    return f"{shown}:{trial.mutant.line} in {trial.mutant.name} [{trial.mutant.kind}]"


if __name__ == "__main__":
    sys.exit(main())
