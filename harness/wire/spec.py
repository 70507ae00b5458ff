"""Message specifications: pyiso8583's dictionaries, made or read, and always checked.

A specification maps 'h', 't', 'p', '1' and data elements '2'..'192' to the properties
that `iso8583.specs` documents. The shipped ones are no copies of one another: a table
says what class and length each field has (`fixtures/specs/tables`), a short description
how each class goes on the wire (`fixtures/specs/*.toml`), and the product is the dictionary.
A user's own specification is a JSON file that holds such a dictionary.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.resources import fixture, names

Spec = dict[str, dict[str, Any]]
SpecMap = Mapping[str, Mapping[str, Any]]

_FORMAT = re.compile(r"(n|an|ans|b|z|x\+n) (\.\.)?([0-9]+)(?: (L+))?", re.ASCII)
_NEEDED = ("data_enc", "len_enc", "len_type", "max_len")
_OPTIONAL = ("len_count", "left_pad", "right_pad", "desc")
_ENCODINGS = ("ascii", "hex", "bcd", "binary")


def spec_names() -> dict[str, str]:
    """The shipped specifications, each with one line about it."""
    return {name: str(_toml(f"{name}.toml")["description"]) for name in names("specs", ".toml")}


def load_spec(name_or_path: str) -> Spec:
    """A shipped specification by its name, or a JSON file with a pyiso8583 dictionary.

    Raises:
        ConfigError: no such name or file, or a field that pyiso8583 could not work with.
    """
    if name_or_path in names("specs", ".toml"):
        return {field: dict(properties) for field, properties in _shipped(name_or_path).items()}
    path = Path(name_or_path)
    if path.suffix == ".json" or path.exists():
        return checked(_from_json(path), name_or_path)
    known = names("specs", ".toml")
    close = get_close_matches(name_or_path, known, 1) or known
    raise ConfigError(
        f"no specification is called '{name_or_path}'",
        place="spec",
        remedy=f"did you mean {' or '.join(close)}? A path to a .json file will do as well.",
    )


@cache
def _shipped(name: str) -> Spec:
    """Read once: a search puts thousands of runs together."""
    return checked(_built(_toml(f"{name}.toml")), name)


def packs_track2(spec: SpecMap) -> bool:
    """Does the specification pack track 2 (DE 35) into half bytes? Then the separator between PAN
    and expiry is 'D', since half a byte cannot hold the '=' of ISO/IEC 7813.
    """
    return spec.get("35", {}).get("data_enc") == "b"


def checked(spec: Spec, place: str) -> Spec:
    """The very specification, once every field of it is one that pyiso8583 can use.

    Raises:
        ConfigError: naming the field and the property at fault.
    """
    for key in ("h", "t", "p", "1"):
        if key not in spec:
            raise ConfigError(f"field {key} is missing", place=place)
    for key, properties in spec.items():
        number = int(key) if re.fullmatch("[1-9][0-9]{0,2}", key) else 0
        if key not in ("h", "t", "p") and not 1 <= number <= 192:
            raise ConfigError(
                f"'{key}' is not a field", place=place, remedy="use h, t, p or 1 to 192"
            )
        _check_field(properties, f"{place}: field {key}")
    return spec


def _check_field(properties: object, place: str) -> None:
    if not isinstance(properties, dict):
        raise ConfigError("is not a table of properties", place=place)
    for name in properties:
        if name not in _NEEDED + _OPTIONAL:
            close = get_close_matches(str(name), _NEEDED + _OPTIONAL, 1)
            raise ConfigError(
                f"unknown property '{name}'",
                place=place,
                remedy=f"did you mean {close[0]}?" if close else "",
            )
    for name in _NEEDED:
        if name not in properties:
            raise ConfigError(f"{name} is missing", place=place)
    for name in ("len_type", "max_len"):
        if type(properties[name]) is not int or properties[name] < 0:
            raise ConfigError(f"{name} must be a whole number from 0", place=place)
    if not _is_charset(properties["data_enc"], "b"):
        raise ConfigError("data_enc must be 'b' or the name of a character encoding", place=place)
    if not _is_charset(properties["len_enc"], "b", "bcd"):
        raise ConfigError(
            "len_enc must be 'b', 'bcd' or the name of a character encoding", place=place
        )
    if properties.get("len_count", "bytes") not in ("bytes", "nibbles"):
        raise ConfigError("len_count must be 'bytes' or 'nibbles'", place=place)
    for name in ("left_pad", "right_pad"):
        if not isinstance(properties.get(name, ""), str):
            raise ConfigError(f"{name} must be text", place=place)


def _is_charset(value: object, *others: str) -> bool:
    if not isinstance(value, str):
        return False
    try:
        "0".encode(value)
    except (LookupError, ValueError):
        return value in others
    return True


def _from_json(path: Path) -> Spec:
    try:
        spec = json.loads(path.read_bytes())
    except OSError as trouble:
        raise ConfigError(f"cannot be read ({trouble.strerror})", place=str(path)) from trouble
    except ValueError as trouble:
        raise ConfigError(f"is not JSON: {trouble}", place=str(path)) from trouble
    if not isinstance(spec, dict):
        raise ConfigError("does not hold a dictionary of fields", place=str(path))
    return spec


def _toml(*parts: str) -> dict[str, Any]:
    path = fixture("specs", *parts)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as trouble:
        raise ConfigError(f"cannot be read: {trouble}", place=str(path)) from trouble


def _built(description: Mapping[str, Any]) -> Spec:
    """A field table times the encodings of its classes."""
    encoding: dict[str, str] = description["encoding"]
    pads: dict[str, dict[str, str]] = description.get("pad", {})
    spec: Spec = {
        "h": {"data_enc": "ascii", "len_enc": "ascii", "len_type": 0, "max_len": 0},
        "t": _field(encoding["mti"], encoding["length"], 0, 4, {}),
        "p": _field(encoding["bitmap"], encoding["length"], 0, 8, {}),
        "1": _field(encoding["bitmap"], encoding["length"], 0, 8, {}),
    }
    for key, field in _toml("tables", f"{description['table']}.toml")["fields"].items():
        match = _FORMAT.fullmatch(field["format"])
        if match is None:
            raise ConfigError(
                f"'{field['format']}' is no format", place=f"{description['table']}: field {key}"
            )
        kind, _, length, digits = match.groups()
        size = int(length) + (kind == "x+n")
        spec[key] = _field(
            encoding[kind], encoding["length"], len(digits or ""), size, pads.get(kind, {})
        )
        spec[key]["desc"] = field["desc"]
    for key, text in (("h", "Header"), ("t", "Message Type"), ("p", "Bitmap"), ("1", "Bitmap 2")):
        spec[key]["desc"] = text
    return spec


def _field(
    encoding: str, length: str, digits: int, size: int, pad: Mapping[str, str]
) -> dict[str, Any]:
    """The properties of one field; `size` in characters, digits or bytes, as its class has it."""
    if encoding not in _ENCODINGS:
        raise ConfigError(f"'{encoding}' is no encoding", place="a shipped specification")
    field: dict[str, Any] = {
        "data_enc": "ascii" if encoding in ("ascii", "hex") else "b",
        "len_enc": length,
        "len_type": (digits + 1) // 2 if length == "bcd" else digits,
        "max_len": 2 * size if encoding == "hex" else size,
    }
    if encoding == "bcd":
        field |= {"len_count": "nibbles", **pad}
    return field
