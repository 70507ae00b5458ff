"""The JSON Schema of a scenario file, made from what the reader itself goes by.

It is published as docs/scenario.schema.json, for editors that check TOML as it is typed (the
`#:schema` line on top of a scenario). What only a parser can know, a fault's syntax above all,
`harness run` says.
"""

from __future__ import annotations

from typing import Any

from harness.checks.catalogue import INVARIANTS
from harness.checks.expectations import fields_of
from harness.contract import Contract
from harness.crypto.mac import mac_names
from harness.events import EVENT_TYPES
from harness.faults.grammar import ALL_RULES
from harness.link_options import LinkOptions
from harness.machines.behaviour import CustomerBehaviour
from harness.machines.motors import Motors
from harness.machines.terminal import LAST_STAN
from harness.scenario_renames import RENAMES, Key, spelled
from harness.wire.dialects import DIALECTS
from harness.wire.framing import framing_names

_DURATION = {
    "description": "seconds, or text such as '90m', '45s', '20ms'",
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^[0-9].*$"}],
}
_SHARE = {
    "description": "from 0 to 1, or text such as '3%'",
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": "^[0-9.]+ *%$"},
    ],
}
_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}


def scenario_schema() -> dict[str, Any]:
    """As a dictionary, ready for JSON."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of the ATM harness",
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "title"],
        "properties": {
            "id": _described(_TEXT, "such as S01"),
            "title": _TEXT,
            "story": _described(_TEXT, "what happens, for people"),
            "shows": _described(_TEXT, "what it is meant to show"),
            "terminals": {"type": "integer", "minimum": 1},
            "search_terminals": _described(
                {"type": "integer", "minimum": 1}, "how many a search plays with; else terminals"
            ),
            "first_stan": {"type": "integer", "minimum": 1, "maximum": LAST_STAN},
            "duration": _DURATION,
            "epoch": _described(_TEXT, "the wall clock at the start, UTC: 2026-11-21T20:10:00"),
            "faults": {
                "type": "array",
                "items": {"type": "string", "pattern": f"^({'|'.join(ALL_RULES)})(:|@|$)"},
            },
            "promises": {"type": "array", "items": {"enum": list(INVARIANTS)}},
            "expect": _described(
                _events(least=1),
                "how often each must happen at least, by its name or by a field too ('Posted "
                "kind=reversal'); in proportion with fewer terminals or less time, never below "
                "once; once with faults that are not the scenario's own",
            ),
            "forbid": _described(
                _events(least=0),
                "how often each may happen at most; in proportion with more terminals or more "
                "time, never less; only with the scenario's own faults and profiles",
            ),
            "contract": _contract(),
            "customers": _section(CustomerBehaviour()),
            "link": _link(),
            "motors": _section(Motors()),
            "control_plane": _described(
                {"type": "boolean"}, "a simulation has a broker, and commands can reach terminals"
            ),
            "terminal_profile": _TEXT,
            "host_profile": _TEXT,
            "evening": _deprecated(_section(CustomerBehaviour()), ("", "evening")),
            "spec": _deprecated(_TEXT, ("", "spec")),
            "framing": _deprecated(_TEXT, ("", "framing")),
        },
    }


def _described(schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {**schema, "description": text}


def _deprecated(schema: dict[str, Any], old: Key) -> dict[str, Any]:
    """A name that is called otherwise now, and still taken."""
    new = next(rename.new for rename in RENAMES if rename.old == old)
    name = spelled(new, section=schema.get("type") == "object")
    return {**_described(schema, f"is called {name} now"), "deprecated": True}


def _contract() -> dict[str, Any]:
    section = _section(Contract())
    del section["properties"]["host_outages"]  # an option of terminals that stand alone
    del section["properties"]["echo"]  # follows from the link
    for name in ("mac", "sign_on"):
        section["properties"][name] = _deprecated({"type": "boolean"}, ("contract", name))
    return section


def _link() -> dict[str, Any]:
    section = _section(LinkOptions())
    section["properties"] |= {
        "dialect": {"enum": list(DIALECTS)},
        "framing": {"enum": list(framing_names())},
        "mac": {"enum": mac_names()},
    }
    return section


def _events(*, least: int) -> dict[str, Any]:
    count = {"type": "integer", "minimum": least}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(EVENT_TYPES, count),
        "patternProperties": {
            f"^{name} ({'|'.join(fields_of(kind))})=.*$": count
            for name, kind in EVENT_TYPES.items()
            if fields_of(kind)
        },
    }


def _section(default: Any) -> dict[str, Any]:
    shares = isinstance(default, CustomerBehaviour)  # only there shares default below one
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: _like(getattr(default, name), shares=shares) for name in default.__struct_fields__
        },
    }


def _like(default: Any, *, shares: bool) -> dict[str, Any]:
    """The kind of value that a default is."""
    if isinstance(default, bool):
        return {"type": "boolean"}
    if isinstance(default, str):
        return _TEXT
    if isinstance(default, tuple):
        text = not default or isinstance(default[0], str)
        return {"type": "array", "items": _TEXT if text else _like(default[0], shares=shares)}
    if isinstance(default, int):
        return _COUNT
    return _SHARE if default < 1 and shares else _DURATION
