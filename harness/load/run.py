"""One load run: the live fleet, its verdict, and its figures from the same journal."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.journal import JournalReader
from harness.live.run import run_live
from harness.load.arrivals import starts_before
from harness.load.meter import Figures, Meter
from harness.load.plan import rate_of
from harness.outcome import Outcome, Watcher
from harness.plan import RunPlan
from harness.wire.dialects import load_dialect

WARM_UP = 2.0


class Loaded(NamedTuple):
    """A finished load run."""

    outcome: Outcome
    figures: Figures


def usual_warm_up(seconds: float) -> float:
    """Seconds at the start that are not measured: two, or a third of a short run."""
    return min(WARM_UP, seconds / 3)


def run_load(
    plan: RunPlan, *, journal: Path, warm_up: float, progress: Watcher | None = None
) -> Loaded:
    """Run a `load_plan` live; the first `warm_up` seconds are not measured.

    Raises:
        ConfigError, EnvironmentTrouble: as `run_live`.
    """
    outcome = run_live(plan, journal=journal, progress=progress)
    return Loaded(outcome, figures_of(plan, journal, warm_up))


def figures_of(plan: RunPlan, journal: Path, warm_up: float) -> Figures:
    """The figures that a journal of this plan holds."""
    rate = rate_of(plan)
    meter = Meter(warm_up, load_dialect(plan.link.dialect_name), flat_out=not rate)
    meter.read(JournalReader(journal))
    return meter.figures(rate, lambda until: starts_before(plan, until))
