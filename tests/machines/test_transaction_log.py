"""A host's books outlive its process: what it committed is answered and never posted again, and
what it had not committed has not happened.
"""

from __future__ import annotations

import msgspec
import pytest
from raw_fields import Fields, RawDialect

from harness import events as e
from harness.assembly import Assembly
from harness.machines.host import Host
from harness.machines.ledger import CAPITAL, OPENING, Ledger
from harness.machines.transaction_log import StoredTransaction
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.wire.calendar import Stamp
from harness.wire.message import Station

RAW = RawDialect()

STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")
ASSEMBLY = Assembly(plan_of(load_scenario("ordinary_evening"), terminals=1))
ASSEMBLY.host_profile = msgspec.structs.replace(
    ASSEMBLY.host_profile, settings={"short_of_funds": 0.0}
)
AMOUNT = 5000
HOME = next(c for c in (ASSEMBLY.population.card(0, n) for n in range(1, 99)) if c.home)

Kept = tuple[dict[tuple[str, str], StoredTransaction], dict[str, int]]


class Desk:
    """One process of a host, its owner and its one terminal. `books` is what is durable: what the
    owner was told before it sent anything.
    """

    def __init__(self, books: Kept | None = None) -> None:
        host = ASSEMBLY.host()
        assert isinstance(host, Host)
        self.host = host
        self.remembered, self.balances = books if books is not None else ({}, {})
        self.host.restore(self.remembered.values(), self.balances)
        self.host.keep()
        self.now = 0.0
        self.seen: list[e.Event] = []
        self.answers: list[Fields] = []
        self.host.opened(1)
        self.hear(RAW.network(STATION, "sign_on", stan="900001", sent="1121190000"))

    def hear(self, fields: Fields, *, seconds: float = 5.0) -> Fields:
        """The host hears a frame, and time passes: the last answer."""
        self.host.receive(1, ASSEMBLY.frame_builder.reseal(fields), self.now)
        self._settle()
        end = self.now + seconds
        while (due := self.host.next_deadline()) <= end:
            self.now = due
            self.host.tick(due)
            self._settle()
        self.now = end
        return self.answers[-1]

    def _settle(self) -> None:
        """As an owner does: events, then the books, then the answers."""
        self.seen += self.host.events
        self.host.events = []
        changed, balances = self.host.changes()
        self.remembered |= {(x.book, x.key): x for x in changed}
        self.balances |= balances
        out, self.host.out = self.host.out, []
        self.answers += [ASSEMBLY.codec.decode(data[2:])[0] for _, data in out]

    def killed(self) -> Desk:
        """Another process over the same books."""
        return Desk((dict(self.remembered), dict(self.balances)))

    def posted(self) -> list[tuple[str, int]]:
        return [(x.kind, x.amount) for x in self.seen if isinstance(x, e.Posted)]

    def brought(self) -> list[e.BroughtForward]:
        return [x for x in self.seen if isinstance(x, e.BroughtForward)]


def request(stan: str = "000001", kind: str = "withdrawal", amount: int = AMOUNT) -> Fields:
    return RAW.request(
        STATION, kind=kind, pan=HOME.pan, expiry=HOME.expiry, track2=HOME.track2,
        pin_block=ASSEMBLY.pin.block(HOME.pin, HOME.pan), amount=amount, stan=stan,
        rrn=f"{int(stan):012d}", stamp=Stamp("1121201000", "211000", "1121"),
    )  # fmt: skip


def reversal(original: str = "000001", stan: str = "000101", taken: int | None = None) -> Fields:
    return RAW.reversal(
        STATION, pan=HOME.pan, amount=AMOUNT, taken=taken, stan=stan,
        stamp=Stamp("1121201500", "211500", "1121"), rrn=f"{int(original):012d}", code="",
        reason="4021", original_stan=original, original_sent="1121201000",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["withdrawal", "balance"])
def test_a_duplicate_gets_the_stored_answer_in_the_next_life(kind: str) -> None:
    """The very same one, approval and balance included, and nothing is posted."""
    desk = Desk()
    answer = desk.hear(request(kind=kind))
    assert answer["39"] == "00"
    after = desk.killed()
    assert after.hear(request(kind=kind)) == answer
    assert after.posted() == []
    assert [x for x in after.seen if isinstance(x, e.DuplicateHeard)]


def test_a_decline_is_remembered_too() -> None:
    """A repeat of what was declined is not decided anew."""
    wrong = request() | {"52": ASSEMBLY.pin.block("0000", HOME.pan)}
    desk = Desk()
    assert desk.hear(wrong)["39"] == "55"
    after = desk.killed()
    assert after.hear(request())["39"] == "55"
    assert after.brought() == []


def test_a_reversal_of_an_earlier_debit_posts_once() -> None:
    """In whatever life the debit, the reversal and its repeats come."""
    first = Desk()
    first.hear(request())
    second = first.killed()
    assert second.hear(reversal())["39"] == "00"
    assert second.posted() == [("reversal", AMOUNT)]
    third = second.killed()
    assert third.hear(RAW.repeat(reversal()))["39"] == "00"
    assert third.hear(reversal(stan="000102"))["39"] == "94"
    assert third.posted() == []
    assert third.host.ledger.total() == 0


