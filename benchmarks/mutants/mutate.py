"""Mutants of a module: one small mistake each, as a programmer makes it.

A mutant is made of the module's syntax tree. It has a name that stays when lines move: the function
it is in, what stood there, what stands there now, and its number among equal ones.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

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
_OTHER_SIGN: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_DEADLINES = (0.5, 2.0)
"""By how much a time of a second or longer is moved, as shares of it."""
_SMALL = 3  # a display with so many entries is no table
_WORDS = ("__repr__", "__str__", "describe")  # functions that only word something


class Mutant(NamedTuple):
    """`name` is stable, `number` counts those of a source, `line` is where it stands, `kind` one of
    'comparison', 'condition', 'dropped', 'constant', 'deadline', 'sign', 'cell'.
    """

    name: str
    kind: str
    line: int
    number: int


class _Change(NamedTuple):
    kind: str
    where: str
    line: int
    text: str
    node: ast.AST
    field: str
    at: int | None
    new: ast.AST | list[ast.AST]


def mutants(source: str) -> list[Mutant]:
    """Every mutant of that source, in order."""
    seen: dict[str, int] = {}
    found = []
    for index, change in enumerate(_changes(ast.parse(source))):
        name = f"{change.where}: {change.text}"
        seen[name] = seen.get(name, 0) + 1
        number = f" #{seen[name]}" if seen[name] > 1 else ""
        found.append(Mutant(name + number, change.kind, change.line, index))
    return found


def mutated(source: str, index: int) -> ast.Module:
    """The syntax tree of the mutant with that index."""
    tree = ast.parse(source)
    for number, change in enumerate(_changes(tree)):
        if number == index:
            if change.at is None:
                setattr(change.node, change.field, change.new)
            else:
                getattr(change.node, change.field)[change.at] = change.new
            return ast.fix_missing_locations(tree)
    raise IndexError(index)


def _changes(tree: ast.Module) -> Iterator[_Change]:
    yield from _in_body(tree, "")


def _in_body(node: ast.AST, where: str) -> Iterator[_Change]:
    """Changes of the statements below a module, class, function or other statement."""
    for field in ("body", "orelse", "finalbody"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            for at, statement in enumerate(statements):
                if isinstance(statement, ast.stmt):
                    yield from _of_statement(node, field, at, statement, where)
    for handler in getattr(node, "handlers", ()):
        yield from _in_body(handler, where)
    for case in getattr(node, "cases", ()):
        yield from _in_body(case, where)


def _of_statement(
    parent: ast.AST, field: str, at: int, statement: ast.stmt, where: str
) -> Iterator[_Change]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            if statement.name not in _WORDS:
                inner = f"{where}.{statement.name}" if where else statement.name
                yield from _in_body(statement, inner)
            return
        case ast.Import() | ast.ImportFrom() | ast.Raise() | ast.Assert() | ast.Pass():
            return
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
    if isinstance(statement, ast.Expr | ast.AugAssign) and where:
        told = f"without '{_said(statement)}'"
        yield _Change("dropped", where, statement.lineno, told, parent, field, at, ast.Pass())
    for child_field, value in ast.iter_fields(statement):
        if child_field in ("body", "orelse", "finalbody", "handlers", "cases", "annotation"):
            continue
        yield from _in_value(statement, child_field, value, where or "module")
    yield from _in_body(statement, where)


def _in_value(node: ast.AST, field: str, value: object, where: str) -> Iterator[_Change]:
    if isinstance(value, list):
        for at, item in enumerate(value):
            if isinstance(item, ast.AST):
                yield from _of_expression(node, field, at, item, where)
    elif isinstance(value, ast.AST):
        yield from _of_expression(node, field, None, value, where)


def _of_expression(
    node: ast.AST, field: str, at: int | None, value: ast.AST, where: str
) -> Iterator[_Change]:
    if isinstance(value, ast.expr):
        for kind, new, told in _instead_of(value):
            yield _Change(kind, where, value.lineno, told, node, field, at, new)
    if isinstance(value, ast.JoinedStr):
        return  # a text for people
    for child_field, child in ast.iter_fields(value):
        yield from _in_value(value, child_field, child, where)


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
        case ast.Constant(value=int()):
            yield "constant", ast.Constant(int(value.value) + 1)  # type: ignore[arg-type]
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
