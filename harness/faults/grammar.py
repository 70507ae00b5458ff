"""The syntax of a fault: KIND[:name=value,...][@FROM..UNTIL].

    silent@10m..80m
    drop_response:p=30%,mti=0210
    late_response:past=5s,terminal=ATM00007,nth=3
    rst@5m..

The same in flags, scenario files and Python. Times count from the start of the run; a window is
half-open and either side may be left out.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, NoReturn

import msgspec

from harness.errors import ConfigError
from harness.faults.connection import CONNECTION_RULES
from harness.faults.host import HOST_RULES
from harness.faults.rule import FOREVER, FaultSpec, Parameter, Rule
from harness.faults.site import CUSTOMER_RULES, DEVICE_RULES, POWER_RULES
from harness.faults.wire import WIRE_RULES
from harness.units import parse_duration, parse_share

ALL_RULES: dict[str, type[Rule]] = {
    rule.kind: rule
    for rules in (
        CONNECTION_RULES,
        WIRE_RULES,
        HOST_RULES,
        DEVICE_RULES,
        CUSTOMER_RULES,
        POWER_RULES,
    )
    for rule in rules
}
_WORDS = {("reorder", "to"): ("host", "terminal")}
_OPERATIONS = ("write", "sync", "motor", "frame", "connect", "disconnect")


class FaultKind(msgspec.Struct, frozen=True):
    """One kind of fault, for those who want to read about it."""

    kind: str
    layer: str
    summary: str
    parameters: dict[str, Parameter]


def fault_catalog() -> list[FaultKind]:
    """All kinds, by layer and name."""
    kinds = [
        FaultKind(rule.kind, rule.layer, rule.summary, rule.parameters)
        for rule in ALL_RULES.values()
    ]
    return sorted(kinds, key=lambda kind: (kind.layer, kind.kind))


def parse_fault(text: str, place: str = "--fault") -> FaultSpec:
    """One fault from its text.

    Raises:
        ConfigError: an unknown kind, parameter or unit, a value out of range, an empty window; with
            the place marked under the text and the nearest right name.
    """
    return _Parser(text, place).fault()


class _Parser:
    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place

    def _wrong(self, problem: str, at: int, width: int = 1, remedy: str = "") -> NoReturn:
        """Marks `width` characters from `at` under the text."""
        mark = " " * at + "^" * max(1, width)
        lines = [f"    {self._text}", f"    {mark}"]
        raise ConfigError(
            problem, place=self._place, remedy="\n".join([*lines, *([remedy] if remedy else [])])
        )

    def fault(self) -> FaultSpec:
        body, at_sign, window = self._text.partition("@")
        kind, colon, rest = body.partition(":")
        rule = ALL_RULES.get(kind)
        if rule is None:
            near = get_close_matches(kind, ALL_RULES, 1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            self._wrong(
                f"unknown fault '{kind}'", 0, len(kind), hint + "see 'harness list faults'"
            )
        given = self._parameters(rule, rest, len(kind) + 1) if colon else {}
        start, until = self._window(window, len(body) + 1) if at_sign else (0.0, FOREVER)
        return FaultSpec(kind, self._filled(rule, given), start, until, self._text)

    # --- parameters ------------------------------------------------------------------------

    def _parameters(self, rule: type[Rule], text: str, at: int) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for part in text.split(","):
            name, equals, value = part.partition("=")
            if name not in rule.parameters:
                near = get_close_matches(name, rule.parameters, 1)
                hint = f"did you mean '{near[0]}'? " if near else ""
                known = ", ".join(rule.parameters)
                self._wrong(
                    f"{rule.kind} has no parameter '{name}'",
                    at,
                    len(name),
                    f"{hint}it takes {known}",
                )
            if not equals or not value:
                self._wrong(f"'{name}' has no value", at, len(part), f"write {name}=...")
            if name in given:
                self._wrong(f"'{name}' is given twice", at, len(part), "leave one of them out")
            given[name] = self._value(rule, name, value, at + len(name) + 1)
            at += len(part) + 1
        return given

    def _filled(self, rule: type[Rule], given: dict[str, Any]) -> dict[str, Any]:
        """The defaults where nothing was given."""
        return {
            name: given[name]
            if name in given
            else self._value(rule, name, parameter.default, 0)
            for name, parameter in rule.parameters.items()
            if name in given or parameter.default is not None
        }

    def _value(self, rule: type[Rule], name: str, text: str, at: int) -> Any:
        kind = rule.parameters[name].type
        try:
            if kind == "duration":
                return parse_duration(text)
            if kind == "share":
                return self._share(text, at)
        except ConfigError as wrong:
            self._wrong(wrong.problem, at, len(text), wrong.remedy)
        if kind == "count":
            if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
                self._wrong(f"'{text}' is not a count", at, len(text), "write 1, 2, 3 ...")
            return int(text)
        if kind == "mti":
            if not re.fullmatch(r"[0-9]{4}", text):
                self._wrong(f"'{text}' is not an MTI", at, len(text), "four digits, such as 0210")
            return text
        if kind == "terminal":
            if not re.fullmatch(r"[!-~]{1,8}", text):
                self._wrong(f"'{text}' is not a terminal", at, len(text), "such as ATM00007")
            return text
        return self._word(rule, name, text, at)

    def _share(self, text: str, at: int) -> float:
        share = parse_share(text)
        if share == 0.0:
            self._wrong("a probability of 0 never strikes", at, len(text), "leave the fault out")
        return share

    def _word(self, rule: type[Rule], name: str, text: str, at: int) -> str:
        allowed = _WORDS.get((rule.kind, name))
        if allowed is not None and text not in allowed:
            self._wrong(f"'{text}' is not one of {', '.join(allowed)}", at, len(text))
        if name == "at" and not text.startswith(_OPERATIONS):
            self._wrong(
                f"'{text}' is no operation of a terminal",
                at,
                len(text),
                "write:Intent, write:Decision, write:Reversal, sync, motor:eject, motor:stack, "
                "motor:present, frame:0200, frame:0420 ...",
            )
        return text

    # --- window ------------------------------------------------------------------------------

    def _window(self, text: str, at: int) -> tuple[float, float]:
        first, dots, last = text.partition("..")
        if not dots:
            self._wrong("a window is FROM..UNTIL", at, len(text), "such as @10m..80m, @5m.. or @..30s")
        start = self._time(first, at) if first else 0.0
        until = self._time(last, at + len(first) + 2) if last else FOREVER
        if until <= start:
            self._wrong("the window is empty", at, len(text), "FROM comes before UNTIL")
        return start, until

    def _time(self, text: str, at: int) -> float:
        try:
            return parse_duration(text)
        except ConfigError as wrong:
            self._wrong(wrong.problem, at, len(text), wrong.remedy)
