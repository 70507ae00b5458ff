"""Message specifications: pyiso8583's dictionaries, made or read, and always checked.

A specification maps 'h', 't', 'p', '1' and data elements '2'..'192' to the properties
that `iso8583.specs` documents. The shipped ones are no copies of one another: a table
says what class and length each field has (`fixtures/specs/tables`), a short description
how each class goes on the wire (`fixtures/specs/*.toml`), and the product is the dictionary.
A user's own specification is a JSON file that holds such a dictionary, or a JSON or TOML file
that names another specification as its `base` and says only what differs.
"""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, quoted
from harness.input_files import SPECIFICATION, UNREADABLE, is_there, read_input
from harness.resources import fixture, names

Spec = dict[str, dict[str, Any]]
SpecMap = Mapping[str, Mapping[str, Any]]

_FORMAT = re.compile(r"(n|an|ans|b|z|x\+n) (\.\.)?([0-9]+)(?: (L+))?", re.ASCII)
_NEEDED = ("data_enc", "len_enc", "len_type", "max_len")
_OPTIONAL = ("len_count", "left_pad", "right_pad", "desc", "class")
CLASSES = ("n", "a", "an", "ns", "as", "ans", "x+n", "z", "b")
_OF_HEADER = "value"
"""The property of field h that says what our own messages carry there."""
_ENCODINGS = ("ascii", "hex", "bcd", "binary", "signed")
_LONGEST_FIXED, _LONGEST = 9_999, 999_999
_WIDEST_LENGTH = 9
_DEEPEST = 20  # files that are each the base of another: nobody reads more of them
_PROBES = (b"\\u0041", b"\\x41", b"+AGE-", b"\xef\xbb\xbfA")
"""Bytes that encodings of more than one state read as something else than they write."""
_FEWEST = 200  # bytes that are characters in an encoding of one byte a character


def spec_names() -> dict[str, str]:
    """The shipped specifications, each with one line about it."""
    return {name: str(_toml(f"{name}.toml")["description"]) for name in names("specs", ".toml")}


@cache
def is_shipped(name: str) -> bool:
    """Is that the name of a shipped specification?"""
    return name in names("specs", ".toml")


def load_spec(name_or_path: str) -> Spec:
    """A shipped specification by its name, or a file: JSON with a pyiso8583 dictionary, or JSON or
    TOML with the difference from another specification, its `base`.

    Raises:
        ConfigError: no such name or file, or a field that pyiso8583 could not work with.
    """
    if is_shipped(name_or_path):
        return {field: dict(properties) for field, properties in _shipped(name_or_path).items()}
    path = Path(name_or_path)
    if path.suffix in (".json", ".toml") or is_there(path):
        return checked(_read(path, ()), name_or_path)
    known = names("specs", ".toml")
    close = get_close_matches(name_or_path, known, 1) or known
    raise ConfigError(
        f"no specification is called {quoted(name_or_path)}",
        place="spec",
        remedy=f"did you mean {' or '.join(close)}? A .json or .toml file will do as well.",
    )


@cache
def _shipped(name: str) -> Spec:
    """Read once: a search puts thousands of runs together."""
    description = _toml(f"{name}.toml")
    if "base" in description:
        return checked(_over(_shipped(str(description["base"])), description, name), name)
    return checked(_built(description), name)


@cache
def standard_classes(table: str) -> Mapping[str, str]:
    """The class of each element in a table of the standard: '11' is 'n'."""
    fields = _toml("tables", f"{table}.toml")["fields"]
    return {key: str(field["format"]).partition(" ")[0] for key, field in fields.items()}


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
            raise ConfigError(
                f"field {key} is missing", place=place, remedy="a specification has h, t, p and 1"
            )
    for key, properties in spec.items():
        number = int(key) if re.fullmatch("[1-9][0-9]{0,2}", key) else 0
        if key not in ("h", "t", "p") and not 1 <= number <= 192:
            raise ConfigError(
                f"'{key}' is not a field", place=place, remedy="use h, t, p or 1 to 192"
            )
        _check_field(properties, f"{place}: field {key}", header=key == "h")
    return spec


