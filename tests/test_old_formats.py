"""What the version before wrote is read as if this one had written it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import ConfigError
from harness.explore.case import read_case
from harness.journal import Header, JournalReader
from harness.link_options import LinkOptions
from harness.plan import plan_of
from harness.report.judging import judge_journal
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan

ROOT = Path(__file__).parents[1]


def as_before(raw: dict[str, Any]) -> dict[str, Any]:
    """A header or a plan with its link's options one by one, as they were."""
    link = raw.pop("link")
    return {**raw, "spec": link["spec"], "framing": link["framing"], "keys": link["keys"]}


def header_as_before(header: Header) -> dict[str, Any]:
    return as_before({**msgspec.to_builtins(header), "format": 2})


@pytest.mark.parametrize("mac", ["cmac", "none"])
def test_a_journal_of_format_2_gives_the_same_verdict(tmp_path: Path, mac: str) -> None:
    """Its header says by the contract alone whether there is a MAC."""
    new, old = tmp_path / "new.jsonl", tmp_path / "old.jsonl"
    plan = plan_of(
        load_scenario("ordinary_evening"),
        terminals=3,
        duration=600.0,
        link=LinkOptions(framing="4ascii", mac=mac, sign_on=False),
    )
    simulate_plan(plan, journal=new)
    _, lines = new.read_bytes().split(b"\n", 1)
    header = msgspec.json.encode(header_as_before(JournalReader(new).header))
    old.write_bytes(header + b"\n" + lines)
    assert JournalReader(old).header.link == plan.link
    now, before = (judge_journal(path)[0] for path in (new, old))
    assert [row for row in now.rows if row.id != "S3"] == [  # S3 counts the bytes it has read
        row for row in before.rows if row.id != "S3"
    ]
    assert (now.outcome, now.totals) == (before.outcome, before.totals)
    assert now.totals.returned > 0


@pytest.mark.parametrize("format_", [1, 4])
def test_a_journal_of_any_other_format_is_refused(tmp_path: Path, format_: int) -> None:
    """It says which there are."""
    path = tmp_path / "run.jsonl"
    header = plan_of(load_scenario("ordinary_evening")).header((), {})
    path.write_bytes(
        msgspec.json.encode({**msgspec.to_builtins(header), "format": format_}) + b"\n"
    )
    with pytest.raises(ConfigError, match=f"journal format {format_}, this harness reads 2 and 3"):
        JournalReader(path)


def test_a_case_of_format_1_is_read_alike(tmp_path: Path) -> None:
    """With its scenario's customers, whose section had another name."""
    path = ROOT / "fixtures" / "seeds" / "answer_read_after_a_pause.json"
    raw = msgspec.json.decode(path.read_bytes())
    plan = as_before(raw["plan"])
    scenario = as_before(plan["scenario"])
    del scenario["keys"]
    scenario["evening"] = scenario.pop("customers")
    old = tmp_path / "case.json"
    old.write_bytes(
        msgspec.json.encode({**raw, "format": 1, "plan": {**plan, "scenario": scenario}})
    )
    assert read_case(old) == read_case(path)


@pytest.mark.parametrize("plan", [None, "text", {}, {"scenario": 3}])
def test_a_case_of_format_1_without_a_plan_is_none(tmp_path: Path, plan: object) -> None:
    """A mistake of the user's, and no error inside the harness."""
    path = tmp_path / "case.json"
    path.write_bytes(msgspec.json.encode({"format": 1, "plan": plan}))
    with pytest.raises(ConfigError, match="is no case"):
        read_case(path)
