"""What our host does with messages of others that are not as they should be.

Whatever is refused is answered with a code that says so, is told with the elements that are to
blame, and moves no money.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from raw_fields import Fields
from test_transaction_log import AMOUNT, HOME, RAW, STATION, Desk, request, reversal

from harness import events as e

OTHER_PAN = "9999990000000998"


def told(desk: Desk) -> list[tuple[str, tuple[str, ...]]]:
    """Why, and for which elements, messages were not served or doubted."""
    kinds = e.MessageRefused | e.DisagreementHeard
    return [(x.why, x.elements) for x in desk.seen if isinstance(x, kinds)]


def booked(desk: Desk) -> int:
    """What the ledger keeps of the terminal's withdrawals, in minor units."""
    return desk.host.ledger.balance(f"cash {STATION.terminal}")


def original_of(message: Fields, start: int, text: str) -> Fields:
    """The same reversal with other digits in its original data (DE 90)."""
    old = message["90"]
    return {**message, "90": old[:start] + text + old[start + len(text) :]}


class Case(NamedTuple):
    """What a message says otherwise, what it is answered with, and what is told."""

    changes: dict[str, str]
    code: str
    why: str
    elements: tuple[str, ...]


REQUESTS = (
    *(Case({element: ""}, "30", "incomplete", (element,)) for element in ("3", "4", "11")),
    Case({"7": ""}, "30", "incomplete", ("7",)),
    Case({"41": ""}, "30", "incomplete", ("41",)),
    Case({"2": "", "35": ""}, "30", "incomplete", ("2",)),
    Case({"49": "840"}, "12", "currency 840 is not the ledger's", ("49",)),
    Case({"3": "000000"}, "40", "transaction type 00 is not served here", ("3",)),
    Case({"3": "210000"}, "40", "transaction type 21 is not served here", ("3",)),
    *(
        Case({"t": mti}, "40", f"MTI {mti} is not served here", ())
        for mti in ("0100", "0220", "0600", "0620", "0500", "0302", "0820")
    ),
)


@pytest.mark.parametrize("case", REQUESTS, ids=str)
def test_a_request_that_cannot_be_carried_out(case: Case) -> None:
    """Nothing is posted and nothing kept: put right, the same request is approved."""
    desk = Desk()
    wrong = {k: v for k, v in {**request(), **case.changes}.items() if v}
    answer = desk.hear(wrong)
    assert answer["39"] == case.code
    assert (
        answer["t"] == f"{wrong['t'][:2]}{int(wrong['t'][2]) + 1}{wrong['t'][3].replace('1', '0')}"
    )
    assert told(desk) == [(case.why, case.elements)]
    assert booked(desk) == 0
    assert desk.hear(request())["39"] == "00"
    assert booked(desk) == AMOUNT


@pytest.mark.parametrize(
    "mti", ["0210", "0430", "0810", "1804", "2100", "9200", "0240", "0900", "0000"]
)
def test_what_wants_no_answer_gets_none(mti: str) -> None:
    """An answer, a notification, or another version: it is told, and that is all."""
    desk = Desk()
    before = len(desk.answers)
    desk.hear({**request(), "t": mti})
    assert len(desk.answers) == before
    ((why, _),) = told(desk)
    assert mti in why
    if mti == "1804":
        assert why == "MTI 1804 is of ISO 8583:1993, which is not spoken here"


@pytest.mark.parametrize(
    ("changes", "code", "elements"),
    [
        ({"2": OTHER_PAN}, "94", ("2",)),
        ({"4": f"{4 * AMOUNT:012d}"}, "94", ("4",)),
        ({"3": "311000"}, "94", ("3",)),
        ({"37": "000000000002"}, "94", ("37",)),
        ({"2": OTHER_PAN, "4": f"{4 * AMOUNT:012d}"}, "94", ("2", "4")),
        ({"t": "0201"}, "00", ()),
        ({"2": ""}, "00", ()),  # the card stands on track 2
    ],
)
@pytest.mark.parametrize("when", ["undecided", "decided", "in the next life"])
def test_a_stan_that_is_used_again(
    changes: dict[str, str], code: str, elements: tuple[str, ...], when: str
) -> None:
    """Another transaction under a used identity is refused, and the first one stands."""
    desk = Desk()
    desk.hear(request(), seconds=0.0 if when == "undecided" else 5.0)
    if when == "in the next life":
        desk = desk.killed()
    again = {k: v for k, v in {**request(), **changes}.items() if v}
    desk.hear(again, seconds=0.0)
    if when == "undecided" and code == "94":
        assert desk.answers[-1]["39"] == "94"  # at once
    desk.hear(RAW.network(STATION, "echo", stan="900002", sent="1121190500"))
    codes = [x["39"] for x in desk.answers if x["t"] == "0210"]
    assert code in codes
    assert told(desk) == ([("STAN reused", elements)] if elements else [])
    assert booked(desk) == AMOUNT


