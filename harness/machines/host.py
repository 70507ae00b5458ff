"""The authorization host: decides, posts, remembers, and never posts twice.

Rules (section 4):

- A transaction's key is the original's MTI class, DE 41, DE 11, DE 7 and DE 32.
- A duplicate gets the stored answer and posts nothing; one that comes before the commit waits
  for the answer.
- A reversal that comes before its original, or before its commit, leaves a tombstone and gets
  success; the original is then declined.
- The commit is one instant: posting, answer and memory become durable together. A crash loses
  what was not committed, and nothing else.
- Transactions before sign-on are refused.

The owner calls with bytes and the time and takes `out` (connection, bytes; no bytes: close it)
and `events`. What is drawn (how long an answer takes, who is short of funds) is keyed by seed,
terminal and transaction.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

import msgspec

from harness import events as e
from harness.crypto.pin import PinCrypto
from harness.draw import Draw, key_of
from harness.errors import ProtocolError
from harness.machines.ledger import Ledger, account_of
from harness.machines.link import Link
from harness.machines.timers import NEVER
from harness.people import issuer_of
from harness.wire.dialect import Calendar, Dialect, Fields, Kind


class CodeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Answer with `code` (DE 39) where everything that is given matches. `pan` may end in '*';
    amounts are minor units, both ends included.
    """

    code: str
    pan: str = ""
    terminal: str = ""
    amount_from: int = 0
    amount_to: int = 10**12

    def matches(self, fields: Fields, amount: int) -> bool:
        pan = fields.get("2", "")
        if self.pan.endswith("*"):
            if not pan.startswith(self.pan[:-1]):
                return False
        elif self.pan and self.pan != pan:
            return False
        if self.terminal and self.terminal != fields.get("41"):
            return False
        return self.amount_from <= amount <= self.amount_to


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the host behaves when nothing is wrong. Times in seconds."""

    answer: tuple[float, float] = (0.2, 1.0)
    reversal_answer: float = 0.1
    short_of_funds: float = 0.05
    rules: tuple[CodeRule, ...] = ()
    sign_on: bool = True
    mac: bool = True
    says_no_original: bool = False  # 25 instead of success for an unknown original


class Hearing(NamedTuple):
    """What a fault makes of a message: processed at all, answered at all, later by `delay`."""

    process: bool = True
    answer: bool = True
    delay: float = 0.0


class HostFate(Protocol):
    """What can go wrong inside a host; faults are such."""

    def hears(self, now: float, terminal: str, fields: Fields) -> Hearing: ...

    def crash(self, now: float, terminal: str, fields: Fields, phase: str) -> float | None: ...


class Remembered(NamedTuple):
    """What is remembered of one message, as it is kept outside the process: `book` and `key` name
    it (see `_book` and `_key`), the rest is its `Entry`.
    """

    book: str
    key: str
    state: str
    code: str
    approval: int
    amount: int
    reversed: int
    balance: int


PENDING, DONE, TOMBSTONE = "pending", "done", "tombstone"


class Entry:
    """What the host remembers of one message: small, because there are as many as transactions.

    `amount` is what was posted, `reversed` what of it was given back, `balance` what was told to an
    inquiry; `book` and `key` name the message.
    """

    __slots__ = ("amount", "approval", "balance", "book", "code", "key", "reversed", "state")

    def __init__(self, state: str, book: str, key: int | str) -> None:
        self.state = state
        self.book = book
        self.key = key
        self.balance = 0
        self.code = ""
        self.approval = 0
        self.amount = 0
        self.reversed = 0


class Line:
    """One connection."""

    __slots__ = ("link", "number", "signed_on")

    def __init__(self, number: int, link: Link) -> None:
        self.number = number
        self.link = link
        self.signed_on = False


class Job(NamedTuple):
    """Something due: a request's commit, or an answer that only waits to leave."""

    due: float
    order: int
    line: int
    fields: Fields
    entry: Entry | None
    answers: bool
    ready: Fields | None


