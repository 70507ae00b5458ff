"""The examples of docs/own-profile.md and docs/own-dialect.md, as they stand there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from harness import Host, simulate
from harness.link_options import LinkOptions
from harness.wire.spec import load_spec

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found
    return found


@pytest.fixture
def their_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The first blocks of the page in one module; the last one is a call."""
    *parts, _ = blocks("own-profile.md", "python")
    (tmp_path / "my_profiles.py").write_text("\n".join(parts))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_profiles", raising=False)
    return "my_profiles"


def test_a_profile_of_ones_own(their_module: str) -> None:
    """The hurried terminal gives up after 20 s and is right; the stubborn one is caught."""
    silent = ["drop_response:mti=0210,nth=1"]
    runs = {
        name: simulate(
            "few_withdrawals",
            terminals=5,
            duration="10m",
            faults=silent,
            terminal_profile=f"{their_module}:{name}",
        )
        for name in ("hurried", "stubborn")
    }
    assert runs["hurried"].passed, runs["hurried"]
    longest = {row.id: row.worst for row in runs["hurried"].rows}["F1"]
    assert longest is not None
    assert longest < 21
    assert runs["stubborn"].outcome == "fail"


def test_a_host_profile_of_ones_own(their_module: str) -> None:
    """The slow host takes its time, and all is well."""
    verdict = simulate(
        "few_withdrawals", terminals=5, duration="10m", host_profile=f"{their_module}:slow"
    )
    assert verdict.passed, verdict


@pytest.mark.parametrize(("language", "name"), [("toml", "mine.toml"), ("json", "mine.json")])
def test_a_specification_as_a_difference(tmp_path: Path, language: str, name: str) -> None:
    """It differs as the page says, and an evening is played over it."""
    path = tmp_path / name
    path.write_text(blocks("own-dialect.md", language)[0])
    spec = load_spec(str(path))
    assert (spec["41"]["max_len"], spec["48"]["max_len"]) == (16, 255)
    link = LinkOptions(spec=str(path))
    verdict = simulate("few_withdrawals", terminals=3, duration="10m", link=link)
    assert verdict.passed, verdict


def test_our_host_takes_it(tmp_path: Path) -> None:
    """Refused or not is known before anything runs."""
    path = tmp_path / "mine.toml"
    path.write_text(blocks("own-dialect.md", "toml")[0])
    Host(spec=str(path))
