"""The MAC on a message: where it stands, what it covers, what breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from iso8583.specs import default

from harness.crypto.keys import load_keys
from harness.crypto.mac import CmacMac
from harness.errors import ConfigError, DecodeError, EncodeError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.spec import load_spec

SPECS: dict[str, Any] = {
    "iso87-ascii": load_spec("iso87-ascii"),
    "iso87-binary": load_spec("iso87-binary"),
    "default": default,
}
each_spec = pytest.mark.parametrize("name", list(SPECS))
ECHO = {"t": "0800", "7": "0101120000", "11": "000001", "70": "301"}
BALANCE = {"t": "0200", "3": "310000", "7": "0101120000", "11": "000002", "41": "ATM00001"}


def sealed(name: str) -> AuthenticatedCodec:
    return AuthenticatedCodec(Codec(SPECS[name]), CmacMac(load_keys().mac))


def test_the_domain_s_vector() -> None:
    """The ASCII 0800 with DE 128 announced, AES-CMAC cut to eight bytes
    (docs/domain.md, "Secrets and keys").
    """
    assert sealed("iso87-ascii").encode(ECHO) == (
        b"0800822000000000000004000000000000010101120000000001301" + b"8EEA17007CD68D4D"
    )


@each_spec
@pytest.mark.parametrize(("fields", "place"), [(ECHO, "128"), (BALANCE, "64")])
def test_what_is_sealed_opens(name: str, fields: dict[str, str], place: str) -> None:
    """The MAC is in the last field, the rest is as it was, and the caller's fields stay."""
    link = sealed(name)
    before = dict(fields)
    for _ in range(4):
        opened, mac = link.decode(link.encode(fields))
        assert mac == "good"
        assert len(opened[place]) == 16
        assert {key: opened[key] for key in fields} == fields
    assert fields == before


@each_spec
def test_a_message_that_carries_a_mac_is_sealed_anew(name: str) -> None:
    """A relay may change a field: the old MAC, even in DE 64 of what now needs 128, goes."""
    link = sealed(name)
    opened, _ = link.decode(link.encode(BALANCE))
    again, mac = link.decode(link.encode({**opened, "70": "301"}))
    assert mac == "good"
    assert "64" not in again


@each_spec
def test_every_changed_bit_is_noticed(name: str) -> None:
    """No bit can be flipped and still be 'good'."""
    link = sealed(name)
    message = link.encode(ECHO)
    for bit in range(len(message) * 8):
        spoilt = bytearray(message)
        spoilt[bit // 8] ^= 1 << bit % 8
        try:
            _, mac = link.decode(bytes(spoilt))
        except DecodeError:
            continue
        assert mac == "bad"


def test_a_missing_or_misplaced_mac_is_bad() -> None:
    """No MAC at all, and one in DE 64 of a message with a secondary bitmap."""
    link = sealed("iso87-ascii")
    assert link.decode(link.codec.encode(ECHO))[1] == "bad"
    assert link.decode(link.codec.encode(BALANCE))[1] == "bad"
    assert link.decode(link.codec.encode({**ECHO, "64": "0" * 16}))[1] == "bad"


def test_the_wrong_key_is_bad() -> None:
    """A MAC under another key."""
    other = AuthenticatedCodec(Codec(SPECS["iso87-ascii"]), CmacMac(bytes(16)))
    assert sealed("iso87-ascii").decode(other.encode(ECHO))[1] == "bad"


def test_without_a_key_nothing_is_added_and_nothing_said() -> None:
    """'none' is neither good nor bad."""
    bare = AuthenticatedCodec(Codec(SPECS["iso87-ascii"]), None)
    data = bare.encode(ECHO)
    assert data == bare.codec.encode(ECHO)
    assert bare.decode(data)[1] == "none"
    assert bare.decode(sealed("iso87-ascii").encode(ECHO))[1] == "none"


def test_a_specification_without_a_place_for_a_mac_is_refused() -> None:
    """DE 64 of four bytes holds no MAC of eight."""
    spec = load_spec("iso87-binary")
    spec["64"] = {**spec["64"], "max_len": 4}
    with pytest.raises(ConfigError, match="no place for a MAC"):
        AuthenticatedCodec(Codec(spec), CmacMac(bytes(16)))
    del spec["64"]
    with pytest.raises(ConfigError, match="no place for a MAC"):
        AuthenticatedCodec(Codec(spec), CmacMac(bytes(16)))


def test_nothing_may_stand_behind_the_mac() -> None:
    """A tertiary field would not be covered: refused when sent, bad when read."""
    spec = load_spec("iso87-ascii")
    spec["130"] = {"data_enc": "ascii", "len_enc": "ascii", "len_type": 2, "max_len": 9}
    link = AuthenticatedCodec(Codec(spec), CmacMac(bytes(16)))
    with pytest.raises(EncodeError, match="behind the MAC"):
        link.encode({**ECHO, "130": "x"})
    assert link.decode(link.codec.encode({**ECHO, "128": "0" * 16, "130": "x"}))[1] == "bad"
