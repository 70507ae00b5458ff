"""docs/wire.md and docs/wire-examples.md are what the code does; and pyiso8583 alone reads the
examples as they say.
"""

from __future__ import annotations

import re

import iso8583
import wire_examples
import wire_page
from iso8583.specs import default_ascii

from harness.crypto.keys import load_keys
from harness.crypto.mac import CmacMac

ROW = re.compile(r"^\| (\d*) ?\| ([^|]+) \| `?([^|]*?)`? \| `([0-9A-F ]+)` \|$", re.MULTILINE)


def test_the_pages_are_drawn_from_the_code() -> None:
    """Draw them again with `python tests/wire/wire_page.py`."""
    assert wire_page.PAGE.read_text() == wire_page.page()
    assert wire_examples.PAGE.read_text() == wire_examples.page()


def test_the_examples_read() -> None:
    """The bytes of each whole example are a frame whose message says what stands beside them, and
    carries a right MAC.
    """
    sections = [
        section
        for section in wire_examples.PAGE.read_text().split("\n## ")[1:]
        if "The elements are those of" not in section
    ]
    assert [section[:4] for section in sections] == ["0800", "0200", "0210", "0420", "0430", "0220"]
    for section in sections:
        rows = ROW.findall(section)
        data = bytes.fromhex("".join(octets for *_, octets in rows))
        assert int.from_bytes(data[:2], "big") == len(data) - 2
        fields, _ = iso8583.decode(data[2:], default_ascii)
        told = {number: value for number, _, value, _ in rows if number}
        assert fields["t"] == section[:4]
        assert {name: fields[name] for name in fields if name not in ("t", "p", "1")} == told
        mac = CmacMac(load_keys().mac).tag(data[2:-16])
        assert mac.hex().upper() == told["128" if "128" in told else "64"]


def test_the_message_behind_the_mac_on_the_page_is_the_one_of_the_examples() -> None:
    """What is covered, with its MAC, is the sign-on of the other page."""
    covered, mac = re.findall(
        r"\n    (0800\S+)\n.*?`cmac` \| `([0-9A-F]{16})`", wire_page.page(), re.DOTALL
    )[0]
    assert CmacMac(load_keys().mac).tag(covered.encode()).hex().upper() == mac
    assert f"`{mac}`" in wire_examples.page()
