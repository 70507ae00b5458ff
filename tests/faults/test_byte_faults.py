"""Faults of bytes: when they arrive, how many at a time, and whether they are right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passing import ATM, OTHER, delivered, frame, message, plan, told

from harness.errors import CodecError
from harness.faults.fate import Close, Deliver
from harness.wire.framing import framing

FRAMINGS = ("2byte", "2byte-tpdu", "4ascii")
MESSAGE_AT = {"2byte": 2, "2byte-tpdu": 7, "4ascii": 4}


# --- when they arrive ----------------------------------------------------------------------------


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


def test_a_throttled_frame_arrives_with_its_last_byte() -> None:
    """So many bytes a second; what is sent meanwhile the same way queues behind it, and the other
    way is another line.
    """
    faults = plan("throttle:rate=50")
    one, other = frame("0200"), frame("0210")
    took = len(one.data) / 50
    assert delivered(faults.fate(10.0, one))[0][0] == pytest.approx(took)
    assert delivered(faults.fate(10.5, one))[0][0] == pytest.approx(2 * took - 0.5)
    assert delivered(faults.fate(10.5, other))[0][0] == pytest.approx(len(other.data) / 50)
    assert delivered(faults.fate(100.0, one))[0][0] == pytest.approx(took)


def test_a_throttled_line_counts_what_leaves() -> None:
    """Bytes that were put in take their time too, whichever fault was named first."""
    right = frame()
    ((delay, data),) = delivered(plan("throttle:rate=1", "insert_bytes:bytes=7").fate(0.0, right))
    assert delay == len(data) == len(right.data) + 7


def test_a_line_that_stalls_holds_everything_in_order() -> None:
    """n bytes pass, the frame that they end in is cut there, and what follows waits too, either
    way; then all moves as before.
    """
    request, response = frame("0200"), frame("0210")
    n = len(request.data) + 10
    faults = plan(f"stall_after_n:n={n},hold=60s")
    faults.opened(0.0, ATM)
    assert faults.fate(0.0, request) is None
    assert faults.fate(1.0, response) == [
        Deliver(0.0, response.data[:10], more=True),
        Deliver(60.0, response.data[10:]),
    ]
    assert delivered(faults.fate(11.0, request)) == [(50.0, request.data)]
    assert faults.fate(61.0, request) is None
    faults.opened(100.0, ATM)
    assert faults.fate(100.0, request) is None
    assert len(told(faults)) == 1


def test_bytes_count_from_the_windows_start() -> None:
    """A connection that has carried more before is no worse off; another terminal's count for
    another connection.
    """
    size = len(frame().data)
    faults = plan(f"truncate_after_n:n={size}@10s..")
    faults.opened(0.0, ATM)
    for _ in range(5):
        assert faults.fate(5.0, frame()) is None
        faults.fate(12.0, frame(terminal=OTHER))
    assert faults.fate(11.0, frame()) is None
    assert faults.fate(12.0, frame()) == [Close(0.001, "fin")]


def test_a_truncated_connection_ends_in_the_middle_of_a_frame() -> None:
    """The rest of n, the FIN after it, and nothing more on that connection."""
    right = frame()
    faults = plan("truncate_after_n:n=20,nth=1")
    faults.opened(0.0, ATM)
    assert faults.fate(0.0, right) == [
        Deliver(0.0, right.data[:20], more=True),
        Close(0.001, "fin"),
    ]
    assert faults.fate(0.0, frame("0200")) == []
    assert told(faults) == [
        (
            "truncate_after_n:n=20,nth=1",
            ATM,
            f"0210 and connection end after 20 of {len(right.data)} bytes",
        )
    ]
    faults.opened(1.0, ATM)
    assert faults.fate(1.0, right) is None


# --- how many arrive -----------------------------------------------------------------------------


@given(size=st.integers(1, 200))
def test_slices_are_the_frame(size: int) -> None:
    """In order, each of that size, none lost; a frame that fits in one is left alone."""
    right = frame()
    acts = plan(f"slice:bytes={size},gap=5ms").fate(0.0, right)
    if size >= len(right.data):
        assert acts is None
        return
    pieces = delivered(acts)
    assert b"".join(data for _, data in pieces) == right.data
    assert all(len(data) == size for _, data in pieces[:-1])
    assert [delay for delay, _ in pieces] == pytest.approx([n * 0.005 for n in range(len(pieces))])


def test_coalesced_frames_leave_in_one_write() -> None:
    """A struck frame is held until so many can leave; any frame the same way joins it, and none
    that goes the other way.
    """
    faults = plan("coalesce:frames=3")
    held, echo, last = frame("0210"), frame("0810"), frame("0430")
    assert faults.fate(0.0, echo) is None
    assert faults.fate(1.0, held) == []
    assert faults.fate(2.0, frame("0200")) is None
    assert faults.fate(3.0, echo) == []
    assert faults.fate(4.0, last) == [Deliver(0.0, held.data + echo.data + last.data)]
    assert faults.fate(5.0, echo) is None
    assert len(framing("2byte").deframer().feed(held.data + echo.data + last.data)) == 3


@pytest.mark.parametrize("frames", [2, 3, 5])
def test_a_copy_that_leaves_with_others_came_again(frames: int) -> None:
    """As soon as they come, be it with a frame that is not of them; not while they are held."""
    faults = plan("dup_response:nth=1", f"coalesce:nth=1,frames={frames}")
    acts = faults.fate(0.0, frame()) or []
    acts += faults.fate(5.0, frame("0810")) or []
    acts += faults.fate(5.0, frame("0810")) or []
    assert "dup_response:nth=1" not in [fault for fault, _, _ in told(faults)]
    for act in acts:
        if isinstance(act, Deliver):
            faults.came_about(act.effects)
    assert [fault for fault, _, _ in told(faults)] == ["dup_response:nth=1"]


def test_what_is_held_is_lost_with_its_connection() -> None:
    """The next one begins with nothing held."""
    faults = plan("coalesce:nth=1")
    assert faults.fate(0.0, frame()) == []
    faults.opened(1.0, ATM)
    assert faults.fate(2.0, frame("0810")) is None


def test_what_is_held_leaves_when_the_fault_is_over() -> None:
    """With the next frame, though there are not as many as there should be."""
    faults = plan("coalesce:frames=9@..10s")
    held, echo = frame("0210"), frame("0810")
    assert faults.fate(9.0, held) == []
    assert faults.fate(11.0, echo) == [Deliver(0.0, held.data + echo.data)]
    assert faults.fate(12.0, held) is None


# --- whether they are right ----------------------------------------------------------------------


@pytest.mark.parametrize("header", FRAMINGS)
@given(seed=st.integers(0, 1 << 32))
def test_bitflip_turns_one_bit_of_the_message(header: str, seed: int) -> None:
    """Exactly one; never in the length or the address, so that the frame stays delimitable."""
    right = frame(header=header)
    ((delay, wrong),) = delivered(plan("bitflip", seed=seed, framing=header).fate(0.0, right))
    differing = [at for at, (a, b) in enumerate(zip(right.data, wrong, strict=True)) if a != b]
    assert len(differing) == 1
    assert differing[0] >= MESSAGE_AT[header]
    assert (right.data[differing[0]] ^ wrong[differing[0]]).bit_count() == 1
    assert delay == 0.0
    assert len(framing(header).deframer().feed(wrong)) == 1


def test_bitflip_draws_anew_for_each_frame() -> None:
    """Over many frames the whole message is hit, the first byte and the last."""
    faults = plan("bitflip")
    right = frame().data
    hit = set()
    for _ in range(3000):
        ((_, wrong),) = delivered(faults.fate(0.0, frame()))
        hit.add(next(at for at, byte in enumerate(wrong) if byte != right[at]))
    assert hit == set(range(2, len(right)))


def test_bitflip_can_be_told_where() -> None:
    """Bytes of the message from 1, bits from the highest; a message that ends before is spared."""
    faults = plan("bitflip:byte=3,bit=8", "drop_response@10s..")
    ((_, wrong),) = delivered(faults.fate(0.0, frame("0210")))
    assert wrong[2:6] == b"0200"
    assert told(faults) == [("bitflip:byte=3,bit=8", ATM, "0210 byte 3, bit 8 flipped")]
    beyond = plan("bitflip:byte=4000")
    assert beyond.fate(0.0, frame()) is None
    assert told(beyond) == []


def test_a_flipped_bit_does_not_get_past_the_mac() -> None:
    """What still decodes fails its MAC."""
    faults = plan("bitflip")
    for _ in range(300):
        ((_, wrong),) = delivered(faults.fate(0.0, frame()))
        try:
            _, verdict = message(wrong)
        except CodecError:
            continue
        assert verdict == "bad"


@pytest.mark.parametrize("header", FRAMINGS)
@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 40))
def test_dropped_bytes_are_missing_from_the_message(header: str, seed: int, count: int) -> None:
    """So many side by side, and never from the length or the address."""
    right = frame(header=header).data
    faults = plan(f"drop_bytes:bytes={count}", seed=seed, framing=header)
    ((_, wrong),) = delivered(faults.fate(0.0, frame(header=header)))
    start = MESSAGE_AT[header]
    assert len(wrong) == len(right) - count
    assert wrong[:start] == right[:start]
    assert any(
        wrong == right[:at] + right[at + count :] for at in range(start, len(right) - count + 1)
    )


@pytest.mark.parametrize("header", FRAMINGS)
@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 40))
def test_inserted_bytes_stand_in_the_message(header: str, seed: int, count: int) -> None:
    """So many side by side; the length goes on saying what there was."""
    right = frame(header=header).data
    faults = plan(f"insert_bytes:bytes={count}", seed=seed, framing=header)
    ((_, wrong),) = delivered(faults.fate(0.0, frame(header=header)))
    start = MESSAGE_AT[header]
    assert len(wrong) == len(right) + count
    assert wrong[:start] == right[:start]
    assert any(right == wrong[:at] + wrong[at + count :] for at in range(start, len(right)))


def test_a_place_can_be_given() -> None:
    """From 1; where there is no such place nothing is done, and nothing is claimed."""
    right = frame().data
    ((_, wrong),) = delivered(plan("drop_bytes:at=1,bytes=4").fate(0.0, frame()))
    assert wrong == right[:2] + right[6:]
    ((_, wrong),) = delivered(plan("insert_bytes:at=5,bytes=1").fate(0.0, frame()))
    assert (wrong[:6], wrong[7:]) == (right[:6], right[6:])
    size = len(right) - 2
    beyond = plan(
        f"drop_bytes:bytes={size + 1}", f"drop_bytes:at={size},bytes=2", "insert_bytes:at=4000"
    )
    assert beyond.fate(0.0, frame()) is None
    assert told(beyond) == []
    whole = delivered(plan(f"drop_bytes:bytes={size}").fate(0.0, frame()))
    assert whole == [(0.0, right[:2])]
