"""What the evidence says about one terminal: where its card is, and what it asked the host.

All checks share one `TerminalEvidence` per terminal, so that each of them stays small. It is
built from the device, the tap at the terminal's end, the tap at the host's end and the ledger; what
the terminal says of itself is only ever used against it.

A `TransactionEvidence` is one request as the wire showed it, named by DE 11 and DE 7. It is kept
while anything of it is open; what must be remembered for ever (that it was there) is eight bytes.
"""

from __future__ import annotations

from bisect import insort
from typing import NamedTuple

from harness import events as e
from harness.checks.transactions import TerminalTransactions, TransactionEvidence, is_over
from harness.contract import Contract
from harness.wire.dialect import AdviceOutcome, Dialect, Kind, Outcome

LATE = "the host timer"

WAY: dict[Kind, e.End] = {
    Kind.REQUEST: "host",
    Kind.REQUEST_REPEAT: "host",
    Kind.REVERSAL: "host",
    Kind.REVERSAL_REPEAT: "host",
    Kind.ANSWER: "terminal",
    Kind.REVERSAL_ANSWER: "terminal",
}
"""Where a message of that kind goes; network management goes either way."""


class Moment(NamedTuple):
    """A moment, with what the mains had done by then."""

    at: float
    off: float
    cuts: int


