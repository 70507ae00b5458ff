"""One load run: the live fleet, the verdict over a part of it, and the figures of all of it.

The figures are taken while the run goes on, from all that the terminals record. The journal, from
which the verdict is reached, has the evidence of as many terminals as keep it below a size that is
judged within seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness import events as e
from harness.journal import JournalReader
from harness.live.run import run_live
from harness.load.arrivals import starts_before
from harness.load.meter import Figures, Meter
from harness.load.plan import rate_of
from harness.outcome import Outcome, Watcher
from harness.plan import RunPlan
from harness.wire.dialects import load_dialect

WARM_UP = 2.0
MOST_BYTES = 32_000_000  # of a journal
_PER_CUSTOMER = 5_300  # bytes that a customer's visit takes in a journal
_FLAT_OUT = 4_000.0  # customers a second, more than a fleet serves here


class Loaded(NamedTuple):
    """A finished load run."""

    outcome: Outcome
    figures: Figures


def usual_warm_up(seconds: float) -> float:
    """Seconds at the start that are not measured: two, or a third of a short run."""
    return min(WARM_UP, seconds / 3)


def terminals_judged(plan: RunPlan) -> int:
    """Of how many terminals there is room for the evidence."""
    rate = min(rate_of(plan) or _FLAT_OUT, _FLAT_OUT)
    share = MOST_BYTES / max(1.0, rate * plan.duration * _PER_CUSTOMER)
    return max(1, min(plan.terminals, int(plan.terminals * share)))


def run_load(
    plan: RunPlan,
    *,
    journal: Path,
    warm_up: float,
    judged: int = 0,
    progress: Watcher | None = None,
) -> Loaded:
    """Run a `load_plan` live; the first `warm_up` seconds are not measured. The verdict is over so
    many terminals as are `judged` (0: all).

    Raises:
        ConfigError, EnvironmentTrouble: as `run_live`.
    """
    meter = meter_of(plan, warm_up)
    outcome = run_live(plan, journal=journal, progress=progress, meters=(meter.see,), judged=judged)
    for entry in () if outcome.troubles else JournalReader(journal):  # it may be cut, or gone
        if isinstance(entry.event, e.HostDamaged):  # what the host's process saw, all of it
            meter.see(entry.at, entry.actor, entry.event)
    return Loaded(outcome, figures_from(meter, plan))


def meter_of(plan: RunPlan, warm_up: float) -> Meter:
    """What measures a run of the plan as it goes on."""
    return Meter(warm_up, load_dialect(plan.link.dialect_name), flat_out=not rate_of(plan))


def figures_from(meter: Meter, plan: RunPlan) -> Figures:
    """What the meter has measured, once the run is over."""
    meter.finish()
    return meter.figures(rate_of(plan), lambda until: starts_before(plan, until))
