"""`harness list THINGS`: what there is, described."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from harness.checks.catalogue import INVARIANTS
from harness.did_you_mean import unknown
from harness.faults.grammar import fault_catalog
from harness.faults.rule import COMMON, Parameter
from harness.profiles import host_profiles, terminal_profiles
from harness.report.screen import Screen
from harness.scenario import load_scenario, scenario_names
from harness.units import format_duration
from harness.wire.framing import framing_names
from harness.wire.spec import spec_names

Rows = Iterable[tuple[str, ...]]


def _scenarios() -> Rows:
    for name in scenario_names():
        scenario = load_scenario(name)
        shows = " ".join(scenario.shows.split())
        size = f"{scenario.terminals:,} ATMs, {format_duration(scenario.duration)}"
        faults = "; ".join(scenario.faults) or "no fault"
        yield f"{name} ({scenario.id})", f"{shows}\n{size}; {faults}"


def _faults() -> Rows:
    for kind in fault_catalog():
        own = {name: it for name, it in kind.parameters.items() if name not in COMMON}
        yield kind.kind, f"{kind.summary} [{kind.layer}]{_parameters(own)}"
    yield "most of them take", _parameters(COMMON).strip()


def _parameters(parameters: Mapping[str, Parameter]) -> str:
    """One line for each, with its default."""
    return "".join(
        f"\n  {name}{'=' if it.default else ''}{it.default or ''}: {it.meaning}"
        for name, it in parameters.items()
    )


def _profiles() -> Rows:
    for name, summary in terminal_profiles().items():
        yield name, f"terminal: {summary}"
    for name, summary in host_profiles().items():
        yield name, f"host: {summary}"


THINGS: dict[str, Callable[[], Rows]] = {
    "scenarios": _scenarios,
    "faults": _faults,
    "profiles": _profiles,
    "specs": lambda: spec_names().items(),
    "framings": lambda: framing_names().items(),
    "invariants": lambda: INVARIANTS.items(),
}


def list_things(
    things: Annotated[str, typer.Argument(help=f"One of: {', '.join(THINGS)}.")],
) -> None:
    """Describe what there is."""
    if things not in THINGS:
        unknown("list", things, THINGS, place="harness list")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, text in THINGS[things]():
        table.add_row(name, Text(text))
    console = Screen()
    console.print(table)
