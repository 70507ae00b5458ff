"""The path of one connection by hand: frames in, deliveries and ends out, each at its time."""

from __future__ import annotations

from passing import ATM, CODEC, frame, plan, told

from harness.faults.fate import Act, Close, Deliver
from harness.faults.path import Path, Wake
from harness.wire.frame_builder import FrameBuilder
from harness.wire.framing import framing

TRANSIT = 0.5


class Driven:
    """A path that stands from 0 s on, with these faults."""

    def __init__(self, *faults: str, terminal: str = ATM) -> None:
        self.faults = plan(*faults)
        builder = FrameBuilder(CODEC, framing("2byte"))
        self.path = Path(self.faults, builder, terminal, transit=TRANSIT)
        self.opened = self.path.opened(0.0)

    def send(self, now: float, mti: str = "0210") -> list[Wake]:
        """A frame leaves."""
        sent = frame(mti)
        to = "host" if sent.to == "host" else "terminal"
        return self.path.send(now, to, sent.data, sent.message)  # type: ignore[arg-type]

    def due(self, now: float) -> list[Act]:
        """All that is due."""
        found = []
        while (due := self.path.due(now)) is not None:
            found.append(due.act)
        return found


def test_a_frame_takes_its_time_and_then_arrives() -> None:
    """Nothing is due before; who has a heap is told when to come."""
    driven = Driven()
    assert driven.send(1.0) == [Wake(1.5, "terminal")]
    assert driven.path.next_deadline() == 1.5
    assert driven.due(1.49) == []
    assert driven.due(1.5) == [Deliver(0.0, frame().data)]
    assert driven.path.next_deadline() == float("inf")


def test_each_delivery_of_a_frame_is_a_wake_of_its_own() -> None:
    """In the order in which they are due, so that a heap of time keeps it."""
    driven = Driven("dup_response:times=3,every=2s")
    assert driven.send(1.0) == [Wake(when, "terminal") for when in (1.5, 3.5, 5.5)]
    assert told(driven.faults) == []
    assert driven.path.take(3.5, "host") is None
    assert isinstance(driven.path.take(3.5, "terminal"), Deliver)
    assert told(driven.faults) == []
    assert isinstance(driven.path.take(3.5, "terminal"), Deliver)
    assert [fault for fault, _, _ in told(driven.faults)] == ["dup_response:times=3,every=2s"]
    assert driven.path.take(3.5, "terminal") is None


def test_a_tie_comes_before_all_else_of_its_instant() -> None:
    """The wake says so."""
    driven = Driven("exact_tie")
    sent = frame()
    wakes = driven.path.send(0.0, "terminal", sent.data, sent.message, deadline=9.0)
    assert wakes == [Wake(9.5, "terminal", first=True)]


def test_a_cut_is_planned_put_off_and_done() -> None:
    """What passes meanwhile puts it off; its effect is held for the terminal's own events."""
    driven = Driven("fin_idle:after=10s")
    assert driven.opened == [Wake(10.0, None)]
    driven.send(4.0, "0800")
    assert driven.due(4.5) == [Deliver(0.0, frame("0800").data)]
    assert driven.path.cut(10.0) == ("", [Wake(14.0, None)])
    assert driven.path.next_deadline() == 14.0
    assert driven.due(14.0) == [Close(0.0, "fin")]
    assert [what for _, _, what in told(driven.faults)] == ["connection ended by fin"]


def test_a_connection_that_is_cut_takes_along_what_is_on_it() -> None:
    """And nothing leaves on it any more."""
    driven = Driven("rst@3s..", "latency:by=10s")
    driven.send(1.0)
    assert driven.due(20.0) == [Close(0.0, "rst")]
    assert driven.send(20.0) == []
    assert driven.due(40.0) == []
    assert driven.path.next_deadline() == float("inf")


def test_what_a_terminal_has_sent_before_it_left_still_comes() -> None:
    """Until the host sees that it is gone; the other way nothing does."""
    driven = Driven("latency:by=1s")
    for mti in ("0200", "0210", "0200"):
        driven.send(1.0, mti)
    driven.path.closed(1.1, leaving=True)
    assert driven.path.take(2.5, "terminal") is None
    assert isinstance(driven.path.take(2.5, "host"), Deliver)
    driven.path.gone()
    assert driven.path.take(2.5, "host") is None


def test_a_path_that_is_nobody_s_yet_is_never_cut() -> None:
    """The first frame tells whose it is; faults of the wire strike by the frame's own terminal."""
    driven = Driven("accept_then_close", "drop_response", terminal="")
    assert driven.opened == []
    sent = frame()
    assert driven.path.send(1.0, "terminal", sent.data, sent.message, of=ATM) == []
    assert [(fault, on) for fault, on, _ in told(driven.faults)] == [("drop_response", ATM)]
    assert driven.path.belongs_to(ATM, 2.0) == [Wake(2.0, None)]
    assert driven.due(2.0) == [Close(0.0, "fin")]


def test_a_half_end_leaves_the_way_to_the_host() -> None:
    """The host reads the request, and its end has stopped sending."""
    driven = Driven("half_close")
    driven.send(0.0, "0200")
    assert driven.due(1.0)[-1].how == "half"  # type: ignore[union-attr]
    driven.send(2.0, "0800")
    assert len(driven.due(3.0)) == 1


def test_bytes_that_are_no_frame_keep_their_place() -> None:
    """No fault touches them."""
    driven = Driven("bitflip:mti=0210")
    driven.path.spill(0.0, "host", b"\x00\x00")
    assert driven.due(1.0) == [Deliver(0.0, b"\x00\x00")]


def test_a_dial_is_refused_or_kept_waiting() -> None:
    """Its effect is told when the answer comes, or when the attempt is over without."""
    driven = Driven("slow_accept:by=3s,nth=1", "refuse:nth=2")
    assert driven.path.dial(1.0) == ("", 3.0)
    assert not driven.path.severed(4.0)
    assert told(driven.faults) == []
    driven.path.answered(4.0)
    assert [fault for fault, _, _ in told(driven.faults)] == ["slow_accept:by=3s,nth=1"]
    assert driven.path.dial(5.0) == ("refused", 0.0)
