"""A run written by hand: what one terminal's evidence would be, put before the judge.

Amounts are minor units, times run seconds. `visit` plays a whole ordinary withdrawal; the
smaller steps play the parts of one that goes wrong.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from raw_fields import Fields, RawDialect

from harness import events as e
from harness.checks.judge import Judge
from harness.checks.verdict import Row, Verdict
from harness.contract import Contract
from harness.journal import Header
from harness.link_options import LinkOptions
from harness.wire.calendar import Stamp
from harness.wire.message import Station

ATM = "ATM00001"
CARD = "c0ffee"
SENT = "1121201000"
SEES = ("device", "wire.terminal", "wire.host", "wire.mac", "ledger", "store", "terminal")
OPENING = {5000: 100, 2000: 100, 1000: 100}

DIALECT = RawDialect()
STATION = Station(ATM, f"{'TEST BANK':<15}", "TEST STREET 1")


def header(**changes: Any) -> Header:
    """A header that promises nothing and sees all, with `changes` over it."""
    values: dict[str, Any] = {
        "version": "0",
        "scenario": "by_hand",
        "seed": 1,
        "mode": "sim",
        "terminals": 1,
        "duration": 600.0,
        "link": LinkOptions(),
        "terminal_profile": "safe",
        "host_profile": "safe",
        "contract": Contract(),
        "sees": SEES,
    }
    return Header(**(values | changes))


def notes_for(amount: int) -> e.Notes:
    """Fifties, twenties and tens."""
    notes = {}
    for denomination in (5000, 2000, 1000):
        if amount // denomination:
            notes[denomination] = amount // denomination
            amount %= denomination
    return notes


class Script:
    """Collects entries in any order; `verdict` judges them in order of time."""

    def __init__(self, **changes: Any) -> None:
        self.header = header(**changes)
        self.entries: list[tuple[float, str, e.Event]] = []
        self.requests: dict[str, Fields] = {}
        self.left = dict(OPENING)
        self.codes: dict[str, str] = {}  # of the answers that came
        self.stacked = 0  # transactions that were given to the dispenser
        self.lost: dict[str, None] = {}  # STANs whose answer has left the host: it may still come
        self.add(0.0, e.CassettesCounted("opening", dict(OPENING), {}))
        self.link_up(0.1)

    def add(self, at: float, *events: e.Event, actor: str = ATM) -> None:
        self.entries += [(at, actor, event) for event in events]

    def verdict(self, *, cut: str = "", interrupted: bool = False) -> Verdict:
        judge = Judge(self.header)
        for at, actor, event in sorted(self.entries, key=lambda entry: entry[0]):
            judge.see(at, actor, event)
        return judge.verdict(cut=cut, interrupted=interrupted)

    # --- frames --------------------------------------------------------------------------

    def frame(
        self, at: float, end: e.End, to: e.End, fields: Fields, mac: str = "good", pin: str = ""
    ) -> None:
        digest = "".join(f"{k}={v};" for k, v in fields.items() if k != "t")
        shown = dict(fields), mac, digest if fields["t"][1] == "4" else "", 99
        self.add(at, e.FrameSeen(end, to, *shown, pin=pin or UNSET))  # type: ignore[arg-type]

    def link_up(self, at: float) -> None:
        """A connection, and a sign-on that is accepted."""
        self.add(at, e.LinkOpened())
        self.network(at, "sign_on")

    def network(self, at: float, function: str, *, answered: bool = True) -> None:
        stan = f"{900000 + len(self.entries):06d}"
        fields = DIALECT.network(STATION, function, stan=stan, sent=SENT)
        self.frame(at, "terminal", "host", fields)
        if answered:
            self.frame(at + 0.1, "terminal", "terminal", DIALECT.answer(fields, "00"))

    def request(
        self,
        at: float,
        stan: str = "000001",
        amount: int = 5000,
        *,
        kind: str = "withdrawal",
        arrives: bool = True,
        pin: str = "",
    ) -> None:
        """'Please wait', and the 0200 at both ends (or lost on its way). `pin` is 'right' or so."""
        fields = DIALECT.request(
            STATION, kind=kind, pan="9999990000000014", expiry="2912", track2="", pin_block="",
            amount=amount, stan=stan, rrn=f"{int(stan):012d}", stamp=Stamp(SENT, "211000", "1121"),
        )  # fmt: skip
        self.requests[stan] = fields
        self.add(at, e.ScreenShown("please_wait"))
        self.frame(at, "terminal", "host", fields, pin=pin)
        if arrives:
            self.frame(at + 0.02, "host", "host", fields)

    def answer(
        self,
        at: float,
        stan: str = "000001",
        code: str = "00",
        *,
        mac: str = "good",
        leaves: float | None = None,
        **changes: str,
    ) -> None:
        """The 0210 at the terminal's end, and at the host's (`leaves`, usually 20 ms before) unless
        it has left already.
        `changes` are fields by 'de4', 'de7' ... as they reach the terminal.
        """
        fields = self.answer_fields(stan, code)
        self.codes[stan] = code
        if stan in self.lost:
            del self.lost[stan]
        else:
            self.frame(at - 0.02 if leaves is None else leaves, "host", "terminal", fields)
        fields |= {name[2:]: value for name, value in changes.items()}
        self.frame(at, "terminal", "terminal", fields, mac)

    def lost_answer(self, at: float, stan: str = "000001", code: str = "00") -> None:
        """An answer that leaves the host and gets lost."""
        self.frame(at, "host", "terminal", self.answer_fields(stan, code))

    def answer_fields(self, stan: str, code: str) -> Fields:
        """The host's answer: an approval of a request has a code of its own."""
        asked = self.requests[stan]
        approves = asked["t"] == "0200" and code in ("00", "10")
        return DIALECT.answer(asked, code, approval=f"A{stan[1:]}" if approves else "")

    def reversal(
        self,
        at: float,
        original: str = "000001",
        stan: str = "000101",
        *,
        amount: int = 5000,
        taken: int | None = None,
        repeat: bool = False,
        sent: str = SENT,
        arrives: bool = True,
        reason: str = "4021",
    ) -> None:
        fields = DIALECT.reversal(
            STATION, pan="9999990000000014", amount=amount, taken=taken, stan=stan,
            stamp=Stamp(sent, "211000", "1121"), rrn=f"{int(original):012d}",
            code=self.codes.get(original, ""),
            reason=reason, original_stan=original, original_sent=SENT,
        )  # fmt: skip
        self.requests[stan] = fields
        fields = DIALECT.repeat(fields) if repeat else fields
        self.frame(at, "terminal", "host", fields)
        if arrives:
            self.frame(at + 0.02, "host", "host", fields)

    # --- postings ------------------------------------------------------------------------

    def debit(self, at: float, stan: str = "000001", amount: int = 5000) -> None:
        self.post(at, "debit", stan, amount, f"2:{stan}:{SENT}")

    def give_back(
        self, at: float, stan: str = "000001", amount: int = 5000, by: str = "000101"
    ) -> None:
        self.post(at, "reversal", stan, amount, f"4:{by}:{SENT}")

    def post(self, at: float, kind: Any, stan: str, amount: int, cause: str) -> None:
        event = e.Posted(kind, ATM, stan, SENT, STATION.acquirer, amount, cause)
        self.add(at, event, actor="HOST")

    # --- the device ----------------------------------------------------------------------

    def insert(self, at: float, customer: int = 1, card: str = CARD, amount: int = 5000) -> None:
        self.add(at, e.CustomerArrived(customer, "withdrawal", amount))
        self.add(at, e.CardInserted(card, customer), e.ScreenShown("enter_pin"))

    def eject(
        self, at: float, *, taken: float | None = 3.0, card: str = CARD, screen: str = "take_card"
    ) -> None:
        """The card comes out 1.2 s later, and is taken `taken` seconds after `at`."""
        self.add(at, e.ScreenShown(screen), e.EjectBegun())
        self.add(at + 1.2, e.CardAtSlot(card))
        if taken is not None:
            self.add(at + taken, e.CardTaken(card))

    def capture(self, at: float, card: str = CARD) -> None:
        self.add(at, e.ScreenShown("captured"), e.AlarmRaised("capture", ""))
        self.add(at, e.CaptureBegun(card))
        self.add(at + 1.5, e.CardCaptured(card))

    def stack(self, at: float, amount: int = 5000, *, counted: bool = True) -> None:
        notes = notes_for(amount)
        for denomination, count in notes.items():
            self.left[denomination] -= count
        self.stacked += 1
        self.add(at, e.StackBegun(self.stacked, amount), e.NotesStacked(notes, {}, counted))

    def pay(self, at: float, amount: int = 5000) -> None:
        """Stacked, presented and taken."""
        self.stack(at, amount)
        self.add(at + 2.8, e.NotesPresented(notes_for(amount)), e.ScreenShown("take_cash"))
        self.add(at + 6.0, e.NotesTaken(notes_for(amount)), e.ScreenShown("welcome"))

    # --- whole scenes --------------------------------------------------------------------

    def visit(self, at: float, stan: str = "000001", amount: int = 5000) -> None:
        """An ordinary withdrawal, from the card's insertion to the cash, in 26 s."""
        self.network(at - 1, "echo")
        self.insert(at, int(stan), amount=amount)
        self.request(at + 10, stan, amount)
        self.debit(at + 10.5, stan, amount)
        self.answer(at + 10.6, stan)
        self.eject(at + 10.6)
        self.pay(at + 14, amount)

    def unanswered(self, at: float, stan: str = "000001") -> None:
        """A withdrawal that the host posted and whose answer got lost, until its abort is due."""
        self.network(at - 1, "echo")
        self.insert(at)
        self.request(at + 10, stan)
        self.debit(at + 10.5, stan)
        self.lost_answer(at + 10.5, stan)
        self.lost[stan] = None

    def settle(self, at: float, original: str = "000001", stan: str = "000101") -> None:
        """A reversal that is sent, posted and answered."""
        self.reversal(at, original, stan)
        self.give_back(at + 0.1, original, by=stan)
        self.answer(at + 0.2, stan)

    def aborted(self, at: float, stan: str = "000001") -> None:
        """An unanswered withdrawal as a safe terminal ends it."""
        self.unanswered(at, stan)
        self.eject(at + 55, screen="cancelled")
        self.network(at + 55, "echo")
        self.settle(at + 56, stan)

    def end(
        self,
        at: float,
        how: str = "quiet",
        *,
        pending: int = 0,
        parked: int = 0,
        unclosed: int = 0,
    ) -> None:
        self.add(at, e.CassettesCounted("rest", dict(self.left), {}))
        self.add(at, e.StoreCounted(pending, parked, 0, unclosed))
        self.add(at, e.RunEnded(how), actor="RUN")


def row(verdict: Verdict, name: str) -> Row:
    return next(row for row in verdict.rows if row.id == name)


def status(verdict: Verdict, name: str) -> str:
    return row(verdict, name).status


def failing(verdict: Verdict) -> list[str]:
    """The invariants that failed, in order."""
    return [row.id for row in verdict.rows if row.status == "fail"]
