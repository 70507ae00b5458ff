"""The ledger's checks, judged from postings and from what passed at both ends (H1 to H7)."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort

from harness import events as e
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.transactions import TransactionEvidence, key_of
from harness.wire.dialect import Kind, Outcome


class PostedOnce(Check):
    """H1. At most one debit and one reversal per transaction."""

    id = "H1"
    needs = ("ledger",)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        self.tried += 1
        transaction = terminal.transaction(event.stan, event.sent)
        count = transaction.debits if event.kind == "debit" else transaction.back_posts
        if count > 1:
            self.fail(terminal, at, f"{event.kind} number {count} of STAN {event.stan}")
        elif count == len(transaction.causes) == 1 and _long_over(terminal, transaction, event):
            self.fail(terminal, at, f"a {event.kind} of STAN {event.stan}, which had been settled")


def _long_over(
    terminal: TerminalEvidence, transaction: TransactionEvidence, event: e.Posted
) -> bool:
    """Does it post for a transaction that was put away? One whose debit is known may still be
    reversed: whether an approval was paid is not seen without a device.
    """
    return terminal.was_settled(transaction.key) and not (
        event.kind == "reversal" and transaction.debits
    )


class _Numbers:
    """A set of small numbers per terminal, eight bytes each."""

    def __init__(self) -> None:
        self._known: dict[str, array[int]] = {}

    def holds(self, name: str, number: int) -> bool:
        known = self._known.get(name, _NONE)
        at = bisect_left(known, number)
        return at < len(known) and known[at] == number

    def add(self, name: str, number: int) -> bool:
        """Whether it was there before."""
        if self.holds(name, number):
            return True
        insort(self._known.setdefault(name, array("q")), number)
        return False


_NONE = array("q")


class PostingIsAuthentic(Check):
    """H1.authentic: by the tap's own MAC check of what came to the host's end."""

    id = "H1.authentic"
    needs = ("ledger", "wire.host", "wire.mac")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._signed = {"2": _Numbers(), "4": _Numbers()}

    def observable(self, sees: tuple[str, ...]) -> bool:
        """Where the contract has no MAC there is none to look at."""
        return self.contract.mac and super().observable(sees)

    def on_FrameSeen(self, _site: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.to != "host" or event.mac != "good":
            return
        fields = event.fields
        signed = self._signed.get(fields.get("t", "")[1:2])
        if signed is not None:
            key = key_of(fields.get("11", ""), fields.get("7", ""))
            signed.add(fields.get("41", ""), key)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        message, stan, sent = event.cause.split(":")
        signed = self._signed.get(message)
        self.tried += 1
        if signed is None or not signed.holds(event.terminal, key_of(stan, sent)):
            self.fail(terminal, at, f"message {event.cause} posted, and its MAC was not right")


class NeverMoreBack(Check):
    """H2. `worst` is the largest excess in minor units."""

    id = "H2"
    needs = ("ledger",)
    unit = "cents"

    @property
    def bound(self) -> float:
        return 0.0

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        if event.kind != "reversal":
            return
        self.tried += 1
        transaction = terminal.transaction(event.stan, event.sent)
        over = transaction.back - transaction.debit
        self.measured(max(0, over))
        if over > 0:
            self.fail(
                terminal,
                at,
                f"STAN {event.stan}: {transaction.back / 100:.2f} given back "
                f"of {transaction.debit / 100:.2f} debited",
            )


class LedgerEqualsCash(Check):
    """H3, transaction by transaction: debited less reversed is what the customer took, or is in
    flight (the terminal still holds the card and has not decided), or owed (its reversal is pending
    or parked), or in suspense. `worst` is the largest difference.
    """

    id = "H3"
    needs = ("ledger", "device", "wire.terminal")
    unit = "cents"

    @property
    def bound(self) -> float:
        return 0.0

    def on_Posted(self, _site: TerminalEvidence, _at: float, event: e.Posted) -> None:
        self.tried += event.kind == "debit"
        if self.worst is None:
            self.worst = 0.0

    def on_NotesTaken(self, _site: TerminalEvidence, _at: float, _event: e.NotesTaken) -> None:
        self.tried += 1

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.stray_cash:
            self.measured(terminal.stray_cash)
            self.fail(
                terminal, now, f"{terminal.stray_cash / 100:.2f} were taken without any request"
            )
        for transaction in [*terminal.recent.values(), *terminal.open.values()]:
            off = transaction.debit + transaction.stood - transaction.back - transaction.taken
            if transaction.before and not transaction.requested:
                continue  # its cash was paid in an earlier life, where nobody of this run looked
            if off and not explained(transaction) and not in_flight(terminal, transaction):
                self.measured(abs(off))
                self.fail(
                    terminal,
                    now,
                    f"STAN {transaction.stan}: debited {transaction.debit / 100:.2f}, given back "
                    f"{transaction.back / 100:.2f}, cash taken {transaction.taken / 100:.2f}",
                )


def explained(transaction: TransactionEvidence) -> bool:
    """Is the difference owed or in suspense?"""
    owed = (
        transaction.reversal is not None
        and not transaction.reversal_final
        and transaction.back == 0
    )
    return owed or "suspense" in transaction.endings


def in_flight(terminal: TerminalEvidence, transaction: TransactionEvidence) -> bool:
    """Posted, and the terminal's outcome undecided: it still holds the card of this request."""
    undecided = not transaction.endings and transaction.reversal is None
    return transaction is terminal.current and terminal.inserted is not None and undecided


