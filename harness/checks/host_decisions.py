"""Checks of what a host decides, as far as anybody outside can say what is right (H15 to H17).

A bank may decline for reasons of its own, so that most decisions are nobody's to judge. Three are:
what comes on a connection that has not signed on is refused; a PIN that was wrong approves nothing,
and one that was right is not called wrong; and what is not on an account is not paid from it.
"""

from __future__ import annotations

from typing import ClassVar

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.exchanges import Answer, Exchange
from harness.checks.host_conduct import HostCheck
from harness.checks.transaction_evidence import APPROVING
from harness.wire.message import AdviceOutcome, Outcome

SIGN_ONS_AT_HOST = ("wire.network", "wire.sign_on")
"""A run that sees one of these has the sign-ons as they come to the host."""
_TAKEN = (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED)


class RefusedBeforeSignOn(HostCheck):
    """H15. A request that comes before the connection has asked for a sign-on, after one that was
    refused, or after a sign-off, is not approved, and a reversal is not taken, whoever sent it. The
    terminals sign on first, so that only a fault of the line tries it.
    """

    id = "H15"
    rare = True

    def observable(self, sees: tuple[str, ...]) -> bool:
        """False without sign-ons, as there is nothing to check then."""
        known = any(eye in sees for eye in SIGN_ONS_AT_HOST)
        return known and self.contract.sign_on and super().observable(sees)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        super().on_FrameSeen(terminal, at, event)
        answer = terminal.wire.exchanges.answer
        if (event.end, event.to) == ("host", "terminal") and answer is not None:
            exchange = answer.exchange
            if exchange is not None and exchange.stranger and not exchange.judged:
                self.answers(terminal, at, exchange, answer)

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        if not exchange.early or exchange.of_before:
            return  # it came in turn as well, and nobody knows which of both is answered
        self.tried += 1
        message = answer.message
        taken = message.advice_outcome in _TAKEN if exchange.reversal else None
        if taken or (taken is None and message.outcome in APPROVING):
            what = f"{exchange.what} came before a sign-on, and was answered {message.code}"
            self.fail(terminal, at, what, of=exchange)


class PinIsVerified(HostCheck):
    """H16. A request that came with a wrong PIN is not approved, and the answer to one that came
    with the right PIN does not ask for the PIN again. What counts is the PIN in the request as it
    leaves the terminal; whether that is the one that was typed is M1.card's. A host that is
    somebody else's is judged where a file of cards names the PINs that it knows.
    """

    id = "H16"
    needs = (*HostCheck.needs, "device")

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        pin, configuration = exchange.pin, terminal.configuration
        if exchange.reversal or not pin or exchange.struck:
            return
        if configuration is None or not configuration.host_has_pins:
            return
        self.tried += 1
        outcome = answer.message.outcome
        if pin == "wrong" and outcome in APPROVING:
            self.fail(terminal, at, f"{exchange.what} was approved, and its PIN wrong", of=exchange)
        elif pin == "right" and outcome is Outcome.PIN_AGAIN:
            what = f"{exchange.what} was answered {answer.message.code}, and its PIN was right"
            self.fail(terminal, at, what, of=exchange)


class NothingOverdrawn(Check):
    """H17. What the host approves is on the account: its debit leaves no account below zero. What
    was approved in the issuer's stead is posted whatever is there (H5). `worst` is the most by
    which an account was overdrawn.
    """

    id = "H17"
    needs: ClassVar[tuple[str, ...]] = ("ledger",)
    unit = "cents"

    @property
    def bound(self) -> float:
        return 0.0

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        if event.kind != "debit":
            return
        transaction = terminal.transactions.named(event.stan, event.sent, event.acquirer)
        if transaction.stood_in or (self.contract.stand_in and not transaction.requested):
            return
        self.tried += 1
        self.measured(event.overdrawn)
        if event.overdrawn:
            over = f"{event.overdrawn / 100:.2f} more than was on its account"
            self.fail(terminal, at, f"STAN {event.stan} was approved for {over}", of=transaction)
