"""Faults that leave a frame whole: what is delivered in its stead, and when."""

from __future__ import annotations

import pytest
from passing import ATM, OTHER, delivered, frame, plan, told

from harness.faults.fate import Deliver

MONEY_RESPONSES = ("0210", "0230", "0410", "0430")
MONEY_REQUESTS = ("0200", "0220", "0420", "0421")
MANAGEMENT = ("0800", "0810")
FRAMING = (
    *("len_short", "len_long", "len_zero", "len_max", "wrong_endianness", "inclusive_len"),
    *("header_garbage", "trailing_bytes", "two_frames_one_write"),
)


@pytest.mark.parametrize(
    ("kind", "touched"),
    [
        ("drop_request", MONEY_REQUESTS),
        ("dup_request", MONEY_REQUESTS),
        ("reorder", MONEY_REQUESTS),
        ("reorder:to=terminal", MONEY_RESPONSES),
        ("drop_response", MONEY_RESPONSES),
        ("dup_response", MONEY_RESPONSES),
        ("fin_mid_response", MONEY_RESPONSES),
        ("fin_mid_request", MONEY_REQUESTS),
        ("half_close", MONEY_REQUESTS),
        ("bitflip", MONEY_RESPONSES),
        ("drop_bytes", MONEY_RESPONSES),
        ("insert_bytes", MONEY_RESPONSES),
        *((kind, MONEY_RESPONSES) for kind in FRAMING),
        ("jitter", (*MONEY_RESPONSES, *MONEY_REQUESTS, *MANAGEMENT)),
        ("throttle", (*MONEY_RESPONSES, *MONEY_REQUESTS, *MANAGEMENT)),
        ("slice", MONEY_RESPONSES),
        ("wrong_stan", MONEY_RESPONSES),
        ("wrong_terminal", MONEY_RESPONSES),
        ("latency", (*MONEY_RESPONSES, *MONEY_REQUESTS, *MANAGEMENT)),
    ],
)
def test_what_a_kind_touches_unless_told_otherwise(kind: str, touched: tuple[str, ...]) -> None:
    """Money's messages one way, never an echo: a broken answer is no dead link."""
    faults = plan(kind)
    every = (*MONEY_RESPONSES, *MONEY_REQUESTS, *MANAGEMENT)
    fates = {mti: faults.fate(0.0, frame(mti)) for mti in every}
    assert {mti for mti, acts in fates.items() if acts is not None} == set(touched)
    for acts in fates.values():
        for act in acts or ():
            if isinstance(act, Deliver):
                faults.came_about(act.effects)
    assert len(told(faults)) == len(touched)


@pytest.mark.parametrize("kind", ["dup_response", "unsolicited"])
def test_what_comes_later_takes_effect_when_it_comes(kind: str) -> None:
    """A connection may end before; and a fault that delays it further does not lose the claim."""
    faults = plan(kind, "latency:by=1s")
    acts = [act for act in faults.fate(0.0, frame()) or () if isinstance(act, Deliver)]
    assert [fault for fault, _, _ in told(faults)].count(kind) == 0
    faults.came_about(acts[0].effects)
    assert told(faults) == []
    faults.came_about(acts[1].effects)
    assert [fault for fault, _, _ in told(faults)] == [kind]


@pytest.mark.parametrize(
    "kind", ["bitflip", "slice", "wrong_stan", "len_long", "latency", "reorder"]
)
@pytest.mark.parametrize("mti", ["0200", "0210", "0800", "0810"])
def test_mti_says_which_message_and_so_which_way(kind: str, mti: str) -> None:
    """With mti= exactly that message is touched, network management too."""
    faults = plan(f"{kind}:mti={mti}")
    touched = [seen for seen in ("0200", "0210", "0800", "0810") if faults.fate(0.0, frame(seen))]
    assert touched == [mti]


def test_a_dropped_frame_is_delivered_never() -> None:
    """And it is said what was dropped, on whom, by which fault."""
    faults = plan("drop_response:mti=0210")
    assert faults.fate(3.0, frame()) == []
    assert told(faults) == [("drop_response:mti=0210", ATM, "0210 dropped")]


