"""Faults that leave a frame whole: what is delivered in its stead, and when."""

from __future__ import annotations

import pytest
from passing import ATM, OTHER, delivered, frame, plan

MONEY_RESPONSES = ("0210", "0230", "0410", "0430")
MONEY_REQUESTS = ("0200", "0220", "0420", "0421")
MANAGEMENT = ("0800", "0810")


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
        ("bitflip", MONEY_RESPONSES),
        ("len_short", MONEY_RESPONSES),
        ("len_long", MONEY_RESPONSES),
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
    assert {mti for mti in every if faults.fate(0.0, frame(mti)) is not None} == set(touched)
    assert len(faults.drain()) == len(touched)


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
    assert faults.drain() == [("drop_response:mti=0210", ATM, "0210 dropped")]


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
    assert faults.drain() == []


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


def test_latency_delays_both_ways() -> None:
    """By so much; the bytes are what they were."""
    faults = plan("latency:by=300ms")
    for mti in ("0200", "0210", "0800", "0810"):
        sent = frame(mti)
        ((delay, data),) = delivered(faults.fate(5.0, sent))
        assert delay == pytest.approx(0.3)
        assert data == sent.data


def test_jitter_keeps_frames_of_a_stream_in_order() -> None:
    """Each way is a stream: what was sent later never arrives earlier."""
    faults = plan("jitter:by=2s")
    arrivals = [
        number / 10 + delivered(faults.fate(number / 10, frame()))[0][0] for number in range(200)
    ]
    assert arrivals == sorted(arrivals)
    assert len({round(arrival - number / 10, 6) for number, arrival in enumerate(arrivals)}) > 20


def test_jitter_of_one_stream_does_not_hold_up_another() -> None:
    """Terminals, ways and connections are streams apart."""
    faults = plan("jitter:by=100s")
    waits = [delivered(faults.fate(0.0, frame(terminal=f"ATM{n:05d}")))[0][0] for n in range(20)]
    assert len(set(waits)) == 20
    alone = plan("latency:by=10s,terminal=ATM00007")
    alone.fate(0.0, frame())
    alone.opened(1.0, ATM)
    assert delivered(alone.fate(1.0, frame("0200")))[0][0] == pytest.approx(10.0)


def test_half_open_swallows_everything_after_the_sign_on() -> None:
    """The sign-on is answered, and then nothing passes, either way, until the next connection."""
    faults = plan("half_open")
    faults.opened(0.0, ATM)
    assert faults.fate(0.1, frame("0800")) is None
    assert faults.fate(0.2, frame("0810")) is None
    for mti in ("0200", "0210", "0800", "0810", "0420"):
        assert faults.fate(1.0, frame(mti)) == []
    assert [what for _, _, what in faults.drain()] == [
        f"{mti} vanished" for mti in ("0200", "0210", "0800", "0810", "0420")
    ]
    faults.opened(100.0, ATM)
    assert faults.fate(100.1, frame("0800")) is None
    assert faults.fate(100.2, frame("0810")) is None
    assert faults.fate(101.0, frame("0200")) == []


def test_half_open_counts_connections() -> None:
    """nth=2 is a terminal's second connection, and frames of the others pass."""
    faults = plan("half_open:nth=2")
    fates = []
    for start in (0.0, 100.0, 200.0):
        faults.opened(start, ATM)
        faults.fate(start, frame("0800"))
        faults.fate(start, frame("0810"))
        fates.append([faults.fate(start + later, frame("0200")) for later in (1.0, 2.0)])
    assert fates == [[None, None], [[], []], [None, None]]


def test_half_open_strikes_standing_connections_when_its_window_opens() -> None:
    """And it heals when the window closes: frames pass again."""
    faults = plan("half_open@10s..20s")
    faults.opened(0.0, ATM)
    faults.fate(0.0, frame("0810"))
    fates = [faults.fate(at, frame("0200")) for at in (5.0, 10.0, 19.0, 20.0)]
    assert fates == [None, [], [], None]


def test_a_frame_that_nobody_could_decode_is_only_delayed() -> None:
    """It has no MTI, so faults of messages do not mean it; those of the link do."""
    blind = frame()._replace(fields=None)
    kinds = ("drop_response", "dup_response", "late_response", "wrong_stan", "bitflip", "slice")
    assert plan(*kinds).fate(0.0, blind) is None
    assert delivered(plan("latency:by=1s").fate(0.0, blind)) == [(1.0, blind.data)]
