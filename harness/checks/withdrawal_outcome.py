"""How withdrawals end, and whether timers run (T3 T8 T10)."""

from __future__ import annotations

from harness import events as e
from harness.checks import still_open
from harness.checks.base import NOBODY, Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import CLOSING, HOST_TIMER, TransactionEvidence, is_over
from harness.contract import Contract
from harness.machines.inputs import State
from harness.wire.message import Kind


class TimersStand(Check):
    """T3. Observable only on our own terminals. While a card or cash is in play, each state has a
    timer, unless the terminal is parked out of service, or a person works there with cash that is
    stuck; and no network event restarts a timer.
    """

    id = "T3"
    needs = ("terminal", "device")

    def on_StateEntered(self, terminal: TerminalEvidence, at: float, event: e.StateEntered) -> None:
        if terminal.device.inserted is None and not terminal.device.cash_out:
            return
        self.tried += 1
        card = terminal.device.inserted is not None
        known = terminal.device.has_card(at)
        attended = event.state == State.SUPERVISOR and not known  # T20 says when that may begin
        if not (event.timer or event.state == State.OUT_OF_SERVICE or attended):
            what = "a card" if card else "cash"
            self.fail(terminal, at, f"{event.state} with {what} in play and no timer")

    def on_TimerRearmed(self, terminal: TerminalEvidence, at: float, event: e.TimerRearmed) -> None:
        self.tried += 1
        if event.cause == "network":
            self.fail(terminal, at, f"{event.timer} was started anew by the network")


class EndsExactlyOnce(Check):
    """T8. Declined, completed, reversed or suspense; exactly one of them, by the evidence.

    A withdrawal whose reversal waits behind one that the host has not answered is H7's: reversals
    leave in their order, and the terminal may not send it yet. So is one whose reversal the store
    holds while the terminal does not reach its host.
    """

    id = "T8"
    needs = ("device", "wire.terminal")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        """A new request of the terminal makes its earlier transactions final: judge them."""
        if terminal.wire.kind is Kind.REQUEST and event.end == "terminal":
            for transaction in terminal.transactions.swept:
                self._judge(terminal, at, transaction)

    def _judge(
        self, terminal: TerminalEvidence, at: float, transaction: TransactionEvidence
    ) -> None:
        endings = tuple(dict.fromkeys(transaction.endings))
        if not (transaction.requested and transaction.withdrawal) or transaction.judged == endings:
            return
        self.tried += not transaction.judged
        transaction.judged = endings
        wrong = contradiction(transaction, endings)
        if wrong:
            self.fail(terminal, at, f"STAN {transaction.stan}: {wrong}", of=transaction)

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        unsent = still_open.unsent(terminal)
        for transaction in terminal.transactions.open.values():
            if transaction.endings:
                self._judge(terminal, now, transaction)
                continue
            if not (transaction.requested and transaction.withdrawal):
                continue
            if unsent > 0 and still_open.must_wait(terminal, transaction):
                unsent -= 1
            elif not still_open.may_end(terminal, transaction, self.contract, now):
                self.tried += 1
                late = still_open.past_end(terminal, transaction, self.contract, now)
                self.fail(terminal, now, never_ended(transaction), of=transaction, late=late)


class UnansweredIsReversed(Check):
    """T8.unanswered: the part of T8 that the wire alone shows, for a terminal whose device is not
    observed. A withdrawal must be reversed if no answer that could close it came within the
    contract's host timer, or if its answer asks for a reversal. A terminal that is not connected
    when our host refuses connections may have been one of those that it refused.
    """

    id = "T8.unanswered"
    needs = ("wire.terminal",)

    @classmethod
    def applies(cls, sees: tuple[str, ...]) -> bool:
        return "device" not in sees

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._refused_at = float("-inf")

    def run_event(self, at: float, event: e.Event) -> None:
        if isinstance(event, e.ConnectionsRefused):
            self._refused_at = at

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.end == "terminal" and terminal.wire.kind is Kind.REVERSAL:
            transaction = terminal.wire.subject
            if transaction is not None:
                self.tried += must_be_reversed(transaction)

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        link = terminal.wire.link
        if not link.connected and link.closed_at <= self._refused_at:
            return  # that connections were refused is why the run proves nothing
        queued = still_open.reversals_may_wait_until(terminal, self.contract)
        for transaction in terminal.transactions.open.values():
            if not must_be_reversed(transaction) or "reversed" in transaction.endings:
                continue
            due = max(queued, transaction.start + self.contract.wait)
            if now > due or not terminal.ended_open:
                self.tried += 1
                open_since = transaction.start
                late = still_open.past(terminal, now - due, open_since, now)
                self.fail(terminal, now, never_ended(transaction), of=transaction, late=late)


