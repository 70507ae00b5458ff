"""Which contents of an element are right by its class, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_fields import Fields, RawDialect

from harness.api import simulate
from harness.errors import ConfigError
from harness.link_options import LinkOptions
from harness.wire.calendar import Stamp
from harness.wire.dialects import load_dialect
from harness.wire.element_classes import _PLANS, in_words
from harness.wire.message import Station
from harness.wire.spec import Spec, checked, load_spec, spec_names

RAW = RawDialect()
STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")
REQUEST = dict(
    RAW.request(
        STATION, kind="withdrawal", pan="9999990000000014", expiry="2912",
        track2="9999990000000014=29122010000000000000", pin_block="0123456789ABCDEF", amount=5000,
        stan="000001", rrn="000000000001", stamp=Stamp("1121201000", "211000", "251121"),
    )
)  # fmt: skip
ANSWER = {**dict(RAW.answer(REQUEST, "00")), "38": "123456", "15": "1121"}
DIALECT = load_dialect(spec=load_spec("iso87-ascii"))


def wrong(fields: Fields, spec: Spec | None = None) -> dict[str, str]:
    dialect = DIALECT if spec is None else load_dialect(spec=spec)
    return dict(dialect.wrong(dialect.read(fields)))


@pytest.mark.parametrize("name", spec_names())
def test_our_own_messages_are_right(name: str) -> None:
    """In every shipped specification, packed ones too."""
    dialect = load_dialect(spec=load_spec(name))
    for fields in (REQUEST, ANSWER, {"t": "0800", "7": "0229000000", "11": "000001", "70": "301"}):
        assert dialect.wrong(dialect.read(dict(fields))) == ()


@pytest.mark.parametrize(
    ("element", "text", "what"),
    [
        ("11", "00000:", "digits"),
        ("11", " 00001", "digits"),
        ("11", "00000²", "digits"),
        ("4", "0000005000.0", "digits"),
        ("2", "999999******0014", "digits"),
        ("7", "1301201000", "a date and time that exist"),
        ("7", "0230201000", "a date and time that exist"),
        ("7", "1121241000", "a date and time that exist"),
        ("7", "1121206000", "a date and time that exist"),
        ("7", "0000000000", "a date and time that exist"),
        ("7", "112120100X", "digits"),
        ("35", "99999900000000\x0014=2912", "track data"),
        ("37", "00000000000\n", "letters and digits"),
        ("37", "0000-0000-00", "letters and digits"),
        ("41", "ATM\x1b0001", "text without control characters"),
        ("49", "9:8", "letters and digits"),
        ("52", "0123456789ABCDEG", "bytes"),
        ("52", "0123456789ABCDE ", "bytes"),
        ("12", "ABCDEF", "digits"),
        ("18", "60 1", "digits"),
        ("22", "9A1", "digits"),
        ("28", "Z00000000", "C or D, then digits"),
        ("100", "4:", "digits"),
    ],
)
def test_what_is_wrong_in_a_request(element: str, text: str, what: str) -> None:
    """With what it must hold."""
    assert wrong({**REQUEST, element: text}) == {element: what}


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("39", "  "), ("39", "OK"), ("39", "ab"), ("38", "12\x0056"), ("38", "12345;"),
        ("15", "NOV1"), ("15", "    "), ("4", "            "),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_answer(element: str, text: str) -> None:
    """A code of blanks says nothing, and a word is no code."""
    assert list(wrong({**ANSWER, element: text})) == [element]


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("39", "N7"), ("39", "1a"), ("39", "99"), ("38", "      "), ("38", "ab12  "),
        ("37", "rrn 00000001"), ("41", "é:/#    "), ("2", "999999******0014"), ("49", "EUR"),
        ("43", "\x00 nobody reads it"), ("60", "\x00\x01"), ("44", "\x07"),
        ("6", " " * 12), ("16", "    "), ("28", "000000000"), ("28", "D00000100"),
    ],
)  # fmt: skip
def test_what_is_right_all_the_same(element: str, text: str) -> None:
    """Blanks fill up, networks have codes of their own, a card may be masked in an answer, and text
    that the harness does not read is nobody's business; nor are blanks in place of its digits.
    """
    assert wrong({**ANSWER, element: text}) == {}


def test_all_that_is_wrong_is_told() -> None:
    """In words for a person."""
    found = DIALECT.wrong(DIALECT.read({**REQUEST, "11": "A", "7": "1301201000", "41": "\x00"}))
    assert in_words(found) == (
        "DE 11 must hold digits, DE 41 must hold text without control characters, "
        "DE 7 must hold a date and time that exist"
    )


def test_the_users_specification_decides() -> None:
    """A class that he declares holds, and another length of DE 7 is no date of ours."""
    spec = load_spec("iso87-ascii")
    spec["11"]["class"], spec["37"]["class"] = "an", "ans"
    spec["7"]["max_len"] = 14
    assert (
        wrong({**REQUEST, "11": "A0001 ", "37": "2025-11/0001", "7": "20251321201000"}, spec) == {}
    )
    assert wrong({**REQUEST, "11": "A:0001"}, spec) == {"11": "letters and digits"}
    del spec["11"]["class"]  # a dictionary of pyiso8583 has none: the standard's
    assert wrong({**REQUEST, "11": "A0001 "}, spec) == {"11": "digits"}
    assert wrong({**REQUEST, "22": "9A1"}, spec) == {"22": "digits"}
    del spec["22"]["class"]  # what nobody reads is held against what he himself says
    assert wrong({**REQUEST, "22": "9A1"}, spec) == {}


def test_a_class_that_there_is_not() -> None:
    """The user's mistake, with its place."""
    spec = load_spec("iso87-ascii")
    spec["11"]["class"] = "numeric"
    with pytest.raises(ConfigError, match="field 11: 'numeric' is no class of elements"):
        checked(spec, "mine.json")


