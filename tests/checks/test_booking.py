"""What a host of ours tells and what it has booked, from hand-made evidence (H18 to H21)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from script import ATM, SENT, STATION, Script, failing, status

from harness import events as e
from harness.link_options import LinkOptions

OURS = {"H9", "H13", "H18", "H19", "H20", "H21"}
HERS, HIS = "0a" * 6, "0b" * 6  # two accounts


def broken(script: Script, ends: float = 200.0) -> set[str]:
    script.end(ends, "open")
    return OURS & set(failing(script.verdict()))


def asked(*, account: str = "", expiry: str = "2912") -> Script:
    """A withdrawal that came to the host at 20.02, from that account."""
    script = Script()
    script.insert(10)
    script.request(20, arrives=False)
    script.requests["000001"]["14"] = expiry
    for n, (at, actor, event) in enumerate(script.entries):
        if isinstance(event, e.FrameSeen):
            fields = {**event.fields, "14": expiry}
            script.entries[n] = (at, actor, msgspec.structs.replace(event, fields=fields))
    arrives(script, 20.02, account)
    return script


def arrives(script: Script, at: float, account: str = "") -> None:
    """The request comes to the host, of a card that draws on that account."""
    fields = script.requests["000001"]
    token = account or msgspec.UNSET
    seen = e.FrameSeen("host", "host", dict(fields), "good", "", 99, account=token)
    script.add(at, seen)


def posted(script: Script, at: float, kind: Any, account: str, amount: int = 5000) -> None:
    cause = f"2:000001:{SENT}" if kind == "debit" else f"4:000101:{SENT}"
    event = e.Posted(kind, ATM, "000001", SENT, STATION.acquirer, amount, cause, account=account)
    script.add(at, event, actor="HOST")


def inquired(script: Script, at: float, balance: int, account: str, stan: str = "000001") -> None:
    script.add(at, e.BalanceRead(ATM, stan, SENT, balance, account), actor="HOST")


# --- H18: what is approved is booked ---------------------------------------------------------


@pytest.mark.parametrize(
    ("booked_at", "amount", "breaks"),
    [(20.5, 5000, set()), (25.0, 5000, {"H18"}), (20.5, 5250, {"H18"}), (20.5, 50, {"H18"})],
)
def test_an_approval_is_of_what_was_booked(booked_at: float, amount: int, breaks: set[str]) -> None:
    """Before it left the host, and to the cent."""
    script = asked()
    script.debit(booked_at, amount=amount)
    script.answer(21)
    assert broken(script) == breaks


def test_what_was_stood_in_for_is_booked_too() -> None:
    """The issuer hears of it later."""
    script = asked()
    script.add(20.5, e.StoodIn(ATM, "000001", SENT, 5000), actor="HOST")
    script.answer(21)
    assert "H18" not in broken(script)


def test_a_decline_books_nothing_and_is_not_judged() -> None:
    """Nothing was approved."""
    script = asked()
    script.answer(21, code="51")
    script.end(100)
    assert status(script.verdict(), "H18") == "not tried"


def test_without_a_ledger_nobody_sees_what_is_booked() -> None:
    """Somebody else's host has its books for itself."""
    script = Script(sees=("device", "wire.terminal", "wire.host"))
    script.visit(10)
    script.end(100)
    assert {status(script.verdict(), x) for x in ("H18", "H19", "H20", "H21")} == {"not observable"}


# --- H19: the account of the card ------------------------------------------------------------


@pytest.mark.parametrize(("account", "breaks"), [(HERS, set()), (HIS, {"H19"}), ("", set())])
def test_a_debit_is_of_the_cards_account(account: str, breaks: set[str]) -> None:
    """Where the journal names the account: that of an older version does not."""
    script = asked(account=HERS)
    posted(script, 20.5, "debit", account)
    script.answer(21)
    assert broken(script) == breaks


@pytest.mark.parametrize(("account", "breaks"), [(HERS, set()), (HIS, {"H19"})])
def test_what_is_given_back_goes_where_it_came_from(account: str, breaks: set[str]) -> None:
    """The reversal may name no card at all."""
    script = asked(account=HERS)
    posted(script, 20.5, "debit", HERS)
    script.lost_answer(21)
    script.reversal(66)
    posted(script, 66.1, "reversal", account)
    script.answer(66.2, "000101")
    assert broken(script) == breaks


