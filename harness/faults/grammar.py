"""The syntax of a fault: KIND[:name=value,...][@FROM..UNTIL].

    silent@10m..80m
    drop_response:p=30%,mti=0210
    late_response:past=5s,terminal=ATM00007,nth=3
    rst@5m..

The same in flags, scenario files and Python. Times count from the start of the run; a window is
half-open, and either side may be left out. A mistake shows its place under the text, and the
nearest right name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NoReturn

import msgspec

from harness.did_you_mean import nearest
from harness.errors import ConfigError
from harness.faults.byte import BYTE_RULES
from harness.faults.byte_line import LINE_RULES
from harness.faults.connection import CONNECTION_RULES
from harness.faults.connection_dead import LINK_RULES
from harness.faults.control import CONTROL_RULES, OF_THE_PLANE
from harness.faults.customer import CUSTOMER_RULES
from harness.faults.customer_visit import VISIT_RULES
from harness.faults.device import DEVICE_RULES
from harness.faults.fleet import FLEET_RULES
from harness.faults.framing import FRAMING_RULES
from harness.faults.host import HOST_RULES
from harness.faults.host_answers import HOST_ANSWER_RULES
from harness.faults.meaning import MEANING_RULES
from harness.faults.message import MESSAGE_RULES
from harness.faults.message_delivery import DELIVERY_RULES
from harness.faults.message_stranger import STRANGER_RULES
from harness.faults.message_unasked import UNASKED_RULES
from harness.faults.operator import OPERATOR_RULES
from harness.faults.operator_commands import COMMAND_RULES
from harness.faults.power import OPERATIONS, POWER_RULES, is_operation
from harness.faults.rule import FOREVER, FaultSpec, Parameter, Rule
from harness.faults.time_clock import CLOCK_RULES
from harness.faults.time_timers import TIMER_RULES
from harness.units import format_duration, parse_duration, parse_share

__all__ = ["ALL_RULES", "FaultKind", "FaultSpec", "fault_catalog", "parse_fault"]

_SHOWN = 400  # characters of a text that are shown with a mistake: no sensible fault is longer
LAYERS: tuple[tuple[type[Rule], ...], ...] = (
    CONNECTION_RULES,
    LINK_RULES,
    LINE_RULES,
    BYTE_RULES,
    FRAMING_RULES,
    DELIVERY_RULES,
    MESSAGE_RULES,
    UNASKED_RULES,
    STRANGER_RULES,
    MEANING_RULES,
    HOST_RULES,
    HOST_ANSWER_RULES,
    DEVICE_RULES,
    CUSTOMER_RULES,
    VISIT_RULES,
    OPERATOR_RULES,
    POWER_RULES,
    TIMER_RULES,
    CLOCK_RULES,
    FLEET_RULES,
    COMMAND_RULES,
    CONTROL_RULES,
)
_CATALOGUE = """
refuse syn_blackhole slow_accept connection_limit accept_then_close fin_idle rst flap half_open
accept_never_read one_way_partition fin_mid_request fin_mid_response half_close latency jitter
throttle stall_after_n truncate_after_n slice coalesce bitflip drop_bytes insert_bytes len_short
len_long len_zero len_max wrong_endianness inclusive_len header_garbage partial_frame_hang
trailing_bytes two_frames_one_write drop_request drop_response dup_request dup_response reorder
reversal_ack_lost double_post approve_after_reversal late_response just_before_timeout
just_after_timeout exact_tie replay_old unsolicited bad_mti bad_bitmap missing_field bad_llvar
bad_charset bad_mac wrong_stan wrong_rrn wrong_terminal wrong_amount stale_date unknown_code
reversal_declined silent echo_only brownout sign_on_refused slow partial_approval issuer_down
hang_after_n crash_before_commit crash_after_commit crash_restart eject_jam dispense_short
dispense_unknown retract_fail customer_leaves_card customer_leaves_cash customer_dawdles
hand_tie power_cut process_pause clock_skew clock_step dst_change year_rollover region_partition
mass_disconnect thundering_reconnect rolling_restart staggered_heal failover split_brain
host_answers host_asks other_fields
unreadable_card worn_card expired_card hotlisted_card customer_forgets_pin customer_slow
customer_hurried customer_cancels customer_walks_off customer_holds_card customer_takes_part
before_sign_on
"""
"""The order in which kinds are listed, and in which a search draws from them: it would find other
cases for its seed if they changed places. A kind that is not named here comes last.
"""

_PLACES = {kind: place for place, kind in enumerate(_CATALOGUE.split())}


def _in_order(kind: str) -> int:
    return _PLACES.get(kind, len(_PLACES))


_KINDS: dict[str, type[Rule]] = {rule.kind: rule for rules in LAYERS for rule in rules}
ALL_RULES: dict[str, type[Rule]] = {kind: _KINDS[kind] for kind in sorted(_KINDS, key=_in_order)}


def rules_for(*, control_plane: bool) -> dict[str, type[Rule]]:
    """The kinds that can act in a run, by name: some need a control plane."""
    if control_plane:
        return ALL_RULES
    return {kind: rule for kind, rule in ALL_RULES.items() if kind not in OF_THE_PLANE}


class FaultKind(msgspec.Struct, frozen=True):
    """One kind of fault, for those who want to read about it."""

    kind: str
    layer: str
    summary: str
    parameters: dict[str, Parameter]


def fault_catalog() -> list[FaultKind]:
    """All kinds, in the order of the catalogue."""
    return [
        FaultKind(rule.kind, rule.layer, rule.summary, dict(rule.parameters))
        for rule in ALL_RULES.values()
    ]


@lru_cache(maxsize=4096)
def parse_fault(text: str, place: str = "--fault") -> FaultSpec:
    """One fault from its text.

    Raises:
        ConfigError: an unknown kind, parameter or unit, a value out of range, an empty window; with
            the place marked under the text and the nearest right name.
    """
    return _Parser(text, place).fault()


class _Parser:
    """Reads one text from left to right and knows at which character it is."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place

    def _wrong(self, problem: str, at: int, width: int, remedy: str) -> NoReturn:
        """Marks `width` characters from `at` under the text."""
        first = max(0, at - _SHOWN // 2) if len(self._text) > _SHOWN else 0
        text = self._text[first : first + _SHOWN]
        mark = " " * (at - first) + "^" * min(max(1, width), _SHOWN // 2)
        remedy = f"    {text}\n    {mark}\n{remedy}"
        raise ConfigError(problem, place=self._place, remedy=remedy)

    def fault(self) -> FaultSpec:
        body, sign, window = self._text.partition("@")
        kind, colon, rest = body.partition(":")
        if kind not in ALL_RULES:
            near = nearest(kind, ALL_RULES)
            hint = f"did you mean '{near}'?" if near else "see 'harness list faults'"
            self._wrong(f"unknown fault '{kind}'", 0, len(kind), hint)
        rule = ALL_RULES[kind]
        parameters = self._parameters(rule, rest, len(kind) + 1) if colon else defaults_of(rule)
        start, until = self._window(window, len(body) + 1) if sign else (0.0, FOREVER)
        return FaultSpec(kind, parameters, start, until, self._text)

    # --- parameters ------------------------------------------------------------------------

    def _parameters(self, rule: type[Rule], text: str, at: int) -> dict[str, Any]:
        given: dict[str, Any] = {}
        spans: dict[str, tuple[int, int]] = {}
        for part in text.split(","):
            name, equals, value = part.partition("=")
            if name not in rule.parameters:
                self._unknown(rule, name, at)
            if not equals or not value:
                self._wrong(f"'{name}' has no value", at, len(part), f"write {name}=...")
            if name in given:
                self._wrong(f"'{name}' is given twice", at, len(part), "leave one of them out")
            given[name] = self._value(rule.parameters[name], value, at + len(name) + 1)
            spans[name] = (at, len(part))
            at += len(part) + 1
        parameters = defaults_of(rule) | given
        mistake = rule.check(parameters)
        if mistake is not None:
            span = spans.get(mistake.parameter) or next(iter(spans.values()))
            self._wrong(mistake.problem, *span, mistake.remedy)
        return parameters

    def _unknown(self, rule: type[Rule], name: str, at: int) -> NoReturn:
        near = nearest(name, rule.parameters)
        hint = f"did you mean '{near}'? " if near else ""
        known = ", ".join(rule.parameters)
        self._wrong(
            f"{rule.kind} has no parameter '{name}'" if name else "a parameter is missing",
            at,
            len(name),
            f"{hint}{rule.kind} takes {known}",
        )

    def _value(self, parameter: Parameter, text: str, at: int) -> Any:
        try:
            return read_value(parameter, text)
        except ConfigError as wrong:
            self._wrong(wrong.problem, at, len(text), wrong.remedy)

    # --- window ------------------------------------------------------------------------------

    def _window(self, text: str, at: int) -> tuple[float, float]:
        first, dots, last = text.partition("..")
        if not dots:
            remedy = "such as @10m..80m, @5m.. or @..30s"
            self._wrong("a window is FROM..UNTIL", at, len(text), remedy)
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


def defaults_of(rule: type[Rule]) -> dict[str, Any]:
    """What its parameters are where nothing is written."""
    return {
        name: read_value(parameter, parameter.default)
        for name, parameter in rule.parameters.items()
        if parameter.default is not None
    }


# --- values ------------------------------------------------------------------------------------


def read_value(parameter: Parameter, text: str) -> Any:
    """A parameter's value from its text: durations in seconds, shares from 0 to 1.

    Raises:
        ConfigError: with problem and remedy, and no place.
    """
    match parameter.type:
        case "duration":
            seconds = parse_duration(text)
            if seconds < parameter.least:
                least = format_duration(parameter.least)
                raise ConfigError(f"'{text}' is too short", remedy=f"at least {least}")
            return seconds
        case "share":
            share = parse_share(text)
            if share == 0.0:
                raise ConfigError("a probability of 0 never strikes", remedy="leave the fault out")
            return share
        case "count":
            return _count(parameter, text)
        case "mti":
            return _matching(r"[0-9]{4}", text, "an MTI", "four digits, such as 0210")
        case "terminal":
            return _matching(r"[!-~]{1,16}", text, "a terminal", "its id, such as ATM00007")
        case "pan":
            remedy = "its last four digits, such as ...0014"
            return _matching(r"(\.\.\.)?[0-9]{4}", text, "how a card's number ends", remedy)[-4:]
        case "stan":
            remedy = "its digits, such as 000002"
            return _matching(r"[0-9]{1,12}", text, "a STAN", remedy).lstrip("0")
        case "code":
            if text in parameter.choices:
                return text
            remedy = f"a code such as 41, or {', '.join(parameter.choices)}"
            return _matching(r"[0-9A-Z]{2,4}", text, "a response code", remedy)
        case "choice":
            if text not in parameter.choices:
                choices = " or ".join(parameter.choices)
                raise ConfigError(f"'{text}' is no choice", remedy=f"write {choices}")
            return text
        case _:
            return _operation(text)


def _count(parameter: Parameter, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ConfigError(f"'{text}' is not a count", remedy="write a whole number")
    number = int(text)
    if not parameter.least <= number <= parameter.most:
        most = "up" if parameter.most == FOREVER else f"to {parameter.most:g}"
        raise ConfigError(f"'{text}' is out of range", remedy=f"from {parameter.least:g} {most}")
    return number


def _matching(pattern: str, text: str, what: str, remedy: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ConfigError(f"'{text}' is not {what}", remedy=remedy)
    return text


def _operation(text: str) -> str:
    if not is_operation(text):
        near = nearest(text, OPERATIONS)
        remedy = f"did you mean '{near}'?" if near else f"such as {', '.join(OPERATIONS)}"
        raise ConfigError(f"'{text}' is no operation of a terminal", remedy=remedy)
    return text