class TerminalEvidence(TerminalTransactions):
    """One terminal, seen from outside."""

    def __init__(
        self, name: str, contract: Contract, dialect: Dialect, *, ledger: bool, device: bool = True
    ) -> None:
        super().__init__(ledger=ledger, device=device)
        self.name = name
        self._contract = contract
        self.dialect = dialect
        # card
        self.card = ""
        self.customer = 0
        self.card_at = ""  # '', transport, slot, capturing
        self.inserted: Moment | None = None
        self.slot_since = 0.0
        self.jammed = False
        self.cash_out = False  # between the stacker's start and taken or retracted
        self.stray_cash = 0  # taken without any request, minor units
        # mains
        self.powered = True
        self.off = 0.0
        self.off_since = 0.0
        self.cuts = 0
        self.pauses: list[tuple[float, float]] = []  # in which its process stood still
        self._unread: list[e.FrameSeen | None] = []  # meanwhile; None is the connection's end
        # the wait
        self.screen = ""
        self.wait: Moment | None = None  # since the last entry into 'please wait', until answered
        self.abort_at: float | None = None
        # link
        self.connected = False
        self.signed_on = False
        self.heard = 0.0
        self.network_ok = 0.0  # when a sign-on or echo was last answered
        self._network: dict[str, str] = {}
        self.kind: Kind | None = None  # what the last frame is, None if it would not decode
        # transactions
        self.losses = 0  # withdrawals in which the power failed
        self.acknowledged: list[TransactionEvidence] = []  # by the last frame at the host's end
        self._host_hears: dict[str, TransactionEvidence] = {}  # reversals the host has not answered

    # --- time ------------------------------------------------------------------------------

    def mark(self, at: float) -> Moment:
        return Moment(at, self.off, self.cuts)

    def since(self, mark: Moment, at: float) -> float:
        """Seconds since a mark, the time without power left out."""
        off = self.off - mark.off
        if not self.powered:
            off += at - max(self.off_since, mark.at)
        return self.between(mark.at, at) - off

    def between(self, start: float, end: float) -> float:
        """Seconds from one moment to another, those left out in which the process stood still."""
        still = sum(max(0.0, min(until, end) - max(since, start)) for since, until in self.pauses)
        return end - start - still

    @property
    def stands_still(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] == float("inf")

    def allowance(self, mark: Moment) -> float:
        """Each power cut since adds the time to recover (T2)."""
        return self._contract.recovery * (self.cuts - mark.cuts)

    # --- the device -------------------------------------------------------------------------

    def on_CardInserted(self, at: float, event: e.CardInserted) -> None:
        self.card = event.card
        self.customer = event.customer
        self.card_at = "transport"
        self.inserted = self.mark(at)
        self.jammed = False
        self.abort_at = None
        self.wait = None

    def on_EjectFailed(self, _at: float, _event: e.EjectFailed) -> None:
        self.jammed = True

    def on_CardAtSlot(self, at: float, _event: e.CardAtSlot) -> None:
        self.card_at = "slot"
        self.slot_since = at

    def on_CaptureBegun(self, _at: float, _event: e.CaptureBegun) -> None:
        self.card_at = "capturing"

    def on_CardTaken(self, _at: float, _event: e.CardTaken) -> None:
        self.card_at = ""
        self.inserted = None

    def on_CardCaptured(self, _at: float, _event: e.CardCaptured) -> None:
        self.card_at = ""
        self.inserted = None

    def on_ScreenShown(self, at: float, event: e.ScreenShown) -> None:
        before, self.screen = self.screen, event.screen
        if event.screen == "please_wait" != before:
            self.wait = self.mark(at)
            self.abort_at = None
            self.current = None  # what is paid from here on needs a request of its own

    def on_PowerLost(self, at: float, _event: e.PowerLost) -> None:
        self.powered = False
        self.off_since = at
        self.cuts += 1
        self.connected = self.signed_on = False
        for transaction in self.open.values():
            if not is_over(transaction):
                self._cut(transaction)
        if self.current is not None and self.inserted is not None:
            self.current.shaken = True
        self.wait = None
        self.abort_at = None
        self.screen = "blank"
        if self.stands_still:  # and never goes on: another process boots
            self.pauses[-1] = (self.pauses[-1][0], at)
            self._unread.clear()

    def _cut(self, transaction: TransactionEvidence) -> None:
        """The power failed in it: what must not be lost now (T10)."""
        self.losses += not transaction.cut and transaction.requested and transaction.withdrawal
        transaction.cut = True

    def host_was_killed(self) -> None:
        """The host's process is gone, and with it what it saw after its last commit."""
        for transaction in self.open.values():
            reversing = transaction.reversal is not None and not transaction.reversal_final
            transaction.unsure |= transaction.answer is None or reversing

    def on_PowerRestored(self, at: float, _event: e.PowerRestored) -> None:
        self.off += at - self.off_since
        self.powered = True

    def on_ProcessPaused(self, at: float, _event: e.ProcessPaused) -> None:
        self.pauses.append((at, float("inf")))
        if self.current is not None and self.cash_out:
            self.current.stood_still = True

    def on_ProcessResumed(self, at: float, _event: e.ProcessResumed) -> None:
        if self.stands_still:
            self.pauses[-1] = (self.pauses[-1][0], at)
        unread, self._unread = self._unread, []
        for event in unread:
            if event is None:
                self._hung_up(at)
            else:
                self._read(self.dialect.kind_of(event.fields), at, event)

    def on_StackBegun(self, _at: float, _event: e.StackBegun) -> None:
        self.cash_out = True
        if self.current is not None:
            self.current.stacks += 1
            self.current.stood_still |= self.stands_still

    def on_NotesStacked(self, _at: float, event: e.NotesStacked) -> None:
        self.cash_out = bool(event.notes) and event.counted  # what lost count is purged
        if self.current is not None:
            self.current.stacked += worth(event.notes)
            self.current.uncounted |= not event.counted

    def on_NotesRetracted(self, _at: float, event: e.NotesRetracted) -> None:
        self.cash_out = False
        if self.current is not None:
            self.current.retracted += worth(event.notes)
            self.current.uncounted |= not event.counted

    def on_RetractFailed(self, _at: float, _event: e.RetractFailed) -> None:
        self.cash_out = False
        if self.current is not None:
            self.current.uncounted = True

    def on_NotesTaken(self, _at: float, event: e.NotesTaken) -> None:
        self.cash_out = False
        current = self.current
        if current is None:
            self.stray_cash += worth(event.notes)
            return
        current.taken += worth(event.notes)
        if current.taken == current.approved:
            current.endings.append("completed")

    # --- what it says of itself, used against it ----------------------------------------------

    def on_Aborted(self, at: float, event: e.Aborted) -> None:
        self._abort(at, event.why)

    def on_SessionCancelled(self, at: float, event: e.SessionCancelled) -> None:
        if event.why != "hotlist" and self.abort_at is None:
            self.abort_at = at

    def on_SuspenseRecorded(self, _at: float, event: e.SuspenseRecorded) -> None:
        """Believed only where the device lost count or power, where the process stood still while
        it counted, or where notes left the cassettes and are neither with the customer nor back.
        (DE 37 is made from the transaction's number.)
        """
        current = self.current
        if current is not None and current.rrn == f"{event.transaction:012d}":
            astray = current.stacked - current.taken - current.retracted
            if current.uncounted or current.cut or current.stood_still or astray:
                current.endings.append("suspense")

    def _abort(self, at: float, why: str) -> None:
        if self.abort_at is None:
            self.abort_at = at
        current = self.current
        if current is not None and current.answer is None and not current.aborted:
            current.aborted = why
            current.aborted_at = at

    # --- the link ---------------------------------------------------------------------------

    def on_LinkOpened(self, at: float, _event: e.LinkOpened) -> None:
        self.connected = True
        self.signed_on = False
        self.heard = at
        self._network.clear()

    def on_LinkClosed(self, at: float, _event: e.LinkClosed) -> None:
        self.connected = self.signed_on = False
        if self.stands_still:
            self._unread.append(None)
        else:
            self._hung_up(at)

    def _hung_up(self, at: float) -> None:
        if self.wait is not None and self.awaits_answer():
            self._abort(at, "the link closed")

    def awaits_answer(self) -> bool:
        """Is the customer waiting for an answer that has not come?"""
        return self.wait is not None and (
            self.current is None or self.current.start < self.wait.at or self.current.answer is None
        )

    def down_because(self, at: float) -> str:
        """Why the link is down by the evidence at the terminal's end; '' while it may be up."""
        if not self.connected:
            return "there is no connection"
        if self._contract.sign_on and not self.signed_on:
            return "nothing was signed on"
        silent = self.between(self.heard, at)  # it asks three times before it knows
        if silent > self._contract.silence + self._contract.slack:
            return f"the host has been silent for {silent:.0f} s"
        current = self.current
        waited = current is not None and current.requested and not current.cut
        if waited and current is not None and current.aborted in ("", "timer", LATE):
            expiry = min(current.start + self._contract.host_response, current.aborted_at)
            answered = current.answer is not None and current.answer_at < expiry
            if not answered and self.network_ok < expiry <= at - self._contract.slack:
                return "a request expired and no echo was answered since"
        return ""

    def on_FrameSeen(self, at: float, event: e.FrameSeen) -> bool:
        """True when the frame concerns no check: network management, most of the traffic."""
        if event.problem:
            self.kind = None
            return False
        kind = self.kind = self.dialect.kind_of(event.fields)
        if WAY.get(kind, event.to) != event.to:
            self.kind = None  # damaged into what only the other end would say
            return False
        if event.end == "host":
            self._at_host(kind, at, event)
        elif event.to == "host":
            self._sent(kind, at, event)
        else:
            self.heard = at
            if self.stands_still:
                self._unread.append(event)  # read when its process goes on
            else:
                self._read(kind, at, event)
        return kind is Kind.NETWORK or kind is Kind.NETWORK_ANSWER

    def _read(self, kind: Kind, at: float, event: e.FrameSeen) -> None:
        if event.mac == "good" or (event.mac == "none" and not self._contract.mac):
            self._received(kind, at, event)
        else:
            self._forged(kind, event)

    def _sent(self, kind: Kind, at: float, event: e.FrameSeen) -> None:
        fields = event.fields
        if kind is Kind.REQUEST:
            self._begin(at, event)
        elif kind in (Kind.REVERSAL, Kind.REVERSAL_REPEAT):
            original = self.dialect.original_of(fields)
            if original is not None:
                self._reversal(event, self.transaction(original.stan, original.sent))
        elif kind is Kind.NETWORK:
            self._network[fields.get("11", "")] = self.dialect.function_of(fields)

    def _begin(self, at: float, event: e.FrameSeen) -> None:
        fields = event.fields
        transaction = self.current = self.transaction(fields.get("11", ""), fields.get("7", ""))
        transaction.requested = True
        transaction.withdrawal = self.dialect.is_withdrawal(fields)
        if not self.powered:  # it left in the instant in which the power failed
            self._cut(transaction)
        transaction.amount = self.dialect.amount_of(fields)
        transaction.rrn = fields.get("37", "")
        if not self.device_seen:
            self.wait = None  # no screen is seen: each request is a wait of its own
        transaction.start = self.wait.at if self.wait is not None else at
        if self.wait is None and self.powered:
            self.wait = self.mark(at)
        self.sweep()

    def _reversal(self, event: e.FrameSeen, transaction: TransactionEvidence) -> None:
        fields = event.fields
        transaction.unsure = False
        transaction.reversals_sent += 1
        if transaction.reversal is None:
            transaction.reversal = (fields.get("11", ""), fields.get("7", ""), event.digest)
            transaction.reversal_taken = self.dialect.amount_taken_of(fields)
            transaction.endings.append("reversed")

    def _forged(self, kind: Kind, event: e.FrameSeen) -> None:
        """An approval of the current request, by its fields, that nobody signed."""
        current, fields = self.current, event.fields
        if (
            kind is Kind.ANSWER
            and current is not None
            and fields.get("11") == current.stan
            and self.dialect.outcome_of(fields) in (Outcome.APPROVED, Outcome.PARTIAL)
        ):
            current.forged = event.mac

    def _received(self, kind: Kind, at: float, event: e.FrameSeen) -> None:
        fields = event.fields
        if kind is Kind.NETWORK_ANSWER and "41" not in fields:
            fields = {**fields, "41": self.name}  # hosts leave it out there: the link says whose
        if fields.get("41") != self.name:
            return
        if kind is Kind.NETWORK_ANSWER:
            function = self._network.pop(fields.get("11", ""), "")
            if function and self.dialect.network_accepted(fields):
                self.network_ok = at
                self.signed_on = self.signed_on or function == "sign_on"
        elif kind is Kind.ANSWER:
            self._answered(at, event)
        elif kind is Kind.REVERSAL_ANSWER:
            self._reversal_answered(fields)

    def _answered(self, at: float, event: e.FrameSeen) -> None:
        """The first answer that matches: DE 41, 11, 7, 37 where both have it, 4 on approvals."""
        current, fields = self.current, event.fields
        if (
            current is None
            or current.answer is not None
            or fields.get("11") != current.stan
            or fields.get("7") != current.sent
            or fields.get("37", current.rrn) != current.rrn
        ):
            return
        outcome = self.dialect.outcome_of(fields)
        amount = self.dialect.amount_of(fields)
        if outcome is Outcome.APPROVED and amount != current.amount:
            return
        if outcome is Outcome.PARTIAL and not 0 < amount <= current.amount:
            return
        self._take_answer(current, outcome, amount, at, event.mac)

    def _take_answer(
        self, current: TransactionEvidence, outcome: Outcome, amount: int, at: float, mac: str
    ) -> None:
        if at >= current.start + self._contract.host_response and not current.aborted:
            current.aborted = LATE
        current.answer = outcome
        current.answer_at = at
        current.answer_mac = mac
        if outcome is Outcome.APPROVED or (
            outcome is Outcome.PARTIAL and self._contract.partial_approval
        ):
            current.approved = amount
        if not current.aborted and self.wait is not None:
            if outcome in CLOSING:
                current.endings.append("declined")
            if outcome is Outcome.PIN_AGAIN:
                self.wait = None

    def _reversal_answered(self, fields: dict[str, str]) -> None:
        outcome = self.dialect.advice_outcome_of(fields)
        for transaction in self.open.values():
            if transaction.reversal is not None and transaction.reversal[0] == fields.get("11"):
                transaction.reversal_final |= outcome in (
                    AdviceOutcome.ACCEPTED,
                    AdviceOutcome.FLAGGED,
                )
                transaction.parked |= outcome is AdviceOutcome.PARK

    # --- the host's end and the ledger -----------------------------------------------------------

    def _at_host(self, kind: Kind, at: float, event: e.FrameSeen) -> None:
        fields = event.fields
        if event.mac == "bad":
            return
        if event.to == "host" and kind in (Kind.REQUEST, Kind.REQUEST_REPEAT):
            self.transaction(fields.get("11", ""), fields.get("7", "")).host_asked = True
        elif event.to == "host" and kind in (Kind.REVERSAL, Kind.REVERSAL_REPEAT):
            original = self.dialect.original_of(fields)
            if original is not None:
                transaction = self.transaction(original.stan, original.sent)
                known = transaction.debits or transaction.stood_in or transaction.host_answered
                transaction.heard_first = not known
                transaction.heard_at = at
                self._host_hears[fields.get("11", "")] = transaction
        elif event.to == "terminal" and kind is Kind.ANSWER:
            self.transaction(fields.get("11", ""), fields.get("7", "")).host_answered = True
        elif event.to == "terminal" and kind is Kind.REVERSAL_ANSWER:
            self._acknowledge(fields)

    def _acknowledge(self, fields: dict[str, str]) -> None:
        """The host took a reversal: if it came before any debit, that is a tombstone."""
        transaction = self._host_hears.pop(fields.get("11", ""), None)
        self.acknowledged = []
        taken = (AdviceOutcome.ACCEPTED, AdviceOutcome.FLAGGED)
        if transaction is None or not transaction.heard_first or transaction.tombstone:
            return
        if self.dialect.advice_outcome_of(fields) in taken:
            transaction.tombstone = True
            self.acknowledged = [transaction]
            insort(self.tombstones, transaction.key)

    def on_PostingLost(self, _at: float, event: e.PostingLost) -> None:
        transaction = self.transaction(event.stan, event.sent)
        if event.kind == "debit":
            transaction.debit -= event.amount
            transaction.debits -= 1
        else:
            transaction.back -= event.amount
            transaction.back_posts -= 1

    def on_StoodIn(self, _at: float, event: e.StoodIn) -> None:
        transaction = self.transaction(event.stan, event.sent)
        transaction.stood_in = True
        transaction.stood = event.amount

    def on_BroughtForward(self, _at: float, event: e.BroughtForward) -> None:
        """Posted in an earlier life, which no part of this run has seen."""
        transaction = self.transaction(event.stan, event.sent)
        transaction.debit, transaction.debits = event.debit, 1
        transaction.back, transaction.back_posts = event.back, int(event.back > 0)
        transaction.before = True

    def on_Posted(self, at: float, event: e.Posted) -> None:
        transaction = self.transaction(event.stan, event.sent)
        if event.kind == "debit":
            if self._contract.standby and at - transaction.heard_at <= self._contract.replication:
                transaction.heard_first = False  # decided before, and told when the standby held it
            transaction.debit += event.amount
            transaction.debits += 1
            transaction.stood = 0
        else:
            transaction.back += event.amount
            transaction.back_posts += 1
        transaction.causes.append(event.cause)


CLOSING = (Outcome.DECLINED, Outcome.CAPTURE, Outcome.PIN_AGAIN, Outcome.SYSTEM_ERROR)
"""Only listed codes close a transaction without a reversal (section 2)."""


def worth(notes: e.Notes) -> int:
    """What notes are worth, in minor units."""
    return sum(denomination * count for denomination, count in notes.items())


EVIDENCE_HANDLERS = {
    kind: getattr(TerminalEvidence, f"on_{name}")
    for name, kind in e.EVENT_TYPES.items()
    if hasattr(TerminalEvidence, f"on_{name}")
}
