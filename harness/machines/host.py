"""The authorization host: decides, posts, remembers, and never posts twice.

Rules (section 4):

- A transaction's key is the original's MTI class, DE 41, DE 11, DE 7 and DE 32.
- A duplicate gets the stored answer and posts nothing; one that comes before the commit waits
  for the answer.
- A reversal that comes before its original, or before its commit, leaves a tombstone and gets
  success; the original is then declined.
- Without its issuer the host declines, or stands in for it up to a limit (standin.py).
- The commit is one instant: posting, answer and memory become durable together. A crash loses
  what was not committed, and nothing else.
- Transactions before sign-on are refused.

The owner calls with bytes and the time and takes `out` (connection, bytes; no bytes: close it)
and `events`. What is drawn (how long an answer takes, who is short of funds) is keyed by seed,
terminal and transaction.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from harness import events as e
from harness import keyed_random
from harness.crypto.pin import PinCrypto
from harness.keyed_random import Draw
from harness.machines.authorization import Authorizer, CodeRule, account_for
from harness.machines.business_day import BusinessDays
from harness.machines.host_fault import HostFault, HostFaults
from harness.machines.ledger import Ledger
from harness.machines.link import Link
from harness.machines.standin import Issuer, StandIn
from harness.machines.timers import NEVER
from harness.machines.transaction_log import (
    DONE,
    PENDING,
    STOOD_IN,
    TOMBSTONE,
    Entry,
    StoredTransaction,
    TransactionLog,
)
from harness.wire.calendar import Calendar
from harness.wire.message import (
    REQUESTS,
    REVERSALS,
    Dialect,
    Kind,
    Message,
    MessageClass,
    TransactionId,
)


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the host behaves when nothing is wrong. Times in seconds."""

    answer: tuple[float, float] = (0.2, 1.0)
    reversal_answer: float = 0.1
    short_of_funds: float = 0.05
    rules: tuple[CodeRule, ...] = ()
    sign_on: bool = True
    mac: bool = True
    says_no_original: bool = False  # 25 instead of success for an unknown original
    stand_in: int = 0  # minor units: the most it approves in the issuer's stead
    replication: float = 0.010  # seconds until a standby holds a commit and has said so
    waits_for_standby: bool = True
    cutover: float = 0.0  # run second at which the first business day ends; 0: none does


class Line:
    """One connection."""

    __slots__ = ("link", "number", "signed_on")

    def __init__(self, number: int, link: Link) -> None:
        self.number = number
        self.link = link
        self.signed_on = False


class Job(NamedTuple):
    """Something due: a request's commit, or an answer that only waits to leave (`ready`)."""

    due: float
    order: int
    line: int
    message: Message
    entry: Entry | None
    hearing: HostFault
    ready: Message | None


