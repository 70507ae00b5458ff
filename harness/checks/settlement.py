"""Checks of settlement behind the host: advices to the issuer, and business days (H5, H8)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, Late, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import APPROVING
from harness.machines.business_day import DAY
from harness.wire.message import AdviceOutcome, Kind, Message

_CLOSES_WITHIN = 60.0
"""Seconds from a cutover, or from the start of a host that was down, to the totals of the day."""


class AdvicesAccepted(Check):
    """H5. The issuer posts each transaction that the host approved in stand-in, and never declines
    one for a business reason. Each is advised to the issuer with its exact amount, and at rest no
    advice is left. Stand-in amounts stay under the contract's limit.
    """

    id = "H5"
    needs = ("ledger", "wire.host")

    def on_StoodIn(self, terminal: TerminalEvidence, at: float, event: e.StoodIn) -> None:
        if event.amount > self.contract.stand_in:
            self.fail(
                terminal,
                at,
                f"{event.amount / 100:.2f} were approved in the issuer's stead, "
                f"at most {self.contract.stand_in / 100:.2f} may be",
            )

    def on_AdviceSeen(self, terminal: TerminalEvidence, at: float, event: e.AdviceSeen) -> None:
        advice = terminal.wire.advice
        stan = advice.stan
        if self.contract.mac and event.mac != "good":
            self.fail(terminal, at, f"the advice of STAN {stan} has no right MAC")
        elif event.to == "issuer":
            transaction = terminal.transactions.named(stan, advice.sent)
            if advice.amount != transaction.stood:
                what = f"STAN {stan} is advised as {advice.amount_text}, {transaction.stood} was"
                self.fail(terminal, at, f"{what} stood in for", of=transaction)
        else:
            self.tried += 1
            if advice.advice_outcome is AdviceOutcome.PARK:
                what = f"the issuer declined the advice of STAN {stan} ({advice.code})"
                self.fail(terminal, at, what, of=terminal.transactions.named(stan, advice.sent))

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        for transaction in terminal.transactions.kept():
            if transaction.stood:
                what = f"the issuer was never told of STAN {transaction.stan}"
                self.fail(terminal, now, what, of=transaction)


class DaysAddUp(Check):
    """H8. Postings from a cutover on belong to the new business day, even reversals of debits of
    the old day. An answer names the day of its posting (DE 15). The totals that the host reports at
    the end of a day equal those of its postings, and each day that is over has been closed.

    A host with a standby tells of a posting once the standby holds it: what it tells so soon after
    a cutover may have been posted before.
    """

    id = "H8"
    stood_by = (e.RUN, e.HOST)
    needs = ("ledger", "wire.host")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._labels: dict[int, str] = {}
        self._sums: dict[str, dict[str, int]] = {}
        self._last: dict[tuple[str, str], str] = {}  # by terminal and cause
        self._closed: dict[str, None] = {}
        self._held_back = self.contract.replication if self.contract.standby else 0.0

    def _number(self, at: float) -> int:
        """How many cutovers there were by then."""
        return int((at - self.contract.cutover) // DAY) + 1

    def observable(self, sees: tuple[str, ...]) -> bool:
        """False if the contract has no cutover, because days cannot be told apart then."""
        return bool(self.contract.cutover) and super().observable(sees)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        since = (at - self.contract.cutover) % DAY
        number, made_in = self._number(at), self._number(at - self._held_back)
        if event.day in [day for n, day in self._labels.items() if n not in (number, made_in)]:
            # the day before is right if the harness recorded the posting too late
            before = self._labels.get(number - 1) == event.day
            late = late_by(since, at - since, at) if before else None
            self._wrong_day(terminal, at, event, late)
        elif not event.day or (
            made_in == number and event.day != self._labels.setdefault(number, event.day)
        ):
            self._wrong_day(terminal, at, event, None)
        self.tried += number > 0
        sums = self._sums.setdefault(event.day, {"debit": 0, "reversal": 0})
        sums[event.kind] += event.amount
        posted = terminal.transactions.named(event.stan, event.sent, event.acquirer)
        if not posted.stood_in:  # its request was answered long before
            self._last[terminal.name, event.cause] = event.day

    def _wrong_day(
        self, terminal: TerminalEvidence, at: float, event: e.Posted, late: Late | None
    ) -> None:
        self.fail(terminal, at, f"STAN {event.stan} was posted to day '{event.day}'", late=late)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        answer = terminal.wire.message
        if event.end != "host" or event.to != "terminal" or not _tells_of_posting(answer):
            return
        day = self._last.pop((terminal.name, answer.identity.cause), "")
        told = answer.day
        if day and told != day:
            stan = answer.stan
            self.fail(
                terminal, at, f"STAN {stan} was posted to day {day}, and answered as '{told}'"
            )

    def run_event(self, at: float, event: e.Event) -> None:
        if not isinstance(event, e.DayClosed):
            return
        self.tried += 1
        self._closed[event.day] = None
        sums = self._sums.get(event.day, {"debit": 0, "reversal": 0})
        told = {"debit": event.debits, "reversal": event.reversals}
        for kind, amount in told.items():
            if amount != sums[kind]:
                self.fail_at(
                    at, e.HOST, f"day {event.day} was closed with {kind}s of {amount / 100:.2f}, "
                    f"posted were {sums[kind] / 100:.2f}",
                )  # fmt: skip

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        """The run is over: a host that was down at a cutover has closed the day since."""
        del terminal
        over = self._number(now - _CLOSES_WITHIN)
        if len(self._closed) < over:
            self.fail_at(now, e.HOST, f"{over} days are over, and {len(self._closed)} were closed")
            self._closed = {str(n): None for n in range(over)}  # it is said once


def _tells_of_posting(answer: Message) -> bool:
    """Is it an answer of what was posted? What was reversed since, or comes before a sign-on, is
    declined when it comes again, and that decline is of no posting.
    """
    if answer.kind is Kind.REVERSAL_ANSWER:
        return answer.advice_outcome is AdviceOutcome.ACCEPTED
    return answer.kind is Kind.ANSWER and answer.outcome in APPROVING
