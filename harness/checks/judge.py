"""The verdict: evidence in, one judgement out.

- A failed check fails the run (exit 1).
- Else the run proves nothing (exit 3) when a promised invariant was not tried or cannot be
  observed, an expected event never came, a forbidden one did, a fault never took effect, nothing
  was tried at all, the journal is cut off, or the harness itself was too slow for the timed bounds.
- Timed bounds are widened by the worst lag that the harness measured of itself; beyond the
  contract's slack they judge nobody, and untimed failures stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from harness import events as e
from harness.checks import card, cash, fleet, ledger, settlement, withdrawal_outcome
from harness.checks.base import Check, Failure, who_cares
from harness.checks.catalogue import INVARIANTS
from harness.checks.evidence import EVIDENCE_HANDLERS, TerminalEvidence
from harness.checks.expectations import Counter
from harness.checks.totals import Tally, Totals
from harness.journal import Header
from harness.wire.dialect import Dialect, Kind

OF_A_TERMINAL = (
    e.Posted,
    e.BroughtForward,
    e.RequestDecided,
    e.StoodIn,
    e.AdviceSeen,
    e.PostingLost,
)
OF_THE_HOST = (e.DayClosed, e.HostStarted, e.HostThawed, e.FailedOver)
OF_EVERYBODY = (e.FaultBegan, e.FaultEnded, e.CustomersStopped, *OF_THE_HOST)
NEVER_AT_REST = "something was open to the last, and no check says what"
OF_NO_CHECK = (Kind.NETWORK, Kind.NETWORK_ANSWER, None)
Status = Literal["pass", "fail", "not tried", "not observable", "invalid"]
_OF_ITSELF = ("T11", "S3")  # tried by the harness alone, whatever the machines did
KILLED = "killed"  # the phase in which the process of a host ended, when it goes on in another
NOT_TERMINALS = ("HOST", "RUN")

CHECKS: tuple[type[Check], ...] = (
    card.AbortReleasesCard,
    card.HoldIsBounded,
    cash.CashIsDrawnIn,
    withdrawal_outcome.TimersStand,
    cash.CashNeedsApproval,
    cash.ApprovalIsAuthentic,
    cash.NeverMoreThanApproved,
    cash.CardBeforeCash,
    card.CaptureHasReason,
    card.CapturesAreFew,
    withdrawal_outcome.EndsExactlyOnce,
    withdrawal_outcome.UnansweredIsReversed,
    cash.NothingAfterAbort,
    withdrawal_outcome.PowerCutLosesNothing,
    cash.CassettesAddUp,
    withdrawal_outcome.ReversalsInOrder,
    withdrawal_outcome.OneReversal,
    ledger.PostedOnce,
    ledger.PostingIsAuthentic,
    ledger.NeverMoreBack,
    ledger.LedgerEqualsCash,
    ledger.ReplayMovesNothing,
    settlement.AdvicesAccepted,
    ledger.TombstoneHolds,
    ledger.NothingPending,
    settlement.DaysAddUp,
    card.WaitIsBounded,
    card.EveryCardOut,
    card.NoCardWhileDown,
    fleet.BackInService,
    fleet.NoStampede,
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One invariant: how often it was tried, the worst case seen against its bound."""

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
    """An event that had to come `needed` times at least (or, `forbidden`, at most), by its name and
    maybe by a field (`Expectation`).
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

    outcome: Literal["pass", "fail", "invalid"]
    exit_code: int
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    expected: tuple[Expected, ...]
    reasons: tuple[str, ...]
    totals: Totals
    lag: float

    @property
    def passed(self) -> bool:
        """Did it prove something, and did all that was tried hold?"""
        return self.outcome == "pass"

    def __str__(self) -> str:
        """The outcome and why, a line for each failure and reason: what an assertion shows."""
        lines = [f"{x.invariant} at {x.at:.1f} s, {x.actor}: {x.what}" for x in self.failures]
        return "\n  ".join([self.outcome.upper(), *lines, *self.reasons])


class _Row:
    """What becomes of one kind of event."""

    __slots__ = ("counters", "handlers", "take_in")

    def __init__(
        self,
        counters: tuple[Counter, ...],
        take_in: Callable[..., bool | None] | None,
        handlers: tuple[Callable[..., None], ...],
    ) -> None:
        self.counters = counters
        self.take_in = take_in
        self.handlers = handlers


class _Rows(dict[type[e.Event], _Row]):
    """A row for each kind of event that came, made when it comes first: who counts it, the site's
    own handler, the checks' and the tally's.
    """

    def __init__(self, checks: list[Check], tally: Tally, counters: Iterable[Counter]) -> None:
        super().__init__()
        self._counters = tuple(counters)
        self._checks = checks
        self._caring = who_cares(tuple(type(check) for check in checks))
        self._tally = tally

    def __missing__(self, kind: type[e.Event]) -> _Row:
        handlers = [getattr(self._checks[n], method) for n, method in self._caring[kind]]
        if kind in self._tally.handlers:
            handlers.append(self._tally.handlers[kind])
        counters = tuple(x for x in self._counters if x.wanted.event == kind.__name__)
        row = self[kind] = _Row(counters, EVIDENCE_HANDLERS.get(kind), tuple(handlers))
        return row


class Judge:
    """A listener of the journal."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._contract = header.contract
        self._sees = header.sees
        self._dialect = Dialect()
        self._checks = [check(self._contract) for check in CHECKS if check.applies(header.sees)]
        self._watching = [check for check in self._checks if check.observable(header.sees)]
        self._tally = Tally(self._contract)
        self._sites: dict[str, TerminalEvidence] = {}
        texts = dict.fromkeys((*header.expects, *header.forbids))
        self._counters = {text: Counter(text) for text in texts}
        self._rows = _Rows(self._watching, self._tally, self._counters.values())
        self._idle_faults = dict.fromkeys(header.faults)
        self._lag = 0.0
        self._now = 0.0
        self._ended = ""
        self._scanned = 0
        self._leaks: list[str] = []
        self._verdict: Verdict | None = None

    def see(self, at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        row = self._rows[type(event)]
        for counter in row.counters:
            counter.see(event)
        self._now = at
        site = self._sites.get(actor)
        if site is None:
            site = self._site_of(at, actor, event)
            if site is None:
                return
        if row.take_in is not None and row.take_in(site, at, event):
            return
        for handler in row.handlers:
            handler(site, at, event)

    def _site_of(self, at: float, actor: str, event: e.Event) -> TerminalEvidence | None:
        """Whom an entry concerns that is not (yet) a known terminal's own."""
        if actor == "RUN" or isinstance(event, (e.LagMeasured, *OF_THE_HOST)):
            self._harness(at, event)
            return None
        if actor in NOT_TERMINALS:
            if isinstance(event, e.HostCrashed) and event.phase == KILLED:
                self._host_killed()
            if isinstance(event, OF_A_TERMINAL):
                actor = event.terminal
            elif isinstance(event, e.FrameSeen):
                actor = event.fields.get("41", "")
            else:
                return None
            if not actor:
                return None
        return self._sites.get(actor) or self._site(actor)

    def _host_killed(self) -> None:
        """Its process is gone, and with it whatever it saw after its last commit."""
        for site in self._sites.values():
            for exchange in site.open.values():
                reversing = exchange.reversal is not None and not exchange.reversal_final
                exchange.unsure |= exchange.answer is None or reversing

    def _site(self, name: str) -> TerminalEvidence:
        sees = self._sees
        site = TerminalEvidence(
            name,
            self._contract,
            self._dialect,
            ledger="ledger" in sees,
            device="device" in sees,
        )
        self._sites[name] = site
        return site

    def _harness(self, at: float, event: e.Event) -> None:
        if isinstance(event, e.LagMeasured):
            self._lag = max(self._lag, event.seconds)
        elif isinstance(event, e.FaultActed):
            self._idle_faults.pop(event.fault, None)
        elif isinstance(event, e.FaultBegan):
            self._tally.fault_began(self._sites)
        elif isinstance(event, e.FaultEnded):
            self._tally.fault_ended()
        elif isinstance(event, e.RunEnded):
            self._ended = event.how
        if isinstance(event, OF_EVERYBODY) or (isinstance(event, e.FaultActed) and event.lasts):
            for check in self._watching:
                check.harness(at, event)

    def advance(self, now: float) -> None:
        """Time passed without an entry."""
        self._now = max(self._now, now)

    def secrecy(self, scanned: int, leaks: list[str]) -> None:
        """What the scan for secrets found (S3): bytes read, and where leaks are."""
        self._scanned += scanned
        self._leaks += leaks

    def open_business(self) -> int:
        """Withdrawals that the wire shows to be undecided: unanswered and not reversed yet, or with
        a reversal that has had no final answer.
        """
        return sum(
            1
            for site in self._sites.values()
            for exchange in site.open.values()
            if withdrawal_outcome.is_open(exchange)
        )

    # --- the verdict ---------------------------------------------------------------------------

    def verdict(
        self, *, cut: str = "", until: float | None = None, interrupted: bool = False
    ) -> Verdict:
        """Judge what was seen: once, when nothing more is to come; asked again, it says the same.
        `cut` says that and how the journal is cut off, `until` up to when one of several goes:
        nobody can say what is missing after that.
        """
        if until is not None:
            self._now = min(self._now, until)
        if self._verdict is None:
            self._verdict = self._judged(cut, interrupted=interrupted)
        return self._verdict

    def failures(self) -> tuple[Failure, ...]:
        """Those of `verdict`, for whoever runs thousands of judges and wants nothing else of them:
        once, when nothing more is to come.
        """
        self._close(over=self._ended in ("quiet", "open"))
        failing = {check.id for check in self._watching if check.failed and self._fails(check)}
        return self._failures(failing) if failing or self._leaks else ()

    def tried(self) -> list[str]:
        """The invariants that had something to judge, S3 among them where it was scanned for."""
        return [check.id for check in self._watching if check.tried] + ["S3"] * bool(self._scanned)

    def _close(self, *, over: bool) -> dict[str, TerminalEvidence]:
        """Tell the checks that nothing more comes; the terminals there were."""
        sites = {name: site for name, site in self._sites.items() if name not in NOT_TERMINALS}
        for check in self._watching:
            for site in sites.values():
                check.due(site, self._now)
                if over:
                    check.rest(site, self._now)
        return sites

    def _judged(self, cut: str, *, interrupted: bool) -> Verdict:
        over = not cut and not interrupted and self._ended in ("quiet", "open")
        sites = self._close(over=over)
        rows = (*(self._row(check) for check in self._checks), self._secrecy_row())
        expected = self._expected()
        failed = any(row.status == "fail" for row in rows)
        reasons = self._reasons(rows, expected, cut=cut, interrupted=interrupted)
        if self._ended == "open" and not failed:
            reasons = (*reasons, NEVER_AT_REST)
        outcome: Literal["pass", "fail", "invalid"] = (
            "fail" if failed else "invalid" if reasons else "pass"
        )
        return Verdict(
            outcome=outcome,
            exit_code={"pass": 0, "fail": 1, "invalid": 3}[outcome],
            rows=rows,
            failures=self._failures({row.id for row in rows if row.status == "fail"}),
            expected=expected,
            reasons=reasons,
            totals=self._tally.finish(sites, self._now),
            lag=self._lag,
        )

    def _excused(self, excess: float) -> bool:
        """Could the harness's own delay be why a bound was passed?"""
        return self._lag > 0.0 and excess <= self._lag

    @property
    def _too_slow(self) -> bool:
        return self._lag > self._contract.slack

    def _fails(self, check: Check) -> int:
        """How often it failed, the harness's own delay left out."""
        failed = check.failed - len(check.excesses)  # where time does not matter
        if not self._too_slow:
            failed += sum(1 for excess in check.excesses if not self._excused(excess))
        return failed

    def _row(self, check: Check) -> Row:
        failed = self._fails(check)
        status: Status
        if not check.observable(self._sees):
            status = "not observable"
        elif failed:
            status = "fail"
        elif self._too_slow and (check.timed or check.excesses):
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

    def _promised(self, name: str, *, apart: bool = False) -> bool:
        """A clause ('T4.authentic') is promised with its invariant, unless it stands apart."""
        promises = self._header.promises
        return name in promises or (not apart and name.split(".")[0] in promises)

    def _secrecy_row(self) -> Row:
        status: Status = "fail" if self._leaks else "pass" if self._scanned else "not tried"
        return Row(
            id="S3",
            title=INVARIANTS["S3"],
            tried=self._scanned,
            worst=None,
            bound=None,
            unit="bytes",
            status=status,
            promised=self._promised("S3"),
            failures=len(self._leaks),
        )

    def _failures(self, failing: set[str]) -> tuple[Failure, ...]:
        found = [
            failure
            for check in self._checks
            if check.id in failing
            for failure in check.failures
            if failure.excess is None or not self._excused(failure.excess)
        ]
        found += [
            Failure("S3", self._now, "RUN", f"a secret got out: {leak}")
            for leak in self._leaks[:20]
        ]
        return tuple(found)

    def _expected(self) -> tuple[Expected, ...]:
        seen = {text: counter.count for text, counter in self._counters.items()}
        wanted = [Expected(text, count, seen[text]) for text, count in self._header.expects.items()]
        unwanted = [
            Expected(text, count, seen[text], forbidden=True)
            for text, count in self._header.forbids.items()
        ]
        return (*wanted, *unwanted)

    def _reasons(
        self,
        rows: tuple[Row, ...],
        expected: tuple[Expected, ...],
        *,
        cut: str,
        interrupted: bool,
    ) -> tuple[str, ...]:
        reasons = [cut] if cut else []
        if not self._ended and not (cut or interrupted):
            reasons.append("the run never said that it ended")
        if interrupted or self._ended == "interrupted":
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
        reasons += [f"the fault {fault} never took effect" for fault in self._idle_faults]
        if any(row.status == "invalid" for row in rows):
            reasons.append(
                f"the harness itself was late by up to {self._lag:.1f} s, "
                f"more than the slack of {self._contract.slack:.1f} s"
            )
        if not any(
            row.tried and row.status in ("pass", "fail") for row in rows if row.id not in _OF_ITSELF
        ):
            reasons.append("nothing was tried that could be observed")
        return tuple(reasons)
