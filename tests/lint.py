"""Reads source files as syntax trees and says which house rules they break.

`imports` finds what a module imports, `impurities` what a machine, fault or check must not
touch: clocks, chance, threads, and the order of a set. `message_literals` finds data elements,
message types and response codes, which only a dialect may know. Best effort: names are followed
within one function and attributes within one file, but not values through calls.
"""

from __future__ import annotations

import ast
import re
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


# --- texts that are run ------------------------------------------------------------------------


def executed_texts(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of every `exec` and `eval` of anything but the result of `compile`.

    If a KeyboardInterrupt passes through the exec of a text, CPython ends itself by SIGINT at its
    exit, although the interrupt was handled; through the exec of a code object it does not.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("exec", "eval"):
            continue
        first = node.args[0] if node.args else None
        if not (isinstance(first, ast.Call) and ast.unparse(first.func) == "compile"):
            yield node.lineno, ast.unparse(node)[:40]


# --- what only a dialect may know -----------------------------------------------------------------

_MTI = re.compile(r"[012][1-8][0-9]{2}")
_ELEMENT = re.compile(r"t|[2-9]|[1-9][0-9]|1[0-8][0-9]|19[0-2]")
_CODE = re.compile(r"[0-9]{2}")


def message_literals(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of every data element, response code or message type that stands in the code.

    A text that is a whole message type indicator ('0200', '1420') is found wherever it stands, but
    in docstrings. The number of a data element ('2' to '192', or 't') and a response code of two
    digits are found where they are used as such: as a subscript, as the first argument of `get`,
    `pop` or `setdefault`, left of `in`, as a key of a dictionary, or compared with `==` or `!=`;
    also inside a tuple, list or set at such a place. So is a slice of a message type, such as
    `mti[1:2]` or `fields["t"][1:3]`. Prose that contains one, such as 'such as 0210', is not found.
    """
    tree = ast.parse(source)
    prose = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            if _MTI.fullmatch(node.value):
                yield node.lineno, f"message type {node.value!r}"
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            whole = ast.unparse(node.value)
            if whole.split(".")[-1] == "mti" or "get('t'" in whole or whole.endswith("['t']"):
                yield node.lineno, f"part of a message type: {ast.unparse(node)}"
        for line, text in _used_as_names(node):
            if _ELEMENT.fullmatch(text) or _CODE.fullmatch(text):
                yield line, f"data element or code {text!r}"


def _docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    """Texts that are statements by themselves: docstrings, and those below an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _used_as_names(node: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of the texts at those places of a node where an element or a code may stand."""
    places: list[ast.expr | None] = []
    if isinstance(node, ast.Subscript):
        places = [node.slice]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("get", "pop", "setdefault"):
            places = list(node.args[:1])
    elif isinstance(node, ast.Dict):
        places = list(node.keys)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(operator, ast.Eq | ast.NotEq):
                places += [left, right]
            elif isinstance(operator, ast.In | ast.NotIn):
                # `"39" in fields`, and `code in ("00", "10")`, but not `char in "0123"`
                places.append(left)
                if isinstance(right, ast.Tuple | ast.List | ast.Set):
                    places.append(right)
    for place in places:
        inner = place.elts if isinstance(place, ast.Tuple | ast.List | ast.Set) else [place]
        for item in inner:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield item.lineno, item.value
