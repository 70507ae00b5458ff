"""What all faults share: selectors, windows, draws that are keyed, and the lift at the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passing import ATM, OTHER, frame, plan, told
from raw_fields import said

from harness.faults.fault_set import FaultSet


def struck(faults: FaultSet, terminal: str = ATM, *, at: float = 0.0, mti: str = "0210") -> bool:
    return faults.fate(at, frame(mti, terminal)) == []


def test_without_selectors_every_attempt_is_struck() -> None:
    """The default is all of them, on all terminals."""
    faults = plan("drop_response")
    assert all(struck(faults, terminal) for terminal in (ATM, OTHER, ATM, OTHER))


def test_a_terminal_is_named_exactly() -> None:
    """Others are left alone, also those whose id only begins like it."""
    faults = plan(f"drop_response:terminal={ATM}")
    assert struck(faults)
    assert not struck(faults, OTHER)
    assert not struck(plan("drop_response:terminal=ATM0000"))


def test_nth_counts_each_terminals_attempts_from_one() -> None:
    """The third of each, whatever passes in between that the fault does not mean."""
    faults = plan("drop_response:nth=3,mti=0210")
    seen: dict[str, list[bool]] = {ATM: [], OTHER: []}
    for terminal in (ATM, OTHER, ATM, ATM, OTHER, OTHER, ATM):
        assert not struck(faults, terminal, mti="0430")
        seen[terminal].append(struck(faults, terminal))
    assert seen == {ATM: [False, False, True, False], OTHER: [False, False, True]}


def test_a_row_goes_on_from_the_nth() -> None:
    """So many attempts in a row; without nth from the first."""
    later, first = plan("drop_response:nth=2,row=2"), plan("drop_response:row=2")
    assert [struck(later) for _ in range(4)] == [False, True, True, False]
    assert [struck(first) for _ in range(3)] == [True, True, False]


def test_nth_counts_only_what_passes_inside_the_window() -> None:
    """What passed before the window was no attempt."""
    faults = plan("drop_response:nth=1@10s..20s")
    assert [struck(faults, at=at) for at in (5.0, 9.9, 12.0, 13.0)] == [False, False, True, False]


def test_p_strikes_about_so_often() -> None:
    """30 % of a thousand attempts, within what chance allows (4 sigma)."""
    faults = plan("drop_response:p=30%")
    hits = sum(struck(faults) for _ in range(1000))
    assert 242 <= hits <= 358


def test_nth_with_p_draws_for_that_attempt_only() -> None:
    """Over many terminals the second attempt is struck in half of the cases, no other ever."""
    faults = plan("drop_response:nth=2,p=50%")
    rows = [[struck(faults, f"ATM{number:05d}") for _ in range(3)] for number in range(400)]
    assert not any(first or third for first, _, third in rows)
    assert 160 <= sum(second for _, second, _ in rows) <= 240


@given(st.permutations([ATM] * 8 + [OTHER] * 8 + ["ATM00009"] * 8), st.integers(0, 1 << 32))
def test_draws_do_not_depend_on_how_terminals_interleave(order: list[str], seed: int) -> None:
    """Each terminal's fates are its own: sim and live agree, in whatever order they ask."""
    interleaved = plan("drop_response:p=40%", seed=seed)
    seen: dict[str, list[bool]] = {}
    for terminal in order:
        seen.setdefault(terminal, []).append(struck(interleaved, terminal))
    apart = plan("drop_response:p=40%", seed=seed)
    for terminal, fates in seen.items():
        assert [struck(apart, terminal) for _ in fates] == fates


def test_draws_are_keyed_by_seed_terminal_and_rule() -> None:
    """Another seed, terminal or text gives other draws; other faults beside it do not."""

    def fates(*faults: str, seed: int = 1, terminal: str = ATM) -> list[bool]:
        built = plan(*faults, seed=seed)
        return [struck(built, terminal) for _ in range(64)]

    usual = fates("drop_response:p=50%")
    assert usual == fates("drop_response:p=50%")
    assert usual != fates("drop_response:p=50%", seed=2)
    assert usual != fates("drop_response:p=50%", terminal=OTHER)
    assert usual == fates("slow", "drop_response:p=50%")
    assert usual != fates("drop_response:p=50%,mti=0210")


def test_what_a_fault_draws_besides_p_does_not_lean_on_p() -> None:
    """Jitter of struck frames fills its range, though only low draws passed p."""
    faults = plan("jitter:by=1000s,p=20%")
    delays = []
    for number in range(500):
        acts = faults.fate(number * 2000.0, frame())
        delays += [act.delay for act in acts or []]
    assert 60 <= len(delays) <= 140
    assert max(delays) > 900.0
    assert min(delays) < 100.0


@pytest.mark.parametrize(
    ("at", "is_struck"), [(9.99, False), (10.0, True), (19.99, True), (20.0, False)]
)
def test_windows_are_half_open(at: float, is_struck: bool) -> None:
    """From the first instant on, and not at the last."""
    assert struck(plan("drop_response@10s..20s"), at=at) is is_struck


def test_lifted_faults_strike_no_more() -> None:
    """From the instant of the lift on, in every layer."""
    kinds = ("drop_response", "silent", "refuse", "rst@50s..", "flap", "crash_before_commit")
    site = ("eject_jam", "customer_leaves_card", "power_cut", "half_open", "latency")
    faults = plan(*kinds, *site)
    faults.opened(0.0, ATM)
    assert faults.next_cut(0.0, ATM) is not None
    faults.lift(40.0)
    assert faults.fate(40.0, frame()) is None
    assert faults.hears(40.0, said({"t": "0200"})).answer
    assert faults.dial(40.0, ATM)[0] == ""
    assert faults.next_cut(40.0, ATM) is None
    assert faults.crash(40.0, said({"t": "0200"}), "before_commit") is None
    assert faults.device_fault(40.0, ATM, "eject") is None
    assert not faults.forgets(40.0, ATM, "card")
    assert faults.power_cut(40.0, ATM, "sync") is None
    assert told(faults) == []


def test_a_lift_never_prolongs_a_fault() -> None:
    """What had ended before stays ended."""
    faults = plan("drop_response@..10s")
    faults.lift(40.0)
    assert not struck(faults, at=20.0)


def test_so_many_terminals_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer may think up any number of names: those that follow count together."""
    monkeypatch.setattr("harness.faults.rule.MOST_NAMES", 2)
    faults = plan("drop_response:nth=2")
    assert not struck(faults, ATM)
    assert not struck(faults, OTHER)
    assert [struck(faults, f"T{n:07d}") for n in range(4)] == [False, True, False, False]
    assert struck(faults, ATM)
    assert struck(faults, OTHER)


@pytest.mark.parametrize("name", ["A: B", "A:B", ATM])
def test_on_whom_a_fault_acted_is_read_back(name: str) -> None:
    """Whatever characters a terminal has in its name."""
    rule = plan("drop_response")._rules[0]
    acted = rule.effect(name, "its answer: dropped")
    assert (acted.whom, acted.what) == (name, "its answer: dropped")
