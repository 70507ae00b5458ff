"""Fields to bytes and back, exactly as pyiso8583 has it, only faster.

A set of fields that pyiso8583 has accepted often enough earns a compiled encoder or decoder
(`wire.encoding`, `wire.decoding`). Whatever the compiled one will not take goes to
pyiso8583, and what pyiso8583 says is the answer: its result, or its wording of the error.
So both agree by construction. What is compiled is bounded (`wire.compiled_sets`), as bitmaps may be
hostile, and only accepted messages count.

Elements that partners fill as they like (`PRIVATE`) may hold bytes that are no text, and the name
of a place may have an umlaut in it (`NAMES`). Where the specification calls them ASCII they are
read as Latin-1, in which every byte is a character and comes back as the same byte: such an element
must not cost the whole message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import iso8583

from harness.errors import DecodeError, EncodeError
from harness.wire.compiled_sets import CompiledSets
from harness.wire.decoding import Decoder, compiled_decoder
from harness.wire.encoding import Encoder, compiled_encoder
from harness.wire.layout import is_ascii

PRIVATE = frozenset(str(number) for number in (*range(46, 49), *range(55, 64), *range(104, 128)))
"""Additional data, reserved and private elements: what is in them is agreed between partners."""
NAMES = ("43", "44")
"""The card acceptor's name and place, and what a host tells of its answer: words of a language."""
_SHORTEST_MAC, _LONGEST_MAC = 4, 8  # bytes
_MISSES = (KeyError, ValueError, TypeError, IndexError, AttributeError)
_SECONDARY = frozenset(str(number) for number in range(65, 129))
_UNSENT = frozenset(("p", "1", "65"))  # pyiso8583 makes these itself
_BITMAPS = re.compile("([0-9A-Fa-f]{16})+", re.ASCII)
_NUMBER = re.compile("[1-9][0-9]*", re.ASCII)


def mac_field(fields: Iterable[str]) -> str:
    """Where a message with these fields carries its MAC: '64' without a secondary bitmap,
    else '128' (docs/domain.md, "Data elements").
    """
    return "64" if _SECONDARY.isdisjoint(fields) else "128"


