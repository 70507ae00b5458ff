"""PIN blocks against the domain's vectors; what is malformed says so without showing a PIN."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.crypto.pin import PinBlockError, PinCrypto, encode_pin_block
from harness.errors import ProtocolError

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PAN = "9999990000000014"


def test_the_domain_s_vectors() -> None:
    """docs/domain.md, "Secrets and keys": format 0, clear and enciphered."""
    assert encode_pin_block("1234", PAN).hex().upper() == "0412AD6FFFFFFFFE"
    assert PinCrypto(KEY).block("1234", PAN) == "2CF929790037CE52"


@given(
    pin=st.text("0123456789", min_size=4, max_size=12),
    pan=st.text("0123456789", min_size=13, max_size=19),
)
def test_a_block_gives_its_pin_back(pin: str, pan: str) -> None:
    """For every length of PIN and PAN, and to nobody with another PIN."""
    crypto = PinCrypto(KEY)
    block = crypto.block(pin, pan)
    assert crypto.pin(block, pan) == pin
    assert crypto.verify(block, pan, pin)
    assert not crypto.verify(block, pan, pin[:-1] + str((int(pin[-1]) + 1) % 10))


@pytest.mark.parametrize("block", ["", "2CF9", "G" * 16, "00" * 16, "0" * 16, "²" * 16])
def test_a_malformed_block_is_a_protocol_error(block: str) -> None:
    """Empty, short, not hexadecimal, too long, or enciphered under some other key."""
    with pytest.raises(PinBlockError) as caught:
        PinCrypto(KEY).pin(block, PAN)
    assert isinstance(caught.value, ProtocolError)


def test_no_error_shows_a_pin_or_a_block() -> None:
    """A block for another PAN opens to digits that are not all digits: they stay inside."""
    crypto = PinCrypto(KEY)
    block = crypto.block("1234", PAN)
    with pytest.raises(PinBlockError) as caught:
        crypto.pin(block, "9999998765432109")
    assert "1234" not in str(caught.value)
    assert block not in str(caught.value)
    with pytest.raises(ValueError, match="PIN") as refused:
        crypto.block("12E4", PAN)
    assert "12E4" not in str(refused.value)
