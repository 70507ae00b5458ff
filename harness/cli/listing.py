"""`harness list THINGS`: what there is, described."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.checks.catalogue import INVARIANTS
from harness.faults.grammar import fault_catalog
from harness.nearest import unknown
from harness.profiles import host_profiles, terminal_profiles
from harness.scenario import load_scenario, scenario_names
from harness.units import format_duration
from harness.wire.framing import framing_names
from harness.wire.spec import spec_names

Rows = Iterable[tuple[str, ...]]


def _scenarios() -> Rows:
    for name in scenario_names():
        scenario = load_scenario(name)
        size = f"{scenario.terminals} ATMs, {format_duration(scenario.duration)}"
        faults = "; ".join(scenario.faults) or "no fault"
        yield f"{name} ({scenario.id})", f"{scenario.shows}\n{size}; {faults}".replace("\n\n", "\n")


def _faults() -> Rows:
    for kind in fault_catalog():
        parameters = "; ".join(
            f"{name} ({parameter.type}, {parameter.default or 'none'}): {parameter.meaning}"
            for name, parameter in kind.parameters.items()
        )
        yield kind.kind, f"{kind.summary} [{kind.layer}]\n{parameters}".strip()


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
    console = Console(highlight=False)
    console.print(table)
