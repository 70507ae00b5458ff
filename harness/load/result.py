"""What a load run comes to: the verdict over the machines, and whether the load was what was asked.

- A broken invariant fails the run, as in any other.
- A rate that was not reached is INVALID where our own machines were the limit: then no figure says
  anything about the load that was asked for, and no requirement is judged.
- A requirement that the figures do not meet fails the run.
- A rate that was not reached because of somebody else's host is INVALID: a requirement of a rate
  makes a failure of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.checks.verdict import EXIT_CODES, Outcome, Verdict
from harness.load.meter import Figures
from harness.load.requirement import Requirement

SATURATED = 0.8  # of a core: a process that is so busy has no time for more customers


def load_verdict(
    verdict: Verdict, figures: Figures, required: Sequence[Requirement], *, whole: bool
) -> Verdict:
    """The verdict of the run, with what became of the load. `whole`: the host was ours too."""
    unmet = [
        f"required {requirement.text}: {instead}"
        for requirement in required
        if (instead := requirement.unmet(figures))
    ]
    ours = whole or figures.busy >= SATURATED
    if figures.behind:
        outcome: Outcome = "fail" if unmet and not ours else "invalid"
        reasons = [_missed(figures, whole=whole, ours=ours), *([] if ours else unmet)]
    elif unmet:
        outcome, reasons = "fail", unmet
    else:
        return verdict
    if verdict.outcome == "fail":
        outcome = "fail"
    return msgspec.structs.replace(
        verdict,
        outcome=outcome,
        exit_code=EXIT_CODES[outcome],
        reasons=(*reasons, *verdict.reasons),
    )


def _missed(figures: Figures, *, whole: bool, ours: bool) -> str:
    missed = f"the rate was missed: {figures.came:,.1f}/s came of {figures.asked:,g}/s"
    if whole:
        return f"{missed}; terminals and host are ours, so that the harness was the limit"
    if ours:
        return f"{missed}; our terminals were the limit ({figures.busy:.0%} of a core)"
    return (
        f"{missed}; our terminals were idle for most of the time ({figures.busy:.0%} of a core): "
        "the host was the limit, or there are too few terminals"
    )
