"""Mutants of a module: one small mistake each, as a programmer makes it.

A mutant is made of the module's syntax tree. It has a name that stays when lines move: the function
it is in, what stood there, what stands there now, and its number among equal ones of that function.

`reached_in` compiles a module so that it tells which of its mutants a run reaches: whether the
statement was done, and of a comparison whether the mutant would have said anything else. A run that
does not reach a mutant goes as it would without the mistake.
"""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

_TURNED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OTHER_WAY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.Gt,
    ast.Gt: ast.Lt,
    ast.GtE: ast.Lt,
}
_OTHER_SIGN: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_DEADLINES = (0.5, 2.0)
"""By how much a time of a second or longer is moved, as shares of it."""
_SMALL = 3  # a display with so many entries is no table
_WORDS = ("__repr__", "__str__", "describe")  # functions that only word something
_ROUND = 100
"""A whole number that is a multiple of it is a size that somebody has chosen, such as that of a
table or of a block of numbers: with one more it is no mistake.
"""


_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
REACHED, COMPARED = "__reached__", "__compared__"
"""The functions that a module of `reached_in` calls, which its globals must have."""


class Mutant(NamedTuple):
    """`name` is stable, `number` counts those of a source, `line` is where it stands, `kind` one of
    'comparison', 'condition', 'dropped', 'constant', 'deadline', 'sign', 'cell'. `at_import` says
    that it stands outside of functions, or in one that remembers what it gave.
    """

    name: str
    kind: str
    line: int
    number: int
    at_import: bool


class _Place(NamedTuple):
    """Where a change is: the `path` of names, and whether that is a function's; whether what it
    gives is `kept` for later; the innermost statement, and the list of statements with it.
    """

    path: str = ""
    function: bool = False
    kept: bool = False
    statement: ast.stmt | None = None
    block: Sequence[ast.stmt] = ()

    @property
    def shown(self) -> str:
        return self.path or "module"


class _Change(NamedTuple):
    kind: str
    place: _Place
    line: int
    text: str
    node: ast.AST
    field: str
    at: int | None
    new: ast.AST


def mutants(source: str) -> list[Mutant]:
    """Every mutant of that source, in order."""
    seen: dict[str, int] = {}
    found = []
    for index, change in enumerate(_changes(ast.parse(source))):
        place = change.place
        name = f"{place.shown}: {change.text}"
        seen[name] = seen.get(name, 0) + 1
        number = f" #{seen[name]}" if seen[name] > 1 else ""
        at_import = place.kept or not place.function
        found.append(Mutant(name + number, change.kind, change.line, index, at_import))
    return found


def mutated(source: str, index: int) -> ast.Module:
    """The syntax tree of the mutant with that index."""
    tree = ast.parse(source)
    for number, change in enumerate(_changes(tree)):
        if number == index:
            _put(change, change.new)
            return ast.fix_missing_locations(tree)
    raise IndexError(index)


Judges = list[tuple[int, Callable[[Any, Any], Any]]]
"""Of a comparison, its mutants by index and what each says of its two sides."""


def reached_in(source: str) -> tuple[ast.Module, list[tuple[int, ...]], list[Judges]]:
    """The module's syntax tree with calls of two functions in it: `__reached__(n)` before a
    statement with mutants, the n-th tuple of indexes; and `__compared__(n, one, other)` in the
    place of a comparison. The first judge of each stands for the comparison as it is.
    """
    tree = ast.parse(source)
    of_statements: dict[int, tuple[_Place, list[int]]] = {}
    of_comparisons: dict[int, tuple[_Change, ast.Compare, Judges]] = {}
    for index, change in enumerate(_changes(tree)):
        place = change.place
        if not place.function or place.statement is None:
            continue
        compared = _said_instead(change)
        if compared is None:
            of_statements.setdefault(id(place.statement), (place, []))[1].append(index)
        else:
            whole, says = compared
            of_comparisons.setdefault(id(whole), (change, whole, [(-1, _says(whole))]))[2].append(
                (index, says)
            )
    judges = _with_comparisons(tree, of_comparisons)
    statements: list[tuple[int, ...]] = []
    for place, indexes in of_statements.values():
        assert isinstance(place.block, list)
        assert place.statement is not None
        told = ast.Expr(_call(REACHED, ast.Constant(len(statements))))
        at = next(i for i, one in enumerate(place.block) if one is place.statement)
        place.block.insert(at, ast.copy_location(told, place.statement))
        statements.append(tuple(indexes))
    return ast.fix_missing_locations(tree), statements, judges


