"""The AsyncAPI 3 document of the control plane, made from the types of its payloads."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.control import payloads as p
from harness.control.reporter import KINDS
from harness.control.topics import ROOT, TELEMETRY, VERBS


class _Channel(msgspec.Struct, frozen=True):
    """A topic with its parameters in braces, what is on it, who sends it ('send' is the terminal's
    side), and what is said of it.
    """

    name: str
    address: str
    payload: type[msgspec.Struct]
    action: str
    summary: str
    retain: bool = False
    qos: int = 1


_TELEMETRY: tuple[type[msgspec.Struct], ...] = (
    p.CashTelemetry,
    p.DevicesTelemetry,
    p.LinkTelemetry,
)
_OF_TERMINAL = f"{ROOT}/{{bank}}/{{terminal}}"
_CHANNELS = (
    _Channel(
        "state", f"{_OF_TERMINAL}/state", p.TerminalState, "send",
        "What a terminal is: its birth, each change, and its last will.", retain=True,
    ),
    *(
        _Channel(f"telemetry_{what}", f"{_OF_TERMINAL}/tel/{what}", payload, "send", summary, qos=0)
        for what, payload, summary in zip(
            TELEMETRY,
            _TELEMETRY,
            (
                "The notes in the cassettes.",
                "The state of the devices.",
                "What went over the link to the host.",
            ),
            strict=True,
        )
    ),
    _Channel(
        "event", f"{_OF_TERMINAL}/evt/{{kind}}", p.TerminalEvent, "send",
        "Something happened at the terminal.",
    ),
    _Channel(
        "command", f"{_OF_TERMINAL}/cmd/{{verb}}", p.Command, "receive",
        "An operator's command to one terminal. It expires, and is never retained.",
    ),
    _Channel(
        "command_to_all", f"{ROOT}/{{bank}}/all/cmd/{{verb}}", p.Command, "receive",
        "An operator's command to all terminals of the bank.",
    ),
    _Channel(
        "response", f"{_OF_TERMINAL}/rsp/{{verb}}", p.Response, "send",
        "What has become of a command so far.",
    ),
    _Channel(
        "inbox", f"{ROOT}/{{bank}}/ops/{{operator}}/rsp", p.Response, "send",
        "The same, where the command's Response Topic asks for it.",
    ),
    _Channel(
        "gateway_state", f"{ROOT}/{{bank}}/gateway/{{gateway}}/state", p.GatewayState, "send",
        "Whether a gateway, which carries many terminals, is there: its birth and last will.",
        retain=True,
    ),
    _Channel(
        "monitor_state", f"{ROOT}/{{bank}}/monitor/state", p.MonitorState, "receive",
        "Whether there is a monitor: its birth and last will.", retain=True,
    ),
    _Channel(
        "incident", f"{ROOT}/{{bank}}/monitor/incident/{{number}}", p.Incident, "receive",
        "An incident, for as long as it is open.", retain=True,
    ),
)  # fmt: skip
_PARAMETERS = {
    "bank": {"description": "The bank's name, percent-encoded."},
    "terminal": {"description": "The terminal's name (DE 41), percent-encoded."},
    "kind": {"description": "The kind of event.", "enum": sorted(KINDS)},
    "verb": {"description": "What is to be done.", "enum": list(VERBS)},
    "number": {"description": "The incident's number."},
    "operator": {"description": "The operator's name, percent-encoded."},
    "gateway": {"description": "The gateway's name, percent-encoded."},
}


def asyncapi(version: str) -> dict[str, Any]:
    """The document. `version` is that of the harness."""
    types = list(dict.fromkeys(channel.payload for channel in _CHANNELS))
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Control plane of a fleet of ATMs",
            "version": version,
            "description": "MQTT 5, JSON. docs/mqtt.md has the rules.",
        },
        "channels": {channel.name: _channel(channel) for channel in _CHANNELS},
        "operations": {channel.name: _operation(channel) for channel in _CHANNELS},
        "components": {
            "messages": {
                kind.__name__: {
                    "name": kind.__name__,
                    "contentType": "application/json",
                    "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
                }
                for kind in types
            },
            "schemas": schemas,
        },
    }


def _channel(channel: _Channel) -> dict[str, Any]:
    name = channel.payload.__name__
    named = {key: x for key, x in _PARAMETERS.items() if f"{{{key}}}" in channel.address}
    return {
        "address": channel.address,
        "summary": channel.summary,
        "parameters": named,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operation(channel: _Channel) -> dict[str, Any]:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retain}},
    }
