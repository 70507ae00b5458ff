"""How a verdict follows from what the checks found.

- A failed check fails the run (exit 1).
- Otherwise the run proves nothing (exit 3) when a promised invariant was not tried or cannot be
  observed, an expected event did not come, a forbidden one came, a fault never took effect, nothing
  was tried at all, the journal is cut off, or the harness was too slow for the timed bounds. It
  proves nothing either where a check raised, which is an error inside the harness (exit 4).
- Timed bounds are widened by the lag that the harness measured of itself, once for each timer in
  the bound (`Check.timers`). Where the lag is more than the contract's slack, they judge nobody;
  failures that do not depend on time stand.
- A case in which the harness stood still may have passed its bound by so long: then it is not
  judged. The others are, and an invariant holds by them, unless more than one case (and more than
  one in ten) is not judged, or no more are judged than not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness import events as e
from harness.checks.base import FAILURES_KEPT, NO_LAG, Check, Failure, Late
from harness.checks.catalogue import INVARIANTS
from harness.checks.run_facts import RunFacts
from harness.checks.totals import Totals
from harness.checks.unread import unread_reason
from harness.checks.verdict import EXIT_CODES, Expected, Outcome, Row, Status, Verdict
from harness.exit_codes import INTERNAL
from harness.journal import Header

SECRECY = "S3"  # judged by a scan of the output
_TERMINAL = re.compile("[:,]terminal=([^,]+)")
_NAMED = 5  # so many terminals are named in a reason
NEVER_AT_REST = "something was open to the last"
MAY_BE_MISSED = 0.1
"""The share of an invariant's cases that may be left unjudged because the harness stood still. Only
cases that passed their bound are left unjudged: with more of them, a machine that errs now and then
could pass for one that does not."""
OPEN_TOLD = 5  # so many open things are told one by one


def never_at_rest(still_open: Sequence[str]) -> str:
    """Why a run proves nothing that ended with something open; begins with `NEVER_AT_REST`."""
    if not still_open:
        return f"{NEVER_AT_REST}, and no check says what"
    told = "; ".join(still_open[:OPEN_TOLD])
    more = len(still_open) - OPEN_TOLD
    return f"{NEVER_AT_REST}: {told}" + (f"; and {more} more" if more > 0 else "")


class Judgement:
    """Reads the checks of a run once it is over; `now` is the time of its last entry, `terminals`
    are those that were seen.
    """

    def __init__(
        self,
        header: Header,
        checks: Sequence[Check],
        facts: RunFacts,
        now: float,
        terminals: Sequence[str],
        still_open: Sequence[str] = (),
        *,
        deaf: bool = False,
        gone: str = "",
    ) -> None:
        """`terminals` are those that were seen; `still_open` says what was open as the run ended,
        where that is seen. `deaf`: not one message of somebody else's host was understood; `gone`
        says that it was out of reach as the run ended.
        """
        self._terminals = terminals
        self._still_open = still_open
        self._header = header
        self._checks = checks
        self._facts = facts
        self._now = now
        self._deaf = deaf
        self._gone = gone

    def verdict(self, totals: Totals, *, cut: str, interrupted: bool, trouble: str = "") -> Verdict:
        """`cut` says how the journal is cut off, '' if it is whole; `trouble` is the most probable
        reason why nothing could be proved, if one is known. It comes first.
        """
        rows = (*(self._row(check) for check in self._checks), self._secrecy_row())
        expected = self._expected()
        failing = {row.id for row in rows if row.status == "fail"}
        reasons = self._reasons(rows, expected, totals, cut=cut, interrupted=interrupted)
        unread = unread_reason(self._header, totals)
        if unread:
            reasons.insert(0, unread)  # why what follows was not tried
        if self._facts.ended == "open" and not failing:
            reasons.append(never_at_rest(self._still_open))
        if reasons and trouble and not cut:  # else that is the reason
            reasons.insert(0, trouble)
        outcome: Outcome = "fail" if failing else "invalid" if reasons else "pass"
        return Verdict(
            outcome=outcome,
            exit_code=self._exit_code(outcome),
            rows=rows,
            failures=self._failures(failing),
            expected=expected,
            reasons=tuple(reasons),
            totals=totals,
            lag=self._facts.worst_delay,
            notes=tuple(dict.fromkeys((*self._facts.notes, *self._facts.errors.notes))),
        )

    def _exit_code(self, outcome: Outcome) -> int:
        if outcome == "invalid" and self._facts.errors.reasons:
            return INTERNAL
        return EXIT_CODES[outcome]

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
        """How often it failed, without what the harness's own delay excuses. A host of which
        nothing was understood may well have answered, in another framing or under another key.
        """
        if self._deaf and check.of_a_host:
            return 0
        return check.failed - sum(1 for late in check.late if self._excused(check, late))

    def _failures(self, failing: set[str]) -> tuple[Failure, ...]:
        found = [
            failure
            for check in self._checks
            if check.id in failing
            for failure in check.failures
            if failure.late is None or not self._excused(check, failure.late)
        ]
        found += [
            Failure(SECRECY, self._now, e.RUN, f"a secret got out: {leak}")
            for leak in self._facts.leaks[:FAILURES_KEPT]
        ]
        return tuple(found)

    def _excused(self, check: Check, late: Late) -> bool:
        facts = self._facts
        if facts.too_slow and late.excess < NO_LAG:
            return True
        return facts.lag_excuses(late, check.timers) or self._stood_still(check, late)

    def _stood_still(self, check: Check, late: Late) -> bool:
        return self._facts.standstill_excuses(late, check.timers, check.stood_by)

    def _not_judged(self, check: Check) -> int:
        """In how many of its cases nobody can tell, because the harness stood still."""
        excused = (late for late in check.late if self._stood_still(check, late))
        return sum(1 for late in excused if not self._facts.lag_excuses(late, check.timers))

    # --- rows ----------------------------------------------------------------------------------

    def _row(self, check: Check) -> Row:
        failed = self._failed(check)
        not_judged = self._not_judged(check)
        status: Status
        if not check.observable(self._header.sees):
            status = "not observable"
        elif failed:
            status = "fail"
        elif check.raised or self._says_nothing(check, not_judged):
            status = "invalid"
        elif self._judged_nothing(check, not_judged):
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
            not_judged=not_judged,
        )

    def _says_nothing(self, check: Check, not_judged: int) -> bool:
        """Was the harness too late for what this check judges?"""
        if self._facts.too_slow and (check.timed or check.late):
            return True
        most = max(1, check.tried * MAY_BE_MISSED)
        if check.measures and not self._promised(check.id, apart=check.rare):
            return not_judged > max(most, len(self._terminals))
        return not_judged > most or 0 < not_judged >= check.tried - not_judged

    def _judged_nothing(self, check: Check, not_judged: int) -> bool:
        judged = check.tried - not_judged if check.measures else check.tried
        return not judged or (self._deaf and check.of_a_host)

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
        totals: Totals,
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
        reasons += [self._gone] if self._gone else []
        if self._facts.too_many_terminals:
            most = self._facts.too_many_terminals
            reasons.append(
                f"more than {most:,} terminals were named: of the others nothing is judged"
            )
        reasons += self._facts.cut_short
        reasons += self._facts.unmet
        reasons += self._nothing_paid(totals)
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
        reasons += [doubt for check in self._checks for doubt in check.doubts]
        reasons += [
            f"the fault {fault} never took effect{self._why_idle(fault)}"
            for fault in self._facts.idle_faults
        ]
        for leak in self._facts.unmasked[:1]:
            reasons.append(f"the harness did not mask a secret that came over the wire: {leak}")
        reasons = [*self._facts.errors.reasons, *reasons]
        by_itself = {SECRECY, *(check.id for check in self._checks if check.raised)}
        reasons += self._too_late(row for row in rows if row.id not in by_itself)
        if not self._something_was_tried(rows):
            reasons.append("nothing was tried that could be observed")
        return reasons

    def _too_late(self, rows: Iterable[Row]) -> list[str]:
        """That the harness was too late for some invariants, and for which."""
        invalid = [row for row in rows if row.status == "invalid"]
        if not invalid:
            return []
        facts, slack = self._facts, self._header.contract.slack
        if facts.too_slow:
            late = f"the harness itself was late by up to {facts.lag:.1f} s"
            return [f"{late}, more than the slack of {slack:.1f} s"]
        missed = ", ".join(
            f"{row.not_judged} of {row.tried} of {row.id}" for row in invalid if row.not_judged
        )
        if not missed:
            return []  # invalid for another reason
        still = f"the harness itself was late: it stood still for up to {facts.stood.longest:.1f} s"
        return [f"{still}, so that nobody can judge {missed}"]

    def _why_idle(self, fault: str) -> str:
        """Where the fault names a terminal that was not there, who was there instead."""
        named = _TERMINAL.search(fault.partition("@")[0])
        if named is None or named[1] in [name.rstrip() for name in self._terminals]:
            return ""
        there = ", ".join(self._terminals[:_NAMED]) or "none"
        more = ", ..." if len(self._terminals) > _NAMED else ""
        return f": no terminal '{named[1]}' came (there were: {there}{more})"

    def _nothing_paid(self, totals: Totals) -> list[str]:
        """Cash was asked for and none was presented. A scenario that is about just that says so: it
        forbids that notes are presented or taken. A replayed case expects none.
        """
        forbids, expects = self._header.forbids, self._header.expects
        meant = any(0 in (x.get("NotesPresented"), x.get("NotesTaken")) for x in (forbids, expects))
        if "device" not in self._header.sees or meant or totals.presented or not totals.asked:
            return []
        rest = totals.asked - totals.answered_yes - totals.answered_no
        return [
            f"no cash was paid, although {totals.asked:,} withdrawals were asked for: "
            f"{totals.answered_no:,} were declined, {totals.answered_yes:,} approved, and "
            f"{rest:,} had no answer in time that belonged to them and says yes or no"
        ]

    def _something_was_tried(self, rows: tuple[Row, ...]) -> bool:
        """By the machines: the harness tries some invariants by itself, whatever they do, and some
        are tried by messages that lead to nothing.
        """
        by_itself = {x.id for x in self._checks if x.tried_by_harness or x.by_any_message}
        return any(
            row.tried and row.status in ("pass", "fail")
            for row in rows
            if row.id != SECRECY and row.id not in by_itself
        )
