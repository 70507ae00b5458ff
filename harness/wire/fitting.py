"""What our machines say, changed into what a specification has that is not the standard's.

A number gets or loses leading zeros, a text gets or loses blanks at its end, and an element that
the specification does not have is left out. What comes is read back in the form of the dialect,
so that nobody else has to know. `wire.spec_trial` finds out what there is to change,
which is nothing where the specification is the standard's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.wire.dialects.base import Form
from harness.wire.message import Fields

HEADER = "h"
"""The field before the message type."""


class Rule(NamedTuple):
    """How the text of one element is changed on its way out and back in: `ours` is how many
    characters the dialect writes, `theirs` how many the specification has (0: it varies), `whole`
    whether an odd number of them is filled up to whole bytes.
    """

    kind: str
    ours: int
    theirs: int
    whole: bool

    def out(self, text: str) -> str:
        """The text as the specification has it; unchanged where it has no room for it."""
        if self.whole and len(text) % 2:
            text = f"{text}F" if self.kind == "track" else f"0{text}"
        if not self.theirs:
            return text
        if self.kind == "number" and _digits(text):
            return _of_width(text, self.theirs)
        if self.kind in ("text", "place"):
            rest = text[self.theirs :]
            fits = not rest.strip(" ") or self.kind == "place"
            return f"{text[: self.theirs]:<{self.theirs}}" if fits else text
        return text

    def back(self, text: str) -> str:
        """The text as the dialect has it."""
        if self.kind == "number" and self.ours and _digits(text):
            return _of_width(text, self.ours)
        if self.kind in ("text", "place") and self.theirs:
            return text if text[self.ours :].strip(" ") else text[: self.ours]
        if self.whole and self.kind == "track":
            return text.removesuffix("F")
        if self.whole:
            return text.removeprefix("0")
        return text


class Fitting(NamedTuple):
    """The elements that are left out, the rules by element, and what the
    header (field h) of our own messages says, '' where the specification has none.
    """

    left_out: frozenset[str] = frozenset()
    rules: Mapping[str, Rule] = {}
    header: str = ""

    @property
    def changes(self) -> bool:
        """Is there anything to fit?"""
        return bool(self.left_out or self.rules or self.header)

    def outward(self, fields: Fields) -> Fields:
        """The fields of a message of ours, as the specification has them."""
        rules = self.rules
        made = {
            name: rules[name].out(text) if name in rules and isinstance(text, str) else text
            for name, text in fields.items()
            if name not in self.left_out
        }
        if self.header:
            made.setdefault(HEADER, self.header)
        return made

    def inward(self, fields: Fields) -> Fields:
        """The fields of any message, as the dialect has them."""
        for name, rule in self.rules.items():
            if name in fields:
                fields[name] = rule.back(fields[name])
        return fields


def rule_for(form: Form, field: Mapping[str, object]) -> Rule | None:
    """The rule for an element; None if the specification has it as the dialect writes it."""
    size, fixed = int(str(field["max_len"])), not field["len_type"]
    packed, nibbles = field["data_enc"] == "b", field.get("len_count", "bytes") == "nibbles"
    whole = packed and not nibbles and form.kind in ("number", "track") and not fixed
    theirs = size
    if packed and not nibbles:
        theirs = 2 * size
    elif nibbles and not packed:
        theirs = size // 2
    if not fixed:
        theirs = 0
    changes = form.kind != "exact" and theirs and form.ours and theirs != form.ours
    if whole or changes:
        return Rule(form.kind, form.ours, theirs, whole)
    return None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _of_width(digits: str, width: int) -> str:
    """The number in so many digits, or in more where it does not fit."""
    return digits.lstrip("0").zfill(width)
