"""The verdict over a run, as reports and exit codes read it."""

from __future__ import annotations

from textwrap import shorten
from typing import Literal

import msgspec

from harness.checks.base import Failure
from harness.checks.totals import Totals
from harness.exit_codes import ALL_HOLDS, FAILED, PROVES_NOTHING
from harness.shown import shown

Status = Literal["pass", "fail", "not tried", "not observable", "invalid"]
Outcome = Literal["pass", "fail", "invalid"]
_REPR_LINE = 78
EXIT_CODES: dict[Outcome, int] = {"pass": ALL_HOLDS, "fail": FAILED, "invalid": PROVES_NOTHING}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One invariant: how often it was tried, and the worst case seen against its bound. In
    `not_judged` cases nobody can tell, as the harness itself stood still meanwhile.
    """

    id: str
    title: str
    tried: int
    worst: float | None
    bound: float | None
    unit: str
    status: Status
    promised: bool
    failures: int
    not_judged: int = 0


class Expected(msgspec.Struct, frozen=True):
    """An event that had to come `needed` times at least (or, `forbidden`, at most), named as an
    `Expectation` is written.
    """

    event: str
    needed: int
    seen: int
    forbidden: bool = False

    @property
    def met(self) -> bool:
        return self.seen <= self.needed if self.forbidden else self.seen >= self.needed


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`failures` keeps the first twenty of each invariant; `reasons` say why a run is invalid;
    `lag` is the longest time by which the harness itself was late, in run seconds; `notes` say
    which evidence is missing, so that nothing was judged of it, and tell of errors inside the
    harness that the verdict does not rest on.
    """

    outcome: Outcome
    exit_code: int
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    expected: tuple[Expected, ...]
    reasons: tuple[str, ...]
    totals: Totals
    lag: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reasons may quote the peer: they are kept as they may be shown."""
        for name in ("reasons", "notes"):
            told = tuple(shown(text) for text in getattr(self, name))
            msgspec.structs.force_setattr(self, name, told)

    @property
    def passed(self) -> bool:
        """Did the run prove something, and did all that was tried hold?"""
        return self.outcome == "pass"

    def __str__(self) -> str:
        """The outcome, then a line for each failure and each reason."""
        return "\n  ".join([self.outcome.upper(), *self._told()])

    def __repr__(self) -> str:
        """What broke first, in three lines. An assertion of pytest's shows the `repr` of its
        message and cuts it in the middle after 240 characters, so that this one has fewer.
        """
        told = self._told()
        broken = ", ".join(row.id for row in self.rows if row.status == "fail")
        tried = sum(1 for row in self.rows if row.status == "pass")
        meaning = {
            "pass": f"{tried} invariants were tried, and all of them hold",
            "fail": f"broken: {broken}",
            "invalid": "this run proves nothing",
        }[self.outcome]
        lines = [f"{self.outcome.upper()}: {meaning}", *told[:1]]
        if len(told) == 2:
            lines.append(told[1])
        elif len(told) > 2:
            lines.append(f"and {len(told) - 1} lines more in str(verdict)")
        return "\n".join(shorten(line, _REPR_LINE, placeholder=" ...") for line in lines)

    def _told(self) -> list[str]:
        """A line for each failure and each reason."""
        failed = [f"{x.invariant} at {x.at:.1f} s, {x.actor}: {x.what}" for x in self.failures]
        return [*failed, *self.reasons, *self.notes]
