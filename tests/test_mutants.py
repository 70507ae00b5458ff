"""The mutator: what it makes is one mistake, and its name stays when lines move."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.mutants import mutate
from benchmarks.mutants.mutate import mutants, mutated
from benchmarks.mutants.trial import CONTROL, _Loader

SOURCE = '''
"""A module."""

TABLE = {"a": 1, "b": 2, "c": 3, "d": 4}


class Timer:
    """It ends."""

    def due(self, now: float) -> bool:
        """Is it?"""
        if now >= self.deadline and not self.off:
            self.fired += 1
            self.tell()
            return True
        return now + 30.0 < self.last
'''


def names() -> list[str]:
    return [mutant.name for mutant in mutants(SOURCE)]


@pytest.mark.parametrize(
    "name",
    [
        "module: without the entry 'a'",
        "Timer.due: 'now >= self.deadline' becomes 'now > self.deadline'",
        "Timer.due: 'now >= self.deadline' becomes 'now < self.deadline'",
        "Timer.due: 'not self.off' becomes 'self.off'",
        "Timer.due: without 'self.tell()'",
        "Timer.due: 'True' becomes 'False'",
        "Timer.due: '30.0' becomes '15.0'",
        "Timer.due: 'now + 30.0' becomes 'now - 30.0'",
        "module: '1' becomes '2'",
    ],
)
def test_it_makes_the_mistakes_of_programmers(name: str) -> None:
    """Comparisons, statements, constants, table cells, deadlines."""
    assert name in names()


def test_a_mutant_differs_in_one_place() -> None:
    """And each from the others."""
    whole = ast.unparse(ast.parse(SOURCE)).splitlines()
    made = [ast.unparse(mutated(SOURCE, mutant.number)) for mutant in mutants(SOURCE)]
    assert len(set(made)) == len(made) > 15
    for text in made:
        lines = text.splitlines()
        assert len(lines) == len(whole)
        assert sum(one != other for one, other in zip(lines, whole, strict=True)) == 1


def test_a_module_as_it_is_can_be_tried_too() -> None:
    """The control: the loader leaves it alone."""
    path = Path(mutate.__file__)
    loader = _Loader("a_copy", str(path), CONTROL)
    assert loader.get_code("a_copy") == compile(
        path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True
    )


def test_names_stay_when_lines_move() -> None:
    """What was tried, and why a survivor is equivalent, is found again."""
    moved = mutants("\n\nimport os\n" + SOURCE.replace("class Timer", "\n\nclass Timer"))
    assert [mutant.name for mutant in moved] == names()
    assert len(set(names())) == len(names())


def test_texts_for_people_are_left_alone() -> None:
    """A docstring, an annotation and the words of an error are no behaviour."""
    source = 'def f(x: int = 3) -> "A":\n    """Says 5."""\n    raise ValueError(f"{x + 1}")\n'
    assert all("ValueError" not in mutant.name for mutant in mutants(source))
    assert all("Says" not in mutant.name for mutant in mutants(source))
