"""The codec against its reference, pyiso8583, in both directions."""

from __future__ import annotations

import string
from typing import Any

import iso8583
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iso8583.specs import default, default_ascii

from harness.errors import DecodeError, EncodeError
from harness.wire.codec import Codec, mac_field
from harness.wire.spec import load_spec

PATIENT = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def _peculiar() -> dict[str, dict[str, Any]]:
    """Tertiary fields, every kind of length, both pads, EBCDIC: what nobody ships, all at once."""
    spec = load_spec("iso87-binary")
    spec["44"] = {"data_enc": "cp500", "len_enc": "cp500", "len_type": 2, "max_len": 25}
    spec["46"] = {"data_enc": "ascii", "len_enc": "b", "len_type": 1, "max_len": 99}
    spec["47"] = {"data_enc": "b", "len_enc": "ascii", "len_type": 2, "max_len": 40}
    spec["48"] = {
        "data_enc": "b",
        "len_enc": "b",
        "len_type": 2,
        "max_len": 31,
        "len_count": "nibbles",
        "right_pad": "F",
    }
    spec["56"] = {"data_enc": "b", "len_enc": "bcd", "len_type": 1, "max_len": 40}
    spec["61"] = {"data_enc": "b", "len_enc": "ascii", "len_type": 1, "max_len": 30}
    spec["62"] = {
        "data_enc": "ascii",
        "len_enc": "bcd",
        "len_type": 1,
        "max_len": 30,
        "len_count": "nibbles",
    }
    for number in (130, 150, 192):
        spec[str(number)] = {"data_enc": "ascii", "len_enc": "ascii", "len_type": 2, "max_len": 9}
    return spec


def _latin() -> dict[str, dict[str, Any]]:
    """Text that is not ASCII, MTI and bitmaps as EBCDIC text."""
    spec = load_spec("iso87-ascii")
    spec["43"]["data_enc"] = "latin-1"
    for key in ("t", "p", "1"):
        spec[key]["data_enc"] = "cp500"
    return spec


SPECS = {
    "iso87-ascii": load_spec("iso87-ascii"),
    "iso87-binary": load_spec("iso87-binary"),
    "default": default,
    "default_ascii": default_ascii,
    "peculiar": _peculiar(),
    "latin": _latin(),
}


@pytest.fixture(autouse=True)
def _sets_of_any_size_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here every element is tried in a compiled form."""
    monkeypatch.setattr("harness.wire.compiled_sets.LARGEST", 192)


READ = {name: Codec(spec).spec for name, spec in SPECS.items()}
"""The specifications as the codec reads them: private elements take any byte."""
each_spec = pytest.mark.parametrize("name", list(SPECS))

PRINTABLE = "".join(chr(code) for code in range(32, 127))


def _value(draw: st.DrawFn, field: dict[str, Any]) -> str:
    nibbles = field.get("len_count") == "nibbles"
    text = field["data_enc"] != "b"
    most = min(field["max_len"], 10 ** field["len_type"] - 1) if field["len_type"] else 0
    size = draw(st.integers(0, most)) if field["len_type"] else field["max_len"]
    if text:
        size = size // 2 if nibbles else size
        return draw(st.text(PRINTABLE, min_size=size, max_size=size))
    size = size if nibbles else 2 * size
    return draw(st.text(string.hexdigits, min_size=size, max_size=size))


@st.composite
def two_messages(draw: st.DrawFn, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Two valid messages with the same fields and, mostly, other lengths."""
    spec = SPECS[name]
    usable = [key for key in spec if key not in ("h", "t", "p", "1", "65")]
    keys = draw(st.lists(st.sampled_from(usable), unique=True, max_size=8))
    mti = draw(st.sampled_from(["0200", "0210", "0420", "9999"]))
    return tuple(  # type: ignore[return-value]
        {"t": mti, **{key: _value(draw, spec[key]) for key in keys}} for _ in range(2)
    )


def reference_decode(name: str, data: bytes) -> tuple[object, ...]:
    try:
        return "fields", iso8583.decode(data, READ[name])[0]
    except iso8583.DecodeError as error:
        return "refused", error.msg, error.field, error.pos
    except KeyError as error:
        return "unknown", error.args[0]


def our_decode(codec: Codec, data: bytes) -> tuple[object, ...]:
    try:
        return "fields", codec.decode(data)
    except DecodeError as error:
        if error.reason == "Field is not in the specification":
            return "unknown", error.field
        return "refused", error.reason, error.field, error.offset


