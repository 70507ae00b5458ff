"""The tables of the terminal and of the host, drawn from the code.

    python -m harness.machines.diagram > docs/states.md

The cells are those of the tables. Where a cell of the terminal leads is read from its source: the
states that it enters, itself or through the functions it calls (an upper bound, as conditions are
not followed). What a cell of the host does is its docstring.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from types import ModuleType

from harness.machines import cells_boot, cells_card, cells_cash, cells_host
from harness.machines import inputs as i
from harness.machines.host_inputs import HOST_STATES
from harness.machines.host_table import CLASSIFIERS, SAFE_HOST_TABLE
from harness.machines.inputs import STATES
from harness.machines.table import SAFE_TABLE
from harness.machines.terminal import Cell
from harness.machines.timers import DEFAULTS, TIMERS

_MODULES: tuple[ModuleType, ...] = (cells_boot, cells_card, cells_cash, cells_host)


def targets() -> dict[str, tuple[str, ...]]:
    """Function name -> the states it may enter, in the order of `STATES`."""
    enters: dict[str, dict[str, None]] = {}
    calls: dict[str, dict[str, None]] = {}
    for module in _MODULES:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.FunctionDef):
                name = f"{module.__name__}.{node.name}"
                enters[name] = dict.fromkeys(_entered(node))
                calls[name] = dict.fromkeys(_called(node, module))
    return {name: _closure(name, enters, calls) for name in enters}


def _entered(node: ast.FunctionDef) -> list[str]:
    return [
        call.args[0].attr
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "enter"
        and isinstance(call.args[0], ast.Attribute)
    ]


def _called(node: ast.FunctionDef, module: ModuleType) -> list[str]:
    """The cells' own functions among those it calls, by their full names."""
    found = []
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            function = getattr(module, call.func.id, None)
            if inspect.isfunction(function):
                found.append(f"{function.__module__}.{function.__name__}")
    return found


def _closure(
    name: str, enters: dict[str, dict[str, None]], calls: dict[str, dict[str, None]]
) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    waiting = [name]
    states: dict[str, None] = {}
    while waiting:
        function = waiting.pop()
        if function in seen or function not in enters:
            continue
        seen[function] = None
        states |= enters[function]
        waiting += calls[function]
    return tuple(state for state in STATES if state in states)


def draw() -> str:
    """docs/states.md, whole."""
    lines = [
        "# States",
        "",
        "Drawn from the code by `python -m harness.machines.diagram`; do not edit.",
        "",
        *_terminal(),
        "",
        *_host(),
    ]
    return "\n".join(lines) + "\n"


def _terminal() -> list[str]:
    leads = targets()
    lines = [
        "## The terminal",
        "",
        "A pair that is not listed is ignored, and that is a decision: a key pressed while waiting",
        "for the host, a motor's report after its timer. Where a cell leads is an upper bound, as",
        "its conditions are not followed.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *_edges(leads),
        "```",
        "",
        "| state | input | cell | leads to |",
        "|---|---|---|---|",
    ]
    for (state, what), cell in _ordered():
        name = f"{cell.__module__}.{cell.__name__}"
        to = ", ".join(leads.get(name, ())) or "(stays)"
        where = "any other" if state == "*" else state
        short = name.removeprefix("harness.machines.")
        lines.append(f"| {where} | {what.__name__} | `{short}` | {to} |")
    lines += ["", "### Timers", "", "| timer | default, s | its input |", "|---|---|---|"]
    lines += [
        f"| {name} | {DEFAULTS[name]:g} | {expired.__name__} |" for name, expired in TIMERS.items()
    ]
    return lines


def _host() -> list[str]:
    """The host's table, by state."""
    lines = [
        "## The host",
        "",
        "The state is that of the connection (signed off, signed on), or of the transaction that a",
        "message is about: of a request its own, of a reversal that of its original. A message is",
        "classified before the table, by its kind. A pair that is not listed cannot be.",
        "",
        "| kind of message | classified by |",
        "|---|---|",
    ]
    lines += [f"| {kind.value} | `{_name(who)}` |" for kind, who in CLASSIFIERS.items()]
    lines += ["", "| state | what meets it | cell | what it does |", "|---|---|---|---|"]
    for state in HOST_STATES:
        for (where, what), cell in SAFE_HOST_TABLE.items():
            if where == state:
                does = " ".join((inspect.getdoc(cell) or "").split())
                lines.append(f"| {state} | {what} | `{_name(cell)}` | {does} |")
    return lines


def _name(function: Callable[..., object]) -> str:
    """The name of a cell, without the folder that all of them share."""
    module = function.__module__.removeprefix("harness.machines.")
    return f"{module.removeprefix('host_cells.')}.{function.__name__}"


def _ordered() -> list[tuple[tuple[str, type[i.Input]], Cell]]:
    rank = {state: number for number, state in enumerate((*STATES, "*"))}
    return sorted(SAFE_TABLE.items(), key=lambda item: rank[item[0][0]])


def _edges(leads: dict[str, tuple[str, ...]]) -> list[str]:
    """One arrow for each pair of states, with the inputs on it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, what), cell in _ordered():
        if state == "*":
            continue
        name = f"{cell.__module__}.{cell.__name__}"
        for target in leads.get(name, ()):
            if target != state:
                arrows.setdefault((state, target), []).append(what.__name__)
    return [f"    {start} --> {end}: {', '.join(w)}" for (start, end), w in arrows.items()]


if __name__ == "__main__":
    sys.stdout.write(draw())
