"""What the tests of load share: a load run in virtual time, and entries written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from harness import events as e
from harness.journal import Entry, JournalReader
from harness.load.meter import Figures, Meter
from harness.load.plan import load_plan
from harness.load.run import figures_from, meter_of
from harness.plan import RunPlan
from harness.sim.run import simulate_plan
from harness.wire.dialects import load_dialect


def simulated(journal: Path, **asked: Any) -> tuple[RunPlan, Figures]:
    """The plan run in `sim`, where times are exact, and its figures after 1 s of warm-up."""
    plan = msgspec.structs.replace(load_plan(**asked), mode="sim")
    outcome = simulate_plan(plan, journal=journal)
    assert outcome.verdict.passed, outcome.verdict
    meter = meter_of(plan, 1.0)
    meter.read(JournalReader(journal))
    return plan, figures_from(meter, plan)


def metered(*happened: tuple[float, e.Event], since: float = 0.0, flat_out: bool = True) -> Meter:
    """What a meter makes of events at ATM00001."""
    meter = Meter(since, load_dialect(), flat_out=flat_out)
    meter.read(Entry(at, number, "ATM00001", event) for number, (at, event) in enumerate(happened))
    return meter


def frame(mti: str, stan: str = "000001", code: str = "", mac: str = "good") -> e.FrameSeen:
    """A message at the terminal's end; with an even third digit it is on its way to the host."""
    fields = {"t": mti, "7": "1121201000", "11": stan} | ({"39": code} if code else {})
    to: e.End = "host" if mti[2] in "02" else "terminal"
    return e.FrameSeen("terminal", to, fields, mac, "", 100)  # type: ignore[arg-type]