class Host:
    """The safe host. A defect overrides one of the small methods."""

    name = "HOST"

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
        fate: HostFate | None = None,
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
        self._pin = pin
        self._pin_of = pin_of
        self._known = known
        self._seed = seed
        self._fate = fate
        self._lines: dict[int, Line] = {}
        self._memory: dict[str, dict[int | str, Entry]] = {}
        self._waiting: dict[int, list[tuple[int, Fields]]] = {}
        self._jobs: list[Job] = []
        self._order = 0
        self._approvals = 0
        self._down_until = NEVER
        self._draw_keys: dict[str, int] = {}
        self._changed: list[Entry] | None = None

    # --- the owner's calls --------------------------------------------------------------

    @property
    def listening(self) -> bool:
        return self._down_until == NEVER

    def next_deadline(self) -> float:
        if not self.listening:
            return self._down_until
        return self._jobs[0].due if self._jobs else NEVER

    def tick(self, now: float) -> None:
        """Commit and answer what is due; come back from a crash."""
        if not self.listening:
            if now < self._down_until:
                return
            self._down_until = NEVER
            self.events.append(e.HostStarted())
        while self._jobs and self._jobs[0].due <= now:
            self._do(heapq.heappop(self._jobs), now)

    def opened(self, number: int) -> None:
        self._lines[number] = Line(number, self._new_link())

    def closed(self, number: int) -> None:
        self._lines.pop(number, None)

    def receive(self, number: int, data: bytes, now: float) -> None:
        line = self._lines.get(number)
        if line is None:
            return
        for fields, mac, problem in line.link.receive(data):
            if problem:
                self.events.append(e.HostDamaged(problem))
            elif self.settings.mac and mac != "good":
                self.events.append(e.HostDamaged("MAC missing or wrong"))
            else:
                self._hear(line, fields, now)
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
        self.out.extend((number, b"") for number in self._lines)
        self._lines.clear()
        self._jobs.clear()
        self._waiting.clear()
        for known in self._memory.values():
            for key in [key for key, entry in known.items() if entry.state == PENDING]:
                del known[key]

    # --- what outlives the process ------------------------------------------------------------

    def keep(self) -> None:
        """From now on `changes` tells what has to be durable before `out` may be sent."""
        self._changed = []

    def changes(self) -> tuple[list[Remembered], dict[str, int]]:
        """What was decided since this was last asked, and the balances that moved with it. What is
        only pending is not in it: a crash loses that, and nothing else.
        """
        if not self._changed:
            return [], {}
        changed, self._changed = self._changed, []
        remembered = [
            Remembered(
                *(x.book, str(x.key), x.state, x.code),
                *(x.approval, x.amount, x.reversed, x.balance),
            )
            for x in changed
            if x.state != PENDING
        ]
        return remembered, self.ledger.changed()

    def restore(self, remembered: Iterable[Remembered], balances: Mapping[str, int]) -> None:
        """Go on where an earlier process ended; before the first message. What it posted is brought
        forward.
        """
        self.ledger.restore(balances)
        for kept in remembered:
            key = int(kept.key) if kept.key.isdecimal() else kept.key
            entry = self._enter(Entry(kept.state, kept.book, key))
            entry.code, entry.approval, entry.balance = kept.code, kept.approval, kept.balance
            entry.amount, entry.reversed = kept.amount, kept.reversed
            self._approvals = max(self._approvals, kept.approval)
            if kept.amount:
                self._bring_forward(kept)

    def _bring_forward(self, kept: Remembered) -> None:
        terminal, _, acquirer = kept.book[1:].rpartition("/")
        name = kept.key.zfill(16)
        sent, stan = name[:10], name[10:]
        self.events.append(
            e.BroughtForward(terminal, stan, sent, acquirer, kept.amount, kept.reversed)
        )

    def _enter(self, entry: Entry) -> Entry:
        self._memory.setdefault(entry.book, {})[entry.key] = entry
        return entry

    def _changes(self, entry: Entry) -> None:
        if self._changed is not None:
            self._changed.append(entry)

    # --- messages ---------------------------------------------------------------------------

    def _hear(self, line: Line, fields: Fields, now: float) -> None:
        hearing = Hearing()
        if self._fate is not None:
            hearing = self._fate.hears(now, fields.get("41", ""), fields)
            if not hearing.process:
                return
        kind = self.dialect.kind_of(fields)
        if kind is Kind.NETWORK:
            self._hear_network(line, fields, hearing, now)
        elif kind in (Kind.REQUEST, Kind.REQUEST_REPEAT):
            self._hear_request(line, fields, hearing, now)
        elif kind in (Kind.REVERSAL, Kind.REVERSAL_REPEAT):
            self._hear_reversal(line, fields, hearing, now)
        else:
            self.events.append(e.HostDamaged(f"MTI {fields.get('t')} is not for a host"))

    def _hear_network(self, line: Line, fields: Fields, hearing: Hearing, now: float) -> None:
        if self.dialect.function_of(fields) == "sign_on":
            line.signed_on = True
            self.events.append(e.SignedOn(fields.get("41", "")))
        answer = self.dialect.answer(fields, self.dialect.codes["approved"])
        self._answer_later(line.number, fields, answer, hearing, 0.0, now)

    def _hear_request(self, line: Line, fields: Fields, hearing: Hearing, now: float) -> None:
        if self.settings.sign_on and not line.signed_on:
            self._decided(fields, self.dialect.codes["not_permitted"], "not signed on")
            refusal = self.dialect.answer(fields, self.dialect.codes["not_permitted"])
            self._answer_later(line.number, fields, refusal, hearing, 0.0, now)
            return
        known = self.recall("2", fields)
        if known is not None and known.state != TOMBSTONE:
            self._repeat_answer(line, fields, known, hearing, now)
            return
        if known is not None and self.is_tombstoned(known):
            self.events.append(e.TombstoneHit(fields.get("41", ""), fields.get("11", "")))
            self._decided(fields, self.dialect.codes["duplicate"], "reversed before it came")
            answer = self.dialect.answer(fields, self.dialect.codes["duplicate"])
            self._answer_later(line.number, fields, answer, hearing, 0.0, now)
            return
        entry = self._remember("2", fields, PENDING)
        due = now + self._draw(fields).uniform(*self.settings.answer) + hearing.delay
        self._push(Job(due, 0, line.number, fields, entry, hearing.answer, None))

    def _repeat_answer(
        self, line: Line, fields: Fields, known: Entry, hearing: Hearing, now: float
    ) -> None:
        """A duplicate gets the stored answer, or waits for it."""
        self.events.append(
            e.DuplicateHeard(fields.get("41", ""), fields["t"], fields.get("11", ""))
        )
        if known.state == PENDING:
            if hearing.answer:
                self._waiting.setdefault(id(known), []).append((line.number, fields))
        else:
            self._answer_later(
                line.number, fields, self._answer_of(fields, known), hearing, 0.0, now
            )

    def _hear_reversal(self, line: Line, fields: Fields, hearing: Hearing, now: float) -> None:
        if self.settings.sign_on and not line.signed_on:
            refusal = self.dialect.answer(fields, self.dialect.codes["issuer_down"])
            self._answer_later(line.number, fields, refusal, hearing, 0.0, now)
            return
        known = self.recall("4", fields)
        if known is not None:
            self._repeat_answer(line, fields, known, hearing, now)
            return
        if self._crashes(now, fields, "before_commit"):
            return
        entry = self._remember("4", fields, DONE)
        entry.code = self.reverse(fields)
        self._changes(entry)
        if self._crashes(now, fields, "after_commit"):
            return
        delay = self.settings.reversal_answer
        self._answer_later(line.number, fields, self._answer_of(fields, entry), hearing, delay, now)

    def reverse(self, fields: Fields) -> str:
        """Give back what the original took; the code to answer with."""
        codes = self.dialect.codes
        original = self.dialect.original_of(fields)
        if original is None:
            return codes["format_error"]
        terminal = fields.get("41", "")
        entry = self._find(
            original.mti[1], terminal, original.acquirer, original.stan, original.sent
        )
        if entry is None:
            book = _book(original.mti[1], terminal, original.acquirer)
            entry = self._enter(Entry(TOMBSTONE, book, _key(original.stan, original.sent)))
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
        if entry.amount and entry.code == codes["approved"]:
            taken = self.dialect.amount_taken_of(fields) or 0
            self.post_reversal(entry, fields, max(0, entry.amount - taken))
            self._changes(entry)
        return codes["approved"]

    # --- committing -----------------------------------------------------------------------

    def _do(self, job: Job, now: float) -> None:
        if not self.listening:
            return
        if job.ready is not None:
            self._send(job.line, job.ready)
            return
        fields, entry = job.fields, job.entry
        assert entry is not None, "a commit without an entry"
        if self._crashes(now, fields, "before_commit"):
            return
        self.commit(entry, fields, now)
        if self._crashes(now, fields, "after_commit"):
            return
        if job.answers:
            self._send(job.line, self._answer_of(fields, entry))
        for line, duplicate in self._waiting.pop(id(entry), ()):
            self._send(line, self._answer_of(duplicate, entry))

    def commit(self, entry: Entry, fields: Fields, now: float) -> None:
        """Decide and post, in one instant."""
        codes = self.dialect.codes
        if entry.state == TOMBSTONE and self.is_tombstoned(entry):
            self.events.append(e.TombstoneHit(fields.get("41", ""), fields.get("11", "")))
            self._decided(fields, codes["duplicate"], "reversed before the commit")
            entry.code = codes["duplicate"]
            return  # it has been kept since the tombstone was laid
        code, why = self.decide(fields, now)
        entry.state = DONE
        entry.code = code
        if code == codes["approved"]:
            self._approvals += 1
            entry.approval = self._approvals
            if self.dialect.is_withdrawal(fields):
                self.post_debit(entry, fields)
            else:
                entry.balance = self.ledger.balance(self._account(fields))
        self._changes(entry)
        self._decided(fields, code, why)

    def decide(self, fields: Fields, now: float) -> tuple[str, str]:
        """DE 39 and why."""
        codes = self.dialect.codes
        amount = self.dialect.amount_of(fields)
        for rule in self.settings.rules:
            if rule.matches(fields, amount):
                return rule.code, "rule"
        if self._known is not None and not self._known(fields.get("2", "")):
            return codes["unknown_card"], "unknown card"
        if fields.get("14", "9912") < self.calendar.year_month(now):
            return codes["expired_card"], "expired"
        if not self._pin_right(fields):
            return codes["pin_again"], "wrong PIN"
        if self.dialect.is_withdrawal(fields):
            draw = self._draw(fields)
            draw.random()  # the first draw was the answer's time
            if draw.chance(self.settings.short_of_funds):
                return codes["insufficient_funds"], "funds"
            account = self._account(fields)
            if account.startswith("customer") and self.ledger.balance(account) < amount:
                return codes["insufficient_funds"], "balance"
        return codes["approved"], "approved"

    def _pin_right(self, fields: Fields) -> bool:
        pan = fields.get("2", "")
        right = self._pin_of(pan)
        if right is None or "52" not in fields:
            return right is None
        try:
            return self._pin.verify(fields["52"], pan, right)
        except ProtocolError:
            return False

    def post_debit(self, entry: Entry, fields: Fields) -> None:
        amount = self.dialect.amount_of(fields)
        entry.amount = amount
        self.ledger.post(self._account(fields), f"cash {fields.get('41', '')}", amount)
        self.events.append(
            e.Posted(
                "debit",
                fields.get("41", ""),
                fields.get("11", ""),
                fields.get("7", ""),
                fields.get("32", ""),
                amount,
                self.dialect.identity(fields),
            )
        )

    def post_reversal(self, entry: Entry, fields: Fields, amount: int) -> None:
        """`amount` goes back to the account it came from."""
        original = self.dialect.original_of(fields)
        assert original is not None, "a reversal without an original reached the books"
        entry.reversed += amount
        self.ledger.post(f"cash {fields.get('41', '')}", self._account(fields), amount)
        self.events.append(
            e.Posted(
                "reversal",
                fields.get("41", ""),
                original.stan,
                original.sent,
                original.acquirer,
                amount,
                self.dialect.identity(fields),
            )
        )

    # --- hooks ------------------------------------------------------------------------------

    def is_tombstoned(self, entry: Entry) -> bool:
        return entry.state == TOMBSTONE

    def is_reversed(self, entry: Entry) -> bool:
        return entry.reversed > 0 or entry.state == TOMBSTONE

    def recall(self, message_class: str, fields: Fields) -> Entry | None:
        """What is known of exactly this message."""
        return self._find(
            message_class,
            fields.get("41", ""),
            fields.get("32", ""),
            fields.get("11", ""),
            fields.get("7", ""),
        )

    # --- small things -------------------------------------------------------------------------

    def _find(
        self, message_class: str, terminal: str, acquirer: str, stan: str, sent: str
    ) -> Entry | None:
        book = self._memory.get(_book(message_class, terminal, acquirer))
        return None if book is None else book.get(_key(stan, sent))

    def _remember(self, message_class: str, fields: Fields, state: str) -> Entry:
        book = _book(message_class, fields.get("41", ""), fields.get("32", ""))
        return self._enter(Entry(state, book, _key(fields.get("11", ""), fields.get("7", ""))))

    def _account(self, fields: Fields) -> str:
        pan = fields.get("2", "")
        return account_of(pan, home=issuer_of(pan) == "home")

    def _draw(self, fields: Fields) -> Draw:
        """Keyed by terminal and transaction: DE 37 where there is one, else DE 11."""
        terminal = fields.get("41", "")
        key = self._draw_keys.get(terminal)
        if key is None:
            key = self._draw_keys[terminal] = key_of(self._seed, "host", terminal)
        number = fields.get("37") or fields.get("11", "0")
        return Draw(key, int(number) if number.isascii() and number.isdigit() else 0)

    def _decided(self, fields: Fields, code: str, why: str) -> None:
        self.events.append(e.RequestDecided(fields.get("41", ""), fields.get("11", ""), code, why))

    def _answer_of(self, fields: Fields, entry: Entry) -> Fields:
        approval = f"{entry.approval % 1_000_000:06d}" if entry.approval else ""
        balance = None
        if approval and not self.dialect.is_withdrawal(fields):
            balance = entry.balance
        return self.dialect.answer(fields, entry.code, approval=approval, balance=balance)

    def _answer_later(
        self,
        line: int,
        fields: Fields,
        answer: Fields,
        hearing: Hearing,
        delay: float,
        now: float,
    ) -> None:
        if not hearing.answer:
            return
        delay += hearing.delay
        if delay <= 0.0:
            self._send(line, answer)
        else:
            self._push(Job(now + delay, 0, line, fields, None, True, answer))

    def _push(self, job: Job) -> None:
        self._order += 1
        heapq.heappush(self._jobs, job._replace(order=self._order))

    def _send(self, number: int, fields: Fields) -> None:
        """An answer whose connection is gone is lost; the repeat will find it stored."""
        line = self._lines.get(number)
        if line is not None:
            self.out.append((number, line.link.frame(fields)))

    def _crashes(self, now: float, fields: Fields, phase: str) -> bool:
        if self._fate is None:
            return False
        seconds = self._fate.crash(now, fields.get("41", ""), fields, phase)
        if seconds is None:
            return False
        self.restart(now, seconds, phase)
        return True


def _book(message_class: str, terminal: str, acquirer: str) -> str:
    """Where messages of a class from a terminal are remembered."""
    return f"{message_class}{terminal}/{acquirer.lstrip('0')}"


def _key(stan: str, sent: str) -> int | str:
    """DE 11 and DE 7 in one small integer; what is not decimal stays text."""
    text = sent + stan
    return int(text) if text.isascii() and text.isdigit() else text
