"""The AsyncAPI document is made from the types, and published as it is."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from jsonschema import Draft202012Validator

from harness.cli.schema import asyncapi_text
from harness.control.asyncapi import asyncapi
from harness.control.topics import TELEMETRY, VERBS

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads(asyncapi_text())


def test_it_is_published_as_it_is() -> None:
    """`harness schema asyncapi > docs/asyncapi.json` when this fails."""
    assert (ROOT / "docs" / "asyncapi.json").read_text() == asyncapi_text()


def test_every_reference_leads_somewhere() -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for x in node for found in references(x)] if isinstance(node, list) else []

    for reference in references(DOCUMENT):
        place: object = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(place, dict)
            place = place[step]


def test_each_payload_has_a_schema_that_is_one() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for message in DOCUMENT["components"]["messages"].values():
        name = message["payload"]["$ref"].rpartition("/")[2]
        Draft202012Validator.check_schema(schemas[name])


def test_channels_have_what_topics_have() -> None:
    channels = asyncapi("1")["channels"]
    assert {f"telemetry_{what}" for what in TELEMETRY} <= set(channels)
    assert channels["command"]["parameters"]["verb"]["enum"] == list(VERBS)
    assert msgspec.json.encode(channels)
