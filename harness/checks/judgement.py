"""How a verdict follows from what the checks found.

- A failed check fails the run (exit 1).
- Otherwise the run proves nothing (exit 3) when a promised invariant was not tried or cannot be
  observed, an expected event did not come, a forbidden one came, a fault never took effect, nothing
  was tried at all, the journal is cut off, or the harness was too slow for the timed bounds.
- Timed bounds are widened by the worst delay that the harness measured of itself. Where that is
  more than the contract's slack, they judge nobody; failures that do not depend on time stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.base import FAILURES_KEPT, Check, Failure
from harness.checks.catalogue import INVARIANTS
from harness.checks.run_facts import RunFacts
from harness.checks.totals import Totals
from harness.checks.verdict import EXIT_CODES, Expected, Outcome, Row, Status, Verdict
from harness.journal import Header

SECRECY = "S3"  # judged by a scan of the output
NEVER_AT_REST = "something was open to the last, and no check says what"


class Judgement:
    """Reads the checks of a run once it is over; `now` is the time of its last entry."""

    def __init__(
        self, header: Header, checks: Sequence[Check], facts: RunFacts, now: float
    ) -> None:
        self._header = header
        self._checks = checks
        self._facts = facts
        self._now = now

    def verdict(self, totals: Totals, *, cut: str, interrupted: bool) -> Verdict:
        """`cut` says how the journal is cut off, '' if it is whole."""
        rows = (*(self._row(check) for check in self._checks), self._secrecy_row())
        expected = self._expected()
        failing = {row.id for row in rows if row.status == "fail"}
        reasons = self._reasons(rows, expected, cut=cut, interrupted=interrupted)
        if self._facts.ended == "open" and not failing:
            reasons.append(NEVER_AT_REST)
        outcome: Outcome = "fail" if failing else "invalid" if reasons else "pass"
        return Verdict(
            outcome=outcome,
            exit_code=EXIT_CODES[outcome],
            rows=rows,
            failures=self._failures(failing),
            expected=expected,
            reasons=tuple(reasons),
            totals=totals,
            lag=self._facts.lag,
        )

    def failures(self) -> tuple[Failure, ...]:
        """Those of `verdict`, without the rest of it."""
        sees = self._header.sees
        failing = {
            check.id
            for check in self._checks
            if check.failed and check.observable(sees) and self._failed(check)
        }
        return self._failures(failing) if failing or self._facts.leaks else ()

    def _failed(self, check: Check) -> int:
        """How often it failed, without what the harness's own delay excuses."""
        failed = check.failed - len(check.excesses)  # where time does not matter
        if not self._facts.too_slow:
            failed += sum(1 for excess in check.excesses if not self._facts.excuses(excess))
        return failed

    def _failures(self, failing: set[str]) -> tuple[Failure, ...]:
        found = [
            failure
            for check in self._checks
            if check.id in failing
            for failure in check.failures
            if failure.excess is None or not self._facts.excuses(failure.excess)
        ]
        found += [
            Failure(SECRECY, self._now, "RUN", f"a secret got out: {leak}")
            for leak in self._facts.leaks[:FAILURES_KEPT]
        ]
        return tuple(found)

    # --- rows ----------------------------------------------------------------------------------

    def _row(self, check: Check) -> Row:
        failed = self._failed(check)
        status: Status
        if not check.observable(self._header.sees):
            status = "not observable"
        elif failed:
            status = "fail"
        elif self._facts.too_slow and (check.timed or check.excesses):
            status = "invalid"
        elif not check.tried:
            status = "not tried"
        else:
            status = "pass"
        return Row(
            id=check.id,
            title=INVARIANTS[check.id],
            tried=check.tried,
            worst=check.worst,
            bound=check.bound,
            unit=check.unit,
            status=status,
            promised=self._promised(check.id, apart=check.rare),
            failures=failed if status == "fail" else 0,
        )

    def _secrecy_row(self) -> Row:
        facts = self._facts
        status: Status = "fail" if facts.leaks else "pass" if facts.scanned else "not tried"
        if facts.unmasked and not facts.leaks:
            status = "invalid"
        return Row(
            id=SECRECY,
            title=INVARIANTS[SECRECY],
            tried=facts.scanned,
            worst=None,
            bound=None,
            unit="bytes",
            status=status,
            promised=self._promised(SECRECY),
            failures=len(facts.leaks),
        )

    def _promised(self, name: str, *, apart: bool = False) -> bool:
        """A clause ('T4.authentic') is promised with its invariant, unless it stands apart."""
        promises = self._header.promises
        return name in promises or (not apart and name.split(".")[0] in promises)

    def _expected(self) -> tuple[Expected, ...]:
        seen = {text: counter.count for text, counter in self._facts.counters.items()}
        wanted = [Expected(text, count, seen[text]) for text, count in self._header.expects.items()]
        unwanted = [
            Expected(text, count, seen[text], forbidden=True)
            for text, count in self._header.forbids.items()
        ]
        return (*wanted, *unwanted)

    # --- why a run proves nothing -----------------------------------------------------------------

    def _reasons(
        self,
        rows: tuple[Row, ...],
        expected: tuple[Expected, ...],
        *,
        cut: str,
        interrupted: bool,
    ) -> list[str]:
        ended = self._facts.ended
        reasons = [cut] if cut else []
        if not ended and not (cut or interrupted):
            reasons.append("the run never said that it ended")
        if interrupted or ended == "interrupted":
            reasons.append("the run was interrupted")
        reasons += [
            f"{row.id} is promised and was {row.status}"
            for row in rows
            if row.promised and row.status in ("not tried", "not observable")
        ]
        for item in expected:
            if not item.met and item.forbidden:
                reasons.append(f"{item.event} came {item.seen} times, at most {item.needed}")
            elif not item.met:
                reasons.append(f"{item.event} came {item.seen} times, expected {item.needed}")
        reasons += [f"the fault {fault} never took effect" for fault in self._facts.idle_faults]
        for leak in self._facts.unmasked[:1]:
            reasons.append(f"the harness did not mask a secret that came over the wire: {leak}")
        if any(row.status == "invalid" and row.id != SECRECY for row in rows):
            reasons.append(
                f"the harness itself was late by up to {self._facts.lag:.1f} s, "
                f"more than the slack of {self._header.contract.slack:.1f} s"
            )
        if not self._something_was_tried(rows):
            reasons.append("nothing was tried that could be observed")
        return reasons

    def _something_was_tried(self, rows: tuple[Row, ...]) -> bool:
        """By the machines: the harness tries some invariants by itself, whatever they do."""
        by_itself = {check.id for check in self._checks if check.tried_by_harness}
        return any(
            row.tried and row.status in ("pass", "fail")
            for row in rows
            if row.id != SECRECY and row.id not in by_itself
        )