@pytest.mark.parametrize(("balance", "breaks"), [(95000, set()), (100000, {"H19"})])
def test_a_balance_is_the_one_before_less_what_was_taken(balance: int, breaks: set[str]) -> None:
    """A host that lost its balances, or a posting, has another one."""
    script = Script()
    inquired(script, 5, 100000, HERS, "000009")
    posted(script, 20.5, "debit", HERS)
    inquired(script, 60, balance, HERS, "000010")
    assert broken(script) & {"H19"} == breaks


def test_a_host_that_took_over_may_lack_a_posting() -> None:
    """That it lacks one is not said twice."""
    script = Script()
    inquired(script, 5, 100000, HERS, "000009")
    script.add(6, e.FailedOver("failover"), actor="HOST")
    script.add(6, e.PostingLost("debit", ATM, "000008", SENT, 10000), actor="HOST")
    inquired(script, 60, 90000, HERS, "000010")
    assert "H19" not in broken(script)


def test_a_host_that_took_over_has_the_balances() -> None:
    """It goes on where the other one was."""
    script = Script()
    inquired(script, 5, 100000, HERS, "000009")
    script.add(6, e.FailedOver("failover"), actor="HOST")
    inquired(script, 60, 90000, HERS, "000010")
    assert "H19" in broken(script)


@pytest.mark.parametrize(
    ("left", "breaks"), [(90000, set()), (95000, {"H19"}), (None, set()), (-5000, {"H19"})]
)
def test_a_posting_follows_on_the_one_before(left: int | None, breaks: set[str]) -> None:
    """Two debits of 50.00; an older journal does not say what they left."""
    script = asked()
    for stan, balance in (("000001", 95000), ("000002", left)):
        whose, cause = (ATM, stan, SENT, STATION.acquirer), f"2:{stan}:{SENT}"
        event = e.Posted("debit", *whose, 5000, cause, account=HERS, balance=balance)
        script.add(20.5 + int(stan), event, actor="HOST")
    assert broken(script) & {"H19"} == breaks


def test_what_an_earlier_process_left_begins_anew() -> None:
    """Nobody saw its last postings."""
    script = Script()
    inquired(script, 5, 100000, HERS, "000009")
    lost = e.BroughtForward(ATM, "000008", SENT, STATION.acquirer, 10000, 0)
    script.add(6, lost, actor="HOST")
    inquired(script, 60, 90000, HERS, "000010")
    assert "H19" not in broken(script)


# --- H20: what was reversed comes again ------------------------------------------------------


def reversed_at_66(code: str = "00") -> Script:
    """A withdrawal that had that answer, which got lost, and was reversed."""
    script = asked()
    if code == "00":
        script.debit(20.5)
    script.lost_answer(21, code=code)
    script.reversal(66)
    if code == "00":
        script.give_back(66.1)
    script.answer(66.2, "000101")
    return script


@pytest.mark.parametrize(
    ("code", "breaks"),
    [("94", set()), ("58", set()), ("96", set()), ("00", True), ("41", True), ("05", True)],
)
def test_a_duplicate_after_its_reversal_is_declined(code: str, breaks: object) -> None:
    """As a duplicate, and not as it was answered before."""
    script = reversed_at_66()
    arrives(script, 70)
    script.lost_answer(70.1, code=code)
    assert broken(script) == ({"H20"} if breaks else set())


def test_a_refusal_may_be_said_again() -> None:
    """What was declined stays so, reversed or not."""
    script = reversed_at_66("51")
    arrives(script, 70)
    script.lost_answer(70.1, code="51")
    assert broken(script) == set()


def test_an_approval_that_was_under_way_is_not_held_against_it() -> None:
    """It answers what came before the reversal."""
    script = asked()
    script.debit(20.5)
    script.reversal(66)
    script.give_back(66.1)
    script.answer(66.2, "000101")
    script.end(100, "open")
    assert status(script.verdict(), "H20") == "not tried"


# --- H21: expired cards ----------------------------------------------------------------------


def expired(expiry: str, code: str) -> Script:
    script = asked(expiry=expiry)
    script.header = msgspec.structs.replace(script.header, epoch="2026-11-21T20:10:00")
    if code == "00":
        script.debit(20.5)
    script.answer(21, code=code)
    return script


@pytest.mark.parametrize(
    ("expiry", "code", "breaks"),
    [
        ("2610", "00", {"H21"}),
        ("2610", "54", set()),
        ("2611", "00", set()),
        ("2912", "00", set()),
        ("", "00", set()),
    ],
)
def test_an_expired_card_is_not_approved(expiry: str, code: str, breaks: set[str]) -> None:
    """The card is good to the end of its month; November has come."""
    assert broken(expired(expiry, code)) == breaks


