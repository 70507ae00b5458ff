"""What the harness says of a run with a stranger's machine: while it goes on, and at its end."""

from __future__ import annotations

from typing import Literal

from mistakes import Mistake

from harness.checks.verdict import Verdict
from harness.events import Event, LagMeasured
from harness.journal import Listener
from harness.report.refusals import RefusalLines
from harness.report.setup_hints import SetupHints
from harness.wire.dialects import load_dialect


class Said:
    """Give `listeners` to the run, and `of` its verdict."""

    def __init__(self, mode: Literal["host", "terminals"]) -> None:
        self.hints: list[str] = []
        self.events: list[str] = []
        self.verdict: Verdict | None = None
        dialect = load_dialect("1987")
        self.listeners: list[Listener] = [
            SetupHints(mode, dialect, self.hints.append).see,
            RefusalLines(self.hints.append, every=False).see,
            self._see,
        ]

    def _see(self, at: float, actor: str, event: Event) -> None:
        if not isinstance(event, LagMeasured):
            self.events.append(f"{at:.3f} {actor} {event}")

    def of(self, verdict: Verdict) -> Said:
        self.verdict = verdict
        return self

    @property
    def broken(self) -> list[str]:
        """The invariants that are broken."""
        assert self.verdict is not None
        return [row.id for row in self.verdict.rows if row.status == "fail"]

    def must_tell(self, row: Mistake) -> None:
        """Raises AssertionError where the machine that errs got away with it."""
        assert self.verdict is not None
        assert self.verdict.outcome == row.outcome, self
        if row.caught:
            assert row.caught in self.broken, self
        assert row.says in "\n".join([*self.hints, str(self.verdict)]), self

    def must_pass(self, row: Mistake) -> None:
        """Raises AssertionError where a right machine is blamed for anything."""
        assert self.verdict is not None
        assert self.verdict.passed, self
        assert not self.hints, self

    def __str__(self) -> str:
        return "\n".join(["", str(self.verdict), *self.hints, "---", *self.events[-60:]])
