"""What cannot be printed is spelled out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shown import escaped, escaped_json, escaped_lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x\nPASS  host", "x\\nPASS  host"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\r\x00\x7f", "\\r\\x00\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202e drow", "\\u202e drow"),
        ("\u2028\u2066\ufeff", "\\u2028\\u2066\\ufeff"),
        ("\ud800", "\\ud800"),
        ("déjà vu, EUR 5.00", "déjà vu, EUR 5.00"),
        ("C:\\new", "C:\\new"),
    ],
)
def test_control_characters_are_spelled_out(text: str, said: str) -> None:
    """Newlines, escape sequences, C1, marks of direction, halves of characters; nothing else."""
    assert escaped(text) == said


@given(st.text())
def test_what_is_spelled_out_can_be_printed(text: str) -> None:
    """Any text at all; doing it twice changes nothing."""
    said = escaped(text)
    assert said.isprintable()
    assert escaped(said) == said
    assert escaped_lines(text).count("\n") == text.count("\n")


@given(st.dictionaries(st.text(), st.text()))
def test_json_means_what_it_meant(value: dict[str, str]) -> None:
    """Only its spelling changes."""
    encoded = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if any(0xD800 <= ord(char) <= 0xDFFF for char in str(value)):
        return  # no encoder that is used here makes such JSON
    said = escaped_json(encoded)
    assert json.loads(said) == value
    assert said.decode().isprintable()