def test_a_partial_reversal_leaves_what_was_taken() -> None:
    """20 of 50 were paid: 30 go back, and the next life knows both figures."""
    first = Desk()
    first.hear(request())
    first.hear(reversal(taken=2000))
    (brought,) = first.killed().brought()
    assert (brought.debit, brought.back) == (AMOUNT, 3000)


@pytest.mark.parametrize("undecided", [False, True])
def test_a_tombstone_survives(undecided: bool) -> None:
    """The reversal came before its original, or before its commit: the original stays declined."""
    first = Desk()
    if undecided:
        first.hear(request(), seconds=0.0)
    assert first.hear(reversal(), seconds=0.5)["39"] == "00"
    after = first.killed()
    assert after.hear(request())["39"] == "94"
    assert [x for x in after.seen if isinstance(x, e.TombstoneHit)]
    assert after.posted() == []
    assert after.brought() == []


def test_what_was_not_committed_has_not_happened() -> None:
    """Killed before the commit: the repeat is news, and is decided and posted then."""
    first = Desk()
    first.hear(request(), seconds=0.0)
    assert first.remembered == {}
    after = first.killed()
    assert after.hear(request())["39"] == "00"
    assert after.posted() == [("debit", AMOUNT)]


def test_posting_answer_and_memory_are_durable_together_before_the_answer_leaves() -> None:
    """The books know of it all when `out` is looked at, in one and the same batch."""
    desk = Desk()
    host = desk.host
    host.receive(1, ASSEMBLY.frame_builder.reseal(request()), desk.now)
    assert host.changes() == ([], {})
    host.tick(host.next_deadline())
    assert len(host.out) == 1
    (entry,), balances = host.changes()
    assert (entry.state, entry.code, entry.amount) == ("done", "00", AMOUNT)
    assert sum(balances.values()) == 0
    assert balances["cash ATM00001"] == AMOUNT
    assert host.changes() == ([], {})


def test_a_crash_that_is_a_fault_keeps_what_is_durable() -> None:
    """What a fault calls a crash loses as much as a real one, and no more."""
    desk = Desk()
    desk.hear(request("000001"))
    desk.hear(request("000002"), seconds=0.0)
    desk.host.restart(desk.now, 1.0, "after_commit")
    assert desk.host.changes() == ([], {})
    after = desk.killed()
    assert [x.stan for x in after.brought()] == ["000001"]


def test_accounts_and_approvals_go_on() -> None:
    """A customer's account does not open twice, and no approval number is given twice."""
    first = Desk()
    one = first.hear(request("000001"))
    after = first.killed()
    two = after.hear(request("000002"))
    assert (one["38"], two["38"]) == ("000001", "000002")
    balance = after.hear(request("000003", "balance"))["54"]
    assert int(balance[-12:]) == OPENING - 2 * AMOUNT
    assert after.host.ledger.balance(CAPITAL) == -OPENING
    assert after.host.ledger.balance("cash ATM00001") == 2 * AMOUNT


def test_each_earlier_debit_is_brought_forward() -> None:
    """Named as its posting was; a decline, a balance and a tombstone are not."""
    first = Desk()
    first.hear(request("000001"))
    first.hear(request("000002", "balance"))
    first.hear(request("000003") | {"52": ASSEMBLY.pin.block("0000", HOME.pan)})
    first.hear(reversal(original="000004"))
    (posted,) = [x for x in first.seen if isinstance(x, e.Posted)]
    assert first.killed().brought() == [
        e.BroughtForward(
            posted.terminal, posted.stan, posted.sent, posted.acquirer, posted.amount, 0
        )
    ]


def test_who_keeps_nothing_sees_nothing_grow() -> None:
    """Without `keep` there is nothing to take, however much was posted."""
    host = ASSEMBLY.host()
    host.opened(1)
    sign_on = RAW.network(STATION, "sign_on", stan="900001", sent="1121190000")
    host.receive(1, ASSEMBLY.frame_builder.reseal(sign_on), 0.0)
    host.receive(1, ASSEMBLY.frame_builder.reseal(request()), 0.0)
    host.tick(host.next_deadline())
    assert [x for x in host.events if isinstance(x, e.Posted | e.RequestDecided)]
    assert host.changes() == ([], {})


def test_no_pan_is_remembered() -> None:
    """Neither in a name nor in a value, whatever happened."""
    desk = Desk()
    desk.hear(request())
    desk.hear(reversal())
    text = repr((desk.remembered, desk.balances))
    assert HOME.pan not in text
    assert HOME.pan[:6] not in text


def test_a_ledger_tells_what_changed_since_it_was_asked() -> None:
    """Each account once, with its balance; what is restored is no change."""
    ledger = Ledger()
    ledger.restore({"a": 5, "b": -5})
    assert ledger.changed() == {}
    ledger.post("a", "c", 3)
    ledger.post("a", "c", 1)
    assert ledger.changed() == {"a": 1, "c": 4}
    assert ledger.changed() == {}
    assert ledger.total() == 0


def test_a_reversal_that_names_itself_reverses_nothing() -> None:
    """Its format is wrong: no tombstone is laid for it, and nothing is posted."""
    desk = Desk()
    own = reversal(original="000101", stan="000101")
    own["90"] = f"0420{own['11']}{own['7']}{own['90'][20:]}"
    assert desk.hear(own)["39"] == "30"
    assert desk.posted() == []
    assert not any(isinstance(event, e.TombstoneLaid) for event in desk.seen)
