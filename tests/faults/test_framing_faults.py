"""Faults of the framing: what the header says, and what stands around the message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passing import ATM, delivered, frame, message, plan, told

from harness.faults.fate import Deliver
from harness.faults.fault_set import FaultSet
from harness.wire.framing import framing, framing_names

FRAMINGS = tuple(framing_names())


def headers(kind: str, header: str, faults: FaultSet | None = None) -> tuple[bytes, bytes]:
    """(right, wrong) length header of an answer; all behind it is as it was."""
    right = frame(header=header)
    ((delay, wrong),) = delivered((faults or plan(kind, framing=header)).fate(0.0, right))
    head = framing(header).head
    assert wrong[head:] == right.data[head:]
    assert delay == 0.0
    return right.data[:head], wrong[:head]


@pytest.mark.parametrize("header", FRAMINGS)
@pytest.mark.parametrize(("kind", "off"), [("len_short", -3), ("len_long", 3)])
def test_a_wrong_length_stands_before_a_right_message(header: str, kind: str, off: int) -> None:
    """Only the header differs, and by so much."""
    right = frame(header=header)
    ((_, wrong),) = delivered(plan(kind, framing=header).fate(0.0, right))
    head = framing(header).head
    assert wrong[head:] == right.data[head:]
    lengths = [framing(header).length(data[:head]) for data in (right.data, wrong)]
    assert lengths[1] - lengths[0] == off


def test_a_length_that_the_header_cannot_say_is_left_alone() -> None:
    """Below one byte of message, or above what the header can spell."""
    faults = plan("len_short:by=5000", "len_long:by=65535")
    assert faults.fate(0.0, frame()) is None
    assert plan("len_long:by=9999", framing="4ascii").fate(0.0, frame(header="4ascii")) is None
    assert told(faults) == []


@pytest.mark.parametrize(
    ("header", "zero", "most"),
    [
        ("2byte", b"\0\0", b"\xff\xff"),
        ("2byte-tpdu", b"\0\0", b"\xff\xff"),
        ("4ascii", b"0000", b"9999"),
    ],
)
def test_the_least_and_the_most_that_a_header_spells(header: str, zero: bytes, most: bytes) -> None:
    """None is as long as that, which breaks the stream at once; 0 is a keep-alive, and the message
    behind it is read as a header.
    """
    for kind, expected in (("len_zero", zero), ("len_max", most)):
        assert headers(kind, header)[1] == expected
        deframer = framing(header).deframer()
        ((_, wrong),) = delivered(plan(kind, framing=header).fate(0.0, frame(header=header)))
        assert [seen.payload for seen in deframer.feed(wrong)] == [b""] * (expected is zero)
        waits = header == "4ascii" and expected is zero  # '0210' is a length too
        assert (deframer.error is None) is waits


@pytest.mark.parametrize("header", ["2byte", "2byte-tpdu"])
def test_two_bytes_the_other_way_round(header: str) -> None:
    """The receiver closes."""
    right, wrong = headers("wrong_endianness", header)
    assert wrong == right[::-1] != right
    deframer = framing(header).deframer()
    assert deframer.feed(wrong) == []
    assert deframer.error is not None


def test_digits_have_no_byte_order() -> None:
    """In 4ascii the fault does not act, and does not say that it did."""
    faults = plan("wrong_endianness", framing="4ascii")
    assert faults.fate(0.0, frame(header="4ascii")) is None
    assert told(faults) == []


@pytest.mark.parametrize(("header", "off"), [("2byte", 2), ("2byte-tpdu", 2), ("4ascii", 4)])
def test_a_length_that_counts_itself(header: str, off: int) -> None:
    """So many too many that the receiver waits for the next frame's header."""
    right, wrong = headers("inclusive_len", header)
    length = framing(header).length
    assert length(wrong) - length(right) == off


@pytest.mark.parametrize("header", FRAMINGS)
@given(seed=st.integers(0, 1 << 32))
def test_garbage_stands_where_the_length_was(header: str, seed: int) -> None:
    """Drawn, and no byte of it is what it was."""
    faults = plan("header_garbage", seed=seed, framing=header)
    right, wrong = headers("header_garbage", header, faults)
    assert all(one != other for one, other in zip(right, wrong, strict=True))


def test_lengths_go_by_what_the_header_says() -> None:
    """Bytes that are missing do not change it, whichever fault was named first."""
    ((_, wrong),) = delivered(plan("len_long:by=5", "drop_bytes:bytes=9").fate(0.0, frame()))
    right = frame().data
    assert len(wrong) == len(right) - 9
    assert int.from_bytes(wrong[:2], "big") == len(right) - 2 + 5


def test_half_a_frame_and_then_nothing() -> None:
    """That way the connection is dead; the other way it is not, and nobody closes. The next one
    is another matter.
    """
    right = frame()
    faults = plan("partial_frame_hang:nth=1")
    faults.opened(0.0, ATM)
    assert faults.fate(0.0, frame("0810")) is None
    assert faults.fate(1.0, right) == [Deliver(0.0, right.data[: len(right.data) // 2])]
    for mti in ("0810", "0210", "0430"):
        assert faults.fate(2.0, frame(mti)) == []
    assert faults.fate(3.0, frame("0200")) is None
    assert len(told(faults)) == 1
    faults.opened(4.0, ATM)
    assert faults.fate(5.0, right) is None


@pytest.mark.parametrize("header", FRAMINGS)
@given(count=st.integers(1, 50))
def test_what_trails_is_no_part_of_the_frame(header: str, count: int) -> None:
    """The message before it is read as it was sent."""
    right = frame(header=header)
    faults = plan(f"trailing_bytes:bytes={count}", framing=header)
    ((_, wrong),) = delivered(faults.fate(0.0, right))
    assert wrong[: len(right.data)] == right.data
    assert len(wrong) == len(right.data) + count
    assert message(wrong[: len(right.data)], header) == message(right.data, header)
    assert len(framing(header).deframer().feed(wrong)) >= 1


@pytest.mark.parametrize("header", FRAMINGS)
def test_two_frames_in_one_write(header: str) -> None:
    """One delivery, two messages, the same."""
    right = frame(header=header)
    faults = plan("two_frames_one_write", framing=header)
    ((_, both),) = delivered(faults.fate(0.0, right))
    messages = framing(header).deframer().feed(both)
    assert len(messages) == 2
    assert messages[0] == messages[1]
