"""Faults of the connection that show when a frame passes: it is swallowed, or it is the last."""

from __future__ import annotations

import pytest
from passing import ATM, delivered, frame, plan, told

from harness.faults.fate import Close, Deliver


def test_half_open_swallows_everything_after_the_sign_on() -> None:
    """The sign-on is answered, and then nothing passes, either way, until the next connection."""
    faults = plan("half_open")
    faults.opened(0.0, ATM)
    assert faults.fate(0.1, frame("0800")) is None
    assert faults.fate(0.2, frame("0810")) is None
    for mti in ("0200", "0210", "0800", "0810", "0420"):
        assert faults.fate(1.0, frame(mti)) == []
    assert [what for _, _, what in told(faults)] == [
        f"{mti} vanished" for mti in ("0200", "0210", "0800", "0810", "0420")
    ]
    faults.opened(100.0, ATM)
    assert faults.fate(100.1, frame("0800")) is None
    assert faults.fate(100.2, frame("0810")) is None
    assert faults.fate(101.0, frame("0200")) == []


def test_half_open_needs_no_sign_on_where_there_is_none() -> None:
    """The first frame inside the window is the first to vanish."""
    faults = plan("half_open@10s..20s", sign_on=False)
    faults.opened(0.0, ATM)
    fates = [faults.fate(at, frame(mti)) for at, mti in ((5.0, "0200"), (10.0, "0210"))]
    assert fates == [None, []]
    assert [faults.fate(at, frame("0200")) for at in (19.0, 20.0)] == [[], None]
    assert len(told(faults)) == 2


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


def test_accepted_and_never_read() -> None:
    """Not even the sign-on passes, on every connection that opens inside the window; when it closes
    frames pass again.
    """
    faults = plan("accept_never_read@10s..20s")
    faults.opened(0.0, ATM)
    assert [faults.fate(at, frame("0800")) for at in (0.0, 15.0)] == [None, None]
    faults.opened(16.0, ATM)
    assert [faults.fate(at, frame("0800")) for at in (16.0, 19.0, 20.0)] == [[], [], None]
    assert len(told(faults)) == 2


def test_accept_never_read_counts_connections() -> None:
    """nth=2 is a terminal's second one, whatever passes on it."""
    faults = plan("accept_never_read:nth=2")
    fates = []
    for start in (0.0, 100.0, 200.0):
        faults.opened(start, ATM)
        fates.append({faults.fate(start, frame(mti)) is None for mti in ("0800", "0810", "0200")})
    assert fates == [{True}, {False}, {True}]


@pytest.mark.parametrize(("to", "vanish"), [("host", "0200"), ("terminal", "0210")])
def test_one_way_partition(to: str, vanish: str) -> None:
    """What goes that way vanishes from the window's start to its end; the other way all passes."""
    faults = plan(f"one_way_partition:to={to}@10s..20s")
    faults.opened(0.0, ATM)
    for mti in ("0200", "0210"):
        passed = [faults.fate(at, frame(mti)) is None for at in (5.0, 10.0, 19.0, 20.0)]
        assert passed == ([True, False, False, True] if mti == vanish else [True] * 4)
    assert {what for _, _, what in told(faults)} == {f"{vanish} vanished"}


def test_half_an_answer_and_then_a_fin() -> None:
    """The close comes after the bytes."""
    right = frame()
    acts = plan("fin_mid_response").fate(0.0, right)
    assert acts is not None
    assert delivered(acts) == [(0.0, right.data[: len(right.data) // 2])]
    assert isinstance(acts[-1], Close)
    assert acts[-1].how == "fin"
    assert 0.0 < acts[-1].delay < 0.01


def test_half_a_request_and_then_a_fin() -> None:
    """It goes to the host, and answers are left alone."""
    right = frame("0200")
    faults = plan("fin_mid_request")
    assert faults.fate(0.0, frame("0210")) is None
    assert faults.fate(0.0, right) == [
        Deliver(0.0, right.data[: len(right.data) // 2], more=True),
        Close(0.001, "fin"),
    ]


def test_a_half_close_comes_behind_a_whole_request() -> None:
    """The host gets all of it, and only then its end stops sending."""
    right = frame("0200")
    faults = plan("half_close")
    assert faults.fate(0.0, right) == [Deliver(0.0, right.data), Close(0.001, "half")]
    assert told(faults) == [("half_close", ATM, "no answer to the 0200 can leave")]
