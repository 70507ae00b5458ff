"""When a reversal is tried again, by what the host answered to it (T24).

A retried one waits for its pause. A parked one waits for the next sign-on, is tried once after it,
and is never dropped (docs/domain.md, "Store and forward", rules 4 and 5). Another machine may have
other pauses, and a switch may sign on for others: these checks judge terminals whose device is
seen.
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence
from harness.wire.message import REVERSALS, AdviceOutcome, Kind

EARLY = 0.001
"""Seconds by which clocks may differ in a run that is not simulated."""


class _Attempt:
    """The last attempt of a terminal at a reversal, and what its first answer said. `moved_at` is
    when it left, or when that answer came (run seconds).
    """

    __slots__ = ("answered", "moved_at", "of")

    def __init__(self, of: TransactionEvidence, at: float) -> None:
        self.of = of
        self.moved_at = at
        self.answered: AdviceOutcome | None = None


class RetriedAfterPause(Check):
    """T24. A reversal that had no answer, or one that asks for another try, is not sent again
    before `contract.advice_response` is over, and is sent again then, on a connection that stands
    and is not in doubt. A sign-on, or an echo that is answered, ends the pause: the host is there
    again.
    """

    measures = True
    id = "T24"
    rare = True
    needs = ("wire.terminal", "device")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last: dict[str, _Attempt] = {}

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal":
            return
        kind = terminal.wire.kind
        last = self._last.get(terminal.name)
        if kind is Kind.REVERSAL_ANSWER:
            if last is not None and _is_answer_to(terminal, event, last):
                last.answered, last.moved_at = terminal.wire.message.advice_outcome, at
            return
        x = terminal.wire.subject
        if kind not in REVERSALS or x is None:
            return
        if last is not None and last.of is x and last.answered in (None, AdviceOutcome.RETRY):
            self._again(terminal, at, last)
        self._last[terminal.name] = _Attempt(x, at)

    def _again(self, terminal: TerminalEvidence, at: float, last: _Attempt) -> None:
        link = terminal.wire.link
        self._late(terminal, at, last)
        if max(link.network_ok, link.opened_at) >= last.moved_at:
            return
        self.tried += 1
        made_at = last.moved_at
        if last.answered is None:
            made_at = terminal.time.decided_at(made_at, self.contract.slack)
        waited = at - made_at
        early = self.contract.advice_response - waited
        if early > EARLY:
            assert last.of.reversal is not None
            what = f"reversal {last.of.reversal[0]} was sent again after {waited:.1f} s"
            what += f", and the pause is {self.contract.advice_response:.0f} s"
            late = late_by(early, made_at, at)
            self.fail(terminal, at, what, of=last.of, late=late)

    def _late(self, terminal: TerminalEvidence, at: float, last: _Attempt) -> None:
        link = terminal.wire.link
        if max(link.opened_at, link.conduct.doubted_at) >= last.moved_at:
            return
        waited = terminal.time.between(last.moved_at, at)
        over = waited - self.contract.advice_wait
        if over > 0.0:
            assert last.of.reversal is not None
            what = f"reversal {last.of.reversal[0]} was sent again only after {waited:.1f} s"
            what += f", and the pause is {self.contract.advice_response:.0f} s"
            self.fail(terminal, at, what, of=last.of, late=late_by(over, last.moved_at, at))


class ParkedUntilSignOn(Check):
    """T24.parked. A reversal that is parked is sent again once after the next sign-on, and not
    before. It may wait there for those that are not parked. At the end the store holds it.
    """

    id = "T24.parked"
    rare = True
    needs = ("wire.terminal", "device", "store")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last: dict[str, _Attempt] = {}
        self._parked: dict[str, dict[TransactionEvidence, float]] = {}  # when, by terminal

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal":
            return
        kind, name = terminal.wire.kind, terminal.name
        last = self._last.get(name)
        if kind is Kind.REVERSAL_ANSWER:
            if last is not None and _is_answer_to(terminal, event, last):
                last.answered, last.moved_at = terminal.wire.message.advice_outcome, at
                if last.answered is AdviceOutcome.PARK:
                    self._parked.setdefault(name, {})[last.of] = at
            return
        x = terminal.wire.subject
        if kind not in REVERSALS or x is None:
            return
        parked_at = self._parked.get(name, {}).pop(x, None)
        if parked_at is not None:
            self._again(terminal, at, x, parked_at)
        self._last[name] = _Attempt(x, at)

    def _again(
        self, terminal: TerminalEvidence, at: float, x: TransactionEvidence, parked_at: float
    ) -> None:
        self.tried += 1
        if terminal.wire.link.signed_on_at < parked_at:
            assert x.reversal is not None
            what = f"reversal {x.reversal[0]} is parked, and was sent again before the next sign-on"
            self.fail(terminal, at, what, of=x)

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        """The evidence has taken the close in; what was signed on is known still."""
        self._left(terminal, at)

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.wire.link.connected:
            self._left(terminal, now)
        refused = [
            x for x in terminal.transactions.open.values() if x.parked and not x.reversal_final
        ]
        stored = terminal.stored.parked + terminal.stored.pending
        if len(refused) > stored:
            self.tried += 1
            what = f"{len(refused)} reversals were refused for good, and the store holds {stored}"
            self.fail(terminal, now, what, of=refused[0])

    def _left(self, terminal: TerminalEvidence, now: float) -> None:
        """Should one that is parked have been sent again by now?"""
        link, last = terminal.wire.link, self._last.get(terminal.name)
        if last is None or link.in_doubt or not terminal.time.powered:
            return
        due = [
            x
            for x, parked_at in self._parked.get(terminal.name, {}).items()
            if parked_at < link.signed_on_at
        ]
        since = max(link.signed_on_at, link.network_ok, last.moved_at, terminal.time.recovered_by)
        waits = last.answered in (None, AdviceOutcome.RETRY)  # it is first in the queue
        bound = self.contract.advice_wait if waits else self.contract.slack
        waited = terminal.time.between(since, now)
        for x in due if waited > bound else ():
            assert x.reversal is not None
            del self._parked[terminal.name][x]
            self.tried += 1
            what = f"reversal {x.reversal[0]} was parked, and was not sent again after the sign-on"
            late = late_by(waited - bound, since, now)
            self.fail(terminal, now, f"{what}, for {waited:.0f} s", of=x, late=late)


def _is_answer_to(terminal: TerminalEvidence, event: e.FrameSeen, last: _Attempt) -> bool:
    """Is the frame the first valid answer to the reversal that was sent last?"""
    message = terminal.wire.message
    good = event.mac == "good" or (event.mac == "none" and not terminal.wire.wants_mac)
    return (
        good
        and last.answered is None
        and last.of.reversal is not None
        and (message.stan, message.terminal) == (last.of.reversal[0], terminal.name)
    )
