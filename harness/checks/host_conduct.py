"""Checks that judge a host by the wire alone (H6.wire, H9 to H13).

The host is seen where its bytes leave it, before any fault of ours can touch them, and what it was
asked is seen where it arrives, behind them. So these checks judge somebody else's host in front of
our terminals as they judge our own. In front of somebody else's terminals our own host is not on
trial, and they do not apply.
"""

from __future__ import annotations

from typing import ClassVar

from harness import events as e
from harness.checks.base import NOBODY, Check, Late, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.exchanges import Answer, Exchange, approved_amount
from harness.checks.ledger import tombstone_cases
from harness.checks.transaction_evidence import APPROVING
from harness.wire.describe import mask_fields
from harness.wire.echo import wrong_beside, wrong_echo
from harness.wire.element_classes import Wrong, in_words, only_the_code
from harness.wire.message import AdviceOutcome, Kind, Message, Outcome, counterpart


class HostCheck(Check):
    """A check of what leaves the host. `answers` is called with each answer of the host to what it
    was asked as a terminal had sent it. What the host does in an outage that is meant
    (`Contract.host_outages`) is not judged.
    """

    needs: ClassVar[tuple[str, ...]] = ("wire.terminal", "wire.host")
    of_a_host = True
    stood_by = (e.RUN, e.HOST)  # ours may read an answer late, or be late with it

    @classmethod
    def applies(cls, sees: tuple[str, ...]) -> bool:
        """Only where the terminals are ours: there the host is on trial."""
        return "device" in sees

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end == "host" and event.to == "terminal":
            answer = terminal.wire.exchanges.answer
            if answer is None or answer.exchange is None or not answer.exchange.judged:
                return
            if not self.contract.host_excused(answer.exchange.arrived_at, at):
                self.answers(terminal, at, answer.exchange, answer)

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        """The host has answered an exchange."""


class AnsweredOnce(HostCheck):
    """H9. Each request and each reversal gets one answer within its time: the terminal's timer for
    the host, and for a reversal the time until it is repeated. The answer reads, is of the right
    type, has a response code and, where the link has one, a right MAC, and each of its elements
    holds what its class says.

    An exchange that was still in time when the connection or the run ended is open, and not judged;
    but nobody answers by hanging up.
    """

    id = "H9"
    timed = True
    unit = "s"

    @property
    def bound(self) -> float:
        return self.contract.host_response

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.to != "terminal":
            return
        answer = terminal.wire.exchanges.answer
        exchange = None if answer is None else answer.exchange
        if self.contract.host_excused(at if exchange is None else exchange.arrived_at, at):
            return
        if event.problem:
            self.tried += 1
            what = f"the host sent {event.size} bytes that are no message"
            self.fail(terminal, at, what, of=NOBODY)
        elif answer is None:
            return
        elif answer.exchange is None:
            self.tried += 1
            message = answer.message
            what = f"{message.mti} to STAN {message.stan}, which nobody had asked"
            self.fail(terminal, at, what, of=NOBODY)
        elif answer.exchange.judged:
            self.tried += 1
            self._judge(terminal, at, answer.exchange, answer, event)

    def _judge(
        self,
        terminal: TerminalEvidence,
        at: float,
        exchange: Exchange,
        answer: Answer,
        event: e.FrameSeen,
    ) -> None:
        message, what, mac = answer.message, exchange.what, event.mac
        unlike = _wrong_by_itself(exchange, message, event.wrong or ())
        if exchange.struck and only_the_code(message, unlike):
            unlike = ()  # a fault may have ordered a code that is on no list
        code = message.element("code")
        wrong = ""
        if message.mti != counterpart(exchange.mti):
            wrong = f"by {message.mti}"
        elif mac == "bad" or (mac == "none" and self.contract.mac):
            wrong = f"with a MAC that is {_in_words(mac)}"
        elif code in message.missing():
            wrong = f"without DE {code}"
        elif unlike:
            wrong = f"by a message that does not read: {in_words(unlike)}"
        elif exchange.answers > exchange.arrivals:
            wrong = f"{exchange.answers} times"
        elif answer.took is not None:
            self._in_time(terminal, at, exchange, answer.took)
        if wrong:
            self.fail(terminal, at, f"{what} was answered {wrong}", of=exchange)

    def _in_time(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, took: float
    ) -> None:
        bound = terminal.wire.exchanges.bound(exchange)
        if exchange.excused:
            return
        if not exchange.reversal:
            self.measured(took)
        if took > bound + 1e-6:
            what = f"{exchange.what} was answered after {took:.1f} s, at most {bound:.1f} s"
            late = late_by(took - bound, at - took, at)
            self.fail(terminal, at, what, of=exchange, late=late)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        for unanswered in terminal.wire.exchanges.overdue(now):
            until = unanswered.arrived_at + unanswered.bound
            if unanswered.excused or self.contract.host_excused(unanswered.arrived_at, until):
                continue
            self.tried += 1
            if unanswered.hung_up:
                what = f"{unanswered.what} had no answer: the host hung up"
                self.fail(terminal, unanswered.seen_at, what, of=unanswered)
                continue
            what = f"{unanswered.what} had no answer within {unanswered.bound:.1f} s"
            bound, since, seen = unanswered.bound, unanswered.arrived_at, unanswered.seen_at
            late = Late(bound, since, seen, seen - until)
            self.fail(terminal, until, what, of=unanswered, late=late)