def reference_encode(name: str, fields: dict[str, Any]) -> tuple[object, ...]:
    try:
        return "bytes", bytes(iso8583.encode(dict(fields), READ[name])[0])
    except iso8583.EncodeError as error:
        return "refused", error.msg, error.field
    except (KeyError, TypeError, ValueError, AttributeError, UnboundLocalError):
        return ("failed",)


def our_encode(codec: Codec, fields: dict[str, Any]) -> tuple[object, ...]:
    try:
        return "bytes", codec.encode(fields)
    except EncodeError as error:
        return "refused", error.reason, error.field


@each_spec
@PATIENT
@given(data=st.data())
def test_valid_messages_are_what_the_reference_makes_of_them(
    name: str, data: st.DataObject
) -> None:
    """Bytes and fields equal pyiso8583's, before and after learning, at any lengths."""
    taught, other = data.draw(two_messages(name))
    codec = Codec(SPECS[name])
    for fields in (taught, taught, taught, other):
        before = dict(fields)
        expected = bytes(iso8583.encode(dict(fields), SPECS[name])[0])
        assert codec.encode(fields) == expected
        assert codec.decode(expected) == iso8583.decode(expected, SPECS[name])[0]
        assert fields == before


SPOILERS = [b"\x00", b" ", b"_", b"+", b"-", b"0", b"9", b"A", b"f", b"\xb2", b"\xff"]


@each_spec
@PATIENT
@given(data=st.data())
def test_spoilt_bytes_are_judged_as_the_reference_judges_them(
    name: str, data: st.DataObject
) -> None:
    """A learned decoder takes and refuses the very bytes that pyiso8583 does, in its words."""
    taught, other = data.draw(two_messages(name))
    known = bytes(iso8583.encode(dict(taught), SPECS[name])[0])
    foreign = bytes(iso8583.encode(dict(other), SPECS[name])[0])
    codec = Codec(SPECS[name])
    for _ in range(3):
        codec.decode(known)
    for whole in (known, foreign) * 4:
        at = data.draw(st.integers(0, len(whole)))
        kind = data.draw(st.sampled_from(["replace", "insert", "cut", "drop", "flip"]))
        if kind == "replace":
            spoilt = whole[:at] + data.draw(st.sampled_from(SPOILERS)) + whole[at + 1 :]
        elif kind == "insert":
            spoilt = whole[:at] + data.draw(st.sampled_from(SPOILERS)) + whole[at:]
        elif kind == "cut":
            spoilt = whole[:at]
        elif kind == "drop":
            spoilt = whole[:at] + whole[at + 1 :]
        else:
            byte = whole[at : at + 1] or b"\0"
            flipped = byte[0] ^ (1 << data.draw(st.integers(0, 7)))
            spoilt = whole[:at] + bytes([flipped]) + whole[at + 1 :]
        assert our_decode(codec, spoilt) == reference_decode(name, spoilt)


@each_spec
@PATIENT
@given(garbage=st.binary(max_size=80))
def test_garbage_is_refused_as_the_reference_refuses_it(name: str, garbage: bytes) -> None:
    """No bytes make the codec do anything but answer or raise DecodeError."""
    codec = Codec(SPECS[name])
    assert our_decode(codec, garbage) == reference_decode(name, garbage)


BAD_VALUES = [
    "",
    "X",
    "²",
    "é",
    "12 3",
    "1_2",
    "G" * 8,
    "0" * 1200,
    " " * 16,
    5,
    None,
    b"00",
    ["0"],
]


@each_spec
@PATIENT
@given(data=st.data())
def test_bad_fields_are_judged_as_the_reference_judges_them(name: str, data: st.DataObject) -> None:
    """A learned encoder takes and refuses the very values that pyiso8583 does, in its words."""
    taught, _ = data.draw(two_messages(name))
    codec = Codec(SPECS[name])
    for _ in range(3):
        codec.encode(taught)
    key = data.draw(st.sampled_from(list(taught)))
    for value in BAD_VALUES:
        bad: dict[str, Any] = {**taught, key: value}
        expected = reference_encode(name, bad)
        ours = our_encode(codec, bad)
        assert ours[0] == "refused" if expected == ("failed",) else ours == expected


@pytest.mark.parametrize("length", [b" 2", b"+2", b"_2", b"0x", b"2 ", b"\xb22"])
def test_lengths_that_int_would_take_get_the_reference_s_answer(length: bytes) -> None:
    """' 2', '+2' and their like are lengths to int(): the answer is pyiso8583's, whatever it is."""
    codec = Codec(SPECS["iso87-ascii"])
    whole = b"0800" + b"0000000100000000" + b"0299"  # DE 32
    for _ in range(3):
        assert codec.decode(whole)["32"] == "99"
    odd = whole[:20] + length + whole[22:]
    assert our_decode(codec, odd) == reference_decode("iso87-ascii", odd)