def _check_field(properties: object, place: str, *, header: bool) -> None:
    if not isinstance(properties, dict):
        raise ConfigError(
            "is not a table of properties",
            place=place,
            remedy='{"data_enc": "ascii", "len_enc": "ascii", "len_type": 2, "max_len": 19}',
        )
    known = (*_NEEDED, *_OPTIONAL, *((_OF_HEADER,) if header else ()))
    for name in properties:
        if name not in known:
            close = get_close_matches(str(name), known, 1)
            raise ConfigError(
                f"unknown property '{name}'",
                place=place,
                remedy=f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}",
            )
    for name in _NEEDED:
        if name not in properties:
            raise ConfigError(f"{name} is missing", place=place)
    _check_lengths(properties, place)
    if not _is_charset(properties["data_enc"], "b"):
        raise ConfigError(
            "data_enc must be 'b' or the name of a character encoding, of one byte a character",
            place=place,
            remedy="such as ascii, latin-1, cp500 or cp037",
        )
    if not _is_charset(properties["len_enc"], "b", "bcd"):
        raise ConfigError(
            "len_enc must be 'b', 'bcd' or the name of a character encoding",
            place=place,
            remedy="such as ascii, cp500 or cp037",
        )
    if properties.get("len_count", "bytes") not in ("bytes", "nibbles"):
        raise ConfigError("len_count must be 'bytes' or 'nibbles'", place=place)
    if properties.get("class", "ans") not in CLASSES:
        raise ConfigError(
            f"'{properties['class']}' is no class of elements",
            place=place,
            remedy=f"there are {', '.join(CLASSES)}",
        )
    for name in ("left_pad", "right_pad", _OF_HEADER):
        if not isinstance(properties.get(name, ""), str):
            raise ConfigError(f"{name} must be text", place=place)
    if properties["data_enc"] == "b":
        for name in ("left_pad", "right_pad"):
            if not re.fullmatch("[0-9A-Fa-f]*", properties.get(name, ""), re.ASCII):
                raise ConfigError(f"{name} must be a hexadecimal digit", place=place)


def _check_lengths(properties: Mapping[str, Any], place: str) -> None:
    for name in ("len_type", "max_len"):
        if type(properties[name]) is not int or properties[name] < 0:
            raise ConfigError(f"{name} must be a whole number from 0", place=place)
    if properties["len_type"] > _WIDEST_LENGTH:
        raise ConfigError(
            f"len_type is {properties['len_type']}, at most {_WIDEST_LENGTH} is possible",
            place=place,
            remedy="len_type is the number of bytes of the length before the field, 0 for none",
        )
    most = _LONGEST if properties["len_type"] else _LONGEST_FIXED
    if properties["max_len"] > most:
        raise ConfigError(
            f"max_len is {properties['max_len']}, at most {most} is possible", place=place
        )


def _is_charset(value: object, *others: str) -> bool:
    """Is it one of the others, or an encoding in which a digit is one byte, and whatever can be
    read is written back as the same bytes?
    """
    return isinstance(value, str) and (value in others or _is_plain_charset(value))


@cache
def _is_plain_charset(name: str) -> bool:
    try:
        single = [byte for byte in (bytes((n,)) for n in range(256)) if _comes_back(byte, name)]
        known = codecs.lookup(name).name in ("ascii", "utf-8") or len(single) >= _FEWEST
        return known and len("0".encode(name)) == 1 and all(_same(x, name) for x in _PROBES)
    except (LookupError, ValueError):
        return False


def _comes_back(data: bytes, encoding: str) -> bool:
    """Can the bytes be read, and are they written back as they were?"""
    try:
        return data.decode(encoding).encode(encoding) == data
    except UnicodeError:
        return False


def _same(data: bytes, encoding: str) -> bool:
    """Are the bytes either not to be read, or written back as they were?"""
    try:
        return data.decode(encoding).encode(encoding) == data
    except UnicodeError:
        return True


