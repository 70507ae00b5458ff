"""What comes to a host in a terminal's name."""

from __future__ import annotations

import pytest
from passing import ATM, delivered, frame, message, plan, taken

from harness.faults.fate import Act, Close

AMOUNT = {"3": "010000", "4": "000000005000", "49": "978"}
ORIGINAL = "0200" + "000122" + "1121201000" + "0" * 22


def acts(what: str, mti: str = "0200") -> list[Act] | None:
    more = AMOUNT | ({"90": ORIGINAL} if mti.startswith("04") else {})
    return plan(f"stranger_asks:what={what}").fate(0.0, frame(mti, more=more))


@pytest.mark.parametrize(
    ("what", "mti", "stan", "other"),
    [
        ("currency", "0200", "300123", {"49": "840"}),
        ("incomplete", "0200", "310123", {"3": None}),
        ("second_reversal", "0420", "340123", {"4": "000000005000", "90": ORIGINAL}),
        ("no_original", "0420", "350123", {"90": None}),
        ("key_change", "0420", "370123", {"t": "0800", "70": "161"}),
        ("file_update", "0200", "380123", {"t": "0302", "91": "1"}),
    ],
)
def test_it_comes_behind_the_right_one(
    what: str, mti: str, stan: str, other: dict[str, str | None]
) -> None:
    """Under a STAN of its own, and a right MAC."""
    (_, right), (_, strange) = delivered(acts(what, mti))
    assert message(right)[0]["11"] == "000123"
    fields, mac = message(strange)
    assert (fields["11"], fields["41"], mac) == (stan, ATM, "good")
    assert {name: fields.get(name) for name in other} == other


def test_a_reversal_of_another_amount_comes_first() -> None:
    """Behind the right one it would be a second one."""
    (_, strange), (_, right) = delivered(acts("other_amount", "0420"))
    assert message(strange)[0]["4"] == "000000006000"
    assert message(right)[0]["4"] == "000000005000"


def test_after_a_sign_off_something_comes_and_the_connection_ends() -> None:
    """The terminal, which knows nothing of it, connects and signs on again."""
    found = acts("sign_off") or []
    *delivered_, end = found
    assert end == Close(2.0, "fin")
    _, off, strange = (message(data)[0] for _, data in delivered(delivered_))
    assert [off["70"], off["11"], strange["t"]] == ["002", "320122", "0200"]
    assert strange["11"] == "320123"


def test_the_stan_of_one_that_was_approved() -> None:
    """Before that nobody outside knows whether the host has heard of it."""
    faults = plan("stranger_asks:what=used_stan")
    first = frame("0200", more=AMOUNT)
    assert faults.fate(0.0, first) is None
    assert faults.fate(0.5, frame("0200", more={**AMOUNT, "11": "000124"})) is None
    faults = plan("stranger_asks:what=used_stan")
    assert faults.fate(0.0, first) is None
    assert faults.fate(1.0, frame("0210", more={"39": "00"})) is None
    later = frame("0200", more={**AMOUNT, "11": "000124"})
    (_, right), (_, strange) = delivered(faults.fate(2.0, later))
    assert message(right)[0]["11"] == "000124"
    fields, _ = message(strange)
    assert (fields["11"], fields["4"]) == ("000123", "000000006000")


@pytest.mark.parametrize(("what", "mti"), [("currency", "0420"), ("no_original", "0200")])
def test_what_it_cannot_be_made_from(what: str, mti: str) -> None:
    """A request in dollars is made from a request, a reversal from a reversal."""
    assert acts(what, mti) is None


def test_it_has_taken_effect_when_it_arrives() -> None:
    """The connection may be gone by then."""
    faults = plan("stranger_asks:what=currency")
    faults.fate(0.0, frame("0200", more=AMOUNT))
    assert taken(faults) == []
