"""How withdrawals end, how reversals repeat, and whether timers stand (T3 T8 T10 T13)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import CLOSING, TerminalEvidence
from harness.checks.transactions import TransactionEvidence, is_over
from harness.machines.inputs import State
from harness.wire.dialect import Kind


class TimersStand(Check):
    """T3. Seen only on our own terminals: with a card or cash in play a state has a timer, unless
    it is parked out of service; and nothing from the network sets one again.
    """

    id = "T3"
    needs = ("terminal", "device")

    def on_StateEntered(self, site: TerminalEvidence, at: float, event: e.StateEntered) -> None:
        if site.inserted is None and not site.cash_out:
            return
        self.tried += 1
        if not event.timer and event.state != State.OUT_OF_SERVICE:
            what = "a card" if site.inserted is not None else "cash"
            self.fail(site, at, f"{event.state} with {what} in play and no timer")

    def on_TimerRearmed(self, site: TerminalEvidence, at: float, event: e.TimerRearmed) -> None:
        self.tried += 1
        if event.cause == "network":
            self.fail(site, at, f"{event.timer} was started anew by the network")


class EndsExactlyOnce(Check):
    """T8. Declined, completed, reversed or suspense; exactly one of them, by the evidence."""

    id = "T8"
    needs = ("device", "wire.terminal")

    def on_FrameSeen(self, site: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        """A new request of the terminal closes the book on what is over."""
        if site.kind is Kind.REQUEST and event.end == "terminal":
            for exchange in site.swept:
                self._judge(site, at, exchange)

    def _judge(self, site: TerminalEvidence, at: float, exchange: TransactionEvidence) -> None:
        endings = tuple(dict.fromkeys(exchange.endings))
        if not (exchange.requested and exchange.withdrawal) or exchange.judged == endings:
            return
        self.tried += not exchange.judged
        exchange.judged = endings
        wrong = contradiction(exchange, endings)
        if wrong:
            self.fail(site, at, f"STAN {exchange.stan}: {wrong}")

    def rest(self, site: TerminalEvidence, now: float) -> None:
        for exchange in site.open.values():
            if exchange.endings:
                self._judge(site, now, exchange)
            elif exchange.requested and exchange.withdrawal:
                self.tried += 1
                self.fail(site, now, never_ended(exchange))


class UnansweredIsReversed(Check):
    """T8.unanswered: what the wire alone shows of T8, at a terminal whose device nobody sees. A
    withdrawal that had no answer within the contract's host timer that could close it, or one
    that asks for a reversal, is reversed.
    """

    id = "T8.unanswered"
    needs = ("wire.terminal",)

    @classmethod
    def applies(cls, sees: tuple[str, ...]) -> bool:
        return "device" not in sees

    def on_FrameSeen(self, site: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.end == "terminal" and site.kind is Kind.REVERSAL:
            original = site.dialect.original_of(event.fields)
            if original is not None:
                exchange = site.exchange(original.stan, original.sent)
                self.tried += must_be_reversed(exchange)

    def rest(self, site: TerminalEvidence, now: float) -> None:
        for exchange in site.open.values():
            if must_be_reversed(exchange) and "reversed" not in exchange.endings:
                self.tried += 1
                self.fail(site, now, never_ended(exchange))


def must_be_reversed(exchange: TransactionEvidence) -> bool:
    """By what passed on the wire, is there no way for this withdrawal to end but a reversal?"""
    if not (exchange.requested and exchange.withdrawal) or exchange.unsure:
        return False
    if exchange.answer is None or exchange.aborted:
        return True
    closes = exchange.answer in CLOSING
    return not closes and not exchange.approved


def is_open(exchange: TransactionEvidence) -> bool:
    """Is something still to come on the wire?"""
    if exchange.reversal is not None:
        return not (exchange.reversal_final or exchange.parked or exchange.unsure)
    return must_be_reversed(exchange)


def never_ended(exchange: TransactionEvidence) -> str:
    """In words, for a withdrawal without an ending."""
    return (
        f"STAN {exchange.stan} of {exchange.amount / 100:.2f} never ended: "
        f"{_answer_in_words(exchange)}, nothing reversed"
    )


def _answer_in_words(exchange: TransactionEvidence) -> str:
    if exchange.answer is None:
        return "no answer"
    return f"answered '{exchange.answer.value}'"


def contradiction(exchange: TransactionEvidence, endings: tuple[str, ...]) -> str:
    """What is wrong with how it ended, '' when nothing is."""
    if "reversed" in endings and (exchange.reversal_taken or 0) != exchange.taken:
        said = exchange.reversal_taken or 0
        return (
            f"{exchange.taken / 100:.2f} were taken, and the reversal says {said / 100:.2f} (DE 95)"
        )
    if "reversed" in endings and "declined" in endings and not exchange.shaken:
        return "it was declined, and it was reversed all the same"
    if "declined" in endings and exchange.taken:
        return f"it was declined, and {exchange.taken / 100:.2f} were taken"
    if "suspense" in endings and "reversed" in endings:
        return "it is in suspense, and it was reversed"
    if "reversed" in endings and exchange.uncounted:
        return "the dispenser had lost count, and it was reversed all the same"
    if "declined" in endings and "completed" in endings:
        return "it was declined, and paid"
    return ""


class PowerCutLosesNothing(Check):
    """T10. A withdrawal that was open when the power failed has ended all the same, and a reversal
    that was in flight then has been answered for good.
    """

    id = "T10"
    needs = ("device", "wire.terminal")

    def rest(self, site: TerminalEvidence, now: float) -> None:
        self.tried += site.losses
        for exchange in site.open.values():
            if not (exchange.cut and exchange.requested and exchange.withdrawal):
                continue
            if not exchange.endings:
                self.fail(site, now, never_ended(exchange))
            elif not is_over(exchange):
                self.fail(site, now, f"STAN {exchange.stan}: its reversal was never answered")


class ReversalsInOrder(Check):
    """T13.order (section 4, rule 6). A reversal is sent for the first time when the one before it
    has had its final answer or is parked, and never before one of an earlier transaction (as far
    as its request was seen: one that the power cut off before it left has no place in time). Where
    nobody sees the terminals' own end, a host that was killed may have given the answer and not
    have lived to say so.
    """

    id = "T13.order"
    rare = True
    needs = ("wire.terminal",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last: dict[str, TransactionEvidence] = {}

    def on_FrameSeen(self, site: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or site.kind is not Kind.REVERSAL:
            return
        original = site.dialect.original_of(event.fields)
        if original is None:
            return
        exchange = site.exchange(original.stan, original.sent)
        before = self._last.get(site.name)
        if exchange.begun or before is exchange:
            return
        self._last[site.name] = exchange
        if before is None:
            return
        self.tried += 1
        unseen = before.unsure and not site.device_seen
        if not (before.reversal_final or before.parked or unseen):
            what = f"the reversal of STAN {original.stan} left while STAN {before.stan}'s was open"
            self.fail(site, at, what)
        elif exchange.requested and exchange.start < before.start:
            what = f"the reversal of STAN {original.stan} left after that of STAN {before.stan}"
            self.fail(site, at, what)


class OneReversal(Check):
    """T13. One reversal per transaction with one STAN and one DE 7; its repeats are equal but for
    the MTI and the MAC; the first is no repeat, unless the power failed in between (which nobody
    sees at somebody else's terminal).
    """

    id = "T13"
    needs = ("wire.terminal",)

    def on_FrameSeen(self, site: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or site.kind not in (Kind.REVERSAL, Kind.REVERSAL_REPEAT):
            return
        fields = event.fields
        original = site.dialect.original_of(fields)
        if original is None:
            self.tried += 1
            self.fail(site, at, "a reversal that names no original (DE 90)")
            return
        exchange = site.exchange(original.stan, original.sent)
        first = exchange.reversal
        if first is None:
            return
        self.tried += 1
        stan, sent, digest = first
        if site.was_reversed(exchange):
            self.fail(site, at, f"STAN {original.stan} had been reversed long before")
        if (fields.get("11"), fields.get("7")) != (stan, sent):
            self.fail(
                site,
                at,
                f"a second reversal of STAN {original.stan}: {fields.get('11')} after {stan}",
            )
        elif event.digest != digest:
            self.fail(site, at, f"the repeat of reversal {stan} differs from the first")
        repeat = site.kind is Kind.REVERSAL_REPEAT
        if repeat is not exchange.begun and site.device_seen and not site.cuts:
            began = "a repeat" if repeat else "new, once more"
            self.fail(site, at, f"reversal {stan} was sent as {began}")
        exchange.begun = True
