"""What an answer repeats of its request: one rule, by which our ATM pays and the checks judge."""

from __future__ import annotations

import pytest

from harness.wire.calendar import Stamp
from harness.wire.dialects.iso1987 import Dialect1987, Message1987
from harness.wire.echo import echo_of, in_words, wrong_echo
from harness.wire.message import Message, Station

DIALECT = Dialect1987()
STATION = Station("ATM00001", f"{'TEST BANK':<15}", "TEST STREET 1", acquirer="12345")
STAMP = Stamp("1121201000", "211000", "1121")


def request(kind: str = "withdrawal", amount: int = 5000) -> Message:
    return DIALECT.request(
        STATION, kind=kind, pan="9999990000000014", expiry="2912", track2="", pin_block="",
        amount=amount, stan="000001", rrn="000000000001", stamp=STAMP,
    )  # fmt: skip


def reversal() -> Message:
    return DIALECT.reversal(
        STATION, pan="9999990000000014", amount=5000, taken=None, stan="000101", stamp=STAMP,
        rrn="000000000001", code="", reason="4021", original_stan="000001",
        original_sent=STAMP.sent,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "wrong"),
    [
        ({}, "00", ""),
        ({"sent": "1121201001"}, "00", "DE 7"),
        ({"sent": None}, "00", "DE 7"),
        ({"pan": "9999990000000022"}, "00", "DE 2"),
        ({"pan": "9999990000000022"}, "51", "DE 2"),
        ({"pan": "9999990000000014"}, "00", ""),
        ({"pan": "999999******0014"}, "00", ""),
        ({"rrn": "000000000002"}, "00", "DE 37"),
        ({"rrn": None}, "00", ""),
        ({"processing_code": "310000"}, "00", "DE 3"),
        ({"processing_code": "310000"}, "51", "DE 3"),
        ({"processing_code": None}, "00", ""),
        ({"acquirer": "54321"}, "00", "DE 32"),
        ({"acquirer": "00000012345"}, "00", ""),
        ({"acquirer": None}, "00", ""),
        ({"currency": "840"}, "00", "DE 49"),
        ({"currency": "840"}, "51", "DE 49"),
        ({"currency": None}, "00", ""),
        ({"terminal": "ATM00002"}, "00", "DE 41"),
        ({"terminal": None}, "00", "DE 41"),
        ({"stan": "000002"}, "00", "DE 11"),
        ({"approval": None}, "00", ""),
        ({"amount": "000000006000"}, "00", "DE 4"),
        ({"amount": "000000004000"}, "00", "DE 4"),
        ({"amount": None}, "00", "DE 4"),
        ({"amount": "000000006000"}, "51", ""),
        ({"amount": None}, "51", ""),
        ({"amount": "000000002000"}, "10", ""),
        ({"amount": "000000000000"}, "10", "DE 4"),
        ({"amount": "000000006000"}, "10", "DE 4"),
        ({"currency": "840", "processing_code": "310000"}, "00", "DE 3, DE 49"),
    ],
)
def test_what_the_answer_to_a_withdrawal_has_to_repeat(
    changes: dict[str, str | None], code: str, wrong: str
) -> None:
    """Time and terminal always, the amount on approvals, every other element where it is there."""
    answer = DIALECT.answer(request(), code).replaced(**changes)
    assert in_words(wrong_echo(answer, echo_of(request()))) == wrong


def test_a_balance_has_no_amount_to_repeat() -> None:
    """Its DE 4 is zero, and an answer may leave that out; it names no other amount."""
    asked = request("balance", 0)
    answer = DIALECT.answer(asked, "00")
    assert wrong_echo(answer.replaced(amount=None), echo_of(asked)) == ()
    assert wrong_echo(answer.replaced(amount="000000006000"), echo_of(asked)) == ("4",)


def test_the_answer_to_a_reversal_repeats_what_it_has() -> None:
    """It may leave out the amount and the time; what it has is equal."""
    asked = reversal()
    answer = DIALECT.answer(asked, "00")
    assert wrong_echo(answer, echo_of(asked)) == ()
    assert wrong_echo(answer.replaced(amount=None, sent=None), echo_of(asked)) == ()
    assert wrong_echo(answer.replaced(amount="000000000100"), echo_of(asked)) == ("4",)
    assert wrong_echo(answer.replaced(rrn="1"), echo_of(asked)) == ("37",)
    assert wrong_echo(answer.replaced(terminal=None), echo_of(asked)) == ("41",)


def test_what_the_request_does_not_say_need_not_be_repeated() -> None:
    """A host may give a reference number or a currency of its own to a request without one."""
    asked = Message1987({"t": "0200", "3": "010000", "4": "000000005000", "7": STAMP.sent,
                         "11": "000001", "41": "ATM00001"})  # fmt: skip
    answer = DIALECT.answer(asked, "00").replaced(rrn="000000000007", currency="978")
    assert wrong_echo(answer, echo_of(asked)) == ()