def _read(path: Path, above: tuple[Path, ...]) -> Spec:
    """The specification of a file. `above` are the files that have this one as their base."""
    if path.suffix == ".toml":
        read = _read_file(path, lambda raw: tomllib.loads(raw.decode("utf-8-sig")), "TOML")
    else:
        read = _read_file(path, lambda raw: json.loads(raw, object_pairs_hook=_once), "JSON")
    if not isinstance(read, dict):
        raise ConfigError(
            "does not hold a dictionary of fields",
            place=str(path),
            remedy='{"base": "iso87-ascii", "60": null} is one',
        )
    if "base" not in read:
        return read
    base = read["base"]
    if not isinstance(base, str):
        raise ConfigError("base must be the name of a specification", place=str(path))
    if base in names("specs", ".toml"):
        return _over(_shipped(base), read, str(path))
    other = path.parent / base
    if other.suffix not in (".json", ".toml") or not other.exists():
        known = names("specs", ".toml")
        close = get_close_matches(base, known, 1) or known
        raise ConfigError(
            f"no specification is called '{base}'",
            place=f"{path}: base",
            remedy=f"did you mean {' or '.join(close)}? A file beside this one will do as well.",
        )
    if other.resolve() in (path.resolve(), *above):
        raise ConfigError("is its own base", place=str(path))
    if len(above) >= _DEEPEST:
        raise ConfigError(
            f"is the base of a base, more than {_DEEPEST} times over",
            place=str(path),
            remedy="put some of these files together",
        )
    return _over(checked(_read(other, (path.resolve(), *above)), str(other)), read, str(path))


def _over(base: SpecMap, difference: Mapping[str, Any], place: str) -> Spec:
    """The base, with other properties for some fields. A field that is null, or false in TOML, is
    left out; a pad on one side takes the place of that on the other.
    """
    spec = {key: dict(properties) for key, properties in base.items()}
    fields = {
        key: value
        for key, value in difference.items()
        if key not in ("base", "description", "fields")
    }
    more = difference.get("fields", {})
    if not isinstance(more, dict):
        raise ConfigError("fields must be a table", place=place)
    for key, properties in {**fields, **more}.items():
        if properties is None or properties is False:
            spec.pop(key, None)
            continue
        if not isinstance(properties, dict):
            raise ConfigError("is not a table of properties", place=f"{place}: field {key}")
        field = dict(spec.get(key, {}))
        if "left_pad" in properties or "right_pad" in properties:
            field.pop("left_pad", None)
            field.pop("right_pad", None)
        field |= properties
        spec[key] = {
            name: value for name, value in field.items() if value != "" or "pad" not in name
        }
    return spec


def _read_file(path: Path, parse: Callable[[bytes], object], kind: str) -> object:
    data = read_input(path, SPECIFICATION)
    try:
        return parse(data)
    except UNREADABLE as trouble:
        raise ConfigError(f"is not {kind}: {trouble}", place=str(path)) from trouble


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no name stands twice, as the first would be lost without a word."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"'{name}' stands in it twice")
        found[name] = value
    return found


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
        spec[key]["class"] = kind
    spec = _over(spec, {"fields": description.get("fields", {})}, "a shipped specification")
    for key, text in (("h", "Header"), ("t", "Message Type"), ("p", "Bitmap"), ("1", "Bitmap 2")):
        spec[key]["desc"] = text
    return spec


def _field(
    encoding: str, length: str, digits: int, size: int, pad: Mapping[str, str]
) -> dict[str, Any]:
    """The properties of one field; `size` in characters, digits or bytes, as its class has it."""
    if encoding not in _ENCODINGS:
        raise ConfigError(f"'{encoding}' is no encoding", place="a shipped specification")
    if encoding == "signed":  # a byte for the sign, then digits in pairs
        encoding, size = "binary", 1 + size // 2
    field: dict[str, Any] = {
        "data_enc": "ascii" if encoding in ("ascii", "hex") else "b",
        "len_enc": length,
        "len_type": (digits + 1) // 2 if length == "bcd" else digits,
        "max_len": 2 * size if encoding == "hex" else size,
    }
    if encoding == "bcd":
        field |= {"len_count": "nibbles", **pad}
    return field