# --- H9: nobody answers by hanging up --------------------------------------------------------


@pytest.mark.parametrize(
    ("closes", "how", "breaks"),
    [(20.1, "fin", {"H9"}), (20.1, "rst", {"H9"}), (20.1, "local", set()), (30.0, "fin", set())],
)
def test_to_hang_up_is_no_answer(closes: float, how: str, breaks: set[str]) -> None:
    """At once, and by the host: a network may break at any later moment."""
    script = asked()
    script.add(closes, e.LinkClosed(how))
    assert broken(script) == breaks


def test_a_fault_of_ours_may_have_ended_the_connection() -> None:
    """It is told in the same instant."""
    script = asked()
    script.add(20.1, e.LinkClosed("rst"))
    script.add(20.1, e.FaultActed("rst", f"{ATM}: reset"), actor="RUN")
    assert broken(script) == set()


def test_a_host_that_ends_each_connection_after_its_answer() -> None:
    """Its end may be on its way when the next message comes: that is its custom."""
    script = asked()
    script.debit(20.5)
    script.answer(21)
    script.reversal(21.1)
    script.add(21.2, e.LinkClosed("fin"))
    assert broken(script) == set()


def test_a_repeat_is_not_the_answer_to_the_first() -> None:
    """A reversal that is answered only when it comes again, after its time, had no answer."""
    script = asked()
    script.debit(20.5)
    script.lost_answer(21)
    script.reversal(66)
    script.give_back(66.1)
    script.reversal(126, repeat=True)
    script.answer(126.04, "000101")
    assert broken(script) == {"H9"}


# --- H13: no echo is refused -----------------------------------------------------------------


def echoed(code: str, *, signed_on: bool = True) -> Script:
    """An echo with that answer, on a connection that has signed on or not."""
    script = Script(link=LinkOptions())
    script.add(1, e.LinkOpened())
    if signed_on:
        told(script, 1, "001", "900001", "00")
    told(script, 70, "301", "900002", code)
    return script


def told(script: Script, at: float, function: str, stan: str, code: str) -> None:
    fields = {"t": "0800", "7": SENT, "11": stan, "41": ATM, "70": function}
    script.frame(at, "terminal", "host", fields)
    script.frame(at + 0.1, "terminal", "terminal", {**fields, "t": "0810", "39": code})


@pytest.mark.parametrize(
    ("code", "signed_on", "breaks"),
    [("00", True, set()), ("40", True, {"H13"}), ("91", True, {"H13"}), ("40", False, set())],
)
def test_no_echo_is_refused_after_a_sign_on(code: str, signed_on: bool, breaks: set[str]) -> None:
    """A host that knows no sign-on may know no echo either."""
    assert broken(echoed(code, signed_on=signed_on)) == breaks


def test_a_fault_may_have_refused_the_echo() -> None:
    """It acts as the answer leaves."""
    script = echoed("91")
    script.add(70.05, e.FaultActed("host_answers", f"{ATM}: 0810 answered 91"), actor="RUN")
    assert broken(script) == set()


def test_an_answer_with_a_wrong_mac() -> None:
    """The terminal drops it, and hangs up in the end."""
    script = Script()
    script.add(1, e.LinkOpened())
    told(script, 1, "001", "900001", "00")
    fields = {"t": "0800", "7": SENT, "11": "900002", "41": ATM, "70": "301"}
    script.frame(70, "terminal", "host", fields)
    answer = {**fields, "t": "0810", "39": "00"}
    script.frame(70.1, "terminal", "terminal", answer, "bad")
    assert broken(script, 73.0) == {"H13"}


@pytest.mark.parametrize(
    ("stan", "answered_at", "breaks"),
    [("900002", 70.1, set()), ("000000", 70.1, {"H13"}), ("900002", 82.0, {"H13"})],
)
def test_an_answer_to_nobody_or_too_late(stan: str, answered_at: float, breaks: set[str]) -> None:
    """Under a STAN that was never asked for, and after the time of an echo."""
    script = Script()
    script.add(1, e.LinkOpened())
    told(script, 1, "001", "900001", "00")
    fields = {"t": "0800", "7": SENT, "11": "900002", "41": ATM, "70": "301"}
    script.frame(70, "terminal", "host", fields)
    answer = {**fields, "t": "0810", "39": "00", "11": stan}
    script.frame(answered_at, "terminal", "terminal", answer)
    assert broken(script, 73.0 if answered_at < 73 else 90.0) == breaks