CORNERS = [
    # a PAN of 15 digits whose filler is not 0, where 16 digits were learned
    ("iso87-binary", "02004000000000000000" + "16" + "9" * 16, 10, "15" + "1" * 16),
    # a track of 37 characters whose filler is not F
    ("iso87-binary", "0200000000002000000036" + "9" * 36, 10, "37" + "9" * 38),
    # an acquirer of twelve digits, which are all there
    ("iso87-binary", "0200000000010000000002" + "99", 10, "12" + "9" * 12),
    # a fixed number with an odd count of digits whose filler is not 0
    ("iso87-binary", "02000000040000000000" + "0901", 10, "1901"),
]


@pytest.mark.parametrize(("name", "taught", "at", "tail"), CORNERS)
def test_corners_of_packed_fields(name: str, taught: str, at: int, tail: str) -> None:
    """Fillers and lengths that are wrong in messages of another length than the learned one."""
    codec = Codec(SPECS[name])
    known = bytes.fromhex(taught)
    for _ in range(3):
        assert our_decode(codec, known) == reference_decode(name, known)
    wrong = known[:at] + bytes.fromhex(tail)
    assert our_decode(codec, wrong) == reference_decode(name, wrong)
    assert our_decode(codec, wrong)[0] == "refused"


def test_two_half_bytes_do_not_make_a_whole() -> None:
    """Odd hexadecimal in two neighbours is even together, and still wrong."""
    codec = Codec(SPECS["peculiar"])
    for _ in range(3):
        codec.encode({"t": "0200", "55": "ABCD", "56": "EF01"})
    with pytest.raises(EncodeError, match="odd-length hex data: field 55"):
        codec.encode({"t": "0200", "55": "ABC", "56": "DEF"})


def test_bitmaps_in_small_letters_keep_their_letters() -> None:
    """The bitmap that decode gives back is the one that came, as pyiso8583 has it."""
    codec = Codec(SPECS["iso87-ascii"])
    for bitmap in (b"00000000000000a1", b"00000000000000A1"):
        whole = b"0800" + bitmap + b"A" * 16 * 2 + b"0" * 2
        for _ in range(4):
            assert our_decode(codec, whole) == reference_decode("iso87-ascii", whole)


def test_an_error_says_field_offset_and_reason() -> None:
    """What a person needs to find the byte."""
    codec = Codec(SPECS["iso87-ascii"])
    with pytest.raises(DecodeError) as caught:
        codec.decode(b"0800" + b"0000000100000000" + b"1299999999999")
    error = caught.value
    assert (error.field, error.offset) == ("32", 20)
    assert error.reason == "Field data is 12 bytes, larger than maximum 11"
    assert str(error).endswith("field 32 pos 20")


def test_a_field_without_a_specification_is_named_with_its_place() -> None:
    """DE 129 is not in the table; its offset is where it would have started."""
    codec = Codec(SPECS["iso87-ascii"])
    data = b"0800" + b"8" + b"0" * 15 + b"8" + b"0" * 15 + b"8" + b"0" * 15 + b"rest"
    with pytest.raises(DecodeError) as caught:
        codec.decode(data)
    assert (caught.value.field, caught.value.offset) == ("129", 52)


def test_encoding_an_unknown_field_names_it() -> None:
    """The same when sending, where nothing has an offset."""
    codec = Codec(SPECS["iso87-ascii"])
    with pytest.raises(EncodeError, match=r"not in the specification: field 130$"):
        codec.encode({"t": "0800", "130": "1"})
    with pytest.raises(EncodeError, match="not written as a number"):
        codec.encode({"t": "0800", "02": "1"})
    with pytest.raises(EncodeError, match=r"NoneType, not text: field 52$"):
        Codec(SPECS["iso87-binary"]).encode({"t": "0800", "52": None})  # type: ignore[dict-item]


BITMAPS = [
    ("0200", "2 3 4 7 11 12 13 14 18 22 25 32 35 37 41 42 43 49 52 60 64", "723C448128E09011", ""),
    (
        "0420",
        "2 3 4 7 11 12 13 32 37 39 41 42 49 60 90 95 128",
        "F23800010AC08010",
        "0000004200000001",
    ),
    ("0800", "7 11 70", "8220000000000000", "0400000000000000"),
]


