"""Events that a scenario expects, by name or by what is in them."""

from __future__ import annotations

import pytest
from script import ATM, Script

from harness import events as e
from harness.checks.expectations import parse_expectation
from harness.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "event", "is_it"),
    [
        ("ConnectFailed", e.ConnectFailed("refused"), True),
        ("ConnectFailed how=refused", e.ConnectFailed("refused"), True),
        ("ConnectFailed how=refused", e.ConnectFailed("timed out"), False),
        ("ConnectFailed how=timed out", e.ConnectFailed("timed out"), True),
        ("StoodIn amount=0", e.StoodIn(ATM, "000001", "1121201000", 0), True),
        ("StoodIn amount=0", e.StoodIn(ATM, "000001", "1121201000", 1000), False),
        ("ReversalAnswered flagged=true", e.ReversalAnswered("000001", "00", flagged=True), True),
        ("FaultActed kind=slow", e.FaultActed("slow:by=5s@1m..", f"{ATM}: 0210 slower"), True),
        ("FaultActed kind=slow", e.FaultActed("slow_accept", f"{ATM}: dial answered"), False),
        ("FaultActed kind=rst", e.FaultActed("rst@1m..", f"{ATM}: connection ended"), True),
        ("FaultActed what=0210 slower", e.FaultActed("slow", f"{ATM}: 0210 slower"), True),
        ("FaultActed fault=slow:p=1%,mti=0200", e.FaultActed("slow:p=1%,mti=0200", "x: y"), True),
    ],
)
def test_what_matches(text: str, event: e.Event, *, is_it: bool) -> None:
    """A value is compared as text, as a whole."""
    assert parse_expectation(text).matches(event) is is_it


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Postd", "did you mean 'Posted'?"),
        ("Posted knd=debit", "did you mean 'kind'?"),
        ("Posted debit", 'write "Posted kind=..."'),
        ("Posted ", 'write "Posted kind=..."'),
        ("EjectFailed how=jam", "EjectFailed has no fields"),
        ("Posted kind=debits", "did you mean 'debit'?"),
    ],
)
def test_a_mistake_says_what_would_be_right(text: str, says: str) -> None:
    """The nearest name, or what there is."""
    with pytest.raises(ConfigError) as caught:
        parse_expectation(text, place="here")
    assert caught.value.place == "here"
    assert says in str(caught.value)


def test_the_judge_counts_what_was_asked_for() -> None:
    """Of terminal, host and harness alike; what came too seldom, or was forbidden, is a reason."""
    script = Script(
        expects={"Posted": 2, "Posted kind=reversal": 1, "FaultActed kind=slow": 1, "Aborted": 0},
        forbids={"Posted kind=debit": 1},
    )
    script.visit(10)
    script.visit(100, "000002")
    script.add(150, e.FaultActed("slow:by=5s", f"{ATM}: 0210 slower"), actor="RUN")
    script.add(151, e.FaultActed("silent", f"{ATM}: 0200 discarded"), actor="RUN")
    script.end(200)
    verdict = script.verdict()
    assert {item.event: item.seen for item in verdict.expected} == {
        "Posted": 2,
        "Posted kind=reversal": 0,
        "FaultActed kind=slow": 1,
        "Aborted": 0,
        "Posted kind=debit": 2,
    }
    assert verdict.outcome == "invalid"
    assert set(verdict.reasons) == {
        "Posted kind=reversal came 0 times, expected 1",
        "Posted kind=debit came 2 times, at most 1",
    }
