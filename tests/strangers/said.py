"""What the harness says of a run with a stranger's machine: while it goes on, and at its end."""

from __future__ import annotations

import re
from typing import Literal

from mistakes import Mistake

from harness.checks.verdict import Verdict
from harness.events import Event, LagMeasured
from harness.journal import Listener
from harness.report.refusals import RefusalLines
from harness.report.setup_hints import SetupHints
from harness.wire.dialects import load_dialect

_CLOCK = re.compile(r"^[0-9]{2}:[0-9]{2}:[0-9]{2} ")
_PORT = re.compile(r"127\.0\.0\.1:[0-9]+")


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

    def answer_to(self, row: Mistake) -> str:
        """What the harness says of that mistake, in one line: of the invariant that is broken, or
        the line in which the words of the row stand.
        """
        assert self.verdict is not None
        failures = [x for x in self.verdict.failures if x.invariant == row.caught]
        lines = [f"{x.invariant}: {x.what}" for x in failures]
        if not row.caught:
            lines = [_CLOCK.sub("", line) for line in (*self.hints, *self.verdict.reasons)]
        told = [line for line in lines if row.says in line] or lines
        return _PORT.sub("127.0.0.1:PORT", told[0]).replace("|", "\\|")

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
