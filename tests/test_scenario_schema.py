"""The schema says of a scenario file what the reader says, as far as a schema can."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.cli.schema import schema_text
from harness.errors import ConfigError
from harness.scenario import Scenario, parse_scenario
from harness.scenario_renames import RENAMES, Rename, spelled
from harness.scenario_schema import scenario_schema

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "fixtures" / "scenarios").glob("*.toml"))
VALIDATOR = Draft202012Validator(scenario_schema())
HEAD = 'id = "X"\ntitle = "x"\n'


def problems(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads(text))]


def test_it_is_a_schema_and_published_as_it_is() -> None:
    """`harness schema > docs/scenario.schema.json` when this fails."""
    Draft202012Validator.check_schema(scenario_schema())
    assert (ROOT / "docs" / "scenario.schema.json").read_text() == schema_text()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_keeps_to_it_and_names_it(path: Path) -> None:
    """An editor finds the schema by the first line."""
    text = path.read_text()
    assert problems(text) == []
    assert text.startswith("#:schema ../../docs/scenario.schema.json\n")


def test_every_key_of_a_scenario_is_in_it() -> None:
    """But for the name, which is the file's; an old name is marked as deprecated."""
    keys = set(Scenario.__struct_fields__) - {"name"}
    found = scenario_schema()["properties"]
    assert keys == {name for name, schema in found.items() if not schema.get("deprecated")}


@pytest.mark.parametrize("rename", RENAMES, ids=lambda rename: spelled(rename.old))
def test_an_old_name_is_taken_and_marked(rename: Rename) -> None:
    """An editor strikes it through, and says what it is called now."""
    section, key = rename.old
    properties = scenario_schema()["properties"]
    schema = properties[section]["properties"][key] if section else properties[key]
    assert schema["deprecated"]
    assert "is called [" in schema["description"]


@pytest.mark.parametrize(
    "text",
    [
        'title = "no id"',
        HEAD + "colour = 3",
        HEAD + "terminals = 0",
        HEAD + 'terminals = "many"',
        HEAD + "first_stan = 1000000",
        HEAD + "duration = -5",
        HEAD + 'faults = ["no_such_fault"]',
        HEAD + 'promises = ["T99"]',
        HEAD + "[expect]\nNoSuchEvent = 1",
        HEAD + '[expect]\n"Posted knd=debit" = 1',
        HEAD + '[expect]\n"Posted kind" = 1',
        HEAD + '[expect]\n"Posted kind=debit" = 0',
        HEAD + "[expect]\nAborted = 0",
        HEAD + "[link]\nmac = 3",
        HEAD + '[link]\nmac = "cmca"',
        HEAD + '[link]\nframing = "5byte"',
        HEAD + '[link]\ndialect = "1988"',
        HEAD + '[link]\nsign_on = "no"',
        HEAD + '[contract]\nhost_respons = "3s"',
        HEAD + '[customers]\namounts = ["x"]',
        HEAD + '[motors]\neject = "soon"',
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(text: str) -> None:
    """The same mistakes, while they are typed."""
    assert problems(text)
    with pytest.raises(ConfigError):
        parse_scenario(text, Path("x.toml"))


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + 'duration = "1m30s"\n[customers]\nmean_gap = 30\nwrong_pin = "3%"\nkey = [1, 3]',
        HEAD + 'faults = ["silent@10m..80m", "drop_response:p=30%,mti=0210", "slow"]',
        HEAD + "[forbid]\nAborted = 0\n[contract]\nhost_response = 30.5",
        HEAD + '[link]\nspec = "iso87-binary"\nmac = "none"\nsign_on = false',
    ],
)
def test_what_the_reader_takes_the_schema_takes(text: str) -> None:
    """No red lines under what is right."""
    assert problems(text) == []
    parse_scenario(text, Path("x.toml"))