def test_copies_come_one_after_the_other() -> None:
    """times= counts all of them; the first is not late."""
    response = frame()
    assert delivered(plan("dup_response").fate(0.0, response)) == [
        (0.0, response.data),
        (1.0, response.data),
        (2.0, response.data),
    ]
    request = frame("0200")
    twice = plan("dup_request:times=2,every=250ms").fate(0.0, request)
    assert delivered(twice) == [(0.0, request.data), (0.25, request.data)]


def test_a_late_response_counts_from_the_end_of_the_terminals_timer() -> None:
    """Request at 100 s, timer 45 s, 5 s past: it arrives at 150 s whenever it was sent."""
    faults = plan("late_response:past=5s")
    assert faults.fate(100.0, frame("0200")) is None
    response = frame()
    assert delivered(faults.fate(101.5, response)) == [(48.5, response.data)]


def test_a_late_response_finds_its_own_request() -> None:
    """By terminal and STAN; a repeat of the request counts anew."""
    faults = plan("late_response:past=0s")
    faults.fate(10.0, frame("0200", stan="000001"))
    faults.fate(20.0, frame("0200", OTHER, stan="000001"))
    faults.fate(30.0, frame("0420", stan="000002"))
    faults.fate(90.0, frame("0421", stan="000002"))
    assert delivered(faults.fate(95.0, frame("0430", stan="000002")))[0][0] == 40.0
    assert delivered(faults.fate(21.0, frame("0210", stan="000001")))[0][0] == 34.0
    assert delivered(faults.fate(21.0, frame("0210", OTHER, stan="000001")))[0][0] == 44.0


def test_what_is_late_by_itself_or_was_never_asked_is_left_alone() -> None:
    """No effect is claimed that did not take place."""
    faults = plan("late_response:past=5s")
    assert faults.fate(0.0, frame()) is None
    faults.fate(0.0, frame("0200"))
    assert faults.fate(50.0, frame()) is None
    assert told(faults) == []


def test_echoes_do_not_push_a_request_out_of_memory() -> None:
    """What is remembered is bounded, and a waiting request is not what is forgotten."""
    faults = plan("late_response")
    faults.fate(0.0, frame("0200"))
    for number in range(50):
        faults.fate(1.0, frame("0800", stan=f"{900 + number:06d}"))
    assert delivered(faults.fate(2.0, frame()))[0][0] == 48.0
    for number in range(50):
        faults.fate(3.0, frame("0420", stan=f"{900 + number:06d}"))
    assert faults.fate(4.0, frame()) is None


def test_a_repeat_makes_its_request_young_again() -> None:
    """What is forgotten is what was asked longest ago, not what was first asked longest ago."""
    faults = plan("late_response")
    for stan in (1, 2, 3, 4, 5, 6, 7, 8, 1, 9, 10):
        faults.fate(0.0, frame("0421", stan=f"{stan:06d}"))
    assert faults.fate(1.0, frame("0430", stan="000001")) is not None
    assert faults.fate(1.0, frame("0430", stan="000002")) is None


def test_late_management_is_counted_from_its_own_request() -> None:
    """mti= may name network management: then its requests are what is remembered."""
    faults = plan("late_response:mti=0810,past=1s")
    faults.fate(0.0, frame("0200", stan="000005"))
    faults.fate(7.0, frame("0800", stan="000005"))
    assert delivered(faults.fate(8.0, frame("0810", stan="000005")))[0][0] == 45.0


def test_a_held_frame_is_overtaken() -> None:
    """The request is held longer than the terminal waits: its reversal comes first."""
    faults = plan("reorder:nth=1")
    request, reversal = frame("0200"), frame("0420")
    (held,) = delivered(faults.fate(0.0, request))
    assert held == (60.0, request.data)
    assert faults.fate(45.0, reversal) is None


def test_a_frame_that_nobody_could_decode_is_only_delayed() -> None:
    """It has no MTI, so faults of messages do not mean it; those of the link do."""
    blind = frame()._replace(message=None)
    kinds = ("drop_response", "dup_response", "late_response", "wrong_stan", "bitflip", "slice")
    assert plan(*kinds).fate(0.0, blind) is None
    assert delivered(plan("latency:by=1s").fate(0.0, blind)) == [(1.0, blind.data)]