class Codec:
    """Encodes and decodes messages of one specification (a pyiso8583 dictionary)."""

    def __init__(self, spec: Mapping[str, Mapping[str, Any]]) -> None:
        self.spec: dict[str, dict[str, Any]] = {
            key: _any_bytes(spec[key]) if key in PRIVATE or key in NAMES else dict(spec[key])
            for key in spec
        }
        self._known_decoders = CompiledSets[Decoder]()
        self._known_encoders = CompiledSets[Encoder]()
        self._decoders = self._known_decoders.in_use
        self._encoders = self._known_encoders.in_use
        mti = 2 if spec["t"]["data_enc"] == "b" else 4
        width = 8 if spec["p"]["data_enc"] == "b" else 16
        self._start = mti
        self._primary, self._secondary, self._tertiary = (mti + width * n for n in (1, 2, 3))
        same = spec["p"]["data_enc"] == spec.get("1", spec["p"])["data_enc"]
        self._compiles = bool(same and spec["h"]["max_len"] <= 0)

    @property
    def mac_place(self) -> tuple[int, str]:
        """Bytes that DE 64 or 128 takes on the wire, the same for both, and the encoding of their
        hexadecimal text, '' for bytes; 0 where there are no such fields of 4 to 8 bytes.
        """
        found = set()
        for key in ("64", "128"):
            field = self.spec.get(key, {"len_type": 1})
            if field["len_type"] or field.get("len_count", "bytes") != "bytes":
                return 0, ""
            text = "" if field["data_enc"] == "b" else str(field["data_enc"])
            found.add((int(field["max_len"]), text))
        ((width, text), *others) = sorted(found)
        tag = width // 2 if text else width
        fits = not others and _SHORTEST_MAC <= tag <= _LONGEST_MAC and not (text and width % 2)
        return (width, text) if fits else (0, "")

    def decode(self, data: bytes) -> dict[str, str]:
        """The fields of a message, bitmaps ('p', '1') included.

        Raises:
            DecodeError: with the field, the offset and pyiso8583's reason.
        """
        decoders = self._decoders
        try:
            return (
                decoders.get(data[self._start : self._primary])
                or decoders.get(data[self._start : self._secondary])
                or decoders[data[self._start : self._tertiary]]
            )(data)
        except _MISSES:
            return self._decoded_anew(data)

    def encode(self, fields: Mapping[str, str]) -> bytes:
        """The bytes of a message; the bitmaps follow from the fields, which stay as they are.

        Raises:
            EncodeError: with the field and pyiso8583's reason.
        """
        try:
            return self._encoders[tuple(fields)](fields)
        except _MISSES:
            return self._encoded_anew(fields)

    def parts(self, data: bytes) -> dict[str, tuple[bytes, bytes]]:
        """The length prefix and the bytes of each field of a message, bitmaps included, in the
        order of the wire. The tertiary bitmap stands behind the secondary one, under '1'.

        Raises:
            DecodeError: with the field, the offset and pyiso8583's reason.
        """
        encoded = self._read_by_reference(data)[1]
        return {name: (part["len"], part["data"]) for name, part in encoded.items()}

    # --- what was not used for long ------------------------------------------------

    def _decoded_anew(self, data: bytes) -> dict[str, str]:
        for end in (self._primary, self._secondary, self._tertiary):
            decoder = self._known_decoders.rested(data[self._start : end])
            if decoder is not None:
                try:
                    return decoder(data)
                except _MISSES:
                    break
        return self._decoded_by_reference(data)

    def _encoded_anew(self, fields: Mapping[str, str]) -> bytes:
        encoder = self._known_encoders.rested(tuple(fields))
        if encoder is not None:
            try:
                return encoder(fields)
            except _MISSES:
                pass
        return self._encoded_by_reference(fields)

    # --- the reference -------------------------------------------------------------

    def _decoded_by_reference(self, data: bytes) -> dict[str, str]:
        fields = self._read_by_reference(data)[0]
        self._learn_bitmap(fields, data)
        return fields

    def _read_by_reference(self, data: bytes) -> tuple[dict[str, str], dict[str, dict[str, bytes]]]:
        try:
            fields, encoded = iso8583.decode(data, self.spec)
        except iso8583.DecodeError as error:
            raise DecodeError(error.msg, field=error.field, offset=error.pos) from None
        except KeyError as error:
            key = str(error.args[0])
            raise DecodeError(
                "Field is not in the specification", field=key, offset=self._offset_of(key, data)
            ) from None
        return dict(fields), encoded

    def _offset_of(self, unknown: str, data: bytes) -> int:
        """Where a field without a specification starts: where one too long for any message
        would be refused.
        """
        endless = {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": len(data) + 1}
        try:
            iso8583.decode(data, {**self.spec, unknown: endless})
        except iso8583.DecodeError as error:
            return error.pos
        return -1

    def _encoded_by_reference(self, fields: Mapping[str, str]) -> bytes:
        copy = dict(fields)
        try:
            data, _ = iso8583.encode(copy, self.spec)
        except iso8583.EncodeError as error:
            raise EncodeError(error.msg, field=error.field) from None
        except KeyError as error:
            key = str(error.args[0])
            missing = (
                "is not written as a number" if key in self.spec else "is not in the specification"
            )
            raise EncodeError(f"Field {missing}", field=key) from None
        except (*_MISSES, NameError):  # pyiso8583 trips over its own report of a number
            key, reason = _culprit(fields)
            raise EncodeError(reason, field=key) from None
        self._learn_keys(fields, copy)
        return bytes(data)

    # --- learning ------------------------------------------------------------------

    def _learn_bitmap(self, fields: Mapping[str, str], data: bytes) -> None:
        texts = {key: fields[key] for key in ("p", "1") if key in fields}
        total = "".join(texts.values())
        if not self._compiles or type(data) is not bytes or not _BITMAPS.fullmatch(total):
            return
        width = (self._primary - self._start) * (len(total) // 16)
        key = data[self._start : self._start + width]
        numbers = [name for name in fields if name not in ("t", "p", "1")]
        self._known_decoders.learn(
            *(key, len(numbers)), lambda: compiled_decoder(self.spec, numbers, texts, fields)
        )

    def _learn_keys(self, fields: Mapping[str, str], made: Mapping[str, str]) -> None:
        key = tuple(fields)
        if not self._compiles:
            return
        numbers = [name for name in key if name != "t" and name not in _UNSENT]
        if not all(_NUMBER.fullmatch(name) for name in numbers):
            return
        bitmaps = made["p"] + made.get("1", "")
        self._known_encoders.learn(
            *(key, len(numbers)),
            lambda: compiled_encoder(self.spec, sorted(numbers, key=int), bitmaps),
        )


def _any_bytes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The same field, read so that no byte is beyond it."""
    taken = dict(properties)
    if is_ascii(taken["data_enc"]):
        taken["data_enc"] = "latin-1"
    return taken


def _culprit(fields: Mapping[str, str]) -> tuple[str, str]:
    """The field that made pyiso8583 fail without a word of its own, and why."""
    for key, value in fields.items():
        if not isinstance(value, str):
            return str(key), f"Field data is {type(value).__name__}, not text"
    for key in fields:
        if key.isnumeric() and not _NUMBER.fullmatch(key):
            return key, "Field is not written as a number"
    return "p", "Field data cannot be encoded"
