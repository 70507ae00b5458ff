"""One mutant in a process of its own: is it noticed?

`python -m benchmarks.mutants.trial MODULE INDEX HOW RUNS` imports the mutant in the place of the
module and searches as `harness explore` or `harness selftest` does. The last line of its output is
JSON: whether the mutant was noticed, after how many runs, and by what.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types
from collections.abc import Sequence
from pathlib import Path

from benchmarks.mutants.mutate import mutated

SEED = 1
CONTROL = -1  # in the place of a mutant: the module as it is


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a mutant of one module."""

    def __init__(self, name: str, path: str, index: int) -> None:
        super().__init__(name, path)
        self._index = index

    def get_code(self, _fullname: str) -> types.CodeType:
        source = Path(self.path).read_text(encoding="utf-8")
        tree = ast.parse(source) if self._index == CONTROL else mutated(source, self._index)
        return compile(tree, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, index: int) -> None:
        self._module = module
        self._index = index

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec is not None
        assert spec.origin is not None
        return importlib.util.spec_from_file_location(
            name, spec.origin, loader=_Loader(name, spec.origin, self._index)
        )


def explored(runs: int) -> dict[str, object]:
    """Search as `harness explore` does on its default ground, until anything is found."""
    import msgspec

    from harness.explore.random_search import chunk_for
    from harness.explore.search import draw_many
    from harness.explore.usual_search import usual_search

    search = usual_search(seed=SEED)
    chunk = chunk_for(search.plan, runs, guided=True)
    search = msgspec.structs.replace(search, chunk=chunk)
    tally = draw_many(search, 1, lambda so_far: bool(so_far.found) or so_far.runs >= runs, _quiet)
    by = sorted({broken.invariant for broken in tally.found})
    return {"noticed": bool(by), "runs": tally.runs, "by": by}


def self_tested(first: Sequence[str]) -> dict[str, object]:
    """The self-test until a defect is not caught as it should be, or everything in it is: those
    that the invariants `first` must catch come first, as the mutant is in a check of theirs.
    """
    from harness.defects.catalogue import DEFECTS
    from harness.explore.selftest import examine, machine_of

    every = sorted(DEFECTS, key=lambda defect: not set(first) & set(defect.must))
    for number, defect in enumerate(every, start=1):
        result = examine(machine_of(defect), SEED)
        if not result.passed:
            return {"noticed": True, "runs": number, "by": [f"self-test of {result.name}"]}
    found = explored(300)  # a check that blames a safe machine is noticed too
    return {"noticed": found["noticed"], "runs": len(every), "by": found["by"]}


def _quiet(_tally: object) -> None:
    """Nobody watches."""


def main() -> None:
    module, index, how, runs = sys.argv[1:5]
    sys.meta_path.insert(0, _Finder(module, int(index)))
    try:
        if how == "explore":
            result = explored(int(runs))
        else:
            result = self_tested(sys.argv[5:])
    except Exception as error:
        result = {"noticed": True, "runs": 0, "by": [f"raises {type(error).__name__}"]}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
