"""What our machines say, tried on other people's specifications before a run begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import execute
from harness.crypto.mac import CmacMac
from harness.errors import ConfigError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.fitting import Fitting, Rule
from harness.wire.sample_messages import request_of, sent_by_terminals
from harness.wire.spec import Spec, load_spec, spec_names
from harness.wire.spec_trial import check_cards, check_codes, fitted

Change = dict[str, dict[str, Any] | None]


def changed(change: Change, base: str = "iso87-ascii") -> Spec:
    spec = load_spec(base)
    for element, properties in change.items():
        if properties is None:
            del spec[element]
        else:
            spec[element] |= properties
    return spec


def tried(change: Change, *, host: bool = True, terminals: bool = True) -> Fitting:
    spec = changed(change)
    dialect = load_dialect(spec=spec)
    return fitted(spec, dialect, place="theirs.json", host=host, terminals=terminals)


@pytest.mark.parametrize("name", list(spec_names()))
def test_the_shipped_specifications_need_no_fitting(name: str) -> None:
    """A run with one of them does not even try."""
    spec = load_spec(name)
    assert not fitted(spec, load_dialect(spec=spec), place=name).changes


LEFT_OUT: list[tuple[Change, set[str]]] = [
    ({"60": None}, {"60"}),
    ({"38": None, "15": None}, {"38", "15"}),
    ({"12": None, "13": None, "18": None, "22": None, "25": None}, {"12", "13", "18", "22", "25"}),
    ({"32": None}, {"32"}),
    ({"2": None}, {"2"}),
    ({"35": None, "14": None}, {"35", "14"}),
    ({"37": None, "42": None, "43": None, "49": None, "52": None, "54": None},
     {"37", "42", "43", "49", "52", "54"}),
    ({"54": {"max_len": 12}}, {"54"}),
    ({"15": {"max_len": 6}}, {"15"}),
    ({"14": {"max_len": 6}}, {"14"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "left_out"), LEFT_OUT)
def test_what_only_informs_is_left_out(change: Change, left_out: set[str]) -> None:
    """Each message goes without it, and none fails for it."""
    made = tried(change)
    assert made.left_out == left_out
    codec = AuthenticatedCodec(Codec(changed(change)), None, made)
    for message in sent_by_terminals(load_dialect()):
        assert not left_out & codec.decode(codec.encode(message.fields))[0].keys()


FITTED: list[tuple[str, dict[str, Any], str, str]] = [
    ("41", {"max_len": 16}, "ATM00001", "ATM00001        "),
    ("42", {"max_len": 20}, "HARNESS BANK   ", "HARNESS BANK        "),
    ("4", {"max_len": 16}, "000000005000", "0000000000005000"),
    ("4", {"max_len": 10}, "000000005000", "0000005000"),
    ("11", {"max_len": 12}, "000007", "000000000007"),
    ("37", {"max_len": 10}, "000000000001", "0000000001"),
    ("49", {"data_enc": "b", "max_len": 2}, "978", "0978"),
    ("70", {"max_len": 4}, "301", "0301"),
    ("38", {"max_len": 8}, "A1B2C3", "A1B2C3  "),
    ("60", {"len_type": 0, "max_len": 10}, "ATM1", "ATM1      "),
    ("32", {"data_enc": "b", "max_len": 6}, "99999", "099999"),
]


@pytest.mark.parametrize(("element", "properties", "ours", "theirs"), FITTED)
def test_a_value_is_fitted_and_read_back(
    element: str, properties: dict[str, Any], ours: str, theirs: str
) -> None:
    """Zeros before a number and blanks behind a text mean nothing."""
    made = tried({element: properties})
    assert made.outward({element: ours}) == {element: theirs}
    assert made.inward({element: theirs}) == {element: ours}


def test_a_place_is_cut_and_a_name_is_not() -> None:
    """A street may lose its end; a terminal's id may not, and is not looked at for our host."""
    assert tried({"43": {"max_len": 10}}).outward({"43": "Rue de la Loi 1"})["43"] == "Rue de la "
    with pytest.raises(ConfigError, match=r"field 41: .*has no room"):
        tried({"41": {"max_len": 6}}, host=False)
    assert not tried({"41": {"max_len": 6}}, terminals=False).left_out


def test_a_leading_zero_that_was_sent_is_not_taken_for_a_filler() -> None:
    """STAN 012345 in three bytes behind a length comes back whole."""
    rule = tried({"11": {"data_enc": "b", "len_type": 2, "max_len": 3}}).rules["11"]
    assert rule == Rule("number", 6, 0, True)
    assert rule.back(rule.out("012345")) == "012345"


def test_dates_are_written_as_long_as_the_specification_has_them() -> None:
    """DE 12 with the date in it, and DE 13 with the year, as in later versions of the standard."""
    spec = changed({"12": {"max_len": 12}, "13": {"max_len": 6}})
    fields = request_of(load_dialect(spec=spec)).fields
    assert (fields["12"], fields["13"]) == ("991231235959", "991231")


