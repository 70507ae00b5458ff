"""Faults of a whole visit: what of the customer's manner they change, whom, and when they acted."""

from __future__ import annotations

from typing import Any

import pytest
from passing import ATM, OTHER, plan, told

from harness.faults.customer_visit import VISIT_RULES
from harness.faults.grammar import ALL_RULES
from harness.machines.behaviour import USUAL, Manner

CHANGES: dict[str, dict[str, Any]] = {
    "unreadable_card": {"unreadable": True},
    "worn_card:by=9s": {"read_longer": 9.0},
    "expired_card": {"expired": True},
    "hotlisted_card": {"hotlisted": True},
    "customer_forgets_pin:times=2": {"wrong_pins": 2},
    "customer_slow:by=25s": {"key_longer": 25.0},
    "customer_slow:by=25s,wrong=2": {"key_longer": 25.0, "wrong_pins": 2},
    "customer_hurried": {"hurried": True},
    "customer_cancels:step=again": {"cancels": "again"},
    "customer_walks_off": {"walks_off": "pin"},
    "customer_holds_card:by=14s": {"holds_card": 14.0},
    "customer_takes_part": {"takes_part": True},
}


def test_each_kind_is_here() -> None:
    """A new one takes its row."""
    assert {text.partition(":")[0] for text in CHANGES} == {rule.kind for rule in VISIT_RULES}
    assert all(ALL_RULES[rule.kind] is rule for rule in VISIT_RULES)


@pytest.mark.parametrize("text", CHANGES)
def test_a_visit_is_changed_and_no_other(text: str) -> None:
    """The one that nth names, at the terminal named; and it acted when that has come true."""
    comma = "," if ":" in text else ":"
    fault = f"{text}{comma}terminal={ATM},nth=2"
    faults = plan(fault)
    manners = [faults.visit(0.0, ATM, USUAL) for _ in range(2)]
    assert manners == [USUAL, Manner(**CHANGES[text])]
    assert faults.visit(0.0, OTHER, USUAL) == USUAL
    assert told(faults) == []
    for aspect in CHANGES[text]:
        faults.did(ATM, aspect, "it happened")
        faults.did(OTHER, aspect, "it happened")
    assert told(faults) == [(fault, ATM, "it happened")] * len(CHANGES[text])
    assert faults.visit(0.0, ATM, USUAL) == USUAL
    faults.did(ATM, next(iter(CHANGES[text])), "that was the visit before")
    assert told(faults) == []


def test_what_a_customer_is_anyway_no_fault_is_the_cause_of() -> None:
    """It is an attempt, and no effect."""
    faults = plan("customer_hurried:nth=1")
    assert faults.visit(0.0, ATM, Manner(hurried=True)) == Manner(hurried=True)
    faults.did(ATM, "hurried", "it happened")
    assert told(faults) == []
    assert faults.visit(0.0, ATM, USUAL) == USUAL


def test_the_next_customers_forget_too() -> None:
    """visits=2: the one that nth names, and the one after."""
    faults = plan("customer_forgets_pin:times=1,visits=2,nth=2")
    assert [faults.visit(0.0, ATM, USUAL).wrong_pins for _ in range(4)] == [0, 1, 1, 0]


def test_of_two_faults_the_first_one_says_how() -> None:
    """Each counts the visit, and the first one that says something of a field is its cause."""
    faults = plan("worn_card:by=5s,nth=1", "worn_card:by=15s,nth=1", "customer_hurried:nth=1")
    assert faults.visit(0.0, ATM, USUAL) == Manner(read_longer=5.0, hurried=True)
    faults.did(ATM, "read_longer", "slow")
    assert [fault for fault, _, _ in told(faults)] == ["worn_card:by=5s,nth=1"]
