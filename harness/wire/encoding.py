"""An encoder written out for one set of fields: checks of lengths, then joins.

Strict: it takes only text of the right length and raises `ValueError`, `KeyError`, `TypeError`,
`IndexError` or `AttributeError` for the rest, which says 'ask pyiso8583', not 'wrong'.
Hexadecimal goes through `a2b_hex`, as `bytes.fromhex` would skip blanks.
"""

from __future__ import annotations

from binascii import a2b_hex
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from harness.wire.layout import Field, is_ascii, layouts
from harness.wire.spec import SpecMap

Encoder = Callable[[Mapping[str, str]], bytes]


def compiled_encoder(spec: SpecMap, keys: Sequence[str], bitmaps: str) -> Encoder | None:
    """An encoder for dictionaries with exactly these data elements, in the order of the wire.

    `bitmaps` is the hexadecimal text of all of them. None if a field is beyond it.
    """
    fields = layouts(spec, keys)
    head = layouts(spec, ["t"])
    if fields is None or head is None:
        return None
    mti = head[0]._replace(size=4)
    if spec["p"]["data_enc"] != "b" and not is_ascii(spec["p"]["data_enc"]):
        return None
    scope: dict[str, Any] = {"a2b_hex": a2b_hex, "values_of": itemgetter("t", *keys)}
    checks: list[str] = []
    parts = [(mti.text, mti.var), (spec["p"]["data_enc"] != "b", repr(bitmaps))]
    lines = [f"{', '.join(['vt', *(field.var for field in fields)])}, = values_of(fields)"]
    checks.append("len(vt) != 4")
    for field in fields:
        if field.prefix:
            parts += _variable_parts(field, scope, checks)
        else:
            checks.append(f"len({field.var}) != {field.size}")
            parts += _padded(field, field.odd)
    lines.append(f"if {' or '.join(checks)}: raise ValueError")
    lines.append(f"return {_joined(parts)}")
    source = "def encode(fields):\n" + "\n".join(f"    {line}" for line in lines)
    # exec of a text would do the same, but an interrupt (Ctrl-C) that comes meanwhile makes Python
    # end itself by the signal at its exit, whoever has handled the interrupt
    exec(compile(source, "<encoder>", "exec"), scope)
    made: Encoder = scope["encode"]
    return made


def _padded(field: Field, odd: bool) -> list[tuple[bool, str]]:
    own = (field.text, field.var)
    if not odd:
        return [own]
    return [(False, repr(field.left)), own] if field.left else [own, (False, repr(field.right))]


def _variable_parts(
    field: Field, scope: dict[str, Any], checks: list[str]
) -> list[tuple[bool, str]]:
    v, table = field.var, f"lengths{field.key}"
    scope[table] = field.spelled
    spelled = f"{table}[len({v})]"
    if not field.text and not field.nibbles:
        checks.append(f"len({v}) & 1")
        spelled = f"{table}[len({v}) >> 1]"
    pad = (False, f"({field.pad!r} if len({v}) & 1 else '')")
    parts = [(field.prefix_text, spelled)]
    if field.nibbles:
        parts += [pad, (False, v)] if field.left else [(False, v), pad]
    else:
        parts.append((field.text, v))
    return parts


def _joined(parts: list[tuple[bool, str]]) -> str:
    """Source that puts the parts together: neighbours of a kind in one go."""
    runs: list[tuple[bool, list[str]]] = []
    for text, source in parts:
        if runs and runs[-1][0] is text:
            runs[-1][1].append(source)
        else:
            runs.append((text, [source]))
    pieces = []
    for text, sources in runs:
        joined = f"''.join(({', '.join(sources)},))"
        pieces.append(f"{joined}.encode('ascii')" if text else f"a2b_hex({joined})")
    return " + ".join(pieces)
