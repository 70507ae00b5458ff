"""Faults inside the host: what it does with what it hears, and when it dies."""

from __future__ import annotations

from passing import ATM, plan

from harness.machines.host import Hearing

REQUEST = {"t": "0200", "41": ATM}
REVERSAL = {"t": "0420", "41": ATM}
ECHO = {"t": "0800", "41": ATM}
UNTOUCHED = Hearing(process=True, answer=True, delay=0.0)


def test_a_silent_host_discards_everything() -> None:
    """Sign-on and echo too; outside the window it is as ever."""
    faults = plan("silent@10m..80m")
    for heard in (REQUEST, REVERSAL, ECHO):
        assert faults.hears(599.0, ATM, heard) == UNTOUCHED
        assert faults.hears(600.0, ATM, heard) == Hearing(process=False, answer=False)
        assert faults.hears(4800.0, ATM, heard) == UNTOUCHED
    assert faults.drain()[0] == ("silent@10m..80m", ATM, "0200 discarded")


def test_a_silent_host_may_still_post_for_a_while() -> None:
    """post= counts from the window's start: money moves and nobody is told."""
    faults = plan("silent:post=30s@10m..80m")
    assert faults.hears(629.9, ATM, REQUEST) == Hearing(process=True, answer=False)
    assert faults.hears(630.0, ATM, REQUEST) == Hearing(process=False, answer=False)


def test_silence_can_be_for_one_message() -> None:
    """With mti= the rest is heard and answered."""
    faults = plan("silent:mti=0420")
    assert faults.hears(0.0, ATM, REQUEST) == UNTOUCHED
    assert not faults.hears(0.0, ATM, REVERSAL).answer


def test_a_slow_host_answers_money_later() -> None:
    """Echoes are answered as ever, unless mti= names them; delays add up."""
    faults = plan("slow:by=5s", "slow:by=2s,mti=0420")
    assert faults.hears(0.0, ATM, REQUEST) == Hearing(delay=5.0)
    assert faults.hears(0.0, ATM, REVERSAL) == Hearing(delay=7.0)
    assert faults.hears(0.0, ATM, ECHO) == UNTOUCHED
    assert plan("slow:mti=0800").hears(0.0, ATM, ECHO) == Hearing(delay=5.0)


def test_what_silence_swallows_is_not_slow_as_well() -> None:
    """In whichever order they were asked for; the slow one claims no effect."""
    for faults in (plan("slow", "silent"), plan("silent", "slow")):
        assert faults.hears(0.0, ATM, REQUEST) == Hearing(process=False, answer=False)
        assert [fault for fault, _, _ in faults.drain()] == ["silent"]


def test_crashes_before_or_after_the_commit() -> None:
    """Each in its own phase only, for so long; and it is the host on whom it acts."""
    for kind, phase, other in (
        ("crash_before_commit", "before_commit", "after_commit"),
        ("crash_after_commit", "after_commit", "before_commit"),
    ):
        faults = plan(f"{kind}:nth=2,off=12s")
        assert faults.crash(0.0, ATM, REQUEST, other) is None
        assert faults.crash(0.0, ATM, REQUEST, phase) is None
        assert faults.crash(0.0, ATM, REQUEST, other) is None
        assert faults.crash(0.0, ATM, REVERSAL, phase) == 12.0
        ((_, on, what),) = faults.drain()
        assert (on, what) == ("HOST", f"crashed {phase.replace('_', ' ')} of {ATM}'s 0420")


def test_a_crash_lasts_half_a_minute_unless_told() -> None:
    """And mti= picks what it may strike."""
    faults = plan("crash_after_commit:mti=0420")
    assert faults.crash(0.0, ATM, REQUEST, "after_commit") is None
    assert faults.crash(0.0, ATM, REVERSAL, "after_commit") == 30.0
