"""`harness explain`: everything that has a name has a paragraph."""

from __future__ import annotations

import pytest

from harness.checks.catalogue import INVARIANTS
from harness.checks.catalogue import WHY as WHY_HOLD
from harness.cli.main import execute
from harness.errors import ConfigError
from harness.faults.grammar import ALL_RULES, parse_fault
from harness.faults.reasons import WHY as WHY_STRIKE
from harness.profiles import host_profiles, terminal_profiles
from harness.report.explain import explain
from harness.scenario import scenario_names

NAMES = (
    *ALL_RULES, *INVARIANTS, *scenario_names(), *terminal_profiles(), *host_profiles()
)  # fmt: skip


@pytest.mark.parametrize("name", sorted({*NAMES}))
def test_everything_is_explained(name: str) -> None:
    """What it is called, why it matters, and a command that shows it."""
    first, *others, last = explain(name)
    assert first.startswith(name)
    assert last.startswith("harness ")
    assert others or name in {**terminal_profiles(), **host_profiles()}
    assert explain(name.upper()) == explain(name)


@pytest.mark.parametrize("kind", ALL_RULES)
def test_a_fault_says_why_it_matters_and_its_example_reads(kind: str) -> None:
    """In a sentence of its own, and with a fault that the grammar takes."""
    paragraphs = explain(kind)
    assert WHY_STRIKE[kind] in paragraphs
    assert len(WHY_STRIKE[kind]) > 40
    assert parse_fault(paragraphs[-1].split("--fault ")[1]).kind == kind


def test_each_invariant_says_why() -> None:
    """And none is left over."""
    assert WHY_HOLD.keys() == INVARIANTS.keys()


def test_a_scenario_is_known_by_its_id() -> None:
    """S01 is the national freeze."""
    assert explain("s01") == explain("national_freeze")


def test_what_nobody_knows_gets_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2."""
    with pytest.raises(ConfigError, match="slient"):
        explain("slient")
    assert execute(["explain", "slient"]) == 2
    assert "did you mean 'silent'?" in capsys.readouterr().err
    assert execute(["explain", "T8"]) == 0
    assert "by hand between the machine's count and the host's books" in " ".join(
        capsys.readouterr().out.split()
    )