def _said_instead(change: _Change) -> tuple[ast.Compare, Callable[[Any, Any], Any]] | None:
    """Where a change is one of a comparison, of its operator or of a constant side: that, and what
    it says afterwards of both sides.
    """
    old = getattr(change.node, change.field)
    old = old if change.at is None else old[change.at]
    new = change.new
    if isinstance(old, ast.Compare) and isinstance(new, ast.Compare):
        return old, _says(new)
    whole = change.node
    if not (isinstance(whole, ast.Compare) and len(whole.ops) == 1):
        return None
    if not (isinstance(new, ast.Constant) and isinstance(old, ast.Constant)):
        return None
    value, says = new.value, _says(whole)
    if change.field == "left":
        return whole, lambda _one, other: says(value, other)
    return whole, lambda one, _other: says(one, value)


def _says(whole: ast.Compare) -> Callable[[Any, Any], Any]:
    return _COMPARED[type(whole.ops[0])]


def _with_comparisons(
    tree: ast.Module, found: dict[int, tuple[_Change, ast.Compare, Judges]]
) -> list[Judges]:
    """Put a call in the place of each of these comparisons."""
    numbers = {which: number for number, which in enumerate(found)}

    class Calls(ast.NodeTransformer):
        def visit_Compare(self, node: ast.Compare) -> ast.AST:
            self.generic_visit(node)
            number = numbers.get(id(node))
            if number is None:
                return node
            sides = node.left, *node.comparators
            return ast.copy_location(_call(COMPARED, ast.Constant(number), *sides), node)

    Calls().visit(tree)
    return [judges for _, _, judges in found.values()]


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _put(change: _Change, new: ast.AST) -> None:
    if change.at is None:
        setattr(change.node, change.field, new)
    else:
        getattr(change.node, change.field)[change.at] = new


def _changes(tree: ast.Module) -> Iterator[_Change]:
    yield from _in_body(tree, _Place())


