"""What makes a message a repeat, what a reversal has to agree with, and where PANs stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_message import reversal, withdrawal

from harness.wire.message import Message
from harness.wire.particulars import (
    Particulars,
    differing_from_original,
    differing_in_repeat,
    fingerprint,
    pan_of_tracks,
    particulars,
    read_fingerprint,
)

PAN = "9999990000000014"
OTHER = "9999990000000022"


def repeat_differs(first: Message, again: Message) -> tuple[str, ...]:
    """The data elements in which `again` is not the transaction that `first` is."""
    return again.elements_of(differing_in_repeat(first.particulars, again.particulars))


@pytest.mark.parametrize(
    ("changes", "elements"),
    [
        ({}, ()),
        ({"pan": OTHER}, ("2",)),
        ({"pan": None}, ()),  # the same card by its track
        ({"pan": None, "track2": f"{OTHER}=2812201"}, ("35",)),
        ({"pan": None, "track2": None}, ("2",)),
        ({"amount": "000000020000"}, ("4",)),
        ({"processing_code": "311000"}, ("3",)),
        ({"currency": "840"}, ("49",)),
        ({"currency": None}, ()),
        ({"rrn": "000000000002"}, ("37",)),
        ({"rrn": None}, ()),
        ({"expiry": "3001"}, ()),
        ({"pan": OTHER, "amount": "000000020000", "rrn": None}, ("2", "4")),
    ],
)
def test_a_repeat_is_the_same_transaction(
    changes: dict[str, str | None], elements: tuple[str, ...]
) -> None:
    """Card, processing code and amount; currency and RRN where both have them."""
    first = withdrawal()
    again = first.replaced(**changes)
    assert again.identity == first.identity
    assert repeat_differs(first, again) == elements


def test_a_repeated_reversal_names_the_same_original() -> None:
    """And says that as much was dispensed."""
    first = reversal()
    original = first.original
    assert original is not None
    another = first.with_original(original._replace(stan="000009"))
    assert repeat_differs(first, another) == ("90",)
    assert repeat_differs(first, reversal(taken=1000)) == ("95",)


@pytest.mark.parametrize(
    ("message", "elements"),
    [
        (reversal(), ()),
        (reversal(taken=0), ()),
        (reversal(taken=5000), ()),
        (reversal(taken=5001), ()),  # whether as much was approved is for those who know
        (reversal().replaced(amount="000000002000"), ("4",)),
        (reversal().replaced(pan=OTHER), ("2",)),
        (reversal().replaced(pan=None), ()),
        (reversal().replaced(currency="840"), ("49",)),
        (reversal().replaced(currency=None, rrn=None, processing_code=None), ()),
        (reversal().replaced(processing_code="011000"), ()),
        (reversal().replaced(processing_code="310000"), ("3",)),
        (reversal().replaced(rrn="000000000002"), ("37",)),
    ],
)
def test_a_reversal_agrees_with_its_original(message: Message, elements: tuple[str, ...]) -> None:
    """Only what both say can disagree."""
    differing = differing_from_original(withdrawal().particulars, message.particulars)
    assert message.elements_of(differing) == elements


@pytest.mark.parametrize(
    ("said", "same"),
    [(PAN, True), ("999999******0014", True), (OTHER, False), ("999999******0022", False)],
)
def test_what_the_journal_has_masked_may_be_the_same_card(said: str, same: bool) -> None:
    """A run that goes on has read the request from its journal, and gets the rest from the wire."""
    masked = withdrawal().replaced(pan="999999******0014", track2=None)
    differing = differing_from_original(
        masked.particulars, reversal().replaced(pan=said).particulars
    )
    assert differing == (() if same else ("pan",))


@pytest.mark.parametrize(
    ("track2", "track1", "pan"),
    [
        (f"{PAN}=28122011123456789", "", PAN),
        (f"{PAN}D28122011123456789", "", PAN),
        (f"{PAN}d2812", "", PAN),
        (f";{PAN}=2812", "", PAN),
        ("", f"%B{PAN}^DOE/JANE^2812201", PAN),
        ("nonsense", f"B{PAN}^DOE/JANE^2812201", PAN),
        ("999999******0014=****", "", "999999******0014"),  # as a journal has it
        (PAN, "", ""),  # no separator: it may be cut off anywhere
        ("=2812", "", ""),
        ("", "", ""),
    ],
)
def test_a_card_is_found_on_its_tracks(track2: str, track1: str, pan: str) -> None:
    """Where DE 2 is left out."""
    assert pan_of_tracks(track2, track1) == pan
    assert withdrawal().replaced(pan=None, track2=track2, track1=track1).pan == pan


def test_an_acquirer_of_zeros_in_the_original_is_none_given() -> None:
    """The reversal's own acquirer takes its place; another one names another transaction."""
    message = reversal()
    text = message.text("original")
    zeros = message.replaced(original=f"{text[:20]}{0:011d}{text[31:]}")
    assert zeros.original == message.original == withdrawal().identity
    other = message.replaced(original=f"{text[:20]}{1:011d}{text[31:]}")
    assert other.original != withdrawal().identity
    assert message.replaced(original=f"0100{text[4:]}").original != withdrawal().identity


