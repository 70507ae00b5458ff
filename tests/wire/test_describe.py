"""What a person may see of a message."""

from __future__ import annotations

import pytest

from harness.wire.describe import describe, mask_fields, mask_pan

SECRETS = {
    "t": "0200",
    "p": "723C448128E09011",
    "1": "0" * 16,
    "2": "9999990000000014",
    "4": "000000005000",
    "34": "999999000000001499",
    "35": "9999990000000014=28122011123456789",
    "36": "track three",
    "45": "B9999990000000014^NAME^2812",
    "52": "2CF929790037CE52",
    "55": "9F2608",
    "64": "8EEA17007CD68D4D",
    "128": "75A99BA4D84A5802",
}
ALIKE = {"t", "4", "64", "128"}


@pytest.mark.parametrize(
    ("pan", "shown"),
    [
        ("9999990000000014", "999999******0014"),
        ("9999990000014", "999999***0014"),
        ("9999990000000000014", "999999*********0014"),
        ("999999000014", "************"),
        ("", ""),
    ],
)
def test_a_pan_shows_six_and_four_digits_at_most(pan: str, shown: str) -> None:
    """And none at all when there would be too little left to hide."""
    assert mask_pan(pan) == shown


def test_every_secret_field_is_masked() -> None:
    """PAN and track 2 partly, the other tracks, the PIN block and the chip's data whole."""
    masked = mask_fields(SECRETS)
    assert masked["2"] == "999999******0014"
    assert masked["35"] == "999999******0014=****"
    assert masked["52"] == "[PIN block]"
    assert "p" not in masked
    assert "1" not in masked
    for key, value in masked.items():
        assert (value == SECRETS[key]) is (key in ALIKE)


@pytest.mark.parametrize("track", ["9999990000000014D2812201", "999999000000001428122011", "=", ""])
def test_no_track_shows_more_than_its_pan_may(track: str) -> None:
    """Packed, damaged or empty tracks too."""
    masked = mask_fields({"35": track})["35"]
    assert masked in ("999999******0014D****", "****", "=****")


def test_masking_twice_changes_nothing_and_the_original_stays() -> None:
    """Masked fields can be masked again, and nobody's message is altered."""
    before = dict(SECRETS)
    once = mask_fields(SECRETS)
    assert mask_fields(once) == once
    assert before == SECRETS


def test_fields_without_secrets_are_not_copied() -> None:
    """Most frames are echoes."""
    echo = {"t": "0800", "11": "000001", "70": "301"}
    assert mask_fields(echo) is echo


def test_describe_names_and_orders_fields() -> None:
    """The MTI first, then by number, unknown fields by number alone."""
    rows = describe({"64": "AB", "11": "000001", "t": "0800", "2": "9999990000000014", "127": "x"})
    assert rows == [
        ("t", "message type", "0800"),
        ("2", "PAN", "999999******0014"),
        ("11", "STAN", "000001"),
        ("64", "MAC", "AB"),
        ("127", "field 127", "x"),
    ]
