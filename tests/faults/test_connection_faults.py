"""Faults of the connection: who may connect, and when a standing connection ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from passing import ATM, OTHER, plan, told

from harness.faults.fault_set import FaultSet


def test_refused_in_the_window_and_standing_ones_stay() -> None:
    """refuse says no to who dials, and cuts nobody."""
    faults = plan("refuse@10s..20s")
    faults.opened(0.0, ATM)
    assert [faults.dial(at, ATM)[0] for at in (9.0, 10.0, 19.0, 20.0)] == [
        "",
        "refused",
        "refused",
        "",
    ]
    assert faults.next_cut(0.0, ATM) is None
    assert told(faults) == [("refuse@10s..20s", ATM, "connection refused")] * 2


def test_nth_of_refuse_counts_dials() -> None:
    """Also where another fault refuses the same one."""
    faults = plan("refuse:nth=1", "refuse:nth=2")
    assert [faults.dial(float(at), ATM)[0] for at in range(3)] == ["refused", "refused", ""]


def test_a_standing_connection_is_reset_when_the_window_opens() -> None:
    """Told in advance; not before it opens, and not when it opens for a moment only."""
    faults = plan("rst@5m..6m")
    faults.opened(10.0, ATM)
    assert faults.next_cut(10.0, ATM) == (300.0, "rst")
    assert faults.next_cut(300.0, ATM) == (300.0, "rst")
    faults.cut_done(300.0, ATM, "rst")
    assert told(faults) == [("rst@5m..6m", ATM, "connection ended by rst")]


def test_what_opens_in_the_window_is_reset_soon() -> None:
    """`after` counts from its opening; past the window it would be none."""
    faults = plan("rst:after=2s@5m..6m")
    faults.opened(310.0, ATM)
    assert faults.next_cut(310.0, ATM) == (312.0, "rst")
    faults.opened(359.0, ATM)
    assert faults.next_cut(359.0, ATM) is None
    faults.opened(400.0, ATM)
    assert faults.next_cut(400.0, ATM) is None


def test_nothing_is_cut_that_does_not_stand() -> None:
    """A terminal that never connected, and one that is not meant."""
    faults = plan(f"rst:terminal={ATM}@5m..")
    assert faults.next_cut(0.0, ATM) is None
    faults.opened(0.0, OTHER)
    assert faults.next_cut(0.0, OTHER) is None


def test_nth_of_rst_counts_connections_that_were_due() -> None:
    """One that closed by itself before the window opened was no attempt."""
    faults = plan("rst:nth=1@5m..")
    faults.opened(10.0, ATM)
    faults.opened(100.0, ATM)
    assert faults.next_cut(100.0, ATM) == (300.0, "rst")
    faults.opened(320.0, ATM)
    assert faults.next_cut(320.0, ATM) is None
    second = plan("rst:nth=2@5m..")
    second.opened(10.0, ATM)
    assert second.next_cut(10.0, ATM) is None
    second.opened(320.0, ATM)
    assert second.next_cut(320.0, ATM) == (321.0, "rst")


def periods(faults: FaultSet, terminal: str, until: float) -> list[float]:
    """When the link goes down and up by turns, as dialling every 10 ms finds out."""
    changes: list[float] = []
    down = False
    for tick in range(round(until * 100)):
        if (faults.dial(tick / 100, terminal)[0] == "refused") is not down:
            down = not down
            changes.append(tick / 100)
    return changes


def test_flap_goes_down_and_up_within_its_bounds() -> None:
    """Down at the window's start, then by turns; after the window nothing is refused."""
    changes = periods(plan("flap:min=5s,max=20s@10s..200s"), ATM, 300.0)
    assert changes[0] == 10.0
    lengths = [later - earlier for earlier, later in pairwise(changes[:-1])]
    assert len(lengths) >= 8
    assert all(4.98 <= length <= 20.02 for length in lengths)
    assert max(lengths) - min(lengths) > 2.0
    assert changes[-1] <= 200.0


def test_flap_cuts_when_it_goes_down() -> None:
    """What `next_cut` tells is the instant from which on `admit` refuses."""
    changes = periods(plan("flap@10s.."), ATM, 120.0)
    faults = plan("flap@10s..")
    assert faults.next_cut(0.0, ATM) == (10.0, "fin")
    when, how = faults.next_cut(changes[1], ATM) or (0.0, "")
    assert how == "fin"
    assert when == pytest.approx(changes[2], abs=0.011)
    assert faults.dial(when, ATM)[0] == "refused"
    assert faults.next_cut(when, ATM) == (when, "fin")


def test_flap_tells_both_halves_of_a_live_run_the_same() -> None:
    """One asks who may connect, the other when to cut; terminals flap apart from each other."""
    only_dials, only_cuts = plan("flap"), plan("flap")
    for change in periods(only_dials, ATM, 100.0)[1::2]:
        cut = only_cuts.next_cut(change, ATM)
        assert cut is not None
        assert plan("flap").dial(cut[0], ATM)[0] == "refused"
        assert plan("flap").dial(cut[0] - 0.001, ATM)[0] == ""
    assert periods(plan("flap"), ATM, 100.0) != periods(plan("flap"), OTHER, 100.0)


def test_the_first_of_several_cuts_counts() -> None:
    """And it is put down to the fault that made it."""
    faults = plan("rst@5m..", "rst@2m..")
    faults.opened(0.0, ATM)
    assert faults.next_cut(0.0, ATM) == (120.0, "rst")
    faults.cut_done(120.0, ATM, "rst")
    assert told(faults) == [("rst@2m..", ATM, "connection ended by rst")]


