"""The breaker against wholesale captures: when it trips, and when it closes again."""

from __future__ import annotations

from harness.machines.breaker import CALM, CaptureBreaker


def test_a_few_captures_are_ordinary() -> None:
    """Three within a minute, and later three more."""
    breaker = CaptureBreaker(3, 60.0)
    assert all(breaker.allows(at) for at in (0.0, 20.0, 40.0, 100.0, 120.0, 140.0))
    assert not breaker.tripped


def test_one_too_many_trips_it() -> None:
    """The fourth is given back, and so is every one that follows."""
    breaker = CaptureBreaker(3, 60.0)
    for at in (0.0, 1.0, 2.0):
        assert breaker.allows(at)
    assert not breaker.allows(59.0)
    assert not breaker.allows(59.0 + CALM - 1.0)
    assert breaker.tripped


def test_it_closes_when_no_code_has_come_for_a_while() -> None:
    """Then it counts anew."""
    breaker = CaptureBreaker(3, 60.0)
    for at in (0.0, 1.0, 2.0, 3.0):
        breaker.allows(at)
    assert breaker.allows(3.0 + CALM)
    assert not breaker.tripped


def test_an_operator_closes_it() -> None:
    """At once."""
    breaker = CaptureBreaker(1, 60.0)
    breaker.allows(0.0)
    assert not breaker.allows(1.0)
    breaker.reset()
    assert breaker.allows(2.0)
