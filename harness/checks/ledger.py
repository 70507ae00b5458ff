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

    def on_Posted(self, site: TerminalEvidence, at: float, event: e.Posted) -> None:
        self.tried += 1
        exchange = site.exchange(event.stan, event.sent)
        count = exchange.debits if event.kind == "debit" else exchange.back_posts
        if count > 1:
            self.fail(site, at, f"{event.kind} number {count} of STAN {event.stan}")
        elif count == len(exchange.causes) == 1 and _long_over(site, exchange, event):
            self.fail(site, at, f"a {event.kind} of STAN {event.stan}, which had been settled")


def _long_over(site: TerminalEvidence, exchange: TransactionEvidence, event: e.Posted) -> bool:
    """Does it post for a transaction that was put away? One whose debit is known may still be
    reversed: whether an approval was paid is not seen without a device.
    """
    return site.was_settled(exchange.key) and not (event.kind == "reversal" and exchange.debits)


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

    def on_Posted(self, site: TerminalEvidence, at: float, event: e.Posted) -> None:
        message, stan, sent = event.cause.split(":")
        signed = self._signed.get(message)
        self.tried += 1
        if signed is None or not signed.holds(event.terminal, key_of(stan, sent)):
            self.fail(site, at, f"message {event.cause} posted, and its MAC was not right")


class NeverMoreBack(Check):
    """H2. `worst` is the largest excess in minor units."""

    id = "H2"
    needs = ("ledger",)
    unit = "cents"

    @property
    def bound(self) -> float:
        return 0.0

    def on_Posted(self, site: TerminalEvidence, at: float, event: e.Posted) -> None:
        if event.kind != "reversal":
            return
        self.tried += 1
        exchange = site.exchange(event.stan, event.sent)
        over = exchange.back - exchange.debit
        self.measured(max(0, over))
        if over > 0:
            self.fail(
                site,
                at,
                f"STAN {event.stan}: {exchange.back / 100:.2f} given back "
                f"of {exchange.debit / 100:.2f} debited",
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

    def rest(self, site: TerminalEvidence, now: float) -> None:
        if site.stray_cash:
            self.measured(site.stray_cash)
            self.fail(site, now, f"{site.stray_cash / 100:.2f} were taken without any request")
        for exchange in [*site.recent.values(), *site.open.values()]:
            off = exchange.debit + exchange.stood - exchange.back - exchange.taken
            if exchange.before and not exchange.requested:
                continue  # its cash was paid in an earlier life, where nobody of this run looked
            if off and not explained(exchange) and not in_flight(site, exchange):
                self.measured(abs(off))
                self.fail(
                    site,
                    now,
                    f"STAN {exchange.stan}: debited {exchange.debit / 100:.2f}, given back "
                    f"{exchange.back / 100:.2f}, cash taken {exchange.taken / 100:.2f}",
                )


def explained(exchange: TransactionEvidence) -> bool:
    """Is the difference owed or in suspense?"""
    owed = exchange.reversal is not None and not exchange.reversal_final and exchange.back == 0
    return owed or "suspense" in exchange.endings


def in_flight(site: TerminalEvidence, exchange: TransactionEvidence) -> bool:
    """Posted, and the terminal's outcome undecided: it still holds the card of this request."""
    undecided = not exchange.endings and exchange.reversal is None
    return exchange is site.current and site.inserted is not None and undecided


class ReplayMovesNothing(Check):
    """H4. A case is a message that the host heard twice, a failure a second posting by one."""

    id = "H4"
    needs = ("ledger", "wire.host")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._heard = {"2": _Numbers(), "4": _Numbers()}
        self._posted = {"2": _Numbers(), "4": _Numbers()}

    def on_FrameSeen(self, site: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        fields = event.fields
        if event.end != "host" or event.to != "host" or event.problem:
            return
        heard = self._heard.get(fields.get("t", "")[1:2])
        if heard is not None and event.mac != "bad":
            key = key_of(fields.get("11", ""), fields.get("7", ""))
            self.tried += heard.add(site.name, key)

    def on_Posted(self, site: TerminalEvidence, at: float, event: e.Posted) -> None:
        message, stan, sent = event.cause.split(":")
        posted = self._posted.get(message)
        if posted is not None and posted.add(site.name, key_of(stan, sent)):
            self.fail(site, at, f"message {event.cause} posted a second time")


class TombstoneHolds(Check):
    """H6. A reversal that the host acknowledged before any debit of its original is a tombstone,
    and the original is never approved. Tried where the original came, or was there undecided.
    """

    id = "H6"
    needs = ("ledger", "wire.host")

    def on_FrameSeen(self, site: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.mac == "bad":
            return
        kind = site.kind
        if kind in (Kind.REQUEST, Kind.REQUEST_REPEAT) and event.to == "host":
            self.tried += self._original(site, event).tombstone
        elif kind is Kind.REVERSAL_ANSWER and event.to == "terminal":
            for exchange in site.acknowledged:
                self.tried += exchange.host_asked
                if exchange.debits:
                    self._broken(site, at, exchange, "debited")
        elif kind is Kind.ANSWER and event.to == "terminal":
            exchange = self._original(site, event)
            approved = site.dialect.outcome_of(event.fields) in (
                Outcome.APPROVED,
                Outcome.PARTIAL,
            )
            if exchange.tombstone and approved:
                self._broken(site, at, exchange, "approved")

    def _original(self, site: TerminalEvidence, event: e.FrameSeen) -> TransactionEvidence:
        return site.exchange(event.fields.get("11", ""), event.fields.get("7", ""))

    def _broken(
        self, site: TerminalEvidence, at: float, exchange: TransactionEvidence, what: str
    ) -> None:
        self.fail(site, at, f"STAN {exchange.stan} was {what} after its reversal")

    def on_Posted(self, site: TerminalEvidence, at: float, event: e.Posted) -> None:
        exchange = site.exchange(event.stan, event.sent)
        if event.kind == "debit" and exchange.tombstone:
            self._broken(site, at, exchange, "debited")


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

    def on_FrameSeen(self, site: TerminalEvidence, _at: float, event: e.FrameSeen) -> None:
        self.tried += event.end == "terminal" and site.kind is Kind.REVERSAL

    def on_AlarmRaised(self, site: TerminalEvidence, _at: float, event: e.AlarmRaised) -> None:
        if event.kind == "parked":
            self._alarms[site.name] = self._alarms.get(site.name, 0) + 1

    def on_StoreCounted(self, site: TerminalEvidence, _at: float, event: e.StoreCounted) -> None:
        self._counted[site.name] = event

    def rest(self, site: TerminalEvidence, now: float) -> None:
        stored = self._counted.get(site.name, e.StoreCounted(0, 0, 0))
        self.tried += stored.pending
        if stored.pending:
            self.fail(site, now, f"{stored.pending} reversals are still pending in the store")
        if stored.parked > self._alarms.get(site.name, 0):
            self.fail(site, now, f"{stored.parked} reversals are parked and not all were alarmed")
        for exchange in site.open.values():
            if exchange.reversal and not exchange.reversal_final and not exchange.parked:
                self.fail(site, now, f"reversal {exchange.reversal[0]} has had no final answer")
