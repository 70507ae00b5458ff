"""Packed ISO 8583:1987, byte for byte: what libraries agree on, and where one of them differs.

Written down from the packagers of jPOS (`ISO87BPackager`), Wireshark's dissector and moov's BCD
encoding: an odd number of digits in a field of variable length is filled on the left by the latter
two, and on the right by jPOS.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import DecodeError
from harness.wire.codec import Codec
from harness.wire.spec import load_spec

MTI = "0200"
# element, its value with us, and its bytes: in iso87-binary and in iso87-jpos
VECTORS = [
    ("2", "9999990000000014", "16 9999990000000014", None),
    ("2", "999999000000001", "15 0999999000000001", "15 9999990000000010"),
    ("3", "010000", "010000", None),
    ("4", "000000005000", "000000005000", None),
    ("19", "056", "0056", None),
    ("22", "051", "0051", None),
    ("28", "4300000150", "43 00000150", None),  # C and 1.50: the sign is a byte of its own
    ("97", "440000000000000150", "44 0000000000000150", None),
    ("32", "99999", "05 099999", "05 999990"),
    ("33", "123456", "06 123456", None),
    ("35", "9999990000000014D2812201", "24 9999990000000014D2812201", None),
    ("35", "9999990000000014D281220", "23 9999990000000014D281220F", "23 9999990000000014D2812200"),
    ("36", "01=23", "0005 30313D3233", None),
    ("37", "000000000001", "30" * 11 + "31", None),
    ("39", "00", "3030", None),
    ("41", "ATM00001", "41544D3030303031", None),
    ("49", "978", "393738", None),
    ("50", "978", "393738", None),
    ("51", "978", "393738", None),
    ("52", "0123456789ABCDEF", "0123456789ABCDEF", None),
    ("54", "1002978C", "0008 31303032393738 43", None),
    ("63", "0100", "0004 30313030", None),
    ("70", "301", "0301", None),
    ("100", "123", "03 0123", "03 1230"),
]


def _message(element: str, value: str) -> str:
    number = int(element)
    bitmap = 1 << (128 - number) | (1 << 127 if number > 64 else 0)
    return f"{MTI}{bitmap:032X}"[: 36 if number > 64 else 20] + value.replace(" ", "")


@pytest.mark.parametrize(("element", "value", "binary", "jpos"), VECTORS)
def test_each_element_byte_for_byte(
    element: str, value: str, binary: str, jpos: str | None
) -> None:
    """Both ways, in both of the shipped packed specifications."""
    for name, there in (("iso87-binary", binary), ("iso87-jpos", jpos or binary)):
        data = bytes.fromhex(_message(element, there))
        codec = Codec(load_spec(name))
        assert codec.encode({"t": MTI, element: value}) == data
        assert codec.decode(data)[element] == value


def test_the_other_filler_is_refused_and_a_line_makes_it_right(tmp_path: Path) -> None:
    """A file with a base and the one property that differs, in JSON or TOML."""
    data = bytes.fromhex(_message("2", "15 9999990000000010"))
    with pytest.raises(DecodeError, match="field 2"):
        Codec(load_spec("iso87-binary")).decode(data)
    as_json, as_toml = tmp_path / "mine.json", tmp_path / "mine.toml"
    as_json.write_text(json.dumps({"base": "iso87-binary", "2": {"right_pad": "0"}}))
    as_toml.write_text('base = "iso87-binary"\n[fields]\n2 = { right_pad = "0" }\n')
    for path in (as_json, as_toml):
        assert Codec(load_spec(str(path))).decode(data)["2"] == "999999000000001"


def test_packed_currency_is_a_line_too(tmp_path: Path) -> None:
    """Two bytes of digits instead of three characters."""
    path = tmp_path / "mine.json"
    digits = {"data_enc": "b", "len_count": "nibbles", "left_pad": "0"}
    path.write_text(json.dumps({"base": "iso87-binary", "49": digits}))
    data = bytes.fromhex(_message("49", "0978"))
    assert Codec(load_spec(str(path))).decode(data)["49"] == "978"