class Host:
    """The safe host. A defect overrides one of the small methods."""

    name = "HOST"
    issuer: type[Issuer] = Issuer

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
        fate: HostFaults | None = None,
        known: Callable[[str], bool] | None = None,
    ) -> None:
        """`pin_of` gives a card's right PIN for its PAN, None where any will do; `known` says which
        cards there are, and without it there are all.
        """
        self.settings = settings
        self.dialect = dialect
        self.calendar = calendar
        self.ledger = Ledger()
        self.out: list[tuple[int, bytes]] = []
        self.events: list[e.Event] = []
        self._new_link = new_link
        self._seed = seed
        self._fate = fate
        self._lines: dict[int, Line] = {}
        self.memory = TransactionLog()
        self._waiting: dict[int, list[tuple[int, Message, HostFault]]] = {}
        self._jobs: list[Job] = []
        self._order = 0
        self._approvals = 0
        self._down_until = NEVER
        self._thaws_at = NEVER
        self._unread: list[tuple[Line, Message]] = []
        self._draw_keys: dict[str, int] = {}
        self._authorizer = Authorizer(
            rules=settings.rules,
            short_of_funds=settings.short_of_funds,
            dialect=dialect,
            calendar=calendar,
            ledger=self.ledger,
            pin=pin,
            pin_of=pin_of,
            known=known,
            draw=self._draw,
        )
        self._days = BusinessDays(calendar.epoch, settings.cutover)
        self._closes_at = self._days.next_cutover(0.0)
        self.stand_in = self._standing_in() if settings.stand_in else None

    def _standing_in(self) -> StandIn:
        issuer = self.issuer(self.dialect, self._new_link(), self._post_advice)
        return StandIn(self.dialect, self._new_link(), issuer, self._reaches_issuer, self._tell)

    # --- the owner's calls --------------------------------------------------------------

    @property
    def listening(self) -> bool:
        return self._down_until == NEVER

    @property
    def at_rest(self) -> bool:
        """Has its issuer been told all that was approved in its stead?"""
        return self.stand_in is None or not self.stand_in.owes

    def next_deadline(self) -> float:
        if not self.listening:
            return self._down_until
        if self._thaws_at != NEVER:
            return self._thaws_at
        due = self._closes_at
        if self._jobs and self._jobs[0].due < due:
            due = self._jobs[0].due
        if self.stand_in is not None and self.stand_in.next_deadline() < due:
            due = self.stand_in.next_deadline()
        return due

    def tick(self, now: float) -> None:
        """Commit and answer what is due; come back from a crash, or to life."""
        if not self.listening:
            if now < self._down_until:
                return
            self._down_until = NEVER
            self.events.append(e.HostStarted())
        if self._thaws_at != NEVER:
            if now < self._thaws_at:
                return
            self._thaw(now)
        if self._closes_at <= now:
            self._close_day(now)
        while self._jobs and self._jobs[0].due <= now:
            self._do(heapq.heappop(self._jobs), now)
        if self.stand_in is not None and self.listening:
            self.stand_in.tick(now)

    def _thaw(self, now: float) -> None:
        """Read what has come meanwhile, in its order."""
        self._thaws_at = NEVER
        unread, self._unread = self._unread, []
        self.events.append(e.HostThawed(len(unread)))
        for line, message in unread:
            if self.listening:
                self._read(line, message, now)

    def _close_day(self, now: float) -> None:
        """Tell the totals of the business day that ends."""
        day = self._days.day(math.nextafter(self._closes_at, 0.0))
        totals = [self.ledger.balance(f"{kind}s {day}") for kind in ("debit", "reversal")]
        self.events.append(e.DayClosed(day, *totals))
        self._closes_at = self._days.next_cutover(now)

    def opened(self, number: int) -> None:
        self._lines[number] = Line(number, self._new_link())

    def closed(self, number: int) -> None:
        self._lines.pop(number, None)

    def receive(self, number: int, data: bytes, now: float) -> None:
        line = self._lines.get(number)
        if line is None:
            return
        for message, mac, problem in line.link.receive(data):
            if problem:
                self.events.append(e.HostDamaged(problem))
            elif self.settings.mac and mac != "good":
                self.events.append(e.HostDamaged("MAC missing or wrong"))
            else:
                self._hear(line, message, now)
            if not self.listening:
                return
        if line.link.error is not None:
            self.events.append(e.HostDamaged(str(line.link.error)))
            self.out.append((number, b""))
            self.closed(number)

    def restart(self, now: float, seconds: float, phase: str) -> None:
        """Crash: connections and uncommitted work are gone, the books and the memory stay."""
        self.events.append(e.HostCrashed(phase))
        self._down_until = now + seconds
        self._thaws_at = NEVER
        self._unread.clear()
        self.out.extend((number, b"") for number in self._lines)
        self._lines.clear()
        self._jobs.clear()
        self._waiting.clear()
        self.memory.forget_pending()

    # --- what outlives the process ------------------------------------------------------------

    def outdated(self) -> None:
        """It is no longer the host that everybody means: no fault of the host strikes it now."""
        self._fate = None

    def keep(self) -> None:
        """From now on `changes` tells what has to be durable before `out` may be sent."""
        self.memory.keep()

    def changes(self) -> tuple[list[StoredTransaction], dict[str, int]]:
        """What was decided since this was last asked, and the balances that moved with it."""
        changed = self.memory.changes()
        return changed, self.ledger.changed() if changed else {}

    def restore(self, remembered: Iterable[StoredTransaction], balances: Mapping[str, int]) -> None:
        """Go on where an earlier process ended; before the first message. What it posted is brought
        forward.
        """
        self.ledger.restore(balances)
        for kept in remembered:
            self.memory.restore(kept)
            self._approvals = max(self._approvals, kept.approval)
            if kept.amount:
                self._bring_forward(kept)

    def take_over(
        self, remembered: Iterable[StoredTransaction], balances: Mapping[str, int]
    ) -> None:
        """What the primary has committed, as its standby hears of it."""
        self.ledger.restore(balances)
        for kept in remembered:
            self.memory.restore(kept)
            self._approvals = max(self._approvals, kept.approval)

    def _bring_forward(self, kept: StoredTransaction) -> None:
        terminal, _, acquirer = kept.book[1:].rpartition("/")
        name = kept.key.zfill(16)
        sent, stan = name[:10], name[10:]
        self.events.append(
            e.BroughtForward(terminal, stan, sent, acquirer, kept.amount, kept.reversed)
        )

    def _changes(self, entry: Entry) -> None:
        self.memory.note(entry)

    # --- messages ---------------------------------------------------------------------------

    def _hear(self, line: Line, message: Message, now: float) -> None:
        """A message has come: read now, or when the host thaws."""
        if self._fate is not None and self._thaws_at == NEVER:
            seconds = self._fate.hang(now, message.terminal)
            if seconds is not None:
                self._thaws_at = now + seconds
                self.events.append(e.HostHung())
        if self._thaws_at != NEVER:
            self._unread.append((line, message))
        elif not self._crashes(now, message, "at_the_reading"):
            self._read(line, message, now)

    def _read(self, line: Line, message: Message, now: float) -> None:
        hearing = HostFault()
        if self._fate is not None:
            hearing = self._fate.hears(now, message)
            if not hearing.process:
                return
        kind = message.kind
        if kind is Kind.NETWORK:
            self._hear_network(line, message, hearing, now)
        elif kind in REQUESTS:
            self._hear_request(line, message, hearing, now)
        elif kind in REVERSALS:
            self._hear_reversal(line, message, hearing, now)
        else:
            self.events.append(e.HostDamaged(f"MTI {message.mti or None} is not for a host"))

    def _hear_network(self, line: Line, message: Message, hearing: HostFault, now: float) -> None:
        code = self.dialect.codes[hearing.refusal or "approved"]
        if message.function == "sign_on" and not hearing.refusal:
            line.signed_on = True
            self.events.append(e.SignedOn(message.terminal))
        answer = self.dialect.answer(message, code)
        self._answer_later(line.number, message, answer, hearing, 0.0, now)

    def _hear_request(self, line: Line, message: Message, hearing: HostFault, now: float) -> None:
        if self.settings.sign_on and not line.signed_on:
            self._decided(message, self.dialect.codes["not_permitted"], "not signed on")
            refusal = self.dialect.answer(message, self.dialect.codes["not_permitted"])
            self._answer_later(line.number, message, refusal, hearing, 0.0, now)
            return
        known = self.recall(MessageClass.FINANCIAL, message)
        if known is not None and known.state != TOMBSTONE:
            self._repeat_answer(line, message, known, hearing, now)
            return
        if known is not None and self.is_tombstoned(known):
            self.events.append(e.TombstoneHit(message.terminal, message.stan))
            self._decided(message, self.dialect.codes["duplicate"], "reversed before it came")
            answer = self.dialect.answer(message, self.dialect.codes["duplicate"])
            self._answer_later(line.number, message, answer, hearing, 0.0, now)
            return
        entry = self._remember(MessageClass.FINANCIAL, message, PENDING)
        due = now + self._draw(message).uniform(*self.settings.answer)
        self._push(Job(due, 0, line.number, message, entry, hearing, None))

    def _repeat_answer(
        self, line: Line, message: Message, known: Entry, hearing: HostFault, now: float
    ) -> None:
        """A duplicate gets the stored answer, or waits for it."""
        self.events.append(e.DuplicateHeard(message.terminal, message.mti, message.stan))
        if known.state == PENDING:
            self._waiting.setdefault(id(known), []).append((line.number, message, hearing))
        else:
            self._answer_later(
                line.number, message, self._answer_of(message, known), hearing, 0.0, now
            )

    def _hear_reversal(self, line: Line, message: Message, hearing: HostFault, now: float) -> None:
        if self.settings.sign_on and not line.signed_on:
            refusal = self.dialect.answer(message, self.dialect.codes["issuer_down"])
            self._answer_later(line.number, message, refusal, hearing, 0.0, now)
            return
        known = self.recall(MessageClass.REVERSAL, message)
        if known is not None:
            self._repeat_answer(line, message, known, hearing, now)
            return
        if self._needs_issuer(message) and not self._reaches_issuer(now, message):
            refusal = self.dialect.answer(message, self.dialect.codes["issuer_down"])
            self._answer_later(line.number, message, refusal, hearing, 0.0, now)
            return
        if self._crashes(now, message, "before_commit"):
            return
        entry = self._remember(MessageClass.REVERSAL, message, DONE)
        entry.day = self._days.day(now)
        entry.code = self.reverse(message, entry.day)
        self._changes(entry)
        if self._crashes(now, message, "after_commit"):
            return
        delay = self.settings.reversal_answer
        self._answer_later(
            line.number, message, self._answer_of(message, entry), hearing, delay, now
        )

    def _original(self, reversal: Message) -> tuple[TransactionId | None, Entry | None]:
        """What a reversal names, and what is known of it."""
        original = reversal.original
        return original, None if original is None else self._find(original)

    def _needs_issuer(self, reversal: Message) -> bool:
        """Is something to be given back that was posted?"""
        entry = self._original(reversal)[1]
        return entry is not None and entry.amount > entry.reversed == 0

    def reverse(self, reversal: Message, day: str) -> str:
        """Give back what the original took, on that business day; the code to answer with."""
        codes = self.dialect.codes
        original, entry = self._original(reversal)
        if original is None:
            return codes["format_error"]
        terminal = reversal.terminal
        if entry is None:
            entry = self.memory.enter(Entry(TOMBSTONE, original.series, original.number))
            entry.code = codes["duplicate"]
            self._changes(entry)
            self.events.append(e.TombstoneLaid(terminal, original.stan))
            return codes["no_original" if self.settings.says_no_original else "approved"]
        if entry.state == PENDING:
            entry.state = TOMBSTONE
            entry.code = codes["duplicate"]
            self._changes(entry)
            self.events.append(e.TombstoneLaid(terminal, original.stan))
            return codes["approved"]
        if self.is_reversed(entry):
            return codes["duplicate"]
        taken = reversal.amount_taken or 0
        if self.stand_in is not None and entry.state == STOOD_IN:
            self.stand_in.reverse(entry, taken)
        elif entry.amount and entry.code in (codes["approved"], codes["partial"]):
            self.post_reversal(entry, reversal, max(0, entry.amount - taken), day)
            self._changes(entry)
        return codes["approved"]

    # --- committing -----------------------------------------------------------------------

    def _do(self, job: Job, now: float) -> None:
        if not self.listening:
            return
        if job.ready is not None:
            self._send(job.line, job.ready)
            return
        message, entry = job.message, job.entry
        assert entry is not None, "a commit without an entry"
        if job.hearing.late:
            self._came_about(job.hearing)
            later = job.hearing._replace(late=0.0, effects=())
            self._push(job._replace(due=job.due + job.hearing.late, hearing=later))
            return
        if self._crashes(now, message, "before_commit"):
            return
        self.commit(entry, message, now)
        if self._crashes(now, message, "after_commit"):
            return
        asked = [(job.line, message, job.hearing), *self._waiting.pop(id(entry), ())]
        for line, request, hearing in asked:
            answer = self._answer_of(request, entry)
            self._answer_later(line, request, answer, hearing, 0.0, now)

    def commit(self, entry: Entry, message: Message, now: float) -> None:
        """Decide and post, in one instant."""
        codes = self.dialect.codes
        if entry.state == TOMBSTONE and self.is_tombstoned(entry):
            self.events.append(e.TombstoneHit(message.terminal, message.stan))
            self._decided(message, codes["duplicate"], "reversed before the commit")
            entry.code = codes["duplicate"]
            return  # it has been kept since the tombstone was laid
        alone = not self._reaches_issuer(now, message)
        code, why = self.decide_alone(message, now) if alone else self.decide(message, now)
        entry.state = DONE
        entry.code = code
        entry.day = self._days.day(now)
        if code == codes["approved"]:
            self._approvals += 1
            entry.approval = self._approvals
            if alone and self.stand_in is not None:
                self.stand_in.approve(entry, message, now)
            elif message.is_withdrawal:
                wanted = message.amount
                part = wanted if self._fate is None else self._fate.part(now, message, wanted)
                if part < wanted:
                    entry.code, why = codes["partial"], "approved in part"
                self.post_debit(entry, message, part)
            else:
                entry.balance = self.ledger.balance(account_for(message))
        self._changes(entry)
        self._decided(message, entry.code, why)

    def decide_alone(self, request: Message, now: float) -> tuple[str, str]:
        """DE 39 and why, where the issuer cannot be asked: nobody knows what is on the account."""
        codes = self.dialect.codes
        limit = self.settings.stand_in
        small = request.is_withdrawal and request.amount <= limit
        if self.stand_in is None or not small:
            return codes["issuer_down"], "the issuer is down"
        code, why = self._authorizer.refused(request, now)
        return (code, why) if code else (codes["approved"], "stood in for the issuer")

    def decide(self, request: Message, now: float) -> tuple[str, str]:
        """DE 39 and why."""
        code, why = self._authorizer.refused(request, now)
        if code:
            return code, why
        if request.is_withdrawal and self._authorizer.short(request):
            return self.dialect.codes["insufficient_funds"], "funds"
        return self.dialect.codes["approved"], "approved"

    # --- postings -----------------------------------------------------------------------------

    def post_debit(self, entry: Entry, request: Message, amount: int) -> None:
        """`amount`, in minor units, is what was approved of the request."""
        entry.amount = amount
        self._debit(request, amount, entry.day)

    def _debit(self, message: Message, amount: int, day: str) -> None:
        self.ledger.post(account_for(message), f"cash {message.terminal}", amount)
        self._posted("debit", message.identity, message, amount, day)

    def _post_advice(self, advice: Message, amount: int, now: float) -> None:
        """The issuer's side of an advice: posted whatever is on the account."""
        overdrawn = self._authorizer.short(advice)
        self._debit(advice, amount, self._days.day(now))
        if overdrawn:
            self.events.append(e.Overdrawn(advice.terminal, advice.stan))

    def post_reversal(self, entry: Entry, reversal: Message, amount: int, day: str) -> None:
        """`amount` goes back to the account it came from."""
        original = reversal.original
        assert original is not None, "a reversal without an original reached the books"
        entry.reversed += amount
        self.ledger.post(f"cash {reversal.terminal}", account_for(reversal), amount)
        self._posted("reversal", original, reversal, amount, day)

    def _posted(
        self,
        kind: Literal["debit", "reversal"],
        what: TransactionId,
        by: Message,
        amount: int,
        day: str,
    ) -> None:
        if day:
            self.ledger.post("business days", f"{kind}s {day}", amount)
        cause = by.identity.cause
        self.events.append(
            e.Posted(kind, by.terminal, what.stan, what.sent, what.acquirer, amount, cause, day)
        )

    def _tell(self, event: e.Event) -> None:
        self.events.append(event)

    def _reaches_issuer(self, now: float, message: Message) -> bool:
        return self._fate is None or self._fate.reaches_issuer(now, message)

    # --- hooks ------------------------------------------------------------------------------

    def is_tombstoned(self, entry: Entry) -> bool:
        return entry.state == TOMBSTONE

    def is_reversed(self, entry: Entry) -> bool:
        return entry.reversed > 0 or entry.state == TOMBSTONE

    def recall(self, message_class: str, message: Message) -> Entry | None:
        """What is known of exactly this message."""
        return self._find(message.identity._replace(message_class=message_class))

    # --- small things -------------------------------------------------------------------------

    def _find(self, name: TransactionId) -> Entry | None:
        return self.memory.find(name.series, name.number)

    def _remember(self, message_class: str, message: Message, state: str) -> Entry:
        name = message.identity._replace(message_class=message_class)
        return self.memory.enter(Entry(state, name.series, name.number))

    def _draw(self, message: Message) -> Draw:
        """Keyed by terminal and transaction: DE 37 where there is one, else DE 11."""
        terminal = message.terminal
        key = self._draw_keys.get(terminal)
        if key is None:
            key = self._draw_keys[terminal] = keyed_random.key_of(self._seed, "host", terminal)
        number = message.rrn or message.stan
        return Draw(key, int(number) if number.isascii() and number.isdigit() else 0)

    def _decided(self, request: Message, code: str, why: str) -> None:
        self.events.append(e.RequestDecided(request.terminal, request.stan, code, why))

    def _answer_of(self, message: Message, entry: Entry) -> Message:
        approval = f"{entry.approval % 1_000_000:06d}" if entry.approval else ""
        balance = None
        if approval and not message.is_withdrawal:
            balance = entry.balance
        partial = entry.code == self.dialect.codes["partial"]
        return self.dialect.answer(
            message,
            entry.code,
            amount=entry.amount if partial else None,
            approval=approval,
            balance=balance,
            day=entry.day,
        )

    def _answer_later(
        self,
        line: int,
        message: Message,
        answer: Message,
        hearing: HostFault,
        delay: float,
        now: float,
    ) -> None:
        """`delay` seconds from now; and later, or never, if a fault will have it so."""
        self._came_about(hearing)
        delay += hearing.delay + hearing.late
        if not hearing.answer:
            return
        if delay <= 0.0:
            self._send(line, answer)
        else:
            self._push(Job(now + delay, 0, line, message, None, hearing, answer))

    def _push(self, job: Job) -> None:
        self._order += 1
        heapq.heappush(self._jobs, job._replace(order=self._order))

    def _send(self, number: int, answer: Message) -> None:
        """An answer whose connection is gone is lost; the repeat will find it stored."""
        line = self._lines.get(number)
        if line is not None:
            self.out.append((number, line.link.frame(answer)))

    def _came_about(self, hearing: HostFault) -> None:
        if hearing.effects and self._fate is not None:
            self._fate.came_about(hearing.effects)

    def _crashes(self, now: float, message: Message, phase: str) -> bool:
        if self._fate is None:
            return False
        seconds = self._fate.crash(now, message, phase)
        if seconds is None:
            return False
        self.restart(now, seconds, phase)
        return True
