"""H5 H8 from hand-made evidence: what stands behind the host."""

from __future__ import annotations

from typing import Literal

import pytest
from script import ATM, DIALECT, SENT, STATION, Script, failing, row, status

from harness import events as e
from harness.contract import Contract

STAN = "000001"


def stood(amount: int = 5000) -> e.StoodIn:
    return e.StoodIn(ATM, STAN, SENT, amount)


def advice(
    to: Literal["issuer", "host"], amount: int = 5000, code: str = "00", mac: str = "good"
) -> e.AdviceSeen:
    fields = {"t": "0220" if to == "issuer" else "0230", "4": f"{amount:012d}", "7": SENT}
    return e.AdviceSeen(to, ATM, fields | {"11": STAN, "39": code, "41": ATM}, mac)  # type: ignore[arg-type]


def standing_in(stand_in: int = 5000) -> Script:
    """A withdrawal of 50 that was paid in the issuer's stead; it has not been told yet."""
    script = Script(contract=Contract(stand_in=stand_in))
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.add(20.5, stood(), actor="HOST")
    script.answer(20.6)
    script.eject(20.6)
    script.pay(24)
    return script


def told(script: Script, **changes: object) -> None:
    script.add(100, advice("issuer"), actor="HOST")
    script.add(100.1, advice("host", **changes), actor="HOST")  # type: ignore[arg-type]


def test_what_was_stood_in_for_is_advised_and_posted() -> None:
    """The cash was paid before the debit came, and that is right here."""
    script = standing_in()
    told(script)
    script.debit(100.05)
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "H5").tried == 1


def test_an_issuer_that_declines_is_caught() -> None:
    """51 to an advice: nobody is debited for what was paid."""
    script = standing_in()
    told(script, code="51")
    script.end(200)
    assert "H5" in failing(script.verdict())


def test_an_issuer_that_asks_for_another_try_is_none() -> None:
    """91 is no reason of business; it is told again."""
    script = standing_in()
    told(script, code="91")
    told(script)
    script.debit(100.05)
    script.end(200)
    assert failing(script.verdict()) == []


def test_an_advice_that_never_comes_is_caught() -> None:
    """At rest none is left."""
    script = standing_in()
    script.end(200)
    assert failing(script.verdict()) == ["H5"]


def test_more_than_the_contract_allows_is_caught() -> None:
    """The limit is the contract's, whatever the host's settings say."""
    script = standing_in(stand_in=4000)
    told(script)
    script.debit(100.05)
    script.end(200)
    assert failing(script.verdict()) == ["H5"]


@pytest.mark.parametrize(("amount", "mac"), [(6000, "good"), (5000, "bad")])
def test_an_advice_of_another_amount_or_without_a_right_mac_is_caught(
    amount: int, mac: str
) -> None:
    """It says what was stood in for, and says so authentically."""
    script = standing_in()
    script.add(100, advice("issuer", amount, mac=mac), actor="HOST")
    script.add(100.1, advice("host"), actor="HOST")
    script.debit(100.05)
    script.end(200)
    assert failing(script.verdict()) == ["H5"]


def test_cash_that_was_stood_in_for_twice_over_is_not_explained() -> None:
    """H3 counts what was stood in for, and no cent more."""
    script = standing_in(stand_in=9000)
    script.add(25, stood(4000), actor="HOST")
    script.end(200)
    assert "H3" in failing(script.verdict())


# --- days ----------------------------------------------------------------------------------------

CUTOVER = 50.0


def days(
    contract: Contract | None = None,
    *,
    debit_day: str = "1121",
    reversal_day: str = "1122",
    told_day: str = "1121",
) -> Script:
    """Debited before the cutover, reversed after it."""
    script = Script(contract=contract or Contract(cutover=CUTOVER))
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    _post(script, 20.5, "debit", debit_day, f"2:{STAN}:{SENT}")
    answer = DIALECT.answer(script.requests[STAN], "00", day=told_day)
    script.frame(20.6, "host", "terminal", answer)
    script.eject(65)
    script.network(65, "echo")
    script.reversal(66)
    _post(script, 66.1, "reversal", reversal_day, f"4:000101:{SENT}")
    script.answer(66.3, "000101", leaves=None, de15=reversal_day)
    return script


