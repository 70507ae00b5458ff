"""Specifications as people have them: what differs from the printable 1987, and what the values of
a stranger's machine look like there. The right machines of `atm.py` and `bank.py` speak them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from line import SPEC, Fields

Spec = dict[str, dict[str, Any]]


class Theirs(NamedTuple):
    """`change` makes the specification, in place, of the printable one. `shape` gives elements of
    the terminal's messages their form there, None if they are left out. `tells` is what the end of
    the run must say besides that all is well.
    """

    change: Callable[[Spec], None]
    shape: Mapping[str, Callable[[str], str | None]] = {}


def spec_of(theirs: Theirs) -> Spec:
    spec = copy.deepcopy(SPEC)
    theirs.change(spec)
    return spec


def shaped(theirs: Theirs, message: Fields) -> Fields:
    """The message in the form that the specification has for it."""
    made = dict(message)
    for name, form in theirs.shape.items():
        value = form(made.get(name, ""))
        if value is None:
            made.pop(name, None)
        elif name in made or name == "h":
            made[name] = value
    return made


def _without(*elements: str) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        for element in elements:
            del spec[element]

    return change


def _sized(element: str, size: int) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec[element]["max_len"] = size

    return change


def _headed(size: int, value: str, data_enc: str = "ascii") -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec["h"] |= {"max_len": size, "data_enc": data_enc, "value": value}

    return change


def _ebcdic(spec: Spec) -> None:
    for element, field in spec.items():
        field["len_enc"] = "cp037"
        bytes_there = element in ("p", "1", "52", "64", "128")
        field["data_enc"] = "b" if bytes_there else "cp037"
        if bytes_there:
            field["max_len"] = 8


def _binary_bitmap(spec: Spec) -> None:
    for element in ("p", "1", "52", "64", "128"):
        spec[element] |= {"data_enc": "b", "max_len": 8}


PACKED = {*map(str, (*range(3, 28), 53, 70, 90)), "t"}


def _packed(spec: Spec) -> None:
    """BCD and EBCDIC, as hosts on mainframes have it."""
    for element, field in spec.items():
        field["len_enc"] = "bcd"
        field["len_type"] = (field["len_type"] + 1) // 2
        field["data_enc"] = "b" if element in PACKED else "cp500"
        if element in PACKED:
            field |= {"len_count": "nibbles", "left_pad": "0"}
    _binary_bitmap(spec)
    for element in ("2", "32", "33"):
        spec[element] |= {"data_enc": "b", "len_count": "nibbles", "left_pad": "0"}
    spec["35"] |= {"data_enc": "b", "len_count": "nibbles", "right_pad": "F"}


def _bcd_currency(spec: Spec) -> None:
    spec["49"] |= {"data_enc": "b", "max_len": 2}


def _postilion(spec: Spec) -> None:
    spec["127"] |= {"data_enc": "latin-1", "len_type": 6, "max_len": 999_999}


THEIRS: dict[str, Theirs] = {
    "no DE 60": Theirs(_without("60"), {"60": lambda _: None}),
    "no DE 38": Theirs(_without("38")),
    "no DE 15": Theirs(_without("15")),
    "no DE 32": Theirs(
        _without("32"), {"32": lambda _: None, "90": lambda x: x and x[:20] + 22 * "0"}
    ),
    "no track 2": Theirs(_without("35"), {"35": lambda _: None}),
    "DE 41 of 16": Theirs(_sized("41", 16), {"41": lambda x: f"{x:<16}"}),
    "DE 42 of 12": Theirs(_sized("42", 12), {"42": lambda x: x[:12]}),
    "DE 12 of 12": Theirs(_sized("12", 12), {"12": lambda x: f"260308{x}"}),
    "DE 4 of 16": Theirs(_sized("4", 16), {"4": lambda x: x.zfill(16)}),
    "DE 54 of 12": Theirs(_sized("54", 12)),
    "DE 49 in two bytes": Theirs(_bcd_currency, {"49": lambda x: x.zfill(4)}),
    "a binary bitmap": Theirs(_binary_bitmap),
    "EBCDIC": Theirs(_ebcdic),
    "BCD and EBCDIC": Theirs(_packed, {"35": lambda x: x.replace("=", "D")}),
    "DE 127 of six digits": Theirs(_postilion),
    "a header of 12": Theirs(_headed(12, "ISO006000070"), {"h": lambda _: "ISO006000075"}),
    "a header of 22 bytes": Theirs(_headed(22, 44 * "1", "b"), {"h": lambda _: 44 * "2"}),
}
