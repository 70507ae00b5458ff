"""How a command that judges a run ends: the verdict first, then whatever else there is to write.

The verdict is printed before any file is written, and outlives all that the machine refuses: what
could not be written is told in a line each, and the exit code still says FAIL. Nothing else is
worth more than that evidence which was asked for is missing: a run that passed, or proves nothing,
and could not deliver it, ends as the environment's trouble.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from harness.checks.verdict import Verdict
from harness.cli.streams import output_trouble
from harness.exit_codes import ALL_HOLDS, ENVIRONMENT, INTERRUPTED, PROVES_NOTHING
from harness.shown import escaped_lines

_PROVED_OR_NOT = (ALL_HOLDS, PROVES_NOTHING)
_LINES = 3  # of a verdict that standard output has not taken


def conclude(verdict: Verdict, troubles: Sequence[str], *, interrupted: bool = False) -> int:
    """Tell what could not be written, and where nobody could read it the verdict again; the exit
    code.
    """
    lost = output_trouble()  # told at the very end, by whoever ends the process
    code = INTERRUPTED if interrupted else verdict.exit_code
    if (troubles or lost) and code in _PROVED_OR_NOT:
        code = ENVIRONMENT
    for trouble in troubles:
        tell(f"environment: {trouble}")
    if lost:
        for line in str(verdict).splitlines()[:_LINES]:
            tell(line.strip())
    elif troubles:
        tell(f"the verdict stands: {verdict.outcome.upper()}; exit code {code}")
    return code


def tell(text: str) -> None:
    """A line on standard error. Where nobody can read it, the exit code has to do."""
    try:
        print(f"harness: {escaped_lines(text)}", file=sys.stderr, flush=True)
    except OSError:
        return
