"""The control of the mutants: the search with every module as it is, and what it reaches.

It is `harness explore` on its default ground, with the seed of the trials. Of each run it keeps the
faults, a digest of what its journal said, and which mutants it reached. A mutant acts in no other
run: so only these are done with it, and it goes through the same runs as the control. A run that
finds something without any mistake is left out, and told: a mutant in it would be noticed for
something else.

What was kept holds for one state of the whole harness.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.mutants.mutate import COMPARED, REACHED, reached_in

ROOT = Path(__file__).parents[2]
SEED = 1
RUNS = 2000
KEPT = ROOT / "runs" / "mutants-control"


class Run(NamedTuple):
    """One run of the control: `digest` is of its journal, `secrets` whether it was scanned, and
    `tried` has the promised invariants that had something to judge.
    """

    evening: int
    schedule: tuple[str, ...]
    secrets: bool
    digest: str
    tried: tuple[str, ...]


class Control(NamedTuple):
    """`found` says what was noticed without any mistake, in runs that are left out, and `untried`
    which promises no run tries. `reached` has the numbers of the runs that reached a mutant, by
    module and index; `made` the mutants that were reached while the search was prepared.
    """

    found: list[str]
    untried: list[str]
    runs: list[Run]
    reached: dict[str, dict[int, list[int]]]
    made: dict[str, list[int]]

    def reaching(self, module: str, index: int) -> list[int]:
        """The runs that reach a mutant, which stands in a function."""
        return self.reached.get(module, {}).get(index, [])


class Digest:
    """A listener of the journal: a digest of all that it says."""

    def __init__(self) -> None:
        from harness.journal import encode_entry

        self._encode = encode_entry
        self._hash = hashlib.blake2b(digest_size=8)

    def see(self, at: float, actor: str, event: Any) -> None:
        self._hash.update(self._encode(at, 0, actor, event))

    def __str__(self) -> str:
        return self._hash.hexdigest()


def digest_of_harness() -> str:
    """Of everything that the control depends on: the harness, what it reads, and the mutator."""
    whole = hashlib.blake2b(digest_size=6)
    for place, kind in (
        ("harness", "*.py"),
        ("fixtures", "*"),
        ("benchmarks/mutants", "mutate.py"),
    ):
        for path in sorted((ROOT / place).rglob(kind)):
            if path.is_file():
                whole.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def module_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from a syntax tree that is made of its source; `given` are further globals."""

    def __init__(
        self, name: str, path: str, tree: Callable[[str], Any], given: dict[str, Any]
    ) -> None:
        super().__init__(name, path)
        self._tree = tree
        self._given = given

    def get_code(self, _fullname: str) -> types.CodeType:
        source = Path(self.path).read_text(encoding="utf-8")
        return compile(self._tree(source), self.path, "exec", dont_inherit=True)

    def exec_module(self, module: types.ModuleType) -> None:
        vars(module).update(self._given)
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds those modules, and has them loaded by what `loader` makes of a name and a path."""

    def __init__(self, modules: Iterable[str], loader: Callable[[str, str], Loader]) -> None:
        self._modules = frozenset(modules)
        self._loader = loader

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._modules:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec is not None
        assert spec.origin is not None
        loader = self._loader(name, spec.origin)
        return importlib.util.spec_from_file_location(name, spec.origin, loader=loader)


class Reached:
    """Notes which mutants are reached."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, int], None] = {}

    def loader(self, name: str, path: str) -> Loader:
        statements: list[tuple[int, ...]] = []
        judges: list[Any] = []

        def tree(source: str) -> Any:
            made, found, others = reached_in(source)
            statements.extend(found)
            judges.extend(others)
            return made

        now = self._now

        def reached(number: int) -> None:
            for index in statements[number]:
                now[name, index] = None

        def compared(number: int, one: Any, other: Any) -> Any:
            (_, as_it_is), *mutants = judges[number]
            said = as_it_is(one, other)
            for index, says in mutants:
                if (name, index) not in now:
                    try:
                        same = bool(says(one, other)) == bool(said)
                    except Exception:
                        same = False
                    if not same:
                        now[name, index] = None
            return said

        return Loader(name, path, tree, {REACHED: reached, COMPARED: compared})

    def taken(self) -> list[tuple[str, int]]:
        """What was reached since this was last asked."""
        taken = list(self._now)
        self._now.clear()
        return taken