def test_a_stan_is_used_again_while_its_first_request_is_open() -> None:
    """With another DE 7 it is a transaction of its own, which is served, and told. Once the first
    is decided, or after a crash, there is nothing to tell.
    """
    desk = Desk()
    desk.hear(request(), seconds=0.0)
    desk.hear({**request(), "7": "1121201001"})
    assert told(desk) == [("STAN reused while the first is open", ("11",))]
    assert booked(desk) == 2 * AMOUNT
    desk.hear({**request(), "7": "1121201002"})
    assert len(told(desk)) == 1
    desk.hear({**request(), "7": "1121201003"}, seconds=0.0)
    desk.host.restart(desk.now, 1.0, "before_commit")
    after = desk.killed()
    after.hear({**request(), "7": "1121201004"})
    assert told(after) == []


def test_a_duplicate_of_what_has_been_reversed_is_declined() -> None:
    """However it comes: the customer must not get cash for it."""
    desk = Desk()
    desk.hear(request())
    assert desk.hear(reversal())["39"] == "00"
    assert desk.hear({**request(), "t": "0201"})["39"] == "94"
    assert desk.killed().hear(request())["39"] == "94"
    assert booked(desk) == 0


# --- reversals ------------------------------------------------------------------------------------

DISAGREEING = (
    Case({"2": OTHER_PAN}, "30", "disagrees with its original", ("2",)),
    Case({"4": "000000002000"}, "30", "disagrees with its original", ("4",)),
    Case({"49": "840"}, "30", "disagrees with its original", ("49",)),
    Case({"95": f"{AMOUNT + 1:012d}{0:012d}C{0:08d}C{0:08d}"}, "30",
         "disagrees with its original", ("95",)),
    Case({"37": "000000000777"}, "00", "differs from its original", ("37",)),
    Case({"3": "310000"}, "00", "differs from its original", ("3",)),
)  # fmt: skip


@pytest.mark.parametrize("life", [0, 1])
@pytest.mark.parametrize("case", DISAGREEING, ids=str)
def test_a_reversal_that_does_not_agree_with_its_original(case: Case, life: int) -> None:
    """Where it matters nothing is given back, and the reversal as it should be is served."""
    desk = Desk()
    desk.hear(request())
    if life:
        desk = desk.killed()
    message = {**reversal(), **case.changes}
    assert desk.hear(message)["39"] == case.code
    assert told(desk) == [(case.why, case.elements)]
    if case.code == "00":
        assert booked(desk) == 0
        return
    assert booked(desk) == AMOUNT
    assert desk.hear({**message, "t": "0421"})["39"] == case.code
    assert desk.hear(reversal())["39"] == "00"
    assert booked(desk) == 0


@pytest.mark.parametrize("known", ["nothing", "pending", "declined", "balance"])
def test_cash_that_was_never_approved(known: str) -> None:
    """A partial reversal says that cash left, of what is not known, not decided or not approved."""
    desk = Desk()
    if known == "pending":
        desk.hear(request(), seconds=0.0)
    elif known == "declined":
        desk.hear(request() | {"52": "0" * 16})
    elif known == "balance":
        desk.hear({**request(kind="balance"), "4": f"{AMOUNT:012d}"})
    code = desk.hear(reversal(taken=1000), seconds=0.5)["39"]
    assert code == ("25" if known == "nothing" else "30")
    why = "cash of an original that is not known"
    assert told(desk)[0] == (why if known == "nothing" else "disagrees with its original", ("95",))


