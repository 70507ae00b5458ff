"""docs/wire.md is what the code does; and its examples are what pyiso8583 alone reads."""

from __future__ import annotations

import re

import iso8583
from iso8583.specs import default_ascii
from wire_page import PAGE, page


def test_the_page_is_drawn_from_the_code() -> None:
    """Draw it again with `python tests/wire/wire_page.py`."""
    assert PAGE.read_text() == page()


def test_the_examples_read() -> None:
    """Each dump is a frame whose message says what the table above it says."""
    sections = PAGE.read_text().split("\n### ")[1:]
    assert len(sections) == 7
    for section in sections:
        dump = re.findall(r"^    [0-9a-f]{4}  ((?:[0-9a-f]{2} ?)+)", section, re.MULTILINE)
        data = bytes.fromhex("".join(dump))
        assert int.from_bytes(data[:2], "big") == len(data) - 2
        fields, _ = iso8583.decode(data[2:], default_ascii)
        told = dict(re.findall(r"^\| ([0-9]+) \| .* \| `(.*)` \|$", section, re.MULTILINE))
        assert fields["t"] == section[:4]
        mac = "128" if "128" in fields else "64"
        assert len(fields.pop(mac)) == 16
        assert {name: fields[name] for name in fields if name not in ("t", "p", "1")} == told