def must_be_reversed(transaction: TransactionEvidence) -> bool:
    """True if, by the messages on the wire, this withdrawal can end only with a reversal."""
    if not (transaction.requested and transaction.withdrawal) or transaction.unsure:
        return False
    if transaction.answer is None or transaction.aborted:
        return True
    closes = transaction.answer in CLOSING
    return not closes and not transaction.approved


def is_open(transaction: TransactionEvidence) -> bool:
    """True if a message of this transaction is still expected on the wire."""
    if transaction.reversal is not None:
        return not (transaction.reversal_final or transaction.parked or transaction.unsure)
    return must_be_reversed(transaction)


def never_ended(transaction: TransactionEvidence) -> str:
    """The failure text for a withdrawal without an ending."""
    return (
        f"STAN {transaction.stan} of {transaction.amount / 100:.2f} never ended: "
        f"{_answer_in_words(transaction)}, nothing reversed"
    )


def _answer_in_words(transaction: TransactionEvidence) -> str:
    if transaction.answer is None:
        return "no answer"
    answered = f"answered '{transaction.answer.value}'"
    if transaction.aborted != HOST_TIMER:
        return answered
    return f"{answered} too late, after {transaction.answer_at - transaction.start:.1f} s"


def contradiction(transaction: TransactionEvidence, endings: tuple[str, ...]) -> str:
    """What is wrong with the transaction's endings; '' if nothing is."""
    if "reversed" in endings and (transaction.reversal_taken or 0) != transaction.taken:
        said = transaction.reversal_taken or 0
        taken = f"{transaction.taken / 100:.2f} were taken"
        return f"{taken}, and the reversal says {said / 100:.2f} (DE 95)"
    if "reversed" in endings and "declined" in endings and not transaction.shaken:
        return "it was declined, and it was reversed all the same"
    if "declined" in endings and transaction.taken:
        return f"it was declined, and {transaction.taken / 100:.2f} were taken"
    if "suspense" in endings and "reversed" in endings:
        return "it is in suspense, and it was reversed"
    if "reversed" in endings and transaction.uncounted:
        return "the dispenser had lost count, and it was reversed all the same"
    if "declined" in endings and "completed" in endings:
        return "it was declined, and paid"
    return ""


class StoreForgetsWhatIsOver(Check):
    """T10.over. At quiescence the store holds nothing of a transaction, but for a reversal that is
    pending or parked, and for what is in suspense. What is open still when a run ends says nothing.
    """

    id = "T10.over"
    needs = ("device", "store")

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.ended_open:
            return
        self.tried += 1
        left = terminal.stored.unclosed
        if left:
            what = "1 transaction that is" if left == 1 else f"{left} transactions that are"
            self.fail(terminal, now, f"its store still holds {what} over", of=NOBODY)


class PowerCutLosesNothing(Check):
    """T10. A withdrawal that was open when the power failed has still ended, and a reversal that
    was in flight then has had its final answer, or is in the store still: what a host does not
    answer (H7) is not lost.
    """

    id = "T10"
    stood_by = (e.RUN, e.HOST)
    needs = ("device", "wire.terminal")

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        self.tried += terminal.transactions.cut_withdrawals
        unsent = still_open.unsent(terminal)
        sent = terminal.stored.pending - unsent
        for transaction in terminal.transactions.open.values():
            if not (transaction.cut and transaction.requested and transaction.withdrawal):
                continue
            if not transaction.endings:
                if unsent > 0 and still_open.must_wait(terminal, transaction):
                    unsent -= 1
                elif not still_open.may_end(terminal, transaction, self.contract, now):
                    late = still_open.past_end(terminal, transaction, self.contract, now)
                    self.fail(terminal, now, never_ended(transaction), of=transaction, late=late)
            elif is_over(transaction):
                continue
            elif sent > 0:
                sent -= 1
            elif not still_open.awaits_answer(terminal, transaction, self.contract, now):
                what = f"STAN {transaction.stan}: its reversal was never answered"
                late = still_open.past_answer(terminal, transaction, self.contract, now)
                self.fail(terminal, now, what, of=transaction, late=late)
