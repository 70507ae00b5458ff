"""What the host's end of the wire shows: what came to the host, and what it answered."""

from __future__ import annotations

from harness.bounded import keep_latest
from harness.checks.transaction_evidence import TransactionEvidence
from harness.checks.transactions import TerminalTransactions
from harness.wire.message import REQUESTS, REVERSALS, AdviceOutcome, Kind, Message

MOST_HEARD = 1_000  # reversals of a terminal that wait for an answer
TAKEN = (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED)
"""Final answers to a reversal by which the host takes it."""


class HostEndEvidence:
    """`acknowledged` are the transactions for which the last answer laid a tombstone: the host took
    their reversal before it had posted any debit. `is_unsigned` is whether the host has not even
    been asked for a sign-on on the connection that stands, or has refused each of them, or has
    accepted a sign-off since. Nobody knows before the first connection on which sign-ons are
    reported there.
    """

    __slots__ = (
        "_asked",
        "_heard",
        "_signed_on",
        "_transactions",
        "acknowledged",
        "is_unsigned",
        "reports_sign_ons",
    )

    def __init__(self, transactions: TerminalTransactions) -> None:
        self._transactions = transactions
        self._heard: dict[str, TransactionEvidence] = {}  # reversals without answer, by STAN
        self.acknowledged: list[TransactionEvidence] = []
        self._asked: dict[str, str] = {}  # the function of each request, by STAN
        self._signed_on = False  # the host has accepted a sign-on, and no sign-off since
        self.reports_sign_ons = False
        self.is_unsigned = False

    def opened(self) -> None:
        """A new connection stands."""
        self._asked.clear()
        self._signed_on = False
        self.is_unsigned = self.reports_sign_ons

    def manages(self, message: Message, *, to_host: bool) -> None:
        """Network management passes the host's end. While a sign-on is not answered, nobody outside
        knows whether the host has accepted it.
        """
        self.reports_sign_ons = True
        if to_host and message.kind is Kind.NETWORK:
            self._asked[message.stan] = message.function
            keep_latest(self._asked, MOST_HEARD)
            self.is_unsigned &= message.function != "sign_on"
        elif not to_host and message.kind is Kind.NETWORK_ANSWER:
            function = self._asked.get(message.stan, "")
            if function == "sign_on":
                self._signed_on |= message.network_accepted
                self.is_unsigned = not self._signed_on
            elif function == "sign_off" and message.network_accepted:
                self._signed_on, self.is_unsigned = False, True

    def arrives(self, at: float, message: Message, account: str = "") -> None:
        """A message whose MAC is not wrong has come to the host. `account` is the token of the
        account that its card draws on.
        """
        if message.kind in REQUESTS:
            asked = self._transactions.of(message)
            asked.host_asks += 1
            asked.account = asked.account or account
        elif message.kind in REVERSALS:
            transaction = self._transactions.reversed_by(message)
            if transaction is not None:
                known = transaction.debits or transaction.stood_in or transaction.host_answers
                transaction.heard_first = not known
                transaction.heard_at = at
                self._heard[message.stan] = transaction
                keep_latest(self._heard, MOST_HEARD)

    def leaves(self, at: float, message: Message) -> None:
        """A message leaves the host."""
        if message.kind is Kind.ANSWER:
            self._transactions.of(message).host_answers += 1
        elif message.kind is Kind.REVERSAL_ANSWER:
            self._acknowledge(at, message)

    def _acknowledge(self, at: float, message: Message) -> None:
        transaction = self._heard.pop(message.stan, None)
        self.acknowledged = []
        if transaction is not None and message.advice_outcome in TAKEN:
            transaction.given_up_at = min(transaction.given_up_at, at)
        if transaction is None or not transaction.heard_first or transaction.tombstone:
            return
        if message.advice_outcome in TAKEN:
            self._transactions.lay_tombstone(transaction)
            self.acknowledged = [transaction]
