"""A decoder written out for one set of fields: a straight line of slices.

Strict: it takes only what is canonical and raises `ValueError`, `KeyError`, `TypeError`,
`IndexError` or `AttributeError` for the rest, which says 'ask pyiso8583', not 'wrong'. Lengths
are looked up in tables of canonical texts, as `int` would take ' 12', '1_2' and foreign digits.

A message becomes at most one string of characters and one of hexadecimal, which are sliced
by byte offsets. Most traffic repeats not only its fields but also their lengths, so there are
two decoders for a set: one for the lengths of a sample, where every offset is known
beforehand, and one for any lengths, to which the first hands over what differs.
"""

from __future__ import annotations

from binascii import b2a_hex
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from harness.wire.layout import Field, layouts, lengths_of
from harness.wire.spec import SpecMap

Decoder = Callable[[bytes], dict[str, str]]


def compiled_decoder(
    spec: SpecMap, keys: Sequence[str], bitmaps: Mapping[str, str], sample: Mapping[str, str]
) -> Decoder | None:
    """A decoder for messages with exactly these data elements, in the order of the wire.

    `bitmaps` are the texts of 'p' and '1' that it answers with, `sample` the fields of a message
    whose lengths are to be expected. None if a field is beyond it.
    """
    fields = layouts(spec, keys)
    head = layouts(spec, ["t"])
    if fields is None or head is None:
        return None
    mti = head[0]._replace(size=4)
    packed = spec["p"]["data_enc"] == "b"
    any_lengths = _Source(mti, packed, fields, bitmaps, {}).compiled({})
    known = {field.key: len(sample[field.key]) for field in fields if field.prefix}
    if not known:
        return any_lengths
    return _Source(mti, packed, fields, bitmaps, known).compiled({"otherwise": any_lengths})


