"""Mutants: what is made is one mistake, a trial notices it, and survivors are told apart."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutants import self_test
from benchmarks.mutants.__main__ import GROUPS, ROOT, functions_elsewhere, reasons, sample
from benchmarks.mutants.caught import Caught, Play, Player, reaching
from benchmarks.mutants.control import (
    Control,
    Digest,
    Run,
    in_a_process,
    module_of,
    search_of_trials,
)
from benchmarks.mutants.forked import Result, as_they_come, end_after
from benchmarks.mutants.mutate import COMPARED, REACHED, Mutant, mutants, mutated, reached_in
from benchmarks.mutants.patched import Functions
from benchmarks.mutants.trial import Trials
from harness.checks import card
from harness.explore import selftest
from harness.explore.runner import Runner
from harness.machines import notes

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
        "Timer.due: 'True' becomes 'False' in 'return True'",
        "Timer.due: '30.0' becomes '15.0' in 'return now + 30.0 < self.last'",
        "Timer.due: 'now + 30.0' becomes 'now - 30.0'",
        "module: '1' becomes '2' in 'TABLE = {'a': 1, 'b': 2, 'c': 3, 'd': 4}'",
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


def test_of_two_equals_it_does_not_matter_which_is_taken() -> None:
    """The smaller of two is the same with < and with <=; with > it is the larger one."""
    source = "def f(a, b):\n    if a < b:\n        b = a\n    return a if a <= b else b\n"
    told = [mutant.name for mutant in mutants(source) if mutant.kind == "comparison"]
    assert told == ["f: 'a < b' becomes 'a > b'", "f: 'a <= b' becomes 'a > b'"]
    other = source.replace("b = a", "b = 0")
    assert "f: 'a < b' becomes 'a <= b'" in [mutant.name for mutant in mutants(other)]


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


def test_one_more_than_a_chosen_size_is_no_mistake() -> None:
    """A table of 2,000 may as well have 2,001 rows; the last STAN is another matter."""
    source = "ROWS = 2000\nLAST = 999999\nNONE = 0\n"
    told = [mutant.name for mutant in mutants(source)]
    assert told == [
        "module: '999999' becomes '1000000' in 'LAST = 999999'",
        "module: '0' becomes '1' in 'NONE = 0'",
    ]


def test_what_is_equivalent_is_still_a_mutant() -> None:
    """A reason whose mutant is gone says nothing any more."""
    every = {trial.named for group in GROUPS for trial in sample(group, sys.maxsize, 1)}
    assert [name for name in reasons() if name not in every] == []


def test_what_is_called_elsewhere_is_still_a_function() -> None:
    """And none of its mutants is in a sample."""
    names = functions_elsewhere()
    for name in names:
        path, _, function = name.partition(" ")
        source = (ROOT / path).read_text(encoding="utf-8")
        assert any(
            mutant.name.startswith((f"{function}:", f"{function}.")) for mutant in mutants(source)
        )
    drawn = [trial.named for trial in sample("machines", sys.maxsize, 1)]
    assert [name for name in drawn if name.startswith(tuple(f"{x}:" for x in names))] == []


def reached(source: str, call: str) -> list[str]:
    """The names of the mutants of functions that a call reaches."""
    tree, statements, judges = reached_in(source)
    met: dict[int, None] = {}

    def compared(number: int, one: Any, other: Any) -> Any:
        (_, right), *others = judges[number]
        met.update({n: None for n, says in others if says(one, other) != right(one, other)})
        return right(one, other)

    space: dict[str, Any] = {
        REACHED: lambda number: met.update(dict.fromkeys(statements[number])),
        COMPARED: compared,
    }
    exec(compile(tree, "source", "exec"), space)
    met.clear()
    exec(call, space)
    every = {mutant.number: mutant.name.partition(": ")[2] for mutant in mutants(source)}
    return [every[number] for number in sorted(met)]


LIMIT = """
def f(x):
    if x > 3:
        g(x)
    return [] if x in (1, 2) and x != 9 else x
def g(x):
    x.append(1) if x == [] else None
