"""How reversals are sent: one for each transaction, in order, and repeated alike (T13)."""

from __future__ import annotations

from harness import events as e
from harness.checks import still_open
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence
from harness.wire.describe import mask_fields
from harness.wire.message import MAC_ELEMENTS, REVERSALS, Kind, Message

ANSWERED_ENOUGH = 3
"""Final answers to a reversal after which it is not sent again: so many are not lost in a row."""


class OneReversal(Check):
    """T13. One reversal per transaction with one STAN and one DE 7. Its repeats differ only in the
    MTI and the MAC; a repeat is known by the reversal's own identity, so that it cannot name
    another original. The first one sent is not a repeat, unless the power failed in between, and
    all others are. (At a foreign terminal nobody sees the power fail, nor what was lost before it
    came here.)
    """

    id = "T13"
    needs = ("wire.terminal",)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        kind, message = terminal.wire.kind, terminal.wire.message
        if event.end != "terminal" or kind not in REVERSALS:
            return
        transaction = terminal.wire.subject
        if transaction is None:
            self.tried += 1
            self.fail(terminal, at, f"a reversal that names no original{_where(message)}")
            return
        if not (message.stan and message.sent):
            elements = " or ".join(f"DE {message.element(name)}" for name in ("stan", "sent"))
            self.tried += 1
            what = f"a reversal without an identity of its own ({elements})"
            self.fail(terminal, at, what, of=transaction)
            return
        self.tried += 1
        self._is_the_same(terminal, at, event, transaction)
        self._begins_right(terminal, at, kind, transaction)

    def _is_the_same(
        self,
        terminal: TerminalEvidence,
        at: float,
        event: e.FrameSeen,
        transaction: TransactionEvidence,
    ) -> None:
        assert transaction.reversal is not None, "the evidence has taken the frame in"
        message = terminal.wire.message
        stan, sent, digest = transaction.reversal
        if terminal.transactions.was_reversed(transaction):
            what = f"STAN {transaction.stan} had been reversed long before"
            self.fail(terminal, at, what, of=transaction)
        if message.stan == stan and message.sent != sent:
            element = message.element("sent")
            what = f"the repeat of reversal {stan} differs from the first: DE {element}"
            self.fail(terminal, at, what, of=transaction)
        elif message.stan != stan:
            what = f"a second reversal of STAN {transaction.stan}: {message.stan} after {stan}"
            self.fail(terminal, at, what, of=transaction)
        elif event.digest != digest:
            differing = _differing(transaction.reversal_message, message)
            what = f"the repeat of reversal {stan} differs from the first{differing}"
            self.fail(terminal, at, what, of=transaction)

    def _begins_right(
        self, terminal: TerminalEvidence, at: float, kind: Kind, transaction: TransactionEvidence
    ) -> None:
        assert transaction.reversal is not None
        repeat, first = kind is Kind.REVERSAL_REPEAT, transaction.reversals_sent == 1
        unsure = first and terminal.time.cuts  # what left as the power failed nobody has seen
        if repeat is first and terminal.transactions.device_seen and not unsure:
            began = "a repeat" if repeat else "new, once more"
            what = f"reversal {transaction.reversal[0]} was sent as {began}"
            self.fail(terminal, at, what, of=transaction)


def _where(message: Message) -> str:
    element = message.ELEMENTS.get("original", "")
    return f" (DE {element})" if element else ""


def _differing(first: Message | None, again: Message) -> str:
    """The elements in which a repeat is not like the first, as the end of a sentence. Both are
    masked first, so that the same is told of a run and of its journal.
    """
    if first is None:
        return ""
    told = ("t", "p", "1", *MAC_ELEMENTS)
    one, other = mask_fields(first.fields), mask_fields(again.fields)
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    elements = sorted(set(names) - set(told), key=lambda name: (len(name), name))
    return f": {', '.join(f'DE {name}' for name in elements)}" if elements else ""


class RepeatedInTime(Check):
    """T13.repeat. While a reversal has no final answer, it is sent again: `advice_response` after
    it was sent, or after an answer that asks for another try, or after the terminal has connected.
    A terminal whose echo is not answered sends none. Judged is what is waited for as the run ends.
    It is not sent without end: after its final answer it may come again, as a terminal behind a
    switch may have lost the answer, and so may one whose power failed, but not time after time.
    """

    id = "T13.repeat"
    rare = True
    needs = ("wire.terminal",)

    @property
    def bound(self) -> float:
        return self.contract.advice_wait

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind not in REVERSALS:
            return
        self.tried += terminal.wire.kind is Kind.REVERSAL_REPEAT
        transaction = terminal.wire.subject
        if transaction is None or transaction.reversal_answers < ANSWERED_ENOUGH:
            return
        if terminal.transactions.device_seen and terminal.time.cuts:
            return  # the power may have failed at each of them
        assert transaction.reversal is not None, "it was answered"
        stan, sent, _ = transaction.reversal
        message = terminal.wire.message
        if (message.stan, message.sent) == (stan, sent):  # else it is a second one, which is T13's
            what = f"reversal {stan} was sent again, after {transaction.reversal_answers} answers"
            self.fail(terminal, at, f"{what} that were final", of=transaction)

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        for transaction in terminal.transactions.open.values():
            waited = still_open.overdue_repeat(terminal, transaction, self.contract, now)
            if waited > self.bound:
                assert transaction.reversal is not None
                self.tried += 1
                what = (
                    f"reversal {transaction.reversal[0]} of STAN {transaction.stan} has no final "
                    f"answer, and was not sent again within {self.bound:.0f} s"
                )
                late = late_by(waited - self.bound, now - waited, now)
                self.fail(terminal, now, what, of=transaction, late=late)


class ReversalsInOrder(Check):
    """T13.order (docs/domain.md, "Store and forward", rule 6).
    A reversal is first sent when the reversal before it has had its final answer or is parked, and
    never before a reversal of an earlier transaction. The order is that of the requests seen: a
    request that was never sent because of a power cut has no place in it. It is a rule of our own
    terminals: a switch that speaks for many customers may send reversals side by side, and who
    sees no device cannot tell a switch from one ATM.
    """

    id = "T13.order"
    rare = True
    needs = ("wire.terminal", "device")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last: dict[str, TransactionEvidence] = {}

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind is not Kind.REVERSAL:
            return
        transaction = terminal.wire.subject
        before = self._last.get(terminal.name)
        if transaction is None or transaction.reversals_sent > 1 or before is transaction:
            return
        self._last[terminal.name] = transaction
        if before is None:
            return
        self.tried += 1
        stan = transaction.stan
        if not (before.reversal_final or before.parked):
            what = f"the reversal of STAN {stan} left while STAN {before.stan}'s was open"
            self.fail(terminal, at, what, of=transaction)
        elif transaction.requested and transaction.start < before.start:
            what = f"the reversal of STAN {stan} left after that of STAN {before.stan}"
            self.fail(terminal, at, what, of=transaction)
