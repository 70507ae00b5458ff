"""The result of the self-test as a table: a line for each defect, as soon as it is known."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from harness.explore.selftest import WITHIN, MachineUnderTest, SelfTestResult

_RUNS, _FAULTS, _CAUGHT = 6, 7, 26


def _width(machines: Sequence[MachineUnderTest]) -> int:
    return max(len("defect"), *(len(machine.name) for machine in machines))


def heading(machines: Sequence[MachineUnderTest]) -> Text:
    """The line above the table."""
    name = f"{'defect':<{_width(machines)}}"
    text = f"{name}  {'runs':>{_RUNS}}  {'faults':>{_FAULTS}}  {'caught by':<{_CAUGHT}}"
    return Text(text, style="bold")


def row(
    machine: MachineUnderTest, result: SelfTestResult, machines: Sequence[MachineUnderTest]
) -> Text:
    """One defect: how many runs it took to find it, how many faults the first of its smallest cases
    has, and which invariants they break, those that must catch it first.
    """
    line = Text(f"{machine.name:<{_width(machines)}}  ")
    if result.survived:
        line.append(f"survived {WITHIN:,} runs", style="bold red")
        return line
    line.append(f"{result.runs:>{_RUNS},}  {len(result.schedule):>{_FAULTS}}  ")
    must = [x for x in machine.must if x in result.breaks]
    others = [x for x in result.breaks if x not in must]
    caught = " ".join(must) + (f" ({' '.join(others)})" if must and others else " ".join(others))
    line.append(f"{caught:<{_CAUGHT}}")
    if result.missing:
        missing = ", ".join(result.missing)
        line.append(f"  and not by {missing} in {WITHIN:,} runs", style="bold red")
    if result.wrong:
        line.append(f"  and by {', '.join(result.wrong)}, which should not", style="bold red")
    return line
