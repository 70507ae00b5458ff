"""Specifications: built, read from a file, and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from iso8583.specs import default_ascii

from harness.errors import ConfigError
from harness.wire.spec import load_spec, packs_track2, spec_names

PROPERTIES = ("data_enc", "len_enc", "len_type", "max_len")


def test_shipped_specifications_come_with_a_description() -> None:
    """What `list specs` shows."""
    assert list(spec_names()) == [
        "iso87-ascii",
        "iso87-ascii-binary-bitmap",
        "iso87-binary",
        "iso87-jpos",
    ]
    assert all(spec_names().values())


def test_the_ascii_specification_is_the_library_s_but_for_de_54() -> None:
    """The table agrees with pyiso8583's own; DE 54 follows the domain (120), DE 65 is a bitmap."""
    ours, theirs = load_spec("iso87-ascii"), default_ascii
    different = {
        key
        for key in theirs
        if any(ours.get(key, {}).get(name) != theirs[key][name] for name in PROPERTIES)
    }
    assert different == {"54", "65"}


BINARY = {
    "2": ("b", 1, 19, "nibbles"),
    "3": ("b", 0, 6, "nibbles"),
    "22": ("b", 0, 3, "nibbles"),
    "35": ("b", 1, 37, "nibbles"),
    "28": ("b", 0, 5, "bytes"),
    "36": ("ascii", 2, 104, "bytes"),
    "49": ("ascii", 0, 3, "bytes"),
    "41": ("ascii", 0, 8, "bytes"),
    "52": ("b", 0, 8, "bytes"),
    "55": ("b", 2, 255, "bytes"),
    "60": ("ascii", 2, 999, "bytes"),
    "90": ("b", 0, 42, "nibbles"),
    "128": ("b", 0, 8, "bytes"),
}


@pytest.mark.parametrize("key", list(BINARY))
def test_the_binary_specification_packs_numbers_and_tracks(key: str) -> None:
    """Numbers and tracks are BCD, text is ASCII, bytes are bytes, lengths are BCD."""
    field = load_spec("iso87-binary")[key]
    shape = (
        field["data_enc"],
        field["len_type"],
        field["max_len"],
        field.get("len_count", "bytes"),
    )
    assert shape == BINARY[key]
    assert field["len_enc"] == "bcd"


def test_both_specifications_have_the_same_fields() -> None:
    """One table, two sets of encodings."""
    one, other = load_spec("iso87-ascii"), load_spec("iso87-binary")
    assert list(one) == list(other)
    assert [one[key]["desc"] for key in one] == [other[key]["desc"] for key in other]


def test_track_2_s_separator_depends_on_its_packing() -> None:
    """Half a byte holds no '='."""
    assert not packs_track2(load_spec("iso87-ascii"))
    assert packs_track2(load_spec("iso87-binary"))


def test_a_user_s_own_dictionary_is_read_from_json(tmp_path: Path) -> None:
    """A file with pyiso8583's dictionary is a specification as it is."""
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(default_ascii))
    assert load_spec(str(path)) == default_ascii


def _without_bitmap(spec: dict[str, Any]) -> None:
    del spec["p"]


def _misspelt(spec: dict[str, Any]) -> None:
    spec["2"]["lenn_count"] = "nibbles"


def _no_charset(spec: dict[str, Any]) -> None:
    spec["41"]["data_enc"] = "ebcdick"


def _bad_number(spec: dict[str, Any]) -> None:
    spec["4"]["max_len"] = "12"


def _foreign_field(spec: dict[str, Any]) -> None:
    spec["193"] = spec["2"]


def _missing(spec: dict[str, Any]) -> None:
    del spec["3"]["len_type"]


def _count(spec: dict[str, Any]) -> None:
    spec["3"]["len_count"] = "bits"


MISTAKES = [
    (_without_bitmap, "field p is missing"),
    (_misspelt, "field 2: unknown property 'lenn_count'\ndid you mean len_count"),
    (_no_charset, "field 41: data_enc must be"),
    (_bad_number, "field 4: max_len must be a whole number"),
    (_foreign_field, "'193' is not a field"),
    (_missing, "field 3: len_type is missing"),
    (_count, "field 3: len_count must be"),
]


@pytest.mark.parametrize(("spoil", "words"), MISTAKES)
def test_a_mistake_in_a_specification_is_named_with_its_field(
    spoil: Any, words: str, tmp_path: Path
) -> None:
    """File, field and property, before the first message."""
    spec = load_spec("iso87-ascii")
    spoil(spec)
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(spec))
    with pytest.raises(ConfigError) as caught:
        load_spec(str(path))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unknown_name_offers_the_nearest() -> None:
    """A typing mistake is exit 2 with a remedy."""
    with pytest.raises(ConfigError, match="did you mean iso87-binary"):
        load_spec("iso87-binry")


@pytest.mark.parametrize("text", ["{", "[]", '{"2": 5, "h": {}, "t": {}, "p": {}, "1": {}}'])
def test_a_file_that_holds_no_specification_is_refused(text: str, tmp_path: Path) -> None:
    """Broken JSON, a list, a field that is a number."""
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path)):
        load_spec(str(path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A path to nothing."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_spec(str(tmp_path / "none.json"))