def test_what_a_request_must_carry() -> None:
    """A card, wherever it stands; an amount only where money is asked for."""
    request = withdrawal()
    assert request.replaced(pan=None).missing() == ()
    assert request.replaced(pan=None, track2=None).missing() == ("2",)
    assert request.replaced(amount=None, terminal=None).missing() == ("4", "41")
    assert withdrawal(kind="balance").replaced(amount=None).missing() == ()


def kept(message: Message) -> Particulars:
    """The particulars as a host keeps and compares them."""
    number = fingerprint(message.particulars, lambda pan: f"{sum(map(int, pan)):x}{pan[-3:]}")
    return read_fingerprint(number)


@pytest.mark.parametrize(
    ("changes", "meanings"),
    [
        ({}, ()),
        ({"pan": OTHER}, ("pan",)),
        ({"pan": None, "track2": None}, ("pan",)),
        ({"processing_code": "310000"}, ("processing_code",)),
        ({"processing_code": "011000"}, ("processing_code",)),
        ({"amount": "000000005001"}, ("amount",)),
        ({"amount": "000005000000"}, ("amount",)),
        ({"amount": "0" * 12}, ("amount",)),
        ({"currency": "840"}, ("currency",)),
        ({"rrn": "99999999999X"}, ("rrn",)),
        ({"rrn": None, "currency": None}, ()),
    ],
)
def test_what_is_kept_in_one_number_is_compared_like_the_messages(
    changes: dict[str, str | None], meanings: tuple[str, ...]
) -> None:
    """The same elements differ, whether a whole message is at hand or its fingerprint."""
    first = withdrawal()
    again = first.replaced(**changes)
    assert differing_in_repeat(kept(first), kept(again)) == meanings
    assert differing_in_repeat(first.particulars, again.particulars) == meanings


def test_a_fingerprint_is_small() -> None:
    """One is kept of every message, for ever; and a request's is smaller than a reversal's."""
    number = fingerprint(withdrawal().particulars, lambda _: "ffffffffffff")
    assert number.bit_length() <= 90
    both = fingerprint(reversal(taken=1000).particulars, lambda _: "ffffffffffff")
    assert 90 < both.bit_length() <= 134


@given(
    st.text(max_size=19), st.text(max_size=6), st.integers(0, 10**12), st.text(max_size=12),
    st.text(max_size=24), st.integers(0, 10**12),
)  # fmt: skip
def test_any_particulars_have_a_fingerprint(
    pan: str, code: str, amount: int, text: str, original: str, taken: int
) -> None:
    """Whatever a peer writes; and what is alike has equal ones."""
    made = particulars(
        pan=pan, processing_code=code, amount=amount, currency=text[:3], rrn=text,
        original=original, taken=taken,
    )  # fmt: skip
    number = fingerprint(made, lambda pan: pan.encode().hex())
    assert 0 <= number < 1 << 134
    assert [bool(part) for part in read_fingerprint(number)] == [bool(part) for part in made]
