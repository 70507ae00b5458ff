"""Streams into frames: any chunking, and every way of being wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError, LocalProtocolError
from harness.wire.deframer import Frame
from harness.wire.framing import TpduFraming, framing, framing_names

each_framing = pytest.mark.parametrize("name", list(framing_names()))


@each_framing
@settings(deadline=None)
@given(data=st.data())
def test_any_chunking_gives_the_same_frames(name: str, data: st.DataObject) -> None:
    """What TCP does to the stream is invisible behind the deframer."""
    payloads = data.draw(st.lists(st.binary(min_size=1, max_size=300), max_size=6))
    kind = framing(name)
    stream = b"".join(kind.wrap(payload) for payload in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    deframer = kind.deframer()
    seen: list[Frame] = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        seen += deframer.feed(stream[start:stop])
    assert [frame.payload for frame in seen] == payloads
    assert b"".join(frame.raw for frame in seen) == stream
    assert deframer.error is None
    assert deframer.rest == b""


@each_framing
@settings(deadline=None)
@given(chunks=st.lists(st.binary(max_size=40), max_size=12))
def test_garbage_never_raises_and_an_error_is_final(name: str, chunks: list[bytes]) -> None:
    """Chunked or whole, garbage breaks the stream at the same byte for the same reason."""
    piecemeal, whole = framing(name).deframer(64), framing(name).deframer(64)
    seen = [frame for chunk in chunks for frame in piecemeal.feed(chunk)]
    assert whole.feed(b"".join(chunks)) == seen
    assert str(whole.error) == str(piecemeal.error)
    if whole.error is not None:
        assert whole.feed(framing(name).wrap(b"0800")) == []


# Bytes that cannot begin a frame. Where every header can be right, its length is too great.
BAD = dict.fromkeys(framing_names(), b"\xff" * 8) | {
    "4hex": b"FFFF",
    "2byte-etx": b"\0\x05abcde",
    "2byte-tpdu": b"\0\x0a0200123456",
}


@each_framing
def test_frames_before_a_bad_one_are_given(name: str) -> None:
    """An error costs what follows it, never what came before; it names the absolute byte."""
    kind = framing(name)
    good = kind.wrap(b"0800 message")
    deframer = kind.deframer()
    right = [(good, b"0800 message")]
    assert [frame[:2] for frame in deframer.feed(good)] == right
    bad = BAD[name]
    assert [frame[:2] for frame in deframer.feed(good + bad + good)] == right
    assert deframer.error is not None
    assert 2 * len(good) <= deframer.error.offset <= 2 * len(good) + kind.head
    assert deframer.rest == bad + good
    assert deframer.feed(good) == []
    assert deframer.rest == good


@each_framing
def test_a_length_of_0_is_a_keep_alive(name: str) -> None:
    """Before, between and behind the messages, in one piece with them or byte by byte."""
    kind = framing(name)
    nothing, message = kind.header(0), kind.wrap(b"0800 message")
    stream = nothing + message + nothing + nothing + message + nothing
    payloads = [b"", b"0800 message", b"", b"", b"0800 message", b""]
    for pieces in ([stream], [bytes([byte]) for byte in stream]):
        deframer = kind.deframer()
        frames = [frame for piece in pieces for frame in deframer.feed(piece)]
        assert deframer.error is None
        assert [frame.payload for frame in frames] == payloads
        assert b"".join(frame.raw for frame in frames) == stream
        assert deframer.at == len(stream)


@each_framing
def test_what_a_frame_lacks(name: str) -> None:
    """Of the header nothing is known; behind it, the bytes that it announces and that are not
    there.
    """
    kind = framing(name)
    message = kind.wrap(b"0800 message")
    deframer = kind.deframer()
    deframer.feed(message + message[: kind.head - 1])
    assert (deframer.at, deframer.rest, deframer.missing) == (
        len(message),
        message[: kind.head - 1],
        0,
    )
    deframer.feed(message[kind.head - 1 : -3])
    assert (deframer.at, deframer.missing) == (len(message), 3)


WRONG = [
    ("2byte", b"0063" + b"x" * 63, "length 12336 exceeds 4096"),
    ("2byte", b"\x64\x00", "length 25600 exceeds 4096"),
    ("2byte", b"\xff\xff", "length 65535 exceeds 4096"),
    ("4ascii", b"\x00\xc80200", "no length of 4ascii"),
    ("4ascii", b" 123", "no length of 4ascii"),
    ("4ascii", b"12_3", "no length of 4ascii"),
    ("4ascii", b"\xb2\xb2\xb2\xb2", "no length of 4ascii"),
    ("4ascii", b"9999", "length 9999 exceeds 4096"),
    ("4ascii-inclusive", b"0003", "no length of 4ascii-inclusive"),
    ("4hex", b"00g0", "no length of 4hex"),
    ("4hex", b"-001", "no length of 4hex"),
    ("2byte-bcd", b"\0\x3a", "no length of 2byte-bcd"),
    ("2byte-inclusive", b"\0\1", "no length of 2byte-inclusive"),
    ("2byte-zeros", b"\0\x37\0\1", "no length of 2byte-zeros"),
    ("4byte", b"\0\0\x37\0", "length 14080 exceeds 4096"),
    ("2byte-etx", b"\0\x04abcd", "ETX missing: 64 instead of 03 behind the message"),
    ("2byte-etx", b"\0\x01\x03", "1 byte holds no message before its ETX"),
    ("2byte-tpdu", b"\0\x0a0200123456", "TPDU missing: 30 32 instead of 60"),
    ("2byte-tpdu", b"\0\x0a\x02\0aaaaaaaa", "TPDU missing: 02 00 instead of 60"),
    ("2byte-tpdu", b"\0\x05\x60\0\0\0\0", "5 bytes hold no message behind a TPDU"),
    ("2byte-tpdu", b"\0\x06zzzzzz", "TPDU missing: 7a 7a instead of 60"),
    ("2byte-bcd-tpdu", b"\0\x10" + b"z" * 10, "TPDU missing: 7a 7a instead of 60"),
]


@pytest.mark.parametrize(("name", "stream", "reason"), WRONG)
def test_what_is_wrong_is_named(name: str, stream: bytes, reason: str) -> None:
    """The reason and the bytes; what they look like instead is told by the format detector."""
    deframer = framing(name).deframer()
    assert deframer.feed(stream) == []
    error = deframer.error
    assert error is not None
    assert error.reason == reason
    assert error.data
    assert error.data[:2].hex(" ") in str(error)


@each_framing
def test_a_frame_of_the_greatest_length_passes_and_one_more_byte_does_not(name: str) -> None:
    """The bound is on what the header says."""
    kind = framing(name)
    longest = kind.wrap(b"x" * (100 - kind.address - kind.trailer))
    assert len(kind.deframer(100).feed(longest)) == 1
    deframer = kind.deframer(99)
    assert deframer.feed(longest) == []
    assert deframer.error is not None


@each_framing
def test_what_cannot_be_framed_is_refused(name: str) -> None:
    """An empty message, or one whose length the header cannot spell."""
    kind = framing(name)
    payloads = [b""]
    if kind.most < 1_000_000:
        payloads.append(b"x" * (kind.most - kind.address - kind.trailer + 1))
    for payload in payloads:
        with pytest.raises(LocalProtocolError):
            kind.wrap(payload)


WIRE = [
    ("2byte", "0004 30383030"),
    ("2byte-tpdu", "0009 6000000000 30383030"),
    ("2byte-little", "0400 30383030"),
    ("2byte-inclusive", "0006 30383030"),
    ("2byte-bcd", "0004 30383030"),
    ("2byte-bcd-tpdu", "0009 6000000000 30383030"),
    ("2byte-etx", "0005 30383030 03"),
    ("2byte-zeros", "00040000 30383030"),
    ("3byte", "000004 30383030"),
    ("4byte", "00000004 30383030"),
    ("4byte-inclusive", "00000008 30383030"),
    ("4ascii", "30303034 30383030"),
    ("4ascii-inclusive", "30303038 30383030"),
    ("4hex", "30303034 30383030"),
]


@pytest.mark.parametrize(("name", "hexadecimal"), WIRE)
def test_wire_format(name: str, hexadecimal: str) -> None:
    """Each framing byte for byte."""
    assert framing(name).wrap(b"0800").hex() == hexadecimal.replace(" ", "")


def test_every_framing_has_its_bytes_here() -> None:
    """Also the next one."""
    assert {name for name, _ in WIRE} == set(framing_names())


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("2byte-bcd", "0255"),
        ("2byte", "00ff"),
        ("2byte-little", "ff00"),
        ("2byte-inclusive", "0101"),
        ("4hex", "30304646"),
        ("4ascii", "30323535"),
        ("4ascii-inclusive", "30323539"),
    ],
)
def test_how_255_is_spelled(name: str, header: str) -> None:
    """In BCD by its digits, in two bytes by its value."""
    assert framing(name).wrap(b"x" * 255)[: framing(name).head].hex() == header


@pytest.mark.parametrize("name", ["2byte-tpdu", "2byte-bcd-tpdu"])
def test_a_reply_swaps_the_addresses(name: str) -> None:
    """TPDU 60 0012 0034 is answered with 60 0034 0012."""
    kind = framing(name)
    tpdu = bytes.fromhex("6000120034")
    (frame,) = kind.deframer().feed(kind.addressed(tpdu).wrap(b"0800"))
    assert frame.address == tpdu
    answer = kind.answering(frame.address).wrap(b"0810")
    assert answer[2:7].hex() == "6000340012"


def test_a_framing_without_addresses_answers_as_it_is() -> None:
    """There is nothing to swap."""
    kind = framing("2byte")
    assert kind.answering(b"") is kind


def test_mistakes_are_the_user_s() -> None:
    """An unknown name offers the nearest; a TPDU has its form."""
    with pytest.raises(ConfigError, match="did you mean 4ascii"):
        framing("4asci")
    with pytest.raises(ConfigError, match="TPDU"):
        TpduFraming(b"\x61\0\0\0\0")
