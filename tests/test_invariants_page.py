"""docs/invariants.md is whole: what it names exists, and nothing that a machine must keep is left
out of it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.checks.catalogue import INVARIANTS
from harness.contract import Contract
from harness.defects.catalogue import DEFECTS
from harness.machines.inputs import STATES
from harness.machines.timers import TIMERS
from harness.wire.dialects.iso1987 import ADVICE_OUTCOMES, CODES, FUNCTIONS, OUTCOMES
from harness.wire.message import AdviceOutcome

PAGE = Path(__file__).parent.parent / "docs/invariants.md"
DOMAIN = PAGE.with_name("domain.md")
NOTHING = "–"
ALONE = ("T8.unanswered",)
"""What judges where no device is seen, and so no simulation: no shipped defect can break it."""
REASONS_OUT = ("link", "backlog", "hardware", "operator", "expiries")
LEAST_REASON = 20  # characters: a sentence, and no dash


class Rule(NamedTuple):
    """A row: what it stands under, the rule, the invariants that hold it, and the last column."""

    heading: str
    rule: str
    held_by: tuple[str, ...]
    last: str

    @property
    def defects(self) -> list[str]:
        return re.findall("`([a-z0-9_]+)`", self.last) if self.held_by else []


@cache
def rules() -> list[Rule]:
    """The rows of all tables."""
    found, heading = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "rule":
            rule, held_by, last = cells
            ids = () if held_by == NOTHING else tuple(held_by.split())
            found.append(Rule(heading, rule, ids, last))
    return found


def under(heading: str) -> str:
    """The rules of one table, as one text."""
    texts = [row.rule for row in rules() if row.heading == heading]
    assert texts, f"no table under {heading}"
    return "\n".join(texts)


def test_every_invariant_that_is_named_exists_and_every_one_is_named() -> None:
    """None is forgotten, and none is thought up."""
    named = dict.fromkeys(name for row in rules() for name in row.held_by)
    assert set(named) == set(INVARIANTS)


def test_each_rule_stands_once() -> None:
    """A rule that stands twice would be kept in two places."""
    texts = [(row.heading, row.rule) for row in rules()]
    assert len(texts) == len(dict.fromkeys(texts))


@pytest.mark.parametrize("row", rules(), ids=lambda row: f"{row.heading}: {row.rule}"[:60])
def test_a_rule_is_held_and_broken_or_has_a_reason(row: Rule) -> None:
    """Each defect that is named has to be caught by one of the row's invariants, and each of these
    catches one of the defects.
    """
    if not row.held_by:
        assert len(row.last) >= LEAST_REASON, row
        assert row.last.endswith("."), row
        return
    by_name = {defect.name: defect for defect in DEFECTS}
    assert row.defects, row
    assert set(row.defects) <= by_name.keys(), row
    for name in row.defects:
        must = by_name[name].must
        assert any(caught in row.held_by for caught in must), f"{name} breaks {must}: {row.rule}"
    caught = {invariant for name in row.defects for invariant in by_name[name].must}
    for invariant in row.held_by:
        assert invariant in caught or invariant in ALONE, f"{invariant} catches none: {row.rule}"


def test_every_shipped_defect_is_named() -> None:
    """A defect breaks a rule: which one, the page says."""
    named = {name for row in rules() for name in row.defects}
    assert {defect.name for defect in DEFECTS} <= named


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_rule(state: str) -> None:
    """What a machine may do in it."""
    assert re.search(rf"^{state}\b", under("States"), re.MULTILINE)


@pytest.mark.parametrize("timer", [*TIMERS, "advice_response", "echo_idle", "echo_interval"])
def test_every_timer_has_a_rule(timer: str) -> None:
    """What its end does."""
    assert re.search(rf"\b{timer}\b", under("Timers"))


def test_every_timer_of_the_contract_is_a_timer_of_the_page() -> None:
    """The contract's times are timers, or are named in what judges them."""
    times = {
        name for name in Contract.__struct_fields__ if isinstance(getattr(Contract(), name), float)
    }
    bounds = {
        *("slack", "back", "quiescence", "stop", "alarm", "expiries_pause", "capture_window"),
        *("replication", "cutover"),
    }  # what a run is given, or what bounds another rule
    assert [name for name in sorted(times - bounds) if name not in under("Timers")] == []


@pytest.mark.parametrize("code", sorted({*OUTCOMES, *CODES.values()}))
def test_every_response_code_has_a_rule(code: str) -> None:
    """As the dialect lists it."""
    assert f"`{code}`" in under("Response codes")


@pytest.mark.parametrize(
    "code", [x for x, y in ADVICE_OUTCOMES.items() if y is AdviceOutcome.RETRY]
)
def test_every_code_of_another_try_has_a_rule(code: str) -> None:
    """Of the answers to a reversal."""
    assert f"`{code}`" in under("Store and forward: the terminal")


def test_every_reversal_reason_has_a_rule() -> None:
    """As docs/domain.md lists them."""
    text = DOMAIN.read_text(encoding="utf-8").partition("## Reversal reasons")[2]
    reasons = re.findall(r"^\| (40\d\d) \|", text.partition("\n## ")[0], re.MULTILINE)
    assert len(reasons) > 10
    for reason in reasons:
        assert re.search(rf"^{reason}\b", under("Reversal reasons"), re.MULTILINE), reason


@pytest.mark.parametrize("function", [*FUNCTIONS.values(), "101", "161", "201"])
def test_every_network_code_has_a_rule(function: str) -> None:
    """Those that the dialect sends, and those that a host may ask."""
    assert re.search(rf"\b{function}\b", under("The link"))


@pytest.mark.parametrize("reason", REASONS_OUT)
def test_every_reason_for_being_out_of_service_has_a_rule(reason: str) -> None:
    """When it comes, and what ends it."""
    assert re.search(rf"^{reason}: ", under("Service and the operator"), re.MULTILINE)