class _Source:
    """The source of one decoder; `packed` says that bitmaps are bytes, `pure` that all is text.

    `base` names the variable that holds the last variable field's end ('' before the first),
    `at` the bytes since then. Fixed fields wait in `stretch` until a variable one ends it.
    """

    def __init__(
        self,
        mti: Field,
        packed: bool,
        fields: list[Field],
        bitmaps: Mapping[str, str],
        known: Mapping[str, int],
    ) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {}
        self.base = ""
        self.at = 0
        self.stretch: list[tuple[Field, int]] = []
        self.unexpected: list[str] = []
        self.texts: list[str] = []
        lengths_too = all(field.prefix_text or not field.prefix for field in fields)
        characters = mti.text and not packed and all(field.text for field in fields)
        self.pure = characters and lengths_too
        self._fixed(mti)
        self.at += sum(len(text) for text in bitmaps.values()) // (2 if packed else 1)
        for field in fields:
            if field.key in known:
                self._expected(field, known[field.key])
            elif field.prefix:
                self._flush()
                self._variable(field)
            else:
                self._fixed(field)
        self._flush()
        self._close(mti, fields, bitmaps, bool(known))

    def compiled(self, scope: Mapping[str, Any]) -> Decoder:
        body = "".join(f"    {line}\n" for line in self.lines)
        characters = "data.decode('ascii')" if self.pure else "data.decode('latin-1')"
        # upper() is much faster on bytes than on text
        sources = {"text": characters, "hexa": "b2a_hex(data).upper().decode('ascii')"}
        opening = "".join(
            f"    {name} = {how}\n" for name, how in sources.items() if f"{name}[" in body
        )
        guard = ""
        if self.unexpected:
            guard = f"    if {' or '.join(self.unexpected)}: return otherwise(data)\n"
        namespace = {"b2a_hex": b2a_hex, **self.scope, **scope}
        source = f"def decode(data):\n{guard}{opening}{body}"
        exec(compile(source, "<decoder>", "exec"), namespace)  # see compiled_encoder
        made: Decoder = namespace["decode"]
        return made

    def _close(
        self, mti: Field, fields: list[Field], bitmaps: Mapping[str, str], known: bool
    ) -> None:
        """Nothing may be left over, and text in a mixed message must be ASCII all through."""
        if known:
            self.unexpected.insert(0, f"len(data) != {self.at}")
        else:
            self.lines.append(f"if {self._place(self.at)} != len(data): raise ValueError")
        if self.texts and not self.pure:
            joined = ", ".join(self.texts)
            self.lines.append(f"if not ''.join(({joined},)).isascii(): raise ValueError")
        pairs = [f"'t': {mti.var}"]
        pairs += [f"{key!r}: {text!r}" for key, text in bitmaps.items()]
        pairs += [f"{field.key!r}: {field.var}" for field in fields]
        self.lines.append(f"return {{{', '.join(pairs)}}}")

    def _place(self, offset: int, units: int = 1) -> str:
        """Source for an offset from `base`, in bytes or in characters of the hexadecimal."""
        if not self.base:
            return str(offset * units)
        name = self.base if units == 1 else f"{self.base}{self.base}"
        return f"{name} + {offset * units}" if offset else name

    def _expected(self, field: Field, size: int) -> None:
        """A variable field that is fixed as long as its length is the expected one."""
        count = size if field.text or field.nibbles else size // 2
        spelled = field.spelled[count]
        raw = spelled.encode("ascii") if field.prefix_text else bytes.fromhex(spelled)
        stop = self.at + field.prefix
        self.unexpected.append(f"data[{self.at}:{stop}] != {raw!r}")
        self.at = stop
        self._fixed(field._replace(prefix=0, size=size))

    def _fixed(self, field: Field) -> None:
        self.stretch.append((field, self.at))
        self.at += field.wire

    def _flush(self) -> None:
        """The fixed fields of a stretch, those of a kind in one grip."""
        for text in (True, False):
            grip = [(field, at) for field, at in self.stretch if field.text is text]
            if grip:
                self._grip(grip, "text" if text else "hexa", 1 if text else 2)
        self.stretch.clear()

    def _grip(self, grip: list[tuple[Field, int]], source: str, units: int) -> None:
        first, (last, last_at) = grip[0][1], grip[-1]
        span = f"{source}[{self._place(first, units)}:{self._place(last_at + last.wire, units)}]"
        self.lines.append(f"span = {span}")
        slices = []
        for field, at in grip:
            start = (at - first) * units
            stop = start + field.wire * units
            if field.odd:
                pad, start, stop = _without_pad(field, start, stop)
                self.lines.append(f"if span[{pad}] != {field.pad!r}: raise ValueError")
            slices.append(slice(start, stop))
            if field.text:
                self.texts.append(field.var)
        name = f"grip{len(self.scope)}"
        self.scope[name] = itemgetter(*slices)
        names = ", ".join(field.var for field, _ in grip)
        self.lines.append(f"{names} = {name}(span)")

    def _variable(self, field: Field) -> None:
        table = f"lengths{field.key}"
        units = 1 if field.text or field.nibbles else 2
        self.scope[table] = lengths_of(field.spelled, units)
        kind, step = ("text", 1) if field.prefix_text else ("hexa", 2)
        stop = self.at + field.prefix
        spelled = f"{kind}[{self._place(self.at, step)}:{self._place(stop, step)}]"
        self.lines += [f"n = {table}[{spelled}]", f"i = {self._place(stop)}"]
        self.base, self.at = "o", 0
        if field.text:
            self.lines += ["o = i + n", f"{field.var} = text[i:o]"]
            self.texts.append(field.var)
        else:
            self.lines += ["o = i + (n + 1 >> 1)", f"{field.var} = hexa[i + i:o + o]"]
        if not self.pure:
            self.lines.append("oo = o + o")
        if field.nibbles:
            self.lines += ["if n & 1:", *(f"    {line}" for line in _unpad(field))]


def _without_pad(field: Field, start: int, stop: int) -> tuple[int, int, int]:
    """Where the pad of an odd field stands, and where the field itself starts and stops."""
    return (start, start + 1, stop) if field.left else (stop - 1, start, stop - 1)


def _unpad(field: Field) -> list[str]:
    v = field.var
    if field.left:
        return [f"if {v}[0] != {field.left!r}: raise ValueError", f"{v} = {v}[1:]"]
    return [f"if {v}[-1] != {field.right!r}: raise ValueError", f"{v} = {v}[:-1]"]
