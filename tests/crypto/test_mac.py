"""MACs against the domain's vectors, published ones, and psec."""

from __future__ import annotations

import psec.mac
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.crypto.mac import (
    MAC_ALGORITHMS,
    CbcMac,
    CmacMac,
    RetailMac,
    mac_algorithm,
    mac_names,
)
from harness.errors import ConfigError

DOUBLE = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
AES = bytes(range(16))
MESSAGE = b"0800822000000000000004000000000000010101120000000001301"


def test_the_domain_s_vectors() -> None:
    """docs/domain.md, "Secrets and keys", over the ASCII 0800."""
    assert CmacMac(AES).whole(MESSAGE).hex().upper() == "8EEA17007CD68D4DB5048BF0F1A30A19"
    assert CmacMac(AES).tag(MESSAGE).hex().upper() == "8EEA17007CD68D4D"
    assert RetailMac(DOUBLE).tag(MESSAGE).hex().upper() == "75A99BA4D84A5802"
    assert CbcMac(DOUBLE[:8]).tag(MESSAGE).hex().upper() == "B7511741FBFAEC8F"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("", "bb1d6929e95937287fa37d129b756746"),
        ("6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"),
        (
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
            "dfa66747de9ae63030ca32611497c827",
        ),
    ],
)
def test_rfc_4493(text: str, tag: str) -> None:
    """The RFC's AES-CMAC examples 1 to 3; a used object is as good as a new one."""
    mac = CmacMac(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
    for _ in range(2):
        assert mac.whole(bytes.fromhex(text)).hex() == tag


@pytest.mark.filterwarnings("ignore:.*TripleDES.*")
@settings(deadline=None, max_examples=50)
@given(data=st.binary(min_size=1, max_size=60), key=st.binary(min_size=16, max_size=16))
def test_iso_9797_1_is_what_psec_makes_of_it(data: bytes, key: bytes) -> None:
    """Algorithms 1 (DES and 3DES) and 3 with padding method 1, for any key and text."""
    assert CbcMac(key).tag(data) == psec.mac.generate_cbc_mac(key, data, 1)
    assert CbcMac(key[:8]).tag(data) == psec.mac.generate_cbc_mac(key[:8], data, 1)
    expected = psec.mac.generate_retail_mac(key[:8], key[8:], data, 1)
    assert RetailMac(key).tag(data) == expected


def test_algorithms_are_found_by_name() -> None:
    """Every name gives eight bytes; a mistake names the nearest, or the key's length."""
    for name in MAC_ALGORITHMS:
        mac = mac_algorithm(name, DOUBLE)
        assert mac is not None
        assert len(mac.tag(b"x")) == 8
    with pytest.raises(ConfigError, match=r"--mac: unknown MAC algorithm 'cmca'.*\n.*'cmac'"):
        mac_algorithm("cmca", AES, place="--mac")
    for name in MAC_ALGORITHMS:
        with pytest.raises(ConfigError, match="bytes, not 5"):
            mac_algorithm(name, b"short")


def test_no_mac_is_a_choice_too() -> None:
    """Under the name 'none', whatever the key."""
    assert mac_names() == ["none", *MAC_ALGORITHMS]
    assert mac_algorithm("none", b"short") is None