def _wrong_by_itself(exchange: Exchange, answer: Message, wrong: Wrong) -> Wrong:
    """What an answer has wrong and does not just repeat of what was asked."""
    asked = dict(exchange.asked.texts)
    return tuple(x for x in wrong if answer.fields.get(x[0]) != asked.get(x[0], ""))


def _in_words(mac: str) -> str:
    return "wrong" if mac == "bad" else "missing"


class EchoesRequest(HostCheck):
    """H10. Every element that an answer repeats says what the request said (`wire/echo.py`)."""

    id = "H10"

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        message = answer.message
        self.tried += 1
        asked = exchange.asked
        wrong = wrong_echo(message, asked) + wrong_beside(message, asked)
        if wrong:
            differing = ", ".join(_difference(message, exchange, element) for element in wrong)
            self.fail(terminal, at, f"{message.mti} to {exchange.what}: {differing}", of=exchange)


def _difference(message: Message, exchange: Exchange, element: str) -> str:
    """'DE 49 is 840 instead of 978'; of a card's number what may be shown of it."""
    texts = dict(exchange.asked.texts + exchange.asked.beside)
    said = mask_fields({element: message.fields.get(element, "")})[element]
    if element == message.element("amount"):
        asked = f"{exchange.asked.amount:0{len(message.amount_text) or 1}d}"
        if said and message.outcome is Outcome.PARTIAL:
            return f"DE {element} is {said}, which is no part of {asked}"
    else:
        asked = mask_fields({element: texts.get(element, "")})[element]
    return f"DE {element} is {said or 'missing'} instead of {asked}"


class SameAnswerToRepeat(HostCheck):
    """H11. A message that comes again gets the answer that the first one got: the same code, the
    same approval code and the same amount. After an answer that settles nothing the host may find
    another one, and so may a standby that has taken over.
    """

    id = "H11"
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._failed_over_at = -1.0

    def run_event(self, at: float, event: e.Event) -> None:
        if isinstance(event, e.FailedOver):
            self._failed_over_at = at

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        message = answer.message
        first = not exchange.settled_by or exchange.answers == exchange.settled_by
        first |= exchange.early  # which is refused, whatever was answered before
        if first or exchange.arrivals < 2 or exchange.settled_at <= self._failed_over_at:
            return
        self.tried += 1
        said = message.code, message.text("approval"), approved_amount(message)
        settled = exchange.code, exchange.approval, exchange.settled_amount
        if said != settled:
            now, before = _code_in_words(*said), _code_in_words(*settled)
            what = f"{exchange.what} was answered {now} when it came again, and {before} at first"
            self.fail(terminal, at, what, of=exchange)


