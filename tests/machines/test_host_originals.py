"""Which transaction a message is about where it leaves something out, and what is reversed once.

The acquirer (DE 32) and the card (DE 2) may stand in one message of a transaction and not in the
other. What was reversed stays so, even where nothing was given back.
"""

from __future__ import annotations

import pytest
from raw_fields import Fields
from test_host_refusals import booked, original_of, told
from test_transaction_log import AMOUNT, HOME, Desk, request, reversal

from harness import events as e
from harness.machines.ledger import OPENING, account_of
from harness.machines.transaction_log import TransactionLog
from harness.wire.identity import TransactionId

ACCOUNT = account_of(HOME.pan, home=True)


def nameless(message: Fields) -> Fields:
    """The same message without the acquirer; zeros where DE 90 has its place."""
    kept = {k: v for k, v in message.items() if k != "32"}
    return original_of(kept, 20, "0" * 11) if "90" in kept else kept


@pytest.mark.parametrize("life", [0, 1])
@pytest.mark.parametrize("without", ["request", "reversal"])
def test_an_acquirer_that_one_of_both_leaves_out(without: str, life: int) -> None:
    """It contradicts nothing: what was debited is given back, whichever comes first."""
    first = nameless(request()) if without == "request" else request()
    then = nameless(reversal()) if without == "reversal" else reversal()
    desk = Desk()
    assert desk.hear(first)["39"] == "00"
    if life:
        desk = desk.killed()
    assert desk.hear(then)["39"] == "00"
    assert booked(desk) == 0
    assert told(desk) == []


@pytest.mark.parametrize("life", [0, 1])
@pytest.mark.parametrize("without", ["request", "reversal"])
def test_a_tombstone_holds_where_one_of_both_leaves_the_acquirer_out(
    without: str, life: int
) -> None:
    """A reversal was acknowledged before its original came: that is never approved."""
    first = nameless(request()) if without == "request" else request()
    then = nameless(reversal()) if without == "reversal" else reversal()
    desk = Desk()
    assert desk.hear(then)["39"] == "00"
    if life:
        desk = desk.killed()
    assert desk.hear(first)["39"] == "94"
    assert booked(desk) == 0


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_a_repeat_that_leaves_the_acquirer_out_is_a_repeat(seconds: float) -> None:
    """Nothing is posted twice."""
    desk = Desk()
    desk.hear(request(), seconds=seconds)
    assert desk.hear(nameless({**request(), "t": "0201"}))["39"] == "00"
    assert booked(desk) == AMOUNT


def test_two_acquirers_are_two_transactions() -> None:
    """And a reversal that names neither of them means none."""
    log = TransactionLog()
    names = [TransactionId("2", "ATM1", acquirer, "000001", "1121201000") for acquirer in "12"]
    records = [log.begin(name, "done") for name in names]
    assert [log.meant(name) for name in names] == list(zip(names, records, strict=True))
    third, none = names[0]._replace(acquirer="3"), names[0]._replace(acquirer="")
    assert log.meant(third) == (third, None)
    assert log.meant(none) == (none, None)
    log.remove(records[1])
    assert log.meant(none) == (names[0], records[0])


@pytest.mark.parametrize("life", [0, 1])
def test_a_reversal_without_a_card_gives_back_to_the_account_that_was_debited(life: int) -> None:
    """The record of the original knows it."""
    desk = Desk()
    desk.hear(request())
    assert desk.host.ledger.balance(ACCOUNT) == OPENING - AMOUNT
    if life:
        desk = desk.killed()
    bare = {k: v for k, v in reversal().items() if k not in ("2", "35")}
    assert desk.hear(bare)["39"] == "00"
    assert desk.host.ledger.balance(ACCOUNT) == OPENING
    assert HOME.pan not in repr((desk.remembered, desk.balances))


def test_a_reversal_without_a_card_of_nothing_known_moves_nothing() -> None:
    """There is no account that it could be about."""
    desk = Desk()
    before = dict(desk.balances)
    bare = {k: v for k, v in reversal().items() if k not in ("2", "35")}
    assert desk.hear(bare)["39"] == "00"
    assert desk.balances == before
    assert not [x for x in desk.seen if isinstance(x, e.Posted)]


@pytest.mark.parametrize("life", [0, 1])
@pytest.mark.parametrize("taken", [AMOUNT, AMOUNT - 1000])
def test_what_was_reversed_as_paid_is_not_reversed_again(taken: int, life: int) -> None:
    """Another reversal under another STAN gives back nothing, whatever the first one left."""
    desk = Desk()
    desk.hear(request())
    assert desk.hear(reversal(taken=taken))["39"] == "00"
    if life:
        desk = desk.killed()
    assert desk.hear(reversal(stan="000102"))["39"] == "94"
    assert told(desk) == [("its original was reversed before", ())]
    assert booked(desk) == taken
    assert desk.hear({**request(), "t": "0201"})["39"] == "94"


def test_a_reversal_may_come_as_a_request() -> None:
    """0400 is answered by 0410, and 0401 and 0421 are its repeats."""
    desk = Desk()
    desk.hear(request())
    for mti, answered in (("0400", "0410"), ("0401", "0410"), ("0421", "0430")):
        answer = desk.hear({**reversal(), "t": mti})
        assert (answer["t"], answer["39"]) == (answered, "00")
    assert booked(desk) == 0
    assert len([x for x in desk.seen if isinstance(x, e.Posted) and x.kind == "reversal"]) == 1