ANY = st.text(st.sampled_from("019:;/= \x00\x7fAaFgZé²-CD"), max_size=12)


@given(st.dictionaries(st.sampled_from(sorted(REQUEST.keys() - {"t"})), ANY), st.booleans())
def test_looking_at_many_at_once_finds_what_looking_at_each_finds(
    changes: dict[str, str], answer: bool
) -> None:
    """The quick way and the slow way agree."""
    classes = DIALECT.classes
    assert classes is not None
    fields = {**(ANSWER if answer else REQUEST), **changes, "7": "1121201000"}
    message = DIALECT.read(fields)
    plan = classes._plan(fields, answer=answer)
    each = {name for name, pattern, _ in plan.each if not pattern.fullmatch(fields[name])}
    found = dict(classes.wrong(message))
    code = fields.get("39", "00").strip()
    assert found.keys() - each <= ({"39"} if answer and (not code or code.isalpha()) else set())
    assert each <= found.keys()


def test_plans_are_bounded() -> None:
    """Hostile bitmaps fill no memory."""
    dialect = load_dialect(spec=load_spec("iso87-ascii"))
    for n in range(3 * _PLANS):
        fields = {**REQUEST, "p": f"{n:016X}", "11": "00000:" if n % 2 else "000001"}
        assert dict(dialect.wrong(dialect.read(fields))) == ({"11": "digits"} if n % 2 else {})
    assert dialect.classes is not None
    assert len(dialect.classes._plans) == _PLANS


@pytest.mark.parametrize("seed", range(1, 5))
def test_flipped_bits_without_a_mac_end_no_run(seed: int) -> None:
    """Whatever a request says then, it is refused or served, and there is a verdict."""
    verdict = simulate(
        "few_withdrawals",
        seed=seed,
        link=LinkOptions(mac="none"),
        faults=["bitflip:mti=0200", "bitflip:mti=0210,p=50%"],
    )
    assert verdict.exit_code in (0, 1, 3)