def _code_in_words(code: str, approval: str, amount: int) -> str:
    more = [x for x in (approval, f"{amount / 100:.2f}" if amount else "") if x]
    return f"{code or 'without a code'} ({', '.join(more)})" if more else code or "without a code"


class ReversalAccepted(HostCheck):
    """H12. A reversal tells what has happened already, so the host accepts it. A code by which it
    is to be sent again later is no refusal; whether it is accepted in the end is H7's. A reversal
    that does not agree with its request may be refused, and so is one where a fault inside a host
    of ours orders the response code. An issuer that is away is a reason for another try.
    """

    id = "H12"

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        message = answer.message
        if not exchange.reversal or exchange.doubtful or exchange.word_ordered or not message.code:
            return
        if exchange.early:
            return
        self.tried += 1
        if message.advice_outcome is AdviceOutcome.PARK:
            what = f"reversal {exchange.stan} was refused with {message.code}"
            self.fail(terminal, at, what, of=exchange)


class SettledIsGivenBack(HostCheck):
    """H14. When the host answers a reversal so that it is settled for the terminal (accepted, or by
    'no original' and 'duplicate', which some hosts say of whatever they have reversed), it has
    given back what it had posted, less what the reversal says was taken. What it approved in its
    issuer's stead it corrects with the issuer.
    """

    id = "H14"
    needs = ("wire.terminal", "wire.host", "ledger")

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        original, message = exchange.original, answer.message
        if original is None or exchange.doubtful or self.contract.standby:
            return
        if message.advice_outcome not in (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED):
            return
        for x in terminal.transactions.with_stan(original.stan):
            if x.sent != original.sent or not x.debit or x.stood_in or x.unseen:
                continue
            self.tried += 1
            owed = x.debit - (x.reversal_taken or 0)
            if x.back < owed:
                what = f"reversal {exchange.stan} was answered {message.code}, and"
                what += f" {x.back / 100:.2f} of {owed / 100:.2f} had been given back"
                self.fail(terminal, at, what, of=exchange)


class NoApprovalAfterReversal(HostCheck):
    """H6.wire. An original whose reversal the host had acknowledged before it answered the original
    is never approved, nor is a duplicate that comes after the reversal of what was approved. A case
    is an original that arrives afterwards, or that had arrived and was not answered.
    """

    id = "H6.wire"
    rare = True

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.mac == "bad":
            return
        self.tried += tombstone_cases(terminal, event)
        message = terminal.wire.message
        if terminal.wire.kind is Kind.ANSWER and event.to == "terminal":
            transaction = terminal.transactions.of(message)
            answer = terminal.wire.exchanges.answer
            exchange = None if answer is None else answer.exchange
            came_after = exchange is not None and exchange.came_after and exchange.judged
            self.tried += came_after and not transaction.tombstone
            meant = self.contract.host_excused(transaction.heard_at, at)
            # what is answered again repeats what was said before the reversal was taken
            again = exchange is not None and exchange.answers > 1
            late = came_after or (transaction.tombstone and not again)
            if late and message.outcome in APPROVING and not meant:
                what = f"STAN {transaction.stan} was approved after its reversal was acknowledged"
                self.fail(terminal, at, what, of=transaction)


class NetworkAnswered(HostCheck):
    """H13. A sign-on is answered within its time, and so is an echo, each once and with a response
    code. After a sign-on that was accepted no echo is refused.
    """

    id = "H13"
    timed = True
    by_any_message = True

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        network = terminal.wire.network
        network.overdue(now)
        self.tried += network.tried
        for ignored in network.ignored:
            self.fail(terminal, ignored.until, ignored.what, of=NOBODY, late=ignored.late)