def test_an_unanswered_dial_is_neither_let_in_nor_refused() -> None:
    """Whoever owns the sockets lets it wait; the first fault that was against it counts."""
    faults = plan("syn_blackhole:nth=1", "refuse:nth=2")
    assert [faults.dial(float(at), ATM)[0] for at in range(3)] == ["unanswered", "refused", ""]


def test_slow_accept_keeps_a_dial_waiting() -> None:
    """For so long, inside the window; several add up, and it is told when the answer comes."""
    faults = plan("slow_accept:by=3s@10s..20s", "slow_accept:by=500ms")
    assert [faults.dial(at, ATM) for at in (0.0, 10.0, 20.0)] == [("", 0.5), ("", 3.5), ("", 0.5)]
    assert told(faults) == []
    faults.answered(20.5, ATM)
    assert told(faults) == [("slow_accept:by=500ms", ATM, "dial answered 0.5 s later")]


def test_a_dial_that_waits_in_vain_was_kept_waiting() -> None:
    """It is given up, or refused after all, for nobody listens any more."""
    faults = plan("slow_accept:by=3s")
    faults.dial(5.0, ATM)
    faults.closed(6.0, ATM)
    faults.closed(6.0, ATM)
    assert told(faults) == [
        ("slow_accept:by=3s", ATM, "dial kept waiting, and not answered"),
    ]


def test_who_is_not_let_in_waits_for_no_slow_answer() -> None:
    """It is refused, or not answered, as it dials; and each fault counts each dial."""
    faults = plan("slow_accept:nth=3", "syn_blackhole:nth=1", "refuse:nth=2")
    assert [faults.dial(float(at), ATM) for at in range(3)] == [
        ("unanswered", 0.0),
        ("refused", 0.0),
        ("", 3.0),
    ]
    faults.closed(3.0, ATM)
    assert [what for _, _, what in told(faults)] == [
        "dial unanswered",
        "connection refused",
        "dial kept waiting, and not answered",
    ]


def test_a_dial_is_refused_by_one_fault() -> None:
    """The first of them claims it, and each counts it."""
    faults = plan("refuse:nth=1", "syn_blackhole", "flap")
    assert faults.dial(0.0, ATM)[0] == "refused"
    assert told(faults) == [("refuse:nth=1", ATM, "connection refused")]
    assert faults.dial(1.0, ATM)[0] == "unanswered"


def test_a_limit_to_connections_counts_those_that_stand() -> None:
    """Of all terminals, from before the window too; whose connection ends makes room."""
    faults = plan("connection_limit:max=2@10s..")
    fleet = [f"ATM{number:05d}" for number in range(4)]
    assert [faults.dial(0.0, name)[0] for name in fleet[:3]] == ["", "", ""]
    assert faults.dial(10.0, fleet[3])[0] == "refused"
    faults.closed(11.0, fleet[0])
    assert faults.dial(12.0, fleet[3])[0] == "refused"
    faults.closed(13.0, fleet[1])
    faults.closed(13.0, fleet[1])
    assert faults.dial(14.0, fleet[3])[0] == ""
    assert faults.dial(15.0, fleet[0])[0] == "refused"
    assert [on for _, on, _ in told(faults)] == [fleet[3], fleet[3], fleet[0]]


def test_a_dial_that_another_fault_refused_takes_no_place() -> None:
    """Only what is let in counts."""
    faults = plan("connection_limit:max=1", f"refuse:terminal={OTHER}")
    assert faults.dial(0.0, OTHER)[0] == "refused"
    assert faults.dial(1.0, ATM)[0] == ""


def test_accepted_and_closed() -> None:
    """At once, where it opens inside the window; standing ones stay."""
    faults = plan("accept_then_close:nth=2@10s..")
    cuts = []
    for at in (0.0, 10.0, 20.0, 30.0):
        faults.opened(at, ATM)
        cuts.append(faults.next_cut(at, ATM))
    assert cuts == [None, None, (20.0, "fin"), None]


def test_an_idle_connection_gets_a_fin() -> None:
    """So long after the last byte, either way, from its opening on: what passes puts it off."""
    faults = plan("fin_idle:after=30s")
    assert faults.next_cut(0.0, ATM) is None
    faults.opened(0.0, ATM)
    assert faults.next_cut(0.0, ATM) == (30.0, "fin")
    faults.passed(20.0, ATM)
    assert faults.next_cut(30.0, ATM) == (50.0, "fin")
    assert faults.next_cut(50.0, ATM) == (50.0, "fin")
    faults.cut_done(50.0, ATM, "fin")
    assert told(faults) == [("fin_idle:after=30s", ATM, "connection ended by fin")]
    faults.closed(50.0, ATM)
    assert faults.next_cut(90.0, ATM) is None


def test_a_silence_may_reach_into_the_window() -> None:
    """Then the window's start is its end; one that would be long enough after it is none."""
    faults = plan("fin_idle:after=30s@60s..80s")
    faults.opened(10.0, ATM)
    assert faults.next_cut(10.0, ATM) == (60.0, "fin")
    faults.passed(45.0, ATM)
    assert faults.next_cut(45.0, ATM) == (75.0, "fin")
    faults.passed(55.0, ATM)
    assert faults.next_cut(55.0, ATM) is None


def test_nth_of_fin_idle_counts_silences() -> None:
    """One that ended before it was long enough, or with its connection, is none."""
    faults = plan("fin_idle:after=30s,nth=2")
    faults.opened(0.0, ATM)
    faults.passed(20.0, ATM)
    assert faults.next_cut(20.0, ATM) is None
    faults.passed(60.0, ATM)
    assert faults.next_cut(60.0, ATM) == (90.0, "fin")
    faults.closed(70.0, ATM)
    faults.opened(200.0, ATM)
    assert faults.next_cut(200.0, ATM) == (230.0, "fin")