@pytest.mark.parametrize(
    ("start", "digits", "elements"),
    [
        (20, "00000000001", ("90 acquirer",)),
        (0, "0100", ("90 MTI",)),
        (10, "1121201001", ("90 time",)),
        (10, "0000000000", ("90 time",)),
        (0, "0000", ("90 MTI",)),
    ],
)
def test_a_reversal_that_names_its_original_wrongly(
    start: int, digits: str, elements: tuple[str, ...]
) -> None:
    """It reverses nothing, so it is not told that it did; what it names differently is told."""
    desk = Desk()
    desk.hear(request())
    wrong = original_of(reversal(), start, digits)
    assert desk.hear(wrong)["39"] == "25"
    assert told(desk) == [("its original is known otherwise", elements)]
    assert booked(desk) == AMOUNT
    assert desk.hear({**wrong, "t": "0421"})["39"] == "25"
    assert desk.hear(reversal(stan="000102"))["39"] == "00"
    assert booked(desk) == 0


def test_an_acquirer_of_zeros_is_none_given() -> None:
    """Then the reversal's own acquirer names the original."""
    desk = Desk()
    desk.hear(request())
    assert desk.hear(original_of(reversal(), 20, "0" * 11))["39"] == "00"
    assert booked(desk) == 0
    assert told(desk) == []


def test_the_same_stan_of_another_customer_is_not_meant() -> None:
    """A terminal that begins its STANs anew each day: nothing is near, and a tombstone is laid."""
    desk = Desk()
    desk.hear(request())
    yesterday = original_of(reversal(), 10, "1120201000") | {"2": OTHER_PAN}
    assert desk.hear(yesterday)["39"] == "00"
    assert told(desk) == []
    assert [x for x in desk.seen if isinstance(x, e.TombstoneLaid)]


@pytest.mark.parametrize("element", ["4", "7", "11", "41", "90"])
def test_a_reversal_that_is_not_whole(element: str) -> None:
    """Nothing is given back and no tombstone laid."""
    desk = Desk()
    desk.hear(request())
    assert desk.hear({k: v for k, v in reversal().items() if k != element})["39"] == "30"
    assert told(desk) == [("incomplete", (element,))]
    assert booked(desk) == AMOUNT


def test_a_repeat_that_names_another_original() -> None:
    """It is no repeat, and gets no stored answer."""
    desk = Desk()
    desk.hear(request("000001"))
    desk.hear(request("000002"))
    desk.hear(reversal("000001"))
    other = {**reversal("000002"), "t": "0421", "37": reversal("000001")["37"]}
    assert desk.hear(other)["39"] == "94"
    assert told(desk) == [("STAN reused", ("90",))]
    assert booked(desk) == AMOUNT


def test_a_second_reversal_is_told() -> None:
    """It is refused as a duplicate."""
    desk = Desk()
    desk.hear(request())
    desk.hear(reversal())
    assert desk.hear(reversal(stan="000102"))["39"] == "94"
    assert told(desk) == [("its original was reversed before", ())]


# --- network management ----------------------------------------------------------------------


@pytest.mark.parametrize("function", ["161", "101", "201", "999"])
def test_a_function_that_is_not_carried_out(function: str) -> None:
    """No success is answered for what was not done."""
    desk = Desk()
    message = {**RAW.network(STATION, "echo", stan="900009", sent="1121190500"), "70": function}
    answer = desk.hear(message)
    assert (answer["t"], answer["39"], answer["70"]) == ("0810", "40", function)
    assert told(desk) == [(f"network function {function} is not served here", ("70",))]


def test_nothing_is_served_after_a_sign_off() -> None:
    """Requests and reversals are refused as before the sign-on, and served after the next one."""
    desk = Desk()
    desk.hear(request())
    sign_off = RAW.network(STATION, "sign_off", stan="900002", sent="1121190500")
    assert desk.hear(sign_off)["39"] == "00"
    assert e.SignedOff("ATM00001") in desk.seen
    assert desk.hear(request("000002"))["39"] == "58"
    assert desk.hear(reversal())["39"] == "91"
    assert told(desk) == [("not signed on", ()), ("not signed on", ())]
    assert booked(desk) == AMOUNT
    desk.hear(RAW.network(STATION, "sign_on", stan="900003", sent="1121190600"))
    assert desk.hear(reversal())["39"] == "00"


def test_a_withdrawal_of_nothing_is_declined() -> None:
    """An amount of zero is no approval."""
    desk = Desk()
    assert desk.hear(request(amount=0))["39"] == "13"


def test_a_card_is_known_by_its_track() -> None:
    """DE 2 may be left out: the account is the same."""
    desk = Desk()
    assert desk.hear({k: v for k, v in request().items() if k != "2"})["39"] == "00"
    assert [account for account in desk.balances if account.startswith("customer")]
    assert HOME.pan not in repr((desk.remembered, desk.balances))