def _in_body(node: ast.AST, where: _Place) -> Iterator[_Change]:
    """Changes of the statements below a module, class, function or other statement."""
    for field in ("body", "orelse", "finalbody"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            for at, statement in enumerate(statements):
                if isinstance(statement, ast.stmt):
                    place = where._replace(statement=statement, block=statements)
                    yield from _of_statement(node, field, at, statement, place)
    for handler in getattr(node, "handlers", ()):
        yield from _in_body(handler, where)
    for case in getattr(node, "cases", ()):
        yield from _in_body(case, where)


def _of_statement(
    parent: ast.AST, field: str, at: int, statement: ast.stmt, where: _Place
) -> Iterator[_Change]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            if statement.name not in _WORDS:
                yield from _in_body(statement, _inner(where, statement))
            return
        case ast.Import() | ast.ImportFrom() | ast.Raise() | ast.Assert() | ast.Pass():
            return
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
    if isinstance(statement, ast.Expr | ast.AugAssign) and where.path:
        told = f"without '{_said(statement)}'"
        yield _Change("dropped", where, statement.lineno, told, parent, field, at, ast.Pass())
    for child_field, value in ast.iter_fields(statement):
        if child_field in ("body", "orelse", "finalbody", "handlers", "cases", "annotation"):
            continue
        yield from _in_value(statement, child_field, value, where)
    yield from _in_body(statement, where)


def _inner(
    where: _Place, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> _Place:
    path = f"{where.path}.{statement.name}" if where.path else statement.name
    function = where.function or not isinstance(statement, ast.ClassDef)
    kept = where.kept or any("cache" in ast.unparse(x) for x in statement.decorator_list)
    return where._replace(path=path, function=function, kept=kept)


def _in_value(node: ast.AST, field: str, value: object, where: _Place) -> Iterator[_Change]:
    if isinstance(value, list):
        for at, item in enumerate(value):
            if isinstance(item, ast.AST):
                yield from _of_expression(node, field, at, item, where)
    elif isinstance(value, ast.AST):
        yield from _of_expression(node, field, None, value, where)


def _of_expression(
    node: ast.AST, field: str, at: int | None, value: ast.AST, where: _Place
) -> Iterator[_Change]:
    if isinstance(value, ast.expr):
        for kind, new, told in _instead_of(value):
            if _says_the_same(where.statement, value, new):
                continue
            told += _where_said(where.statement, value)
            yield _Change(kind, where, value.lineno, told, node, field, at, new)
    if isinstance(value, ast.JoinedStr):
        return  # a text for people
    for child_field, child in ast.iter_fields(value):
        yield from _in_value(value, child_field, child, where)


def _says_the_same(statement: ast.stmt | None, value: ast.expr, new: ast.expr) -> bool:
    """Is it `if a < b: b = a`, or `a if a < b else b`, with <= instead, whatever is compared? Of
    two that are equal it does not matter which is taken.
    """
    if not (isinstance(value, ast.Compare) and isinstance(new, ast.Compare)):
        return False
    if _OTHER_WAY.get(type(value.ops[0])) in (None, type(new.ops[0])):
        return False
    sides = {ast.unparse(value.left), ast.unparse(value.comparators[0])}
    match statement:
        case ast.If(test=test, body=[ast.Assign(targets=[one], value=other)], orelse=[]):
            pass
        case ast.Return(value=ast.IfExp(test=test, body=one, orelse=other)):
            pass
        case _:
            return False
    return test is value and {ast.unparse(one), ast.unparse(other)} == sides


def _instead_of(value: ast.expr) -> Iterator[tuple[str, ast.expr, str]]:
    """What may stand in the place of an expression: its kind, it, and in words."""
    if isinstance(value, ast.Dict) and len(value.keys) > _SMALL:
        for at, key in enumerate(value.keys):
            if key is not None:
                new_table = copy.deepcopy(value)
                del new_table.keys[at], new_table.values[at]
                yield "cell", new_table, f"without the entry {_said(key)}"
    for kind, new in _others(value):
        yield kind, new, f"'{_said(value)}' becomes '{_said(new)}'"


def _where_said(statement: ast.stmt | None, value: ast.AST) -> str:
    """In which statement a constant stands, as a constant alone says little."""
    if not isinstance(value, ast.Constant) or statement is None:
        return ""
    match statement:
        case ast.If() | ast.While():
            whole: ast.AST = statement.test
        case ast.For():
            whole = statement.iter
        case ast.Match():
            whole = statement.subject
        case ast.With():
            return ""
        case _:
            whole = statement
    return f" in '{_said(whole)}'"


def _others(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match value:
        case ast.Compare(ops=[operator]):
            for other in _TURNED.get(type(operator), ()):
                new = copy.deepcopy(value)
                new.ops = [other()]
                yield "comparison", new
        case ast.BoolOp():
            other_op = ast.Or() if isinstance(value.op, ast.And) else ast.And()
            yield "condition", ast.BoolOp(other_op, copy.deepcopy(value.values))
        case ast.UnaryOp(op=ast.Not()):
            yield "condition", copy.deepcopy(value.operand)
        case ast.BinOp() if type(value.op) in _OTHER_SIGN and not _text(value):
            new_sum = copy.deepcopy(value)
            new_sum.op = _OTHER_SIGN[type(value.op)]()
            yield "sign", new_sum
        case ast.Constant(value=bool()):
            yield "condition", ast.Constant(not value.value)
        case ast.Constant(value=int(whole)) if whole == 0 or whole % _ROUND:
            yield "constant", ast.Constant(whole + 1)
        case ast.Constant(value=float()):
            number = value.value
            for share in _DEADLINES:
                yield "deadline", ast.Constant(number * share if number else share)  # type: ignore[operator]


def _text(value: ast.BinOp) -> bool:
    """Does it join text?"""
    sides = (value.left, value.right)
    return any(isinstance(x, ast.JoinedStr) or _constant_text(x) for x in sides)


def _constant_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str | bytes)


def _said(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) < 100 else f"{text[:70]} ... {text[-20:]}"
