"""The authorization host: decides about requests, posts, and answers.

Rules (docs/domain.md, "Store and forward", rules 7 to 9 and 11):

- Which messages are repeats of each other is defined by `TransactionId`.
- What the host does is a table of state x what meets it (host_table.py); its cells are in
  host_cells/. The state is that of the connection, or of the transaction that a message is about.
- Transactions before sign-on are refused.
- The commit is one instant: the posting, the answer and the record become durable together. A crash
  loses what was not committed, and nothing else.

The owner calls with bytes and the time (run seconds) and takes `out` (connection, bytes; no bytes:
close it) and `events`. What is drawn (how long an answer takes, who is short of funds) is keyed by
seed, terminal and transaction (authorization.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from harness import events as e
from harness.contract import MOST_NAMES
from harness.crypto.pin import PinCrypto
from harness.machines.answer_queue import AnswerQueue
from harness.machines.authorization import Authorizer, CodeRule
from harness.machines.business_day import BusinessDays
from harness.machines.durability import Durability, brought_forward
from harness.machines.host_cells.refusals import classify_other, finds_no_room
from harness.machines.host_cells.requests import commit_due
from harness.machines.host_fault import HostFault, HostFaults
from harness.machines.host_inputs import (
    HostConnection,
    HostInput,
    HostState,
    Key,
    Received,
    state_of,
)
from harness.machines.host_table import CLASSIFIERS, SAFE_HOST_TABLE, Classifier, HostTable
from harness.machines.ledger import OPENING, Ledger
from harness.machines.link import Link
from harness.machines.postings import Postings
from harness.machines.standin import Advice, Issuer, StandIn
from harness.machines.timers import NEVER
from harness.machines.transaction_log import StoredTransaction, TransactionLog, TransactionRecord
from harness.wire.calendar import Calendar
from harness.wire.dialects.base import Dialect
from harness.wire.message import AdviceOutcome, Kind, Message


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the host behaves when nothing is wrong. Times in seconds."""

    answer: tuple[float, float] = (0.2, 1.0)
    reversal_answer: float = 0.1
    short_of_funds: float = 0.05
    opening: int = OPENING  # minor units on a customer's account when it is first used
    rules: tuple[CodeRule, ...] = ()
    sign_on: bool = True
    mac: bool = True
    says_no_original: bool = False  # a code of its own, not success, for an unknown original
    stand_in: int = 0  # minor units: the most it approves in the issuer's stead
    replication: float = 0.010  # seconds until a standby holds a commit and has said so
    waits_for_standby: bool = True
    most_terminals: int = MOST_NAMES  # each name in DE 41 is one
    most_remembered: int = 4_000_000  # requests, of about 0.3 kB; twice as many with the reversals
    cutover: float = 0.0  # run second at which the first business day ends; 0: none does


