"""The page of the shipped defects, written from the code.

python -m harness.report.defects > docs/selftest.md
"""

from __future__ import annotations

import sys

from harness.defects.catalogue import DEFECTS
from harness.explore.selftest import WITHIN

_HEAD = f"""# The self-test

Written from the code by `python -m harness.report.defects`; do not edit.

A check that cannot fail proves nothing. So the harness ships machines that are broken on
purpose, each in one thing, and `harness selftest` searches for each of them as
`harness explore` does without a scenario, with a safe machine at the other end. It has to be found
within
{WITHIN:,} runs that count, whatever the seed, by every invariant that must catch it; and its
smallest cases may break, besides those, only what may break along with them. A defect that
survives fails the self-test, and so does a check that blames where it should not, or does not
blame where it should. Every check that judges a simulation must catch one of them at least.

`harness selftest --terminal-profile module:attribute` (or `--host-profile`) puts a defect of
yours through the same mill. To ship one, add a `Defect` in `harness/defects/`:
docs/contributing.md.

| defect | what it does, what it costs | caught by all of | may also break |
|---|---|---|---|
"""


def page() -> str:
    """docs/selftest.md, whole."""
    rows = []
    for defect in DEFECTS:
        role = "" if defect.role == "terminal" else " (host)"
        what = f"{defect.profile.summary}. {defect.cost}"
        must, may = " ".join(defect.must), " ".join(defect.may)
        rows.append(f"| `{defect.name}`{role} | {what} | {must} | {may} |")
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