def _post(script: Script, at: float, kind: str, day: str, cause: str) -> None:
    event = e.Posted(kind, ATM, STAN, SENT, STATION.acquirer, 5000, cause, day)  # type: ignore[arg-type]
    script.add(at, event, actor="HOST")


def closed(debits: int = 5000, reversals: int = 0) -> e.DayClosed:
    return e.DayClosed("1121", debits, reversals)


def h8(script: Script) -> str:
    script.end(200)
    return status(script.verdict(), "H8")


def test_without_a_cutover_days_are_not_told_apart() -> None:
    """Then there is nothing to see."""
    script = Script()
    script.visit(10)
    assert h8(script) == "not observable"


def test_a_posting_in_the_wrong_day_is_caught() -> None:
    """The old day's name after the cutover, or the new one's before."""
    for wrong in (days(reversal_day="1121"), days(debit_day="1122")):
        assert h8(wrong) == "fail"


def test_an_answer_that_names_another_day_is_caught() -> None:
    """DE 15 is the day of the posting."""
    assert h8(days(told_day="1122")) == "fail"


def test_a_decline_of_what_was_reversed_names_no_day() -> None:
    """The answer to the debit was lost in a crash. The request comes again after its reversal."""
    script = days()
    script.entries = [x for x in script.entries if x[0] != 20.6]
    script.frame(70, "host", "host", script.requests[STAN])
    script.frame(70.1, "host", "terminal", DIALECT.answer(script.requests[STAN], "94"))
    script.add(CUTOVER, closed(), actor="HOST")
    script.entries = [
        (at, actor, _dated(event) if isinstance(event, e.FrameSeen) and at != 70.1 else event)
        for at, actor, event in sorted(script.entries, key=lambda entry: entry[0])
    ]
    assert h8(script) == "pass"


@pytest.mark.parametrize(("debits", "reversals"), [(4000, 0), (5000, 100)])
def test_totals_that_are_not_those_of_the_postings_are_caught(debits: int, reversals: int) -> None:
    """What the host tells as the day ends is added up again."""
    script = days()
    script.add(CUTOVER, closed(debits, reversals), actor="HOST")
    assert h8(script) == "fail"


def test_right_days_pass() -> None:
    """Debit and reversal in their own days, and the totals told at the cutover."""
    script = days()
    script.add(CUTOVER, closed(), actor="HOST")
    script.entries = [
        (at, actor, _dated(event)) if isinstance(event, e.FrameSeen) else (at, actor, event)
        for at, actor, event in script.entries
    ]
    assert h8(script) == "pass"


@pytest.mark.parametrize(
    ("cutover", "replication", "reversal_day", "wrong"),
    [
        (20.0, 1.0, "1122", False),  # the debit is told 0.5 s after the cutover
        (20.0, 0.1, "1122", True),
        (CUTOVER, 17.0, "1121", False),  # the reversal is told 16.1 s after it
        (CUTOVER, 16.0, "1121", True),
    ],
)
def test_what_a_standby_held_back_over_the_cutover_may_be_of_the_old_day(
    cutover: float, replication: float, reversal_day: str, wrong: bool
) -> None:
    """It was posted before the cutover, and is told once the standby holds it."""
    contract = Contract(cutover=cutover, standby=True, replication=replication)
    script = days(contract, reversal_day=reversal_day)
    script.end(200)
    told = [failure.what for failure in script.verdict().failures]
    assert any("was posted to day '" in what for what in told) is wrong


def _dated(frame: e.FrameSeen) -> e.FrameSeen:
    """The answer to the reversal, as the host's end saw it leave."""
    if frame.end != "host" or frame.fields["t"] != "0430":
        return frame
    return e.FrameSeen(
        frame.end, frame.to, frame.fields | {"15": "1122"}, frame.mac, frame.digest, frame.size
    )


@pytest.mark.parametrize(
    ("ends", "closes", "fails"), [(200, True, False), (200, False, True), (110, False, False)]
)
def test_a_day_that_is_over_is_closed(ends: float, closes: bool, fails: bool) -> None:
    """A minute after the cutover at the latest, as a host may have been down."""
    script = Script(contract=Contract(cutover=100.0))
    _post(script, 20, "debit", "1121", f"2:{STAN}:{SENT}")
    if closes:
        script.add(100, closed(), actor="HOST")
    script.end(ends)
    assert (status(script.verdict(), "H8") == "fail") == fails
