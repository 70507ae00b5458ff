"""The verdict over a run, as reports and exit codes read it."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.checks.base import Failure
from harness.checks.totals import Totals
from harness.shown import shown

Status = Literal["pass", "fail", "not tried", "not observable", "invalid"]
Outcome = Literal["pass", "fail", "invalid"]
EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 1, "invalid": 3}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One invariant: how often it was tried, and the worst case seen against its bound."""

    id: str
    title: str
    tried: int
    worst: float | None
    bound: float | None
    unit: str
    status: Status
    promised: bool
    failures: int


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
    `lag` is the harness's own worst delay in run seconds.
    """

    outcome: Outcome
    exit_code: int
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    expected: tuple[Expected, ...]
    reasons: tuple[str, ...]
    totals: Totals
    lag: float

    def __post_init__(self) -> None:
        """Reasons may quote the peer: they are kept as they may be shown."""
        told = tuple(shown(reason) for reason in self.reasons)
        msgspec.structs.force_setattr(self, "reasons", told)

    @property
    def passed(self) -> bool:
        """Did the run prove something, and did all that was tried hold?"""
        return self.outcome == "pass"

    def __str__(self) -> str:
        """The outcome, then a line for each failure and each reason: what an assertion shows."""
        lines = [f"{x.invariant} at {x.at:.1f} s, {x.actor}: {x.what}" for x in self.failures]
        return "\n  ".join([self.outcome.upper(), *lines, *self.reasons])
