"""Faults inside the host: what it does with what it hears, and when it dies."""

from __future__ import annotations

from passing import ATM, plan, told
from raw_fields import said

from harness.faults.fault_set import FaultSet
from harness.machines.host_fault import HostFault

REQUEST = {"t": "0200", "41": ATM}
REVERSAL = {"t": "0420", "41": ATM}
ECHO = {"t": "0800", "41": ATM}
UNTOUCHED = HostFault(process=True, answer=True, delay=0.0)


def hears(faults: FaultSet, now: float, terminal: str, fields: dict[str, str]) -> HostFault:
    """What becomes of a message; and it comes to that."""
    heard = faults.hears(now, said(fields))
    if heard.process:
        faults.came_about(heard.effects)
    return heard._replace(effects=())


def test_a_silent_host_discards_everything() -> None:
    """Sign-on and echo too; outside the window it is as ever."""
    faults = plan("silent@10m..80m")
    for heard in (REQUEST, REVERSAL, ECHO):
        assert hears(faults, 599.0, ATM, heard) == UNTOUCHED
        assert hears(faults, 600.0, ATM, heard) == HostFault(process=False, answer=False)
        assert hears(faults, 4800.0, ATM, heard) == UNTOUCHED
    assert told(faults)[0] == ("silent@10m..80m", ATM, "0200 discarded")


def test_a_silent_host_may_still_post_for_a_while() -> None:
    """post= counts from the window's start: money moves and nobody is told."""
    faults = plan("silent:post=30s@10m..80m")
    assert hears(faults, 629.9, ATM, REQUEST) == HostFault(process=True, answer=False)
    assert hears(faults, 630.0, ATM, REQUEST) == HostFault(process=False, answer=False)


def test_silence_can_be_for_one_message() -> None:
    """With mti= the rest is heard and answered."""
    faults = plan("silent:mti=0420")
    assert hears(faults, 0.0, ATM, REQUEST) == UNTOUCHED
    assert not hears(faults, 0.0, ATM, REVERSAL).answer


def test_a_slow_host_answers_money_later() -> None:
    """Echoes are answered as ever, unless mti= names them; delays add up."""
    faults = plan("slow:by=5s", "slow:by=2s,mti=0420")
    assert hears(faults, 0.0, ATM, REQUEST) == HostFault(delay=5.0)
    assert hears(faults, 0.0, ATM, REVERSAL) == HostFault(delay=7.0)
    assert hears(faults, 0.0, ATM, ECHO) == UNTOUCHED
    assert hears(plan("slow:mti=0800"), 0.0, ATM, ECHO) == HostFault(delay=5.0)


def test_what_silence_swallows_is_not_slow_as_well() -> None:
    """In whichever order they were asked for; the slow one claims no effect."""
    for faults in (plan("slow", "silent"), plan("silent", "slow")):
        assert hears(faults, 0.0, ATM, REQUEST) == HostFault(process=False, answer=False)
        assert [fault for fault, _, _ in told(faults)] == ["silent"]


def test_of_two_faults_only_the_one_that_decides_claims_the_message() -> None:
    """Whatever the order they were asked for in; and each counts it."""
    for asked in (("slow", "brownout:p=100%"), ("brownout:p=100%", "slow")):
        faults = plan(*asked)
        assert hears(faults, 0.0, ATM, REQUEST) == HostFault(answer=False)
        assert [fault for fault, _, _ in told(faults)] == ["brownout:p=100%"]
    for asked in (("slow:nth=2", "echo_only:nth=1"), ("echo_only:nth=1", "slow:nth=2")):
        faults = plan(*asked)
        assert not hears(faults, 0.0, ATM, REQUEST).process
        assert hears(faults, 0.0, ATM, REQUEST) == HostFault(delay=5.0)


def test_what_is_discarded_is_not_posted_whatever_was_asked_first() -> None:
    """Also beside a silence that still posts."""
    for asked in (("silent:post=30s", "echo_only"), ("echo_only", "silent:post=30s")):
        faults = plan(*asked)
        assert hears(faults, 0.0, ATM, REQUEST) == HostFault(process=False, answer=False)
        assert [fault for fault, _, _ in told(faults)] == ["echo_only"]


def test_of_two_hangs_the_longer_one_claims_it() -> None:
    """There is but one."""
    faults = plan("hang_after_n:n=1,hold=5s", "hang_after_n:n=1,hold=60s")
    assert faults.hang(0.0, ATM) == 60.0
    assert [fault for fault, _, _ in told(faults)] == ["hang_after_n:n=1,hold=60s"]


def test_a_slow_host_books_at_once_or_late() -> None:
    """Its answer is late in both cases."""
    assert hears(plan("slow:books=late"), 0.0, ATM, REQUEST) == HostFault(late=5.0)