@pytest.mark.parametrize("name", ["iso87-ascii", "iso87-binary"])
@pytest.mark.parametrize(("mti", "numbers", "primary", "secondary"), BITMAPS)
def test_the_domain_s_bitmaps(
    name: str, mti: str, numbers: str, primary: str, secondary: str
) -> None:
    """The bitmaps of docs/domain.md, "Data elements", compiled and from the reference."""
    spec = SPECS[name]
    fields = {"t": mti}
    for key in numbers.split():
        field = spec[key]
        per_unit = 1 if field["data_enc"] != "b" or field.get("len_count") == "nibbles" else 2
        fields[key] = "0" * (field["max_len"] * per_unit if not field["len_type"] else 4)
    codec = Codec(spec)
    for _ in range(4):
        decoded = codec.decode(codec.encode(fields))
        assert decoded["p"] == primary
        assert decoded.get("1", "") == secondary


def test_learned_sets_are_bounded_whatever_comes() -> None:
    """Hostile bitmaps neither fill the memory nor push the codec off its semantics."""
    codec = Codec(SPECS["iso87-ascii"])
    keys = ["3", "4", "7", "11", "12", "13", "14", "15", "37"]
    spec = SPECS["iso87-ascii"]
    for mask in range(1, 512):
        fields = {"t": "0200"} | {
            key: "1" * spec[key]["max_len"] for bit, key in enumerate(keys) if mask >> bit & 1
        }
        for _ in range(2):
            assert codec.decode(codec.encode(fields))["t"] == "0200"
    assert 0 < len(codec._decoders) <= 256
    assert 0 < len(codec._encoders) <= 256


@pytest.mark.parametrize("name", ["iso87-ascii", "iso87-binary", "default", "default_ascii"])
def test_a_learned_message_needs_no_reference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every field of the shipped specifications compiles, alone and all together, so that
    from the third time on pyiso8583 is not asked.
    """
    spec = SPECS[name]
    numbers = [key for key in spec if key not in ("h", "t", "p", "1", "65")]
    sizes = {
        key: spec[key]["max_len"]
        * (2 if spec[key]["data_enc"] == "b" and "len_count" not in spec[key] else 1)
        for key in numbers
    }
    messages = [{"t": "0200", **{key: "1" * sizes[key] for key in numbers}}]
    messages += [{"t": "0200", key: "1" * sizes[key]} for key in numbers]
    codec = Codec(spec)
    expected = [(codec.encode(fields), codec.decode(codec.encode(fields))) for fields in messages]
    for data, _ in expected:
        codec.decode(data)

    def asked(*_: object) -> None:
        raise AssertionError("pyiso8583 was asked")

    monkeypatch.setattr("iso8583.encode", asked)
    monkeypatch.setattr("iso8583.decode", asked)
    for fields, (data, decoded) in zip(messages, expected, strict=True):
        assert codec.encode(fields) == data
        assert codec.decode(data) == decoded


@pytest.mark.parametrize("name", ["iso87-ascii", "iso87-binary", "default", "default_ascii"])
def test_bytes_that_are_no_text_do_not_cost_the_message(name: str) -> None:
    """A key exchange with a key in DE 63: each byte is a character, and comes back as it was."""
    codec = Codec(SPECS[name])
    content = bytes(range(256))
    for _ in range(4):  # also once the set of fields is compiled
        plain = codec.encode({"t": "0800", "11": "000024", "63": "0100"})
        fields = codec.decode(plain.replace(b"\x30\x31\x30\x30", b"\xa1\xb2\x00\xff"))
        assert (fields["11"], fields["63"]) == ("000024", "\xa1\xb2\x00\xff")
        whole = codec.encode({"t": "0800", "63": content.decode("latin-1")})
        assert content in whole
        assert codec.decode(whole)["63"].encode("latin-1") == content


def test_text_that_has_to_be_text_stays_strict() -> None:
    """A terminal's name with a byte above 7F is refused, as a name that is not what was sent would
    be another terminal's.
    """
    codec = Codec(SPECS["iso87-ascii"])
    whole = codec.encode({"t": "0800", "41": "ATM00001"})
    with pytest.raises(DecodeError, match="field 41"):
        codec.decode(whole.replace(b"ATM", b"AT\xe9"))


def test_mac_field_follows_the_secondary_bitmap() -> None:
    """DE 64 without a secondary bitmap, else DE 128; asking for the MAC itself changes nothing."""
    assert mac_field({"t": "0200", "2": "1", "64": "0"}) == "64"
    assert mac_field({"t": "0800", "70": "301"}) == "128"
    assert mac_field({"t": "0800", "128": "0"}) == "128"


@pytest.mark.parametrize(
    ("name", "width"),
    [("iso87-ascii", 16), ("iso87-binary", 8), ("default", 8), ("default_ascii", 16)],
)
def test_mac_width_is_what_de_64_takes_on_the_wire(name: str, width: int) -> None:
    """The bytes at the end of a sealed message."""
    assert Codec(SPECS[name]).mac_place[0] == width
