"""What the wire shows: each frame is read once here, and checks get its message.

Frames at the terminal's end say what it asked and what it was told; frames at the host's end go on
to `HostEndEvidence`. While the terminal's process stands still, what comes for it is kept, and read
when the process goes on.
"""

from __future__ import annotations

from harness import events as e
from harness.checks.agreement import disagrees, matches
from harness.checks.altered_messages import AlteredMessages
from harness.checks.connection_gaps import ConnectionGaps
from harness.checks.connections import UNKNOWN, Connections
from harness.checks.exchanges import Exchanges
from harness.checks.host_end_evidence import HostEndEvidence
from harness.checks.host_reach import HostReach
from harness.checks.host_wait import HostWait
from harness.checks.link_evidence import LinkEvidence
from harness.checks.network_exchanges import FaultsInForce, NetworkExchanges
from harness.checks.numbers_used import NumbersUsed
from harness.checks.operating_time import OperatingTime
from harness.checks.said_by_terminal import SaidByTerminal
from harness.checks.transaction_evidence import APPROVING, CLOSING, HOST_TIMER, TransactionEvidence
from harness.checks.transactions import TerminalTransactions
from harness.contract import Contract
from harness.wire.dialects.base import Dialect
from harness.wire.echo import echo_of
from harness.wire.element_classes import only_the_code
from harness.wire.kinds import ASKING
from harness.wire.message import (
    NETWORK_KINDS,
    REQUESTS,
    REVERSALS,
    Kind,
    Message,
    Outcome,
    counterpart,
)
from harness.wire.particulars import differing_in_repeat

WAY: dict[Kind, e.End] = {
    Kind.REQUEST: "host",
    Kind.REQUEST_REPEAT: "host",
    Kind.REVERSAL: "host",
    Kind.REVERSAL_REPEAT: "host",
    Kind.ANSWER: "terminal",
    Kind.REVERSAL_ANSWER: "terminal",
}
"""Where a message of that kind goes; network management goes either way."""

UNHEARD, ANSWERED = ("unreadable", "unauthentic"), "answer to a sign-on or an echo"
"""Of frames that were only counted: those that prove nothing of the link, and those that do."""