def test_crashes_before_or_after_the_commit() -> None:
    """Each in its own phase only, for so long; and it is the host on whom it acts."""
    for kind, phase, other in (
        ("crash_before_commit", "before_commit", "after_commit"),
        ("crash_after_commit", "after_commit", "before_commit"),
    ):
        faults = plan(f"{kind}:nth=2,off=12s")
        assert faults.crash(0.0, said(REQUEST), other) is None
        assert faults.crash(0.0, said(REQUEST), phase) is None
        assert faults.crash(0.0, said(REQUEST), other) is None
        assert faults.crash(0.0, said(REVERSAL), phase) == 12.0
        ((_, on, what),) = told(faults)
        assert (on, what) == ("HOST", f"crashed {phase.replace('_', ' ')} of {ATM}'s 0420")


def test_a_crash_lasts_half_a_minute_unless_told() -> None:
    """And mti= picks what it may strike."""
    faults = plan("crash_after_commit:mti=0420")
    assert faults.crash(0.0, said(REQUEST), "after_commit") is None
    assert faults.crash(0.0, said(REVERSAL), "after_commit") == 30.0


SIGN_ON = {"t": "0800", "41": ATM, "70": "001"}


def test_echoes_and_nothing_else() -> None:
    """Money is discarded, the rest is as ever."""
    faults = plan("echo_only")
    assert hears(faults, 0.0, ATM, REQUEST) == HostFault(process=False, answer=False)
    assert hears(faults, 0.0, ATM, ECHO) == UNTOUCHED


def test_part_of_the_answers_never_come() -> None:
    """What it does not answer it has posted; about three in ten."""
    faults = plan("brownout")
    heard = [hears(faults, 0.0, ATM, REQUEST) for _ in range(400)]
    assert set(heard) == {UNTOUCHED, HostFault(process=True, answer=False)}
    assert 80 < sum(not one.answer for one in heard) < 160


def test_nobody_is_let_in() -> None:
    """A sign-on is answered with a refusal; an echo is answered."""
    faults = plan("sign_on_refused")
    assert hears(faults, 0.0, ATM, SIGN_ON) == HostFault(refusal="not_permitted")
    assert hears(faults, 0.0, ATM, ECHO) == UNTOUCHED


def test_the_issuer_cannot_be_reached() -> None:
    """An attempt is a message that needs it, of whatever kind."""
    faults = plan("issuer_down:nth=2")
    reached = [faults.reaches_issuer(0.0, said(one)) for one in (REQUEST, REVERSAL, REQUEST)]
    assert reached == [True, False, True]


def test_it_hangs_after_so_many_messages() -> None:
    """Once, unless it is told how often."""
    faults = plan("hang_after_n:n=3,hold=40s")
    assert [faults.hang(0.0, ATM) for _ in range(7)] == [None, None, 40.0, *[None] * 4]
    again = plan("hang_after_n:n=3,p=100%")
    assert [again.hang(0.0, ATM) for _ in range(6)] == [None, None, 60.0] * 2


def test_it_dies_as_it_reads() -> None:
    """Once in its window, at whatever comes first."""
    faults = plan("crash_restart:off=5s@10s..")
    assert faults.crash(9.0, said(ECHO), "at_the_reading") is None
    assert faults.crash(10.0, said(ECHO), "at_the_reading") == 5.0
    assert faults.crash(11.0, said(REQUEST), "at_the_reading") is None


def test_a_crash_that_another_one_forestalled_is_still_to_come() -> None:
    """Two at one message: the first takes it, the second the next; each says so once."""
    faults = plan("crash_restart:off=5s", "crash_restart:off=60s")
    crashes = [faults.crash(float(at), said(ECHO), "at_the_reading") for at in (1, 2, 3)]
    assert crashes == [5.0, 60.0, None]
    assert [fault for fault, _, _ in told(faults)] == [
        "crash_restart:off=5s",
        "crash_restart:off=60s",
    ]


def test_of_two_that_halve_an_amount_the_first_claims_it() -> None:
    """It is halved once, and each counts it; 10.00 has no half in notes, and is no attempt."""
    first, second = "partial_approval:nth=1", "partial_approval:p=100%"
    faults = plan(first, second)
    assert [faults.part(0.0, said(REQUEST), wanted) for wanted in (1000, 5000, 5000)] == [
        1000,
        2000,
        2000,
    ]
    assert [fault for fault, _, _ in told(faults)] == [first, second]
    assert faults.attempts() == [2, 2]


def test_what_the_host_does_not_come_to_is_no_effect() -> None:
    """It dies before the answer could leave: nothing was slow, and nothing left unanswered."""
    for kind in ("slow", "brownout:p=100%", "silent:post=10s"):
        faults = plan(kind)
        heard = faults.hears(0.0, said(REQUEST))
        assert heard.process
        assert told(faults) == []
        faults.came_about(heard.effects)
        assert [fault for fault, _, _ in told(faults)] == [kind]
    for kind in ("silent", "echo_only"):
        faults = plan(kind)
        assert not faults.hears(0.0, said(REQUEST)).process
        assert [fault for fault, _, _ in told(faults)] == [kind]


def test_an_echo_whose_fate_nobody_lived_to_meet_is_told_the_next_time() -> None:
    """The host died before it: the next one says so."""
    faults = plan("silent:post=1m")
    faults.hears(0.0, said(ECHO))
    assert told(faults) == []
    faults.came_about(faults.hears(1.0, said(ECHO)).effects)
    assert [what for _, _, what in told(faults)] == ["0800 processed, unanswered"]
