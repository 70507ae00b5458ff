"""A mutant in the place of what is right, in a process that has imported the harness already."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from benchmarks.mutants.control import Finder, Loader, module_of
from benchmarks.mutants.mutate import mutated


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield inner
            yield from _codes(inner)


class Functions:
    """Every function that there is."""

    def __init__(self) -> None:
        self._of_files: dict[str, list[types.FunctionType]] = {}
        frozen = gc.get_freeze_count()
        gc.unfreeze()  # the collector does not show what is frozen
        for one in gc.get_objects():
            if isinstance(one, types.FunctionType):
                self._of_files.setdefault(one.__code__.co_filename, []).append(one)
        if frozen:
            gc.freeze()

    def replace(self, path: Path, index: int) -> bool:
        """Give each function of that file the code that it has in the mutant; False where one
        cannot have it, as it closes over other names.
        """
        tree = mutated(path.read_text(encoding="utf-8"), index)
        code = compile(tree, str(path), "exec", dont_inherit=True)
        new = {(inner.co_qualname, inner.co_firstlineno): inner for inner in _codes(code)}
        for function in self._of_files.get(str(path), ()):
            old = function.__code__
            other = new.get((old.co_qualname, old.co_firstlineno))
            if other is not None:
                try:
                    function.__code__ = other
                except ValueError:
                    return False
        return True


def import_again(path: Path, index: int) -> None:
    """From now on an import of the harness is one of it with that mutant."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "harness"]:
        del sys.modules[name]

    def loader(name: str, path: str) -> Loader:
        return Loader(name, path, lambda source: mutated(source, index), {})

    sys.meta_path.insert(0, Finder([module_of(path)], loader))
