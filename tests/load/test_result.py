"""What a load run comes to: a rate that was missed, and what was required."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harness.api import simulate
from harness.checks.verdict import Verdict
from harness.errors import ConfigError
from harness.load.meter import Figures, Latencies
from harness.load.requirement import parse_requirement
from harness.load.result import load_verdict

PASSED = simulate("ordinary_evening", terminals=2, duration="10m")
ROW = Latencies(
    message="0200", count=90, rate=9.0, p50=0.01, p95=0.02, p99=0.05, p999=0.06, longest=0.07
)


def figures(**changes: Any) -> Figures:
    """A hundred customers in 10 s, as many as were asked for."""
    values: dict[str, Any] = {
        "since": 0.0, "until": 10.0, "asked": 10.0, "came": 10.0, "backlog": 0, "intended": 100,
        "dry": "", "messages": (ROW,), "errors": {"0200 unanswered": 2}, "busy": 0.1,
    }  # fmt: skip
    return Figures(**(values | changes))


def missed(busy: float) -> Figures:
    return figures(came=5.0, backlog=50, busy=busy)


def result(found: Figures, *required: str, whole: bool = False, of: Verdict = PASSED) -> Verdict:
    return load_verdict(of, found, [parse_requirement(text) for text in required], whole=whole)


def test_a_load_that_was_reached_leaves_the_verdict_as_it_is() -> None:
    """With what was required met too."""
    required = ("rate=10/s", "errors=2", "0200.p99=50ms", "0200.p99.9=60ms", "0200.max=1s")
    assert PASSED.passed
    assert result(figures(), *required) == PASSED


@pytest.mark.parametrize(
    ("required", "instead"),
    [
        ("rate=20/s", "10.0/s came"),
        ("rate=1200/m", "10.0/s came"),
        ("errors=1", "there were 2"),
        ("0200.p50=9ms", "it was 10 ms"),
        ("0200.p99=49ms", "it was 50 ms"),
        ("visit.p99=1s", "no 'visit' was measured"),
    ],
)
def test_a_requirement_that_is_not_met_fails_the_run(required: str, instead: str) -> None:
    """Exit code 1, with what was required and what there was."""
    found = result(figures(), required, "errors=2", whole=True)
    assert (found.outcome, found.exit_code) == ("fail", 1)
    assert found.reasons == (f"required {required}: {instead}",)


def test_chance_may_keep_a_rate_a_little_below_what_is_required() -> None:
    """Customers come by chance: 91 in 10 s are no fewer than 100 are wanted, 89 by 10/s are."""
    assert result(figures(came=9.1), "rate=10/s") == PASSED
    assert result(figures(came=6.9), "rate=10/s").exit_code == 1


@pytest.mark.parametrize(
    ("busy", "whole", "why"),
    [
        (0.1, True, "the harness was the limit"),
        (0.95, False, "our terminals were the limit (95% of a core)"),
    ],
)
@pytest.mark.parametrize("required", [(), ("rate=10/s",)])
def test_a_rate_that_our_own_machines_missed_proves_nothing(
    busy: float, whole: bool, why: str, required: tuple[str, ...]
) -> None:
    """Exit code 3: nothing can be said of a load that was not there, whatever was required."""
    found = result(missed(busy), *required, whole=whole)
    assert (found.outcome, found.exit_code) == ("invalid", 3)
    assert why in found.reasons[0]
    assert "5.0/s came of 10/s" in found.reasons[0]


def test_a_rate_that_somebody_elses_host_missed_fails_where_it_was_required() -> None:
    """Our terminals had time left. Without a requirement nothing is proved."""
    assert result(missed(0.1)).exit_code == 3
    found = result(missed(0.1), "rate=10/s")
    assert found.exit_code == 1
    assert "the host was the limit" in found.reasons[0]
    assert found.reasons[1] == "required rate=10/s: 5.0/s came"


def test_a_broken_invariant_fails_whatever_the_rate() -> None:
    """And both are told."""
    broken = msgspec.structs.replace(PASSED, outcome="fail", exit_code=1)
    found = result(missed(0.1), whole=True, of=broken)
    assert found.exit_code == 1
    assert "the rate was missed" in found.reasons[0]


@pytest.mark.parametrize(
    "wrong",
    ["", "rate", "rate=fast", "rate=0/s", "errors=few", "p99=5ms", "0200.p98=5ms", "x.max=1"],
)
def test_what_is_no_requirement_is_a_mistake(wrong: str) -> None:
    """With its place, and what would be right."""
    with pytest.raises(ConfigError) as caught:
        parse_requirement(wrong)
    assert caught.value.place == f"--require {wrong}"
    assert caught.value.remedy
