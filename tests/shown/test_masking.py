"""Secrets are found by what they look like, and nothing else is hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import PAN, TRACK1, TRACK2, middle_shown

from harness.shown import masked, shown_bytes
from harness.shown.luhn import luhn_digit

WRITTEN = {
    "text": PAN,
    "behind a length": f"016{PAN}",
    "between other digits": f"011601{PAN}978",
    "between letters": f"CARD{PAN}EUR",
    "in groups": "9999 9971 2345 6783",
    "with dashes": "9999-9971-2345-6783",
    "track 2": TRACK2,
    "track 2, packed": TRACK2.replace("=", "D"),
    "track 1": TRACK1,
    "hex of ASCII": PAN.encode().hex(),
    "hex of EBCDIC": PAN.encode("cp037").hex().upper(),
    "hex of track 2": TRACK2.encode().hex().upper(),
    "hex of track 1": TRACK1.encode().hex(),
    "dump": PAN.encode().hex(" "),
    "dump with colons": PAN.encode("cp037").hex(":"),
    "two digits to a byte": bytes.fromhex(PAN).decode("latin-1"),
    "two digits to a byte, dumped": bytes.fromhex(PAN).hex(" "),
    "EBCDIC read as Latin-1": PAN.encode("cp037").decode("latin-1"),
    "ASCII read as EBCDIC": PAN.encode().decode("cp037"),
    "chip data": f"5A08{PAN}5F2403301231",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_card_number_is_hidden_however_it_is_written(name: str) -> None:
    """No more than its first six and last four digits are left, and the length stays."""
    text = WRITTEN[name]
    assert middle_shown(text, PAN) or name == "ASCII read as EBCDIC"
    hidden = masked(text)
    assert not middle_shown(hidden, PAN)
    assert len(hidden) == len(text)
    assert masked(hidden) == hidden


@pytest.mark.parametrize("name", [name for name in WRITTEN if "track" in name])
def test_of_a_track_nothing_is_left_behind_the_number(name: str) -> None:
    """Expiry, service code and discretionary data go with it."""
    hidden = masked(WRITTEN[name])
    for tail in ("30122210000012345", b"30122210000012345".hex()):
        assert tail not in hidden
        assert tail[-6:] not in hidden


def test_the_tail_of_a_masked_track_is_hidden_too() -> None:
    """Who masks only the number leaves what a magnetic stripe needs besides."""
    assert masked("999999******6783=30122210000012345") == "999999******6783=" + "*" * 17


@pytest.mark.parametrize("block", ["2CF929790037CE52", "2cf929790037ce522cf929790037ce52"])
def test_what_may_be_a_pin_block_is_hidden(block: str) -> None:
    """Eight or sixteen bytes that stand alone."""
    assert masked(f"PIN {block}.") == f"PIN {'*' * len(block)}."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "000000000000",
        "1001978C000000012345",
        "Rue de la Loi 16, 1000 Brussels       BE",
        "20261126183421",
        "0800822000000000000004000000000000000",
        "Field data is 3 bytes, expecting 6: field 4 pos 27",
        "one line\nand another\x1c with a separator",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    """Amounts, times, addresses, bitmaps."""
    assert masked(text) is text


issuers = st.sampled_from(["4", "51", "2221", "9999", "62", "81"])
surroundings = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


@given(issuers, st.text("0123456789", min_size=15, max_size=15), surroundings, surroundings)
def test_whatever_stands_around(prefix: str, digits: str, before: str, after: str) -> None:
    """Neighbours of any kind, other digits among them, hide no number of sixteen digits."""
    body = (prefix + digits)[:15]
    pan = body + luhn_digit(body)
    hidden = masked(before + pan + after)
    assert pan not in hidden
    assert masked(hidden) == hidden


@given(st.text(max_size=80))
def test_any_text_keeps_its_length(text: str) -> None:
    """Masking never raises, and says the same when it is done twice."""
    hidden = masked(text)
    assert len(hidden) == len(text)
    assert masked(hidden) == hidden


@pytest.mark.parametrize(
    "raw", [PAN.encode(), PAN.encode("cp037"), bytes.fromhex(PAN), TRACK2.encode()]
)
def test_bytes_are_shown_without_the_number(raw: bytes) -> None:
    """Also where the number begins behind the header and ends behind what is shown."""
    for before in (b"", b"\x00\x6b0200", b"\x10\x02"):
        for most in (8, 12, 16, 64):
            said = shown_bytes(before + raw + b"\x03", most)
            assert not middle_shown(said, PAN)
            assert len(said.split()) == min(most, len(before + raw) + 1)


def test_bytes_that_hold_no_secret_are_shown_as_they_are() -> None:
    """A message type and a bitmap are what a person looks for."""
    assert shown_bytes(b"0800822000000000000004") == b"0800822000000000".hex(" ")
