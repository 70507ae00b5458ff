"""What the host tells a terminal, held against what it has booked (H18 to H21).

The ledger has to be in sight: these are checks of a host of ours, or of a profile over it.
"""

from __future__ import annotations

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.exchanges import Answer, Exchange
from harness.checks.host_conduct import HostCheck
from harness.checks.transaction_evidence import APPROVING, TransactionEvidence

_ACCOUNTS_KEPT = 100_000


def transaction_of(terminal: TerminalEvidence, exchange: Exchange) -> TransactionEvidence | None:
    """The request that an exchange is about; None of a reversal, or where it is not kept."""
    if exchange.reversal:
        return None
    same = terminal.transactions.with_stan(exchange.stan)
    return next((x for x in same if x.sent == exchange.sent), None)


class BookedAsTold(HostCheck):
    """H18. When the first approval of a withdrawal leaves the host, its amount has been debited, or
    stood in for, neither more nor less: the commit is one instant (docs/domain.md, "Store and
    forward", rule 7). What was reversed meanwhile is H14's business. It does not matter
    whether a fault has altered the request on its way: what came has to be booked, or refused.
    """

    id = "H18"
    needs = (*HostCheck.needs, "ledger")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if (event.end, event.to) == ("host", "terminal"):
            answer = terminal.wire.exchanges.answer
            if answer is not None and answer.exchange is not None:
                self.answers(terminal, at, answer.exchange, answer)

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        message = answer.message
        if exchange.reversal or exchange.answers != 1 or message.outcome not in APPROVING:
            return
        x = transaction_of(terminal, exchange)
        altered = message.terminal != terminal.name or terminal.transactions.of(message) is not x
        if altered and not exchange.judged:
            return  # it was booked as another terminal's, or as another transaction
        asked = exchange.request
        if x is None or asked is None or not (x.withdrawal and asked.is_withdrawal):
            return
        if x.unseen or x.before or x.reversal is not None:
            return
        self.tried += 1
        booked = x.debit + x.stood
        if booked != message.amount:
            what = f"{exchange.what} was approved for {message.amount / 100:.2f}"
            self.fail(terminal, at, f"{what}, and {booked / 100:.2f} were booked", of=exchange)


class AccountOfTheCard(Check):
    """H19. A debit, what is given back and a balance are of the account that the card draws on. A
    balance, as it is told or as a posting leaves it, is the one before it less what was taken
    since. A case is a posting or a balance of a request that was seen.

    A standby that takes over goes on with the balances of the host before it, unless a posting was
    lost; that is H3's business.
    """

    id = "H19"
    needs = ("ledger", "wire.host")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._balances: dict[str, int] = {}  # by account, in minor units

    def on_PostingLost(self, *_: object) -> None:
        self._balances.clear()

    def on_BroughtForward(self, *_: object) -> None:
        """Nobody knows what a process that is gone has posted last."""
        self._balances.clear()

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        x = terminal.transactions.named(event.stan, event.sent, event.acquirer)
        posting = f"the {event.kind} of STAN {event.stan}"
        self._compare(terminal, at, x, event.account, posting)
        known = self._balances.get(event.account)
        if known is not None:
            known += -event.amount if event.kind == "debit" else event.amount
        left = known if event.balance is None else event.balance
        self._follows(terminal, at, x, f"{posting} left", event.account, known, left)

    def on_BalanceRead(self, terminal: TerminalEvidence, at: float, event: e.BalanceRead) -> None:
        x = terminal.transactions.named(event.stan, event.sent)
        self._compare(terminal, at, x, event.account, f"the balance told to STAN {event.stan}")
        known = self._balances.get(event.account)
        what = f"STAN {event.stan} was told"
        self._follows(terminal, at, x, what, event.account, known, event.balance)

    def _follows(
        self,
        terminal: TerminalEvidence,
        at: float,
        x: TransactionEvidence,
        what: str,
        account: str,
        known: int | None,
        balance: int | None,
    ) -> None:
        """A balance of the account is what it was before, and what has been posted since."""
        if known is not None and known != balance:
            told, right = f"{(balance or 0) / 100:.2f}", f"{known / 100:.2f}"
            what = f"{what} a balance of {told}, and by the postings it is {right}"
            self.fail(terminal, at, what, of=x)
        if account and balance is not None:
            self._balances[account] = balance
            keep_latest(self._balances, _ACCOUNTS_KEPT)

    def _compare(
        self, terminal: TerminalEvidence, at: float, x: TransactionEvidence, account: str, what: str
    ) -> None:
        if not (x.account and account):
            return  # the request was not seen, or by an older version
        self.tried += 1
        if account != x.account:
            self.fail(terminal, at, f"{what} is of another account than the card's", of=x)


class DuplicateOfReversed(HostCheck):
    """H20. A request that comes after the host has acknowledged its reversal is declined, and the
    card is given back: the customer has gone without cash. It is declined as a duplicate, or as not
    permitted before a sign-on, or with a system error, by which it is carried out by nobody. What
    was refused before it was reversed may be refused again as it was then; an approval is not said
    again.
    """

    id = "H20"
    rare = True
    needs = (*HostCheck.needs, "ledger")

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        x = transaction_of(terminal, exchange)
        if x is None or answer.took is None or exchange.struck:
            return
        if exchange.arrived_at <= x.given_up_at:
            return
        self.tried += 1
        message, codes = answer.message, terminal.dialect.codes
        right = [codes[name] for name in ("duplicate", "not_permitted", "system_error")]
        if exchange.answers > 1 and message.outcome not in APPROVING:
            right.append(exchange.first_code)
        if message.code not in right:
            what = f"{exchange.what} came after its reversal was acknowledged, and was answered"
            self.fail(terminal, at, f"{what} {message.code or 'without a code'}", of=exchange)


class ExpiredIsRefused(HostCheck):
    """H21. A card that has expired is not approved. DE 14 says the last month in which it is good.
    Near the end of a month, where host and terminal may be in different ones, nothing is judged.
    """

    id = "H21"
    rare = True
    needs = (*HostCheck.needs, "ledger")

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        asked, configuration = exchange.request, terminal.configuration
        if asked is None or configuration is None or exchange.answers != 1:
            return
        expiry, day = asked.expiry, configuration.stamp(at - _A_DAY)
        if day is None or len(expiry) != _YYMM or not (expiry.isascii() and expiry.isdigit()):
            return
        if expiry >= day.date[-6:][:_YYMM]:
            return
        self.tried += 1
        if answer.message.outcome in APPROVING:
            what = f"{exchange.what} was approved, and its card expired in {expiry} (YYMM)"
            self.fail(terminal, at, what, of=exchange)


_A_DAY = 86_400.0  # seconds
_YYMM = 4  # digits
