"""Messages that nobody sent, or that no message should look like: what of them reaches the end."""

from __future__ import annotations

import pytest
from passing import CODEC, delivered, fields_of, frame, message, plan, told

from harness.errors import DecodeError
from harness.wire.framing import framing


def payload(data: bytes) -> bytes:
    return framing("2byte").deframer().feed(data)[0].payload


def test_an_old_frame_comes_before_the_right_one() -> None:
    """The first of its kind, byte for byte; the first itself is no attempt."""
    faults = plan("replay_old:nth=1")
    first, second = frame(stan="000001"), frame(stan="000002")
    assert faults.fate(0.0, first) is None
    assert delivered(faults.fate(1.0, second)) == [(0.0, first.data), (0.0, second.data)]
    assert faults.fate(2.0, frame(stan="000003")) is None  # it was the second attempt


def test_nobody_asked_for_it() -> None:
    """The right one passes, and behind it one like it, about another transaction, signed."""
    sent = frame(more={"37": "000000000012"})
    (now, right), (later, other) = delivered(plan("unsolicited:after=60s").fate(0.0, sent))
    assert (now, right, later) == (0.0, sent.data, 60.0)
    fields, mac = message(other)
    assert (fields["11"], fields["37"], fields["39"], mac) == ("500123", "9" * 12, "00", "good")


def test_a_class_that_does_not_exist() -> None:
    """Only the MTI is another, and the MAC is right."""
    ((_, data),) = delivered(plan("bad_mti").fate(0.0, frame()))
    fields, mac = message(data)
    assert (fields["t"], fields["11"], mac) == ("0910", "000123", "good")


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_bitmap_that_promises_too_much(seed: int) -> None:
    """Whichever field it announces, there is no message in it any more, or one with that field."""
    faults = plan("bad_bitmap", seed=seed)
    ((_, data),) = delivered(faults.fate(0.0, frame()))
    ((_, _, what),) = told(faults)
    announced = what.split("DE ")[1].split(",")[0]
    try:
        fields, _ = message(data)
    except DecodeError:
        return
    assert announced in fields


@pytest.mark.parametrize("field", ["39", "7", "11", "41"])
def test_a_field_is_missing(field: str) -> None:
    """That one and no other, under a right MAC."""
    sent = frame()
    ((_, data),) = delivered(plan(f"missing_field:de={field}").fate(0.0, sent))
    fields, mac = message(data)
    assert mac == "good"
    assert set(fields_of(sent)) - set(fields) == {field}


def test_a_field_that_is_not_there_cannot_be_left_out() -> None:
    """Then the fault does not act, and does not say so."""
    faults = plan("missing_field:de=4")
    assert faults.fate(0.0, frame()) is None
    assert told(faults) == []


def test_a_length_beyond_the_message() -> None:
    """It cannot be read, and says of which field it is."""
    faults = plan("bad_llvar")
    ((_, data),) = delivered(faults.fate(0.0, frame(more={"32": "99999"})))
    with pytest.raises(DecodeError, match="32"):
        message(data)
    assert "DE 32 is 99 long" in told(faults)[0][2]
    assert plan("bad_llvar").fate(0.0, frame()) is None  # all its fields are of fixed length


def test_a_letter_among_the_digits() -> None:
    """Rightly signed, so that only who looks at the digits can see it."""
    ((_, data),) = delivered(plan("bad_charset").fate(0.0, frame(more={"4": "000000005000"})))
    fields, mac = message(data)
    assert (fields["4"], mac) == ("O00000005000", "good")


def test_a_wrong_mac_and_nothing_else() -> None:
    """All fields but the MAC are as they were."""
    sent = frame()
    ((_, data),) = delivered(plan("bad_mac").fate(0.0, sent))
    fields, mac = message(data)
    assert mac == "bad"
    assert {k: v for k, v in fields.items() if k != "64"} == {
        k: v for k, v in fields_of(sent).items() if k != "64"
    }


def test_what_carries_no_mac_cannot_have_a_wrong_one() -> None:
    """The fault does not act on it."""
    sent = frame()
    fields = {k: v for k, v in fields_of(sent).items() if k != "64"}
    bare = framing("2byte").wrap(CODEC.codec.encode(fields))
    assert plan("bad_mac").fate(0.0, sent._replace(data=bare)) is None