"""


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("f(7)", {"'x > 3' becomes 'x < 3'", "without 'g(x)'"}),
        ("f(3)", {"'x > 3' becomes 'x >= 3'"}),
        ("f(4)", {"'x > 3' becomes 'x < 3'", "'3' becomes '4' in 'x > 3'", "without 'g(x)'"}),
    ],
)
def test_only_what_says_something_else_is_reached(call: str, told: set[str]) -> None:
    """A comparison that answers the same for all that it is asked changes nothing."""
    of_the_limit = {
        *("'x > 3' becomes 'x < 3'", "'x > 3' becomes 'x >= 3'"),
        "'3' becomes '4' in 'x > 3'",
    }
    met = set(reached(LIMIT, call))
    assert met & (of_the_limit | {"without 'g(x)'"}) == told
    assert "'x in (1, 2) and x != 9' becomes 'x in (1, 2) or x != 9'" in met


def test_a_module_that_tells_what_it_reaches_does_the_same() -> None:
    """Every module of the machines can be made to tell, and each mutant of a function once."""
    for trial in {trial.path: trial for trial in sample("machines", sys.maxsize, 1)}.values():
        source = trial.path.read_text(encoding="utf-8")
        tree, statements, judges = reached_in(source)
        compile(tree, str(trial.path), "exec", dont_inherit=True)
        told = [n for some in statements for n in some] + [n for x in judges for n, _ in x[1:]]
        of_functions = [x.number for x in mutants(source) if not x.at_import]
        assert sorted(set(told)) == sorted(told)
        assert set(of_functions) <= set(told)


def test_a_function_becomes_the_mutants(tmp_path: Path) -> None:
    """Wherever it is known already, and an inner function with it."""
    path = tmp_path / "a_module_with_a_mutant.py"
    path.write_text(
        "def f(x):\n    return x + 1\ndef outer():\n    return lambda x: x + 5\ninner = outer()\n"
    )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    known, inner, functions = module.f, module.inner, Functions()
    by_name = {mutant.name: mutant.number for mutant in mutants(path.read_text())}
    assert functions.replace(path, by_name["f: 'x + 1' becomes 'x - 1'"])
    assert (known(1), inner(1)) == (0, 6)
    assert functions.replace(path, by_name["outer: '5' becomes '6' in 'return lambda x: x + 5'"])
    assert (known(1), inner(1)) == (2, 7)


def _endless() -> Result:
    end_after(0.05)
    while True:
        pass


def _raises() -> Result:
    raise ValueError


def test_trials_in_processes_of_their_own() -> None:
    """Each gives its result; one without end, or that raises, is noticed."""
    survives = Result(False, 3, [])
    results = dict(as_they_come([lambda: survives, _endless, _raises], 2))
    assert results[0] == survives
    assert [(results[n].noticed, results[n].by) for n in (1, 2)] == [
        (True, ["goes on without end"]),
        (True, ["raises ValueError"]),
    ]


def test_a_mutant_is_noticed_and_another_is_not_reached() -> None:
    """The runs of the control that reach it are done until something is found."""
    digest = Digest()
    search = search_of_trials()
    Runner(search.evenings, {}, {}).run((), listeners=(digest.see,))
    path = Path(notes.__file__)
    control_run = Run(0, (), False, str(digest), search.plan.scenario.promises)
    every = mutants(path.read_text(encoding="utf-8"))
    inside = [mutant for mutant in every if not mutant.at_import]
    reaching = {mutant.number: [0] for mutant in inside[1:]}
    tried = Trials(Control([], [], [control_run], {module_of(path): reaching}, {}))
    assert tried.differing() == []
    results = dict(tried.try_all([(path, mutant) for mutant in inside], 1))
    assert results[0] == Result(False, 0, [])
    assert any(result.noticed for result in results.values())
    assert notes.__file__ == str(path)


CHECK = Path(card.__file__)
HANGS, SILENT = "hangs_on_timeout", ("drop_response:nth=1,mti=0210,terminal=ATM00001",)
NEVER_OUT = "without 'self.fail(terminal, due, f'the card never came out"


def of_the_check(text: str) -> Mutant:
    every = mutants(CHECK.read_text(encoding="utf-8"))
    return next(x for x in every if x.name.startswith(f"AbortReleasesCard.{text}"))


def tried_with(mutant: Mutant, plays: list[Play], reached: list[int]) -> Result:
    of_module = {module_of(CHECK): {mutant.number: reached}}
    return dict(self_test.try_all([(CHECK, mutant)], Caught([], plays, of_module, {}), 1))[0]


def test_runs_that_catch_a_defect_tell_what_they_reach() -> None:
    """A mutant of what a check says of a card that stays inside, and none of a safe machine."""
    plays = [Play("", 0, (), False), Play(HANGS, 0, SILENT, False)]
    (safe, hangs), reached, _ = in_a_process(reaching, [module_of(CHECK)], plays)
    assert (safe.broken, {"T1", "T2", "F1"} - {*hangs.broken}) == ((), set())
    assert reached[module_of(CHECK)][of_the_check(f"due: {NEVER_OUT}").number] == [1]


def test_a_check_that_is_silent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What must catch a defect does not any more."""
    monkeypatch.setattr(selftest, "WITHIN", 1)
    play = Player().played(Play(HANGS, 0, SILENT, False))
    mutant = of_the_check(f"due: {NEVER_OUT}")
    result = tried_with(mutant, [play], [0])
    assert (result.noticed, result.by[0]) == (True, f"T1 not at {HANGS}")
    assert tried_with(mutant, [play], []) == Result(False, 0, [])


def test_a_check_that_blames_a_safe_machine_is_noticed() -> None:
    """Whether or not every defect is still caught."""
    play = Player().played(Play("", 0, SILENT, False))
    assert play.broken == ()
    mutant = of_the_check("_gone: 'seconds > bound' becomes 'seconds < bound'")
    assert tried_with(mutant, [play], [0]).by == ["T1 of a safe machine"]


def test_the_self_test_has_the_last_word() -> None:
    """A defect that one run does not show any more may be caught in another."""
    play = Play(HANGS, 0, (), False, broken=("F1", "T1", "T2"))
    mutant = of_the_check("_gone: 'seconds > bound' becomes 'seconds >= bound'")
    result = tried_with(mutant, [play], [0])
    assert (result.noticed, result.differs) == (False, 1)
