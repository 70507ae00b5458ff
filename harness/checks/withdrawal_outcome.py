"""How withdrawals end, how reversals repeat, and whether timers run (T3 T8 T10 T13)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.transactions import TransactionEvidence, is_over
from harness.checks.wire_evidence import CLOSING
from harness.machines.inputs import State
from harness.wire.message import REVERSALS, Kind


class TimersStand(Check):
    """T3. Observable only on our own terminals. While a card or cash is in play, each state has a
    timer, unless the terminal is parked out of service; and no network event restarts a timer.
    """

    id = "T3"
    needs = ("terminal", "device")

    def on_StateEntered(self, terminal: TerminalEvidence, at: float, event: e.StateEntered) -> None:
        if terminal.device.inserted is None and not terminal.device.cash_out:
            return
        self.tried += 1
        if not event.timer and event.state != State.OUT_OF_SERVICE:
            what = "a card" if terminal.device.inserted is not None else "cash"
            self.fail(terminal, at, f"{event.state} with {what} in play and no timer")

    def on_TimerRearmed(self, terminal: TerminalEvidence, at: float, event: e.TimerRearmed) -> None:
        self.tried += 1
        if event.cause == "network":
            self.fail(terminal, at, f"{event.timer} was started anew by the network")


class EndsExactlyOnce(Check):
    """T8. Declined, completed, reversed or suspense; exactly one of them, by the evidence."""

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
            self.fail(terminal, at, f"STAN {transaction.stan}: {wrong}")

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        for transaction in terminal.transactions.open.values():
            if transaction.endings:
                self._judge(terminal, now, transaction)
            elif transaction.requested and transaction.withdrawal:
                self.tried += 1
                self.fail(terminal, now, never_ended(transaction))


class UnansweredIsReversed(Check):
    """T8.unanswered: the part of T8 that the wire alone shows, for a terminal whose device is not
    observed. A withdrawal must be reversed if no answer that could close it came within the
    contract's host timer, or if its answer asks for a reversal.
    """

    id = "T8.unanswered"
    needs = ("wire.terminal",)

    @classmethod
    def applies(cls, sees: tuple[str, ...]) -> bool:
        return "device" not in sees

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.end == "terminal" and terminal.wire.kind is Kind.REVERSAL:
            original = terminal.wire.message.original
            if original is not None:
                transaction = terminal.transactions.named(original.stan, original.sent)
                self.tried += must_be_reversed(transaction)

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        for transaction in terminal.transactions.open.values():
            if must_be_reversed(transaction) and "reversed" not in transaction.endings:
                self.tried += 1
                self.fail(terminal, now, never_ended(transaction))


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
    return f"answered '{transaction.answer.value}'"


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


class PowerCutLosesNothing(Check):
    """T10. A withdrawal that was open when the power failed has still ended, and a reversal that
    was in flight then has had its final answer.
    """

    id = "T10"
    needs = ("device", "wire.terminal")

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        self.tried += terminal.transactions.cut_withdrawals
        for transaction in terminal.transactions.open.values():
            if not (transaction.cut and transaction.requested and transaction.withdrawal):
                continue
            if not transaction.endings:
                self.fail(terminal, now, never_ended(transaction))
            elif not is_over(transaction):
                self.fail(
                    terminal, now, f"STAN {transaction.stan}: its reversal was never answered"
                )


class ReversalsInOrder(Check):
    """T13.order (docs/domain.md, "Store and forward", rule 6).
    A reversal is first sent when the reversal before it has had its final answer or is parked, and
    never before a reversal of an earlier transaction. The order is that of the requests seen: a
    request that was never sent because of a power cut has no place in it. If the terminals' end is
    not observed, a killed host may have sent the answer without recording it.
    """

    id = "T13.order"
    rare = True
    needs = ("wire.terminal",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last: dict[str, TransactionEvidence] = {}

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind is not Kind.REVERSAL:
            return
        original = terminal.wire.message.original
        if original is None:
            return
        transaction = terminal.transactions.named(original.stan, original.sent)
        before = self._last.get(terminal.name)
        if transaction.reversals_sent > 1 or before is transaction:
            return
        self._last[terminal.name] = transaction
        if before is None:
            return
        self.tried += 1
        unseen = before.unsure and not terminal.transactions.device_seen
        if not (before.reversal_final or before.parked or unseen):
            what = f"the reversal of STAN {original.stan} left while STAN {before.stan}'s was open"
            self.fail(terminal, at, what)
        elif transaction.requested and transaction.start < before.start:
            what = f"the reversal of STAN {original.stan} left after that of STAN {before.stan}"
            self.fail(terminal, at, what)


class OneReversal(Check):
    """T13. One reversal per transaction with one STAN and one DE 7. Its repeats differ only in the
    MTI and the MAC. The first one sent is not a repeat, unless the power failed in between (which
    cannot be observed at a foreign terminal).
    """

    id = "T13"
    needs = ("wire.terminal",)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        kind, message = terminal.wire.kind, terminal.wire.message
        if event.end != "terminal" or kind not in REVERSALS:
            return
        original = message.original
        if original is None:
            self.tried += 1
            self.fail(terminal, at, "a reversal that names no original (DE 90)")
            return
        if not (message.stan and message.sent):
            elements = " or ".join(f"DE {message.element(name)}" for name in ("stan", "sent"))
            self.tried += 1
            self.fail(terminal, at, f"a reversal without an identity of its own ({elements})")
            return
        transaction = terminal.transactions.named(original.stan, original.sent)
        first = transaction.reversal
        if first is None:
            return
        self.tried += 1
        stan, sent, digest = first
        if terminal.transactions.was_reversed(transaction):
            self.fail(terminal, at, f"STAN {original.stan} had been reversed long before")
        if (message.stan, message.sent) != (stan, sent):
            self.fail(
                terminal,
                at,
                f"a second reversal of STAN {original.stan}: {message.stan} after {stan}",
            )
        elif event.digest != digest:
            self.fail(terminal, at, f"the repeat of reversal {stan} differs from the first")
        repeat = kind is Kind.REVERSAL_REPEAT
        sent_before = transaction.reversals_sent > 1
        if (
            repeat is not sent_before
            and terminal.transactions.device_seen
            and not terminal.time.cuts
        ):
            began = "a repeat" if repeat else "new, once more"
            self.fail(terminal, at, f"reversal {stan} was sent as {began}")