class WireEvidence:
    """One terminal's link, seen at both of its ends.

    `message` is the last frame's, and `kind` what it is; None if the frame would not decode, or if
    it goes where no message of its kind goes. `subject` is the transaction that the last request
    or reversal at the terminal's end was about, `altered` the messages that became others on a
    line without MACs, `echoed_wrongly` whether the last frame is an answer that repeats something
    else than was asked, `first_sent` the time that the terminal's first message names, `connection`
    the number of the one on which the last frame passed. `advice` is the last message that passed
    between stand-in and issuer.
    """

    __slots__ = (
        "_awaited", "_contract", "_dialect", "_may_be_altered", "_name", "_network_end", "_time",
        "_transactions", "_unread", "_wait", "advice", "altered", "connection", "connections",
        "echoed_wrongly", "exchanges", "first_sent", "gaps", "host_end", "kind", "link", "message",
        "network", "numbers", "reach", "said", "subject",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        contract: Contract,
        dialect: Dialect,
        time: OperatingTime,
        transactions: TerminalTransactions,
        wait: HostWait,
        faults: FaultsInForce | None,
        connections: Connections,
        said: SaidByTerminal | None = None,
    ) -> None:
        """`faults` are those of a run that reports network management at the terminal's end alone;
        None where it is reported at the host's end. `connections` are those of all terminals.
        `said` judges what the terminal says; without it nobody does.
        """
        self._name = name
        self._contract = contract
        self._dialect = dialect
        self._time = time
        self._transactions = transactions
        self._wait = wait
        self._awaited: frozenset[str] = frozenset()  # the types of what answers its reversals
        self._unread: list[tuple[Message, str] | None] = []  # with its MAC; None: the link closed
        self.altered = AlteredMessages()
        self._may_be_altered = not contract.mac and transactions.device_seen
        self.link = LinkEvidence(contract, time, transactions)
        self.reach = HostReach(contract, self.link, time)
        self.connection = UNKNOWN
        self.connections = connections
        self.first_sent = ""
        self.echoed_wrongly = False
        self.gaps = ConnectionGaps()
        self.said = said
        self.numbers = NumbersUsed()
        self.host_end = HostEndEvidence(transactions)
        self.exchanges = Exchanges(contract)
        self.network = NetworkExchanges(contract, faults)
        self._network_end: e.End = "host" if faults is None else "terminal"
        self.message = dialect.read({})
        self.kind: Kind | None = None
        self.subject: TransactionEvidence | None = None
        self.advice = self.message

    # --- what passes ---------------------------------------------------------------------------

    def on_FrameSeen(self, at: float, event: e.FrameSeen) -> bool:
        """True when it concerns no check: authentic network management that hosts carry out."""
        message = self.message = self._dialect.read(event.fields)
        kind, management = message.kind, message.kind in NETWORK_KINDS
        self.exchanges.answer, self.echoed_wrongly = None, False
        if management and event.end == self._network_end and not event.problem:
            authentic = self._authentic_mac(event.mac)
            self.network.passes(at, message, to_host=event.to == "host", authentic=authentic)
        elif management and (event.end, event.to) == ("terminal", "host"):
            self.network.leaves(message)
        if event.end == "host":
            self.exchanges.passes(at, event)
            if management and self._authentic_mac(event.mac):
                self.host_end.manages(message, to_host=event.to == "host")
        if event.problem or (not management and WAY.get(kind, event.to) != event.to):
            self.kind = None  # damaged, maybe into what only the other end would say
            return False
        self.kind = kind
        if self._may_be_altered and not management:
            self.altered.passes(event, message)
        if event.end == "terminal":
            if event.to == "host":
                self._sent(kind, at, message, event)
            elif event.wrong and kind is Kind.ANSWER and not only_the_code(message, event.wrong):
                self.link.heard = at  # nobody may act on it
                self.link.conduct.heard(at)
                self._damaged(at, message)
            else:
                self._arrived(at, message, event.mac)
        elif not management:
            self._at_host(at, message, event)
        known = event.end == "terminal" or bool(message.function)
        return management and known and self._authentic_mac(event.mac)

    def _at_host(self, at: float, message: Message, event: e.FrameSeen) -> None:
        authentic = event.mac != "bad"
        if event.to == "host":
            if not message.is_answer:  # of whatever type: a fault may have changed that
                how = {"authentic": authentic, "connected": self.link.connected}
                self.exchanges.arrives(at, message, early=self.host_end.is_unsigned, **how)
            if authentic:
                self.host_end.arrives(at, message, event.account or "")
        else:
            if message.is_answer:
                self.exchanges.leaves(at, message)
            if authentic:
                self.host_end.leaves(at, message)

    @property
    def wants_mac(self) -> bool:
        """Must a message carry a MAC?"""
        return self._contract.mac

    def _authentic_mac(self, mac: str) -> bool:
        return mac == "good" or (mac == "none" and not self._contract.mac)

    def on_MoreLikeIt(self, at: float, event: e.MoreLikeIt) -> None:
        """Frames were only counted. None of them is about money; but the terminal heard them."""
        if event.end != "terminal" or event.to != "terminal" or event.what in UNHEARD:
            return
        self.link.conduct.counted_only()
        self.link.heard = at
        if event.what == ANSWERED:
            self.link.network_ok = at
            if self._network_end == "terminal":
                self.network.answered(event.count)

    def on_AdviceSeen(self, _at: float, event: e.AdviceSeen) -> None:
        self.advice = self._dialect.read(event.fields)

    def on_ConnectionUsed(self, _at: float, event: e.ConnectionUsed) -> None:
        self.connection = event.number

    def on_LinkOpened(self, at: float, _event: e.LinkOpened) -> None:
        self.link.opened(at)
        self.host_end.opened()
        self.reach.changed(at)
        self.exchanges.opened(at)
        self.network.opened(at)

    def on_ConnectFailed(self, _at: float, event: e.ConnectFailed) -> None:
        self.reach.failed(event)

    def on_LinkClosed(self, at: float, event: e.LinkClosed) -> None:
        self.link.closed(at, event.how)
        self.reach.changed(at)
        self.exchanges.closed(at, how=event.how)
        self.network.closed(at)
        self.connections.closed(self.connection)
        self.gaps.closed(at)
        if self._time.stands_still:
            self._unread.append(None)
        else:
            self._hung_up(at)

    def power_lost(self, at: float) -> None:
        """The terminal's end of the connection is gone, and what it had not read."""
        self.link.closed(at, "power")
        self.reach.changed(at)
        self.exchanges.closed(at)
        self.network.closed(at)
        self._unread.clear()

    def read_on(self, at: float) -> None:
        """The terminal's process goes on, and reads what came meanwhile."""
        self.link.conduct.stood_still()
        unread, self._unread = self._unread, []
        for item in unread:
            if item is None:
                self._hung_up(at)
            else:
                self._read(at, *item)

    # --- from the terminal -----------------------------------------------------------------------

    def _sent(self, kind: Kind, at: float, message: Message, event: e.FrameSeen) -> None:
        self.first_sent = self.first_sent or message.sent
        if not self._transactions.device_seen:
            self.gaps.sends(message.sent)
        if kind in ASKING:
            self.exchanges.asks(message)
        if kind is Kind.NETWORK_ANSWER:
            self.link.conduct.answers_host(at, message)
        elif kind is Kind.NETWORK:
            self.link.asks(at, message)
            self.connections.passes(self.connection, message, to_host=True)
        elif kind in REQUESTS:
            self._begin(at, message)
        elif kind in REVERSALS:
            self._reverse(at, message, event.digest)
        if self.subject is not None and kind in ASKING:
            pin = "" if event.unlike else event.pin or ""
            self.exchanges.is_about(message, self.subject, pin=pin)
        if self.said is not None:
            self.said.sent(at, message, event, self.subject)
            if self._transactions.device_seen:
                self.numbers.sent(at, message, self.subject)

    def _begin(self, at: float, message: Message) -> None:
        transactions, wait = self._transactions, self._wait
        transaction = self.subject = transactions.begin(message)
        first = transaction.particulars
        if first is not None and differing_in_repeat(first, message.particulars):
            return  # it has the identity of another one, which it does not change
        transaction.withdrawal = message.is_withdrawal
        transactions.withdrawals += transaction.withdrawal
        if not self._time.powered:  # it left in the instant in which the power failed
            transactions.cut(transaction)
        transaction.amount = message.amount
        transaction.rrn = message.rrn or transaction.rrn  # a repeat may leave it out
        transaction.asked = echo_of(message)
        wait.asked(at, transaction, screen_seen=transactions.device_seen)
        transactions.sweep(at)

    def _reverse(self, at: float, message: Message, digest: str) -> None:
        transaction = self.subject = self._transactions.reversed_by(message)
        if transaction is None or disagrees(message, transaction):
            self.exchanges.doubts(message)
        if transaction is None:
            return
        transaction.answer_unseen |= transaction.unsure
        transaction.unsure = False
        transaction.reversals_sent += 1
        self._awaited |= {counterpart(message.mti)}
        transaction.reversal_moved_at = at
        if transaction.reversal is None:
            transaction.reversal_begun_at = at
            transaction.reversal = (message.stan, message.sent, digest)
            transaction.reversal_message = message
            transaction.reversal_taken = message.amount_taken
            transaction.endings.append("reversed")
            self._transactions.begin_reversal(transaction, message)

    # --- to the terminal -------------------------------------------------------------------------

    def _arrived(self, at: float, message: Message, mac: str) -> None:
        self.link.conduct.heard(at)
        self.link.heard = self.reach.heard_at = at
        if self._time.stands_still:
            self._unread.append((message, mac))
        else:
            self._read(at, message, mac)

    def _read(self, at: float, message: Message, mac: str) -> None:
        if self._authentic_mac(mac):
            self._authentic(at, message, mac)
        else:
            self._forged(at, message, mac)

    def _authentic(self, at: float, message: Message, mac: str) -> None:
        kind = message.kind
        whose = message.terminal
        if kind is Kind.NETWORK_ANSWER:
            self.connections.passes(self.connection, message, to_host=False)
            # hosts leave the terminal out there: the link says whose
            if whose in (self._name, ""):
                self.link.is_answered(at, message)
                self.reach.changed(at)
        elif kind is Kind.NETWORK:
            self.link.conduct.host_asks(at, message)
        elif kind is Kind.ANSWER and whose in (self._name, ""):
            self._answer(at, message, mac)
        elif (kind, whose) == (Kind.REVERSAL_ANSWER, self._name) and message.mti in self._awaited:
            self._transactions.reversal_answered(at, message, message.advice_outcome)

    def _forged(self, at: float, message: Message, mac: str) -> None:
        """Notes an approval of the current request, by its fields, whose MAC is not right."""
        self._damaged(at, message)
        current = self._transactions.current
        if (
            message.kind is Kind.ANSWER
            and current is not None
            and message.stan == current.stan
            and message.outcome in APPROVING
        ):
            current.forged = mac

    def _damaged(self, at: float, message: Message) -> None:
        """Notes that an answer to the current request came in time that is not valid."""
        current = self._transactions.current
        if current is None or current.answer is not None or current.aborted:
            return
        if at >= current.start + self._contract.host_response:
            return
        if message.kind is Kind.ANSWER and message.stan == current.stan:
            current.damaged |= message.terminal == self._name

    def _answer(self, at: float, message: Message, mac: str) -> None:
        """The first answer that matches a request which waits for one counts, in time or not."""
        for asked in self._transactions.awaiting(message):
            if matches(message, asked):
                self._answered(asked, at, message, mac)
                return
        current = self._transactions.current
        ours = message.terminal == self._name and not self._time.stands_still
        if ours and current is not None and (message.stan, current.answer) == (current.stan, None):
            self.echoed_wrongly = True
        self._damaged(at, message)

    def _answered(self, asked: TransactionEvidence, at: float, message: Message, mac: str) -> None:
        outcome = message.outcome
        if at >= asked.start + self._contract.host_response and not asked.aborted:
            asked.aborted = HOST_TIMER
        asked.answer = outcome
        asked.answer_at = at
        asked.answer_mac = mac
        asked.answer_code, asked.approval_code = message.code, message.text("approval")
        asked.unseen |= not self._transactions.observed.host
        if outcome is Outcome.APPROVED or (
            outcome is Outcome.PARTIAL and self._may_be_paid_in_part
        ):
            asked.approved = message.amount
        self._transactions.touch(asked)
        if not asked.aborted and asked.withdrawal:
            self._transactions.approved += asked.approved > 0
            self._transactions.declined += outcome in CLOSING
        alone = not self._transactions.device_seen  # then there is no customer who may have gone
        if not asked.aborted and (alone or self._wait.since is not None):
            if outcome in CLOSING:
                asked.endings.append("declined")
            if outcome is Outcome.PIN_AGAIN:
                self._wait.since = None

    @property
    def _may_be_paid_in_part(self) -> bool:
        """Nobody knows of a terminal whose device is not seen whether it pays in part."""
        return self._contract.partial_approval or not self._transactions.device_seen

    def _hung_up(self, at: float) -> None:
        """The terminal has noticed that its link closed. A terminal whose device is not seen may
        have several connections: what it asked on this one has an answer in time, or has none.
        """
        waits = self._wait.since is not None and self._wait.awaits_answer()
        if waits and self._transactions.device_seen:
            self._wait.abort(at, "the link closed")
