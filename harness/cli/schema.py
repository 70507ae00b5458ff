"""`harness schema`: the JSON Schema of a scenario file, and the AsyncAPI document of the control
plane.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from harness.control.asyncapi import asyncapi
from harness.did_you_mean import unknown
from harness.plan import harness_version
from harness.scenario_schema import scenario_schema

_WHAT = ("scenario", "asyncapi")


def schema(
    what: Annotated[
        str,
        typer.Argument(help="'scenario', for editors that check TOML, or 'asyncapi', of MQTT."),
    ] = "scenario",
) -> None:
    """Print the JSON Schema of scenario files, or the AsyncAPI document of the control plane."""
    if what not in _WHAT:
        unknown("schema", what, _WHAT, place="harness schema")
    print(schema_text() if what == "scenario" else asyncapi_text(), end="")


def schema_text() -> str:
    """As it is published in docs/scenario.schema.json."""
    return msgspec.json.format(msgspec.json.encode(scenario_schema())).decode() + "\n"


def asyncapi_text() -> str:
    """As it is published in docs/asyncapi.json."""
    return msgspec.json.format(msgspec.json.encode(asyncapi(harness_version()))).decode() + "\n"
