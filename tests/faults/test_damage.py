"""Faults that spoil a frame: each spoils what it says, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passing import ATM, delivered, frame, message, plan

from harness.errors import CodecError
from harness.faults.fate import Close
from harness.wire.framing import framing

FRAMINGS = ("2byte", "2byte-tpdu", "4ascii")
MESSAGE_AT = {"2byte": 2, "2byte-tpdu": 7, "4ascii": 4}


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
    assert faults.drain() == [("bitflip:byte=3,bit=8", ATM, "0210 byte 3, bit 8 flipped")]
    beyond = plan("bitflip:byte=4000")
    assert beyond.fate(0.0, frame()) is None
    assert beyond.drain() == []


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
    assert faults.drain() == []


def test_half_an_answer_and_then_a_fin() -> None:
    """The close comes after the bytes."""
    right = frame()
    acts = plan("fin_mid_response").fate(0.0, right)
    assert acts is not None
    assert delivered(acts) == [(0.0, right.data[: len(right.data) // 2])]
    assert isinstance(acts[-1], Close)
    assert acts[-1].how == "fin"
    assert 0.0 < acts[-1].delay < 0.01


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


@pytest.mark.parametrize(
    ("stan", "other"), [("000123", "000124"), ("999999", "000001"), ("000009", "000010")]
)
def test_another_stan_under_a_right_mac(stan: str, other: str) -> None:
    """The next one, as a terminal counts; all else as it was."""
    sent = frame(stan=stan)
    ((_, data),) = delivered(plan("wrong_stan").fate(0.0, sent))
    fields, verdict = message(data)
    assert verdict == "good"
    right = {**(sent.fields or {}), "11": other}
    assert {name: value for name, value in fields.items() if name not in ("64", "128")} == {
        name: value for name, value in right.items() if name not in ("64", "128")
    }


@pytest.mark.parametrize(("name", "other"), [("ATM00007", "ATM00000"), ("ATM00010", "ATM00011")])
def test_another_terminal_under_a_right_mac(name: str, other: str) -> None:
    """It is never its own id."""
    faults = plan("wrong_terminal")
    ((_, data),) = delivered(faults.fate(0.0, frame(terminal=name)))
    fields, verdict = message(data)
    assert (fields["41"], verdict) == (other, "good")
    assert faults.drain() == [("wrong_terminal", name, f"0210 DE 41 {other} instead of {name}")]
