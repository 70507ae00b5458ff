"""The self-test as a table: a line for each defect, as soon as it is known."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from harness.explore.selftest import WITHIN, Examined, Suspect

_RUNS, _FAULTS, _CAUGHT = 6, 7, 26


def _width(suspects: Sequence[Suspect]) -> int:
    return max(len("defect"), *(len(suspect.name) for suspect in suspects))


def heading(suspects: Sequence[Suspect]) -> Text:
    """Above the lines."""
    name = f"{'defect':<{_width(suspects)}}"
    text = f"{name}  {'runs':>{_RUNS}}  {'faults':>{_FAULTS}}  {'caught by':<{_CAUGHT}}"
    return Text(text, style="bold")


def row(suspect: Suspect, result: Examined, suspects: Sequence[Suspect]) -> Text:
    """One defect: how many runs it took, how many faults the first one's smallest case has, and
    what its smallest cases break: what must catch it first.
    """
    line = Text(f"{suspect.name:<{_width(suspects)}}  ")
    if result.survived:
        line.append(f"survived {WITHIN:,} runs", style="bold red")
        return line
    line.append(f"{result.runs:>{_RUNS},}  {len(result.schedule):>{_FAULTS}}  ")
    must = [x for x in suspect.must if x in result.breaks]
    others = [x for x in result.breaks if x not in must]
    caught = " ".join(must) + (f" ({' '.join(others)})" if must and others else " ".join(others))
    line.append(f"{caught:<{_CAUGHT}}")
    if result.missing:
        missing = ", ".join(result.missing)
        line.append(f"  and not by {missing} in {WITHIN:,} runs", style="bold red")
    if result.wrong:
        line.append(f"  and by {', '.join(result.wrong)}, which should not", style="bold red")
    return line