def control(paths: Sequence[Path]) -> Control:
    """The control for mutants of those modules, kept or made anew."""
    names = "\n".join(sorted(module_of(path) for path in paths)).encode()
    group = hashlib.blake2b(names, digest_size=4).hexdigest()
    kept = KEPT / f"{digest_of_harness()}-{group}.json"
    if not kept.exists():
        made = in_a_process(_made, [module_of(path) for path in paths])
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(made), encoding="utf-8")
    found, untried, runs, reached, before = json.loads(kept.read_text(encoding="utf-8"))
    return Control(
        found,
        untried,
        [Run(run[0], tuple(run[1]), run[2], run[3], tuple(run[4])) for run in runs],
        {name: {int(n): at for n, at in some.items()} for name, some in reached.items()},
        before,
    )


def in_a_process(action: Callable[..., Any], *arguments: Any) -> Any:
    """What an action gives in a new process, which has imported nothing of the harness yet. What it
    imports, made to tell what it reaches, is slow, and stays there.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(action, *arguments).result()


def _made(modules: Sequence[str]) -> Control:
    reached = Reached()
    assert not any(name in sys.modules for name in modules)
    finder = Finder(modules, reached.loader)
    sys.meta_path.insert(0, finder)
    from unittest.mock import patch

    from harness.explore.runner import Runner
    from harness.explore.schedules import RunDraw
    from harness.explore.search import draw_many

    search = search_of_trials(RUNS)
    promises = search.plan.scenario.promises
    made: dict[str, dict[int, None]] = {}
    note_made = partial(_note_made, reached, made)
    note_made()  # what was done as the harness was imported
    RunDraw(search.evenings, SEED, search.budget).begins_in_turn(0)  # it makes runs of its own
    of_runs: dict[str, dict[int, list[int]]] = {}
    runs: list[Run] = []
    whole, assembled = Runner.run, Runner._evening

    def evening_of(self: Runner, number: int) -> Any:
        reached.taken()
        found = assembled(self, number)
        note_made()
        return found

    def run(
        self: Runner, schedule: tuple[str, ...], *, evening: int = 0, secrets: bool = False
    ) -> Any:
        digest = Digest()
        trial = whole(self, schedule, evening=evening, secrets=secrets, listeners=(digest.see,))
        met = reached.taken()
        if trial.broken:
            return trial
        for name, index in met:
            of_runs.setdefault(name, {}).setdefault(index, []).append(len(runs))
        tried = tuple(name for name in promises if name in trial.tried)
        runs.append(Run(evening, schedule, secrets, str(digest), tried))
        return trial

    with patch.object(Runner, "run", run), patch.object(Runner, "_evening", evening_of):
        tally = draw_many(search, 1, lambda so_far: so_far.runs >= RUNS, lambda _: None)
    if tally.interrupted:
        raise KeyboardInterrupt  # what is kept would count for the whole search
    found = sorted({f"{broken.invariant} in run {x.number}" for broken, x in tally.found.items()})
    before = {name: list(some) for name, some in made.items()}
    return Control(found, list(tally.untried), runs, of_runs, before)


def _note_made(reached: Reached, made: dict[str, dict[int, None]]) -> None:
    for name, index in reached.taken():
        made.setdefault(name, {})[index] = None


def search_of_trials(runs: int = RUNS) -> Any:
    """What `harness explore` searches by default, in so many runs."""
    import msgspec

    from harness.explore.random_search import chunk_for
    from harness.explore.usual_search import usual_search

    search = usual_search(seed=SEED)
    chunk = chunk_for(search.plan, runs, guided=True)
    return msgspec.structs.replace(search, chunk=chunk)
