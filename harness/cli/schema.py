"""`harness schema`: the JSON Schema of a scenario file."""

from __future__ import annotations

import msgspec

from harness.scenario_schema import scenario_schema


def schema() -> None:
    """Print the JSON Schema of scenario files, for editors that check TOML."""
    print(schema_text(), end="")


def schema_text() -> str:
    """As it is published in docs/scenario.schema.json."""
    return msgspec.json.format(msgspec.json.encode(scenario_schema())).decode() + "\n"
