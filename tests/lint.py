"""Reads source files as syntax trees and says which house rules they break.

`imports` finds what a module imports, `impurities` what a machine, fault or check must not
touch: clocks, chance, threads, and the order of a set. Best effort: it follows names within
one function and attributes within one file, not values through calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

BANNED_MODULES = (
    "asyncio",
    "concurrent",
    "multiprocessing",
    "random",
    "secrets",
    "select",
    "selectors",
    "socket",
    "threading",
    "time",
    "uuid",
)
BANNED_CALLS = (
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "date.today",
    "os.urandom",
    "os.getrandom",
)
SETS = ("set", "frozenset", "AbstractSet", "MutableSet")
ORDER_TAKERS = ("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "dict.fromkeys")


def imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of all that is imported, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def impurities(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of every use of a clock, of chance, of threads or of a set's order."""
    for line, name in imports(source):
        if name.split(".")[0] in BANNED_MODULES or name in BANNED_CALLS:
            yield line, f"imports {name}"
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in BANNED_CALLS:
            yield node.lineno, f"calls {ast.unparse(node.func)}"
    yield from _Order(_sets_named(tree, attributes=True)).over(tree)


def _sets_named(scope: ast.AST, *, attributes: bool = False) -> frozenset[str]:
    """Names (or, with `attributes`, dotted ones) that are declared or assigned as sets."""
    names: list[str] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.AnnAssign) and _says_set(node.annotation):
            names.append(ast.unparse(node.target))
            if isinstance(node.target, ast.Name):
                names.append(f"self.{node.target.id}")
        elif isinstance(node, ast.arg) and node.annotation and _says_set(node.annotation):
            names.append(node.arg)
        elif isinstance(node, ast.Assign) and _is_set(node.value, frozenset()):
            names += [ast.unparse(target) for target in node.targets]
    return frozenset(name for name in names if ("." in name) == attributes)


def _says_set(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) in (
        "ClassVar",
        "Final",
    ):
        return _says_set(annotation.slice)
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return ast.unparse(outer).split(".")[-1] in SETS


def _is_set(node: ast.expr, known: frozenset[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in SETS
    if isinstance(node, ast.BinOp):
        return _is_set(node.left, known) or _is_set(node.right, known)
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in known


class _Order:
    """Finds where the order of a set gets out."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    def over(self, scope: ast.AST) -> Iterator[tuple[int, str]]:
        inner = _Order(self._known | _sets_named_here(scope))
        for node in _within(scope):
            yield from inner._at(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from inner.over(node)

    def _at(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        taken: list[ast.expr] = []
        if isinstance(node, ast.For | ast.comprehension):
            taken = [node.iter]
        elif isinstance(node, ast.Starred):
            taken = [node.value]
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            if function in ORDER_TAKERS or function.endswith(".join"):
                taken = list(node.args)
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and not node.args:
                taken = [node.func.value]
        for expression in taken:
            if _is_set(expression, self._known):
                yield expression.lineno, f"takes the order of a set: {ast.unparse(expression)}"


def _sets_named_here(scope: ast.AST) -> frozenset[str]:
    """Names of this scope and not of the functions within it."""
    arguments = [scope.args] if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return frozenset(
        name
        for node in (*arguments, *_within(scope))
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.arguments)
        for name in _sets_named(node)
    )


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, not entering functions but naming them."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _within(child)
