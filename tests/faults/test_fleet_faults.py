"""Faults of many terminals at once: whom they strike, when, and that the others go on."""

from __future__ import annotations

import pytest
from passing import frame, plan, told

from harness.errors import ConfigError
from harness.faults.fleet import region_of
from harness.faults.grammar import parse_fault

HERE, ELSEWHERE = "ATM00005", "ATM00006"  # regions 1 and 2 of 4


@pytest.mark.parametrize(
    ("terminal", "of", "region"),
    [("ATM00001", 4, 1), ("ATM00004", 4, 4), ("ATM00005", 4, 1), ("T1", 1, 1), ("KIOSK", 4, 1)],
)
def test_regions(terminal: str, of: int, region: int) -> None:
    """By the number at the end of the id."""
    assert region_of(terminal, of) == region


def test_a_region_is_cut_off_and_nobody_is_told() -> None:
    """Frames vanish both ways and dials are unanswered, in that region and in the window."""
    faults = plan("region_partition:region=1@10s..20s")
    for at, here in ((9.9, None), (10.0, []), (19.9, []), (20.0, None)):
        for mti in ("0200", "0210", "0800"):
            assert faults.fate(at, frame(mti, HERE)) == here
            assert faults.fate(at, frame(mti, ELSEWHERE)) is None
        assert faults.dial(at, HERE)[0] == ("unanswered" if here == [] else "")
        assert faults.dial(at, ELSEWHERE)[0] == ""


def test_there_is_no_such_region() -> None:
    """A region beyond their number is a mistake."""
    with pytest.raises(ConfigError, match="not so many regions"):
        parse_fault("region_partition:region=5")


def test_all_are_cut_off_in_one_instant() -> None:
    """What stood before gets a RST at the window's start, what opens later stands."""
    faults = plan("mass_disconnect@10s..20s")
    faults.opened(1.0, HERE)
    faults.opened(2.0, ELSEWHERE)
    assert faults.next_cut(2.0, HERE) == faults.next_cut(2.0, ELSEWHERE) == (10.0, "rst")
    faults.closed(10.0, HERE)
    faults.opened(11.0, HERE)
    assert faults.next_cut(11.0, HERE) is None


def test_dials_are_answered_in_one_instant() -> None:
    """Whenever they came, they wait for the same moment."""
    faults = plan("thundering_reconnect:every=5s")
    assert 11.0 + faults.dial(11.0, HERE)[1] == 13.5 + faults.dial(13.5, ELSEWHERE)[1] == 15.0


@pytest.mark.parametrize(
    ("fault", "region", "down", "up"),
    [
        ("rolling_restart:off=10s,every=30s@60s..", HERE, 60.0, 70.0),
        ("rolling_restart:off=10s,every=30s@60s..", ELSEWHERE, 90.0, 100.0),
        ("staggered_heal:down=60s,every=30s@60s..", HERE, 60.0, 120.0),
        ("staggered_heal:down=60s,every=30s@60s..", ELSEWHERE, 60.0, 150.0),
        ("staggered_heal:down=60s,every=30s@60s..130s", ELSEWHERE, 60.0, 130.0),
    ],
)
def test_one_region_after_the_other(fault: str, region: str, down: float, up: float) -> None:
    """A FIN when its turn comes, refused while it lasts, and let in again."""
    faults = plan(fault)
    assert faults.next_cut(0.0, region) == (down, "fin")
    assert [faults.dial(at, region)[0] for at in (down - 0.1, down, up - 0.1, up)] == [
        *("", "refused", "refused", ""),
    ]
    assert faults.next_cut(up, region) is None


def test_a_partition_that_begins_while_a_dial_waits_keeps_its_answer_away() -> None:
    """It was let in, and nothing comes back; nobody was slow then."""
    faults = plan("slow_accept:by=5s", "region_partition:region=1,of=1@3s..30s")
    assert faults.dial(0.0, HERE) == ("", 5.0)
    assert not faults.severed(2.0, HERE)
    assert faults.severed(5.0, HERE)
    faults.closed(10.0, HERE)
    assert [what for _, _, what in told(faults)] == ["dial unanswered"]
