"""The path of one connection by hand: frames in, deliveries and ends out, each at its time."""

from __future__ import annotations

import pytest
from passing import ATM, CODEC, OTHER, frame, plan, told

from harness.faults.fate import Act, Close, Deliver
from harness.faults.grammar import parse_fault
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


# --- a connection that several terminals share ----------------------------------------------------


class Shared(Driven):
    """A path that two terminals share, known by the first of them."""

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults, terminal="")
        for name in (ATM, OTHER):
            self.path.belongs_to(name, 0.0)

    def pass_of(self, terminal: str, now: float, mti: str = "0210") -> bytes:
        """A frame of that terminal leaves."""
        sent = frame(mti, terminal)
        to = "host" if sent.to == "host" else "terminal"
        self.path.send(now, to, sent.data, sent.message, of=terminal)  # type: ignore[arg-type]
        return sent.data


@pytest.mark.parametrize("fault", ["fin_mid_response", "truncate_after_n:n=20"])
def test_nothing_follows_half_a_frame_that_ends_a_connection(fault: str) -> None:
    """Not even the answer of another terminal, which leaves before the FIN does."""
    driven = Shared(fault)
    driven.pass_of(ATM, 1.0)
    driven.pass_of(OTHER, 1.0)
    half, end = driven.due(2.0)
    assert isinstance(half, Deliver)
    assert frame(terminal=ATM).data.startswith(half.data)
    assert end == Close(0.001, "fin")
    assert driven.due(9.0) == []
    driven.pass_of(OTHER, 3.0)
    assert driven.due(9.0) == []


def test_nothing_follows_half_a_frame_that_hangs() -> None:
    """The other terminal would otherwise end the frame of the first."""
    driven = Shared(f"partial_frame_hang:terminal={ATM}")
    driven.pass_of(ATM, 1.0)
    driven.pass_of(OTHER, 2.0)
    assert len(driven.due(9.0)) == 1


@pytest.mark.parametrize("fault", ["one_way_partition:to=host", "accept_never_read"])
def test_a_connection_is_dead_for_all_that_is_on_it(fault: str) -> None:
    """Whichever terminal the fault names."""
    driven = Shared(f"{fault.partition(':')[0]}:terminal={OTHER}")
    driven.pass_of(ATM, 1.0, "0200")
    assert len(driven.due(2.0)) == 1
    driven.pass_of(OTHER, 3.0, "0200")
    driven.pass_of(ATM, 4.0, "0200")
    assert driven.due(9.0) == []


def test_bytes_are_counted_by_connection() -> None:
    """Of all terminals on it together."""
    driven = Shared("truncate_after_n:n=100")
    first = driven.pass_of(ATM, 1.0)
    second = driven.pass_of(OTHER, 2.0)
    acts = driven.due(9.0)
    assert [act.data for act in acts if isinstance(act, Deliver)] == [
        first,
        second[: 100 - len(first)],
    ]
    assert isinstance(acts[-1], Close)


def test_a_slow_line_is_slow_for_all_that_is_on_it() -> None:
    """The bytes of the second terminal wait for those of the first."""
    driven = Shared("throttle:rate=10")
    first = driven.pass_of(ATM, 0.0)
    second = driven.pass_of(OTHER, 0.0)
    seconds = (len(first) + len(second)) / 10 + TRANSIT
    assert [act for act in driven.due(seconds - 0.01) if isinstance(act, Deliver)][-1:] != []
    assert len(driven.due(seconds)) == 1


@pytest.mark.parametrize("fault", ["rst:terminal={}@5s..6s", "flap:terminal={}@5s..60s"])
@pytest.mark.parametrize("named", [ATM, OTHER])
def test_a_fault_ends_the_connection_of_the_terminal_that_it_names(fault: str, named: str) -> None:
    """Also where the connection is known by another terminal; the effect is told of the one that
    the fault names.
    """
    driven = Shared(fault.format(named))
    driven.pass_of(ATM, 1.0)
    assert len(driven.due(4.0)) == 1
    assert driven.path.next_deadline() == 5.0
    (end,) = driven.due(5.0)
    assert isinstance(end, Close)
    driven.path.closed(5.0)
    assert [on for _, on, _ in told(driven.faults)] == [named]


def test_a_shared_connection_is_one_attempt() -> None:
    """Of a fault that names no terminal."""
    driven = Shared("accept_then_close:nth=2")
    assert driven.due(1.0) == []
    assert driven.faults.attempts() == [1]


def test_a_silence_is_that_of_the_connection() -> None:
    """A terminal that is silent while another one speaks is no idle connection."""
    driven = Shared(f"fin_idle:after=10s,terminal={OTHER}")
    driven.pass_of(OTHER, 1.0)
    driven.pass_of(ATM, 9.0)
    driven.due(9.5)
    assert driven.due(18.9) == []
    assert driven.due(19.0) == [Close(0.0, "fin")]


def test_a_fault_that_is_added_knows_who_shares_a_connection() -> None:
    """It ends the connection of the terminal that it names."""
    driven = Shared()
    driven.faults.add(parse_fault(f"rst:terminal={OTHER}@5s..6s"), 3.0)
    driven.path.plan_cut(3.0)
    assert driven.due(5.0) == [Close(0.0, "rst")]