class ReplayMovesNothing(Check):
    """H4. A case is a message that the host heard twice, a failure a second posting by one."""

    id = "H4"
    needs = ("ledger", "wire.host")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._heard = {"2": _Numbers(), "4": _Numbers()}
        self._posted = {"2": _Numbers(), "4": _Numbers()}

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        fields = event.fields
        if event.end != "host" or event.to != "host" or event.problem:
            return
        heard = self._heard.get(fields.get("t", "")[1:2])
        if heard is not None and event.mac != "bad":
            key = key_of(fields.get("11", ""), fields.get("7", ""))
            self.tried += heard.add(terminal.name, key)

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        message, stan, sent = event.cause.split(":")
        posted = self._posted.get(message)
        if posted is not None and posted.add(terminal.name, key_of(stan, sent)):
            self.fail(terminal, at, f"message {event.cause} posted a second time")


class TombstoneHolds(Check):
    """H6. A reversal that the host acknowledged before any debit of its original is a tombstone,
    and the original is never approved. Tried where the original came, or was there undecided.
    """

    id = "H6"
    needs = ("ledger", "wire.host")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.mac == "bad":
            return
        kind = terminal.kind
        if kind in (Kind.REQUEST, Kind.REQUEST_REPEAT) and event.to == "host":
            self.tried += self._original(terminal, event).tombstone
        elif kind is Kind.REVERSAL_ANSWER and event.to == "terminal":
            for transaction in terminal.acknowledged:
                self.tried += transaction.host_asked
                if transaction.debits:
                    self._broken(terminal, at, transaction, "debited")
        elif kind is Kind.ANSWER and event.to == "terminal":
            transaction = self._original(terminal, event)
            approved = terminal.dialect.outcome_of(event.fields) in (
                Outcome.APPROVED,
                Outcome.PARTIAL,
            )
            if transaction.tombstone and approved:
                self._broken(terminal, at, transaction, "approved")

    def _original(self, terminal: TerminalEvidence, event: e.FrameSeen) -> TransactionEvidence:
        return terminal.transaction(event.fields.get("11", ""), event.fields.get("7", ""))

    def _broken(
        self, terminal: TerminalEvidence, at: float, transaction: TransactionEvidence, what: str
    ) -> None:
        self.fail(terminal, at, f"STAN {transaction.stan} was {what} after its reversal")

    def on_Posted(self, terminal: TerminalEvidence, at: float, event: e.Posted) -> None:
        transaction = terminal.transaction(event.stan, event.sent)
        if event.kind == "debit" and transaction.tombstone:
            self._broken(terminal, at, transaction, "debited")


class NothingPending(Check):
    """H7. At quiescence each reversal that was sent has had a final answer or is parked, with an
    alarm; and the store, counted by itself, holds no pending one.
    """

    id = "H7"
    needs = ("wire.terminal", "store")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._alarms: dict[str, int] = {}
        self._counted: dict[str, e.StoreCounted] = {}

    def on_FrameSeen(self, terminal: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        self.tried += event.end == "terminal" and terminal.kind is Kind.REVERSAL

    def on_AlarmRaised(self, terminal: TerminalEvidence, _at: float, event: e.AlarmRaised) -> None:
        if event.kind == "parked":
            self._alarms[terminal.name] = self._alarms.get(terminal.name, 0) + 1

    def on_StoreCounted(
        self, terminal: TerminalEvidence, _at: float, event: e.StoreCounted
    ) -> None:
        self._counted[terminal.name] = event

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        stored = self._counted.get(terminal.name, e.StoreCounted(0, 0, 0))
        self.tried += stored.pending
        if stored.pending:
            self.fail(terminal, now, f"{stored.pending} reversals are still pending in the store")
        if stored.parked > self._alarms.get(terminal.name, 0):
            self.fail(
                terminal, now, f"{stored.parked} reversals are parked and not all were alarmed"
            )
        for transaction in terminal.open.values():
            if transaction.reversal and not transaction.reversal_final and not transaction.parked:
                self.fail(
                    terminal, now, f"reversal {transaction.reversal[0]} has had no final answer"
                )