REFUSED: list[tuple[Change, str]] = [
    ({"39": {"max_len": 3}}, "field 39: (response code) has no room"),
    ({"7": {"max_len": 14}}, "field 7: (transmission date and time) has no room"),
    ({"11": {"max_len": 4}}, "field 11: (STAN) has no room"),
    ({"90": {"max_len": 40}}, "field 90: (original data) has no room"),
    ({"95": None}, "field 95: (replacement amounts) is missing"),
    ({"41": None}, "field 41: (terminal) is missing"),
    ({"39": None}, "field 39: (response code) is missing"),
    ({"70": None}, "field 70: (network code) is missing"),
    ({"2": None, "35": None}, "field 2: (PAN) is missing, and so is field 35"),
    ({"2": {"len_type": 0, "max_len": 19}}, "field 2: (PAN) has no room"),
    ({"52": {"max_len": 8}}, "field 52: (PIN block) has no room"),
    ({"41": {"data_enc": "b", "max_len": 4}}, "field 41: (terminal) has no room"),
    ({"35": {"max_len": 20}}, "field 35: (track 2) has no room"),
    (
        {"4": {"data_enc": "b", "len_type": 2, "len_count": "nibbles", "max_len": 11}},
        "field 4: (amount) has no room",
    ),
    ({"h": {"max_len": 12}}, "field h: our messages need a header (12 long)"),
    ({"h": {"max_len": 12, "value": "ISO"}}, "field h: the value of the header does not fit"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_what_means_something_is_refused(change: Change, words: str) -> None:
    """With the file, the field, the reason and what to do, before the first message."""
    with pytest.raises(ConfigError) as caught:
        tried(change)
    assert str(caught.value).startswith(f"theirs.json: {words}")
    assert caught.value.remedy


@pytest.mark.parametrize("command", [["host", "--listen", "127.0.0.1:0"], ["run", "quiet_street"],
                                     ["terminals", "--to", "127.0.0.1:9"]])  # fmt: skip
def test_a_refusal_is_the_user_s_mistake(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 at the start of every command, naming the field."""
    path = tmp_path / "rc3.json"
    path.write_text(json.dumps({"base": "iso87-ascii", "39": {"max_len": 3}}))
    assert execute([*command, "--spec", str(path)]) == 2
    assert "rc3.json: field 39: (response code) has no room" in capsys.readouterr().err


def test_a_card_that_does_not_fit_is_refused() -> None:
    """Without telling its number."""
    spec = changed({"2": {"len_type": 0, "max_len": 16}})
    dialect = load_dialect(spec=spec)
    made = fitted(spec, dialect, place="theirs.json")
    cards = [("9999990000000014", "2812", "9999990000000014=2812201")]
    check_cards(spec, dialect, made, cards, place="--cards mine.csv")
    longer = [*cards, ("999999000000001", "2812", "999999000000001=2812201")]
    with pytest.raises(ConfigError, match=r"PAN of 15 digits\) does not fit field 2") as caught:
        check_cards(spec, dialect, made, longer, place="--cards mine.csv")
    assert "999999000000001" not in str(caught.value)


def test_a_code_that_does_not_fit_is_refused() -> None:
    """A rule of a profile may name any code."""
    spec = load_spec("iso87-ascii")
    dialect = load_dialect(spec=spec)
    check_codes(spec, dialect, Fitting(), ["N7"], place="the rules of mine")
    with pytest.raises(ConfigError, match="'999' does not fit field 39"):
        check_codes(spec, dialect, Fitting(), ["N7", "999"], place="the rules of mine")


@pytest.mark.parametrize(
    ("size", "data_enc", "sent"),
    [(4, "b", 4), (8, "ascii", 8), (8, "b", 8), (16, "cp500", 16), (6, "b", 6)],
)
def test_a_shorter_mac_is_cut_on_its_right(size: int, data_enc: str, sent: int) -> None:
    """Many networks send four bytes of it, on the left."""
    place = {"max_len": size, "data_enc": data_enc}
    spec = changed({"64": place, "128": place})
    mac = CmacMac(bytes(range(16)))
    codec = AuthenticatedCodec(Codec(spec), mac)
    fields = {"t": "0800", "7": "0101120000", "11": "000001", "70": "301"}
    data = codec.encode(fields)
    tag = mac.tag(data[:-sent])
    whole = tag if data_enc == "b" else tag.hex().upper().encode(data_enc)
    assert data[-sent:] == whole[:sent]
    assert codec.decode(data)[1] == "good"
    assert codec.decode(data[:-1] + bytes([data[-1] ^ 1]))[1] == "bad"


def test_a_header_is_not_covered_by_the_mac() -> None:
    """It stands before the message, and a switch may change it."""
    spec = changed({"h": {"max_len": 12}})
    codec = AuthenticatedCodec(Codec(spec), CmacMac(bytes(range(16))))
    fields = {"h": "ISO006000070", "t": "0800", "7": "0101120000", "11": "000001", "70": "301"}
    data = codec.encode(fields)
    assert codec.decode(b"ISO006000075" + data[12:])[1] == "good"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"64": None}, "field 64 is missing"),
        ({"128": None}, "field 128 is missing"),
        ({"64": {"max_len": 6}}, "field 128 and 64 are not of one length"),
    ],
)
def test_no_place_for_a_mac_names_the_field(change: Change, words: str) -> None:
    """And how to do without."""
    with pytest.raises(ConfigError, match=f"{words}.*\n.*--mac none"):
        AuthenticatedCodec(Codec(changed(change)), CmacMac(bytes(16)))