class Host:
    """The safe host. A defect has other cells in its table, or another part."""

    name = e.HOST
    table: ClassVar[HostTable] = SAFE_HOST_TABLE
    classifiers: ClassVar[Mapping[Kind, Classifier]] = CLASSIFIERS
    authorizer_type: ClassVar[type[Authorizer]] = Authorizer
    issuer_type: ClassVar[type[Issuer]] = Issuer

    def __init__(
        self,
        settings: HostSettings,
        *,
        dialect: Dialect,
        calendar: Calendar,
        new_link: Callable[[], Link],
        pin: PinCrypto,
        pin_of: Callable[[str], str | None],
        seed: int,
        faults: HostFaults | None = None,
        card_token: Callable[[str], str],
        known: Callable[[str], bool] | None = None,
    ) -> None:
        """`card_token` gives what is kept of a PAN, from which nobody can tell it. `pin_of` gives a
        card's right PIN for its PAN, None where any will do; `known` says which cards there are,
        and without it there are all.
        """
        self.settings = settings
        self.dialect = dialect
        self.codes = dialect.codes
        self.card_token = card_token
        self.out: list[tuple[int, bytes]] = []
        self.events: list[e.Event] = []
        self.ledger = Ledger(settings.opening)
        self.log = TransactionLog()
        self.queue = AnswerQueue()
        self.unread: list[Received] = []  # what came while the host stands still
        self.durability = Durability(self.log, self.ledger)
        days = BusinessDays(calendar.epoch, settings.cutover)
        self.postings = Postings(self.ledger, days, self._tell, card_token)
        self.authorizer = self.authorizer_type(
            rules=settings.rules,
            short_of_funds=settings.short_of_funds,
            dialect=dialect,
            calendar=calendar,
            ledger=self.ledger,
            pin=pin,
            pin_of=pin_of,
            known=known,
            seed=seed,
        )
        self._new_link = new_link
        self._faults = faults
        self._connections: dict[int, HostConnection] = {}
        self._down_until = NEVER
        self._hangs_until = NEVER
        self.stand_in = self._standing_in() if settings.stand_in else None

    def _standing_in(self) -> StandIn:
        issuer = self.issuer_type(self.dialect, self._new_link(), self._post_advice)
        return StandIn(
            self.dialect,
            self._new_link(),
            issuer,
            self.reaches_issuer,
            self._tell,
            self._advice_answered,
        )

    # --- the owner's calls --------------------------------------------------------------

    @property
    def listening(self) -> bool:
        """Is it up?"""
        return self._down_until == NEVER

    @property
    def at_rest(self) -> bool:
        """Has its issuer been told all that was approved in its stead?"""
        return self.stand_in is None or not self.stand_in.owes

    def next_deadline(self) -> float:
        """When `tick` must be called at the latest (run seconds)."""
        if not self.listening:
            return self._down_until
        if self._hangs_until != NEVER:
            return self._hangs_until
        due = self.postings.closes_at
        queued = self.queue.next_deadline()
        if queued < due:
            due = queued
        if self.stand_in is not None and self.stand_in.next_deadline() < due:
            due = self.stand_in.next_deadline()
        return due

    def tick(self, now: float) -> None:
        """Do what is due: come up after a crash, go on after a hang, decide, answer, advise."""
        if not self.listening:
            if now < self._down_until:
                return
            self._down_until = NEVER
            self.events.append(e.HostStarted())
        if self._hangs_until != NEVER:
            if now < self._hangs_until:
                return
            self._go_on(now)
        if self.postings.closes_at <= now:
            self.postings.close_day(now)
        while (item := self.queue.pop(now)) is not None:
            if item.answer is None:
                commit_due(self, item.received, item.due, now)
            else:
                self._send(item.received, item.answer)
        if self.stand_in is not None and self.listening:
            self.stand_in.tick(now)

    def _go_on(self, now: float) -> None:
        """Read what has come while the host stood still, in its order."""
        self._hangs_until = NEVER
        unread, self.unread = self.unread, []
        self.events.append(e.HostThawed(len(unread)))
        for x in unread:
            if self.listening:
                self._read(x, now)

    def opened(self, number: int) -> None:
        """A connection stands."""
        self._connections[number] = HostConnection(number, self._new_link())

    def closed(self, number: int) -> None:
        """A connection is gone."""
        self._connections.pop(number, None)

    def receive(self, number: int, data: bytes, now: float) -> None:
        """Bytes from a connection."""
        connection = self._connections.get(number)
        if connection is None:
            return
        for message, mac, problem, address, wrong in connection.link.receive(data):
            if problem:
                self.events.append(e.HostDamaged(problem))
            elif self.settings.mac and mac != "good":
                self.events.append(e.HostDamaged("MAC missing or wrong"))
            else:
                self._receive_message(Received(connection, message, address, wrong), now)
            if not self.listening:
                return
        if connection.link.error is not None:
            self.events.append(e.HostDamaged(str(connection.link.error)))
            self.out.append((number, b""))
            self.closed(number)

    def restart(
        self, now: float, seconds: float, phase: str, over: TransactionRecord | None = None
    ) -> None:
        """Crash, and be down for so many seconds: connections and what was not committed are lost.
        `over` is the record of the transaction that the host is about as it crashes.
        """
        self.events.append(e.HostCrashed(phase))
        self._down_until = now + seconds
        self._hangs_until = NEVER
        self.unread.clear()
        self.out.extend((number, b"") for number in self._connections)
        self._connections.clear()
        self.queue.clear()
        self.log.none_is_undecided()
        for record in self.log.transactions():
            if record is not over:
                self.step((state_of(record), HostInput.CRASH_OVER_ANOTHER), record, now)

    # --- what outlives the process ------------------------------------------------------------

    def outdated(self) -> None:
        """Another host has taken over: no fault strikes this one any more."""
        self._faults = None

    def keep(self) -> None:
        """From now on `changes` tells what has to be durable before `out` may be sent."""
        self.durability.keep()

    def changes(self) -> tuple[list[StoredTransaction], dict[str, int]]:
        """What was decided since this was last called, and the balances that moved with it."""
        return self.durability.changes()

    def restore(self, stored: Iterable[StoredTransaction], balances: Mapping[str, int]) -> None:
        """Go on where an earlier process ended; before the first message. What that has posted is
        told as brought forward.
        """
        transactions = list(stored)
        self.durability.restore(transactions, balances)
        self.events += brought_forward(transactions)

    def take_over(self, stored: Iterable[StoredTransaction], balances: Mapping[str, int]) -> None:
        """What the primary has committed, as its standby is told of it."""
        self.durability.restore(stored, balances)

    # --- the table ----------------------------------------------------------------------------

    def step(self, key: Key, what: Any, now: float) -> None:
        """Something meets a state. Without a cell nothing happens."""
        cell = self.table.get(key)
        if cell is not None:
            cell(self, what, now)

    def _receive_message(self, x: Received, now: float) -> None:
        """A message has come; it is read now, or when the host goes on."""
        if self._faults is not None and self._hangs_until == NEVER:
            seconds = self._faults.hang(now, x.message.terminal)
            if seconds is not None:
                self._hangs_until = now + seconds
                self.events.append(e.HostHung())
        if self._hangs_until != NEVER:
            self.step((x.connection.state, HostInput.HANG), x, now)
        elif self.crashes(x, now, "at_the_reading"):
            self.step((x.connection.state, HostInput.CRASH_AT_READING), x, now)
        else:
            self._read(x, now)

    def _read(self, x: Received, now: float) -> None:
        message = x.message
        if self._faults is not None:
            x.fault = self._faults.hears(now, message)
            if not x.fault.process:
                return
        if message.wants_answer and finds_no_room(self, x):
            self.step((x.connection.state, HostInput.NO_ROOM), x, now)
            return
        classify = self.classifiers.get(message.kind, classify_other)
        self.step(classify(self, x, now), x, now)

    # --- for the cells: who is asked ------------------------------------------------------------

    def needs_sign_on(self, x: Received) -> bool:
        """Does the connection have to sign on before it may send this message?"""
        return x.connection.state == HostState.SIGNED_OFF and self.settings.sign_on

    def reaches_issuer(self, now: float, message: Message) -> bool:
        """Does a message that needs the issuer get there, and its answer back?"""
        return self._faults is None or self._faults.reaches_issuer(now, message)

    def approved_part(self, message: Message, wanted: int, now: float) -> int:
        """How much of a wanted amount (minor units) is approved."""
        return wanted if self._faults is None else self._faults.part(now, message, wanted)

    def ordered_code(self, message: Message, decided: str, now: float) -> str:
        """The response code that a fault orders instead of the `decided` one; '' if none does."""
        return "" if self._faults is None else self._faults.ordered_code(now, message, decided)

    def crashes(self, x: Received, now: float, phase: str) -> bool:
        """Does the host crash over this message in that phase ('at_the_reading', 'before_commit',
        'after_commit')? For how long it will be down is noted in `x`.
        """
        if self._faults is None:
            return False
        seconds = self._faults.crash(now, x.message, phase)
        if seconds is None:
            return False
        x.down_for = seconds
        return True

    def came_about(self, fault: HostFault) -> None:
        """It has come to what a fault makes of a message."""
        if fault.effects and self._faults is not None:
            self._faults.came_about(fault.effects)

    # --- for the cells: what goes out -----------------------------------------------------------

    def tell_decision(self, request: Message, code: str, why: str) -> None:
        """Tell the journal of the response code that was decided."""
        self.events.append(e.RequestDecided(request.terminal, request.stan, code, why))

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        """The answer to a message that was decided as its record says."""
        approval = f"{record.approval % 1_000_000:06d}" if record.approval else ""
        partial = record.code == self.codes["partial"]
        return self.dialect.answer(
            message,
            record.code,
            amount=record.amount if partial else None,
            approval=approval,
            balance=record.balance if approval and not message.is_withdrawal else None,
            day=record.day,
        )

    def reply(self, x: Received, code: str, now: float) -> None:
        """Answer a message with the code of that name, and nothing more."""
        self.answer(x, self.dialect.answer(x.message, self.codes[code]), now)

    def answer(self, x: Received, answer: Message, now: float, delay: float = 0.0) -> None:
        """Send an answer after `delay` seconds; later, or never, if a fault says so."""
        fault = x.fault
        self.came_about(fault)
        delay += fault.delay + fault.late
        if not fault.answer:
            return
        if delay <= 0.0:
            self._send(x, answer)
        else:
            self.queue.put(now + delay, x, answer)

    def _send(self, x: Received, answer: Message) -> None:
        """An answer whose connection is gone is lost; a repeat will get it again."""
        number = x.connection.number
        connection = self._connections.get(number)
        if connection is not None:
            self.out.append((number, connection.link.frame(answer, x.address)))

    def _tell(self, event: e.Event) -> None:
        self.events.append(event)

    # --- the issuer ---------------------------------------------------------------------------

    def _post_advice(self, advice: Message, amount: int, now: float) -> None:
        """The issuer posts what it was told of (minor units), whatever is on the account."""
        overdrawn = self.authorizer.short(advice)
        self.postings.debit(advice, amount, self.postings.day(now))
        if overdrawn:
            self.events.append(e.Overdrawn(advice.terminal, advice.stan))

    def _advice_answered(self, advice: Advice, outcome: AdviceOutcome, now: float) -> None:
        """The issuer has answered for good."""
        declined = outcome is AdviceOutcome.PARK
        what = HostInput.ADVICE_DECLINED if declined else HostInput.ADVICE_ACCEPTED
        self.step((state_of(advice.record), what), advice, now)
