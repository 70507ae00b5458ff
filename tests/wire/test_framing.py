"""Streams into frames: any chunking, and every way of being wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError, LocalProtocolError
from harness.wire.framing import Frame, TpduFraming, framing, framing_names

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


@each_framing
def test_frames_before_a_bad_one_are_given(name: str) -> None:
    """An error costs what follows it, never what came before; it names the absolute byte."""
    kind = framing(name)
    good = kind.wrap(b"0800 message")
    deframer = kind.deframer()
    right = [(good, b"0800 message")]
    assert [frame[:2] for frame in deframer.feed(good)] == right
    bad = b"0000" if name == "4ascii" else b"\0\0"
    assert [frame[:2] for frame in deframer.feed(good + bad + good)] == right
    assert deframer.error is not None
    assert deframer.error.offset == 2 * len(good)
    assert deframer.error.reason == "length 0"
    assert deframer.rest == bad + good
    assert deframer.feed(good) == []
    assert deframer.rest == good


WRONG = [
    ("2byte", b"0063" + b"x" * 63, "length 12336 exceeds 4096", "is the peer using 4ascii?"),
    ("2byte", b"\x64\x00", "length 25600 exceeds 4096", "length 100 the other way round"),
    ("2byte", b"\xff\xff", "length 65535 exceeds 4096", ""),
    ("2byte", b"\0\0", "length 0", ""),
    ("4ascii", b"\x00\xc80200", "length is not 4 ASCII digits", "binary length of 200"),
    ("4ascii", b" 123", "length is not 4 ASCII digits", ""),
    ("4ascii", b"12_3", "length is not 4 ASCII digits", ""),
    ("4ascii", b"\xb2\xb2\xb2\xb2", "length is not 4 ASCII digits", ""),
    ("4ascii", b"9999", "length 9999 exceeds 4096", ""),
    ("2byte-tpdu", b"\0\x0a0200123456", "TPDU missing: 30 32 instead of 60", "looks like an MTI"),
    ("2byte-tpdu", b"\0\x0a\x02\0aaaaaaaa", "TPDU missing: 02 00 instead of 60", "MTI"),
    ("2byte-tpdu", b"\0\x05\x60\0\0\0\0", "5 bytes hold no message behind a TPDU", ""),
    ("2byte-tpdu", b"\0\x06zzzzzz", "TPDU missing: 7a 7a instead of 60", ""),
]


@pytest.mark.parametrize(("name", "stream", "reason", "hint"), WRONG)
def test_what_is_wrong_is_named_with_its_likely_cause(
    name: str, stream: bytes, reason: str, hint: str
) -> None:
    """Reason, the bytes, and which other framing they look like; no hint where there is none."""
    deframer = framing(name).deframer()
    assert deframer.feed(stream) == []
    error = deframer.error
    assert error is not None
    assert error.reason == reason
    assert hint in error.hint
    assert bool(hint) == bool(error.hint)
    assert error.data
    assert error.data[:2].hex(" ") in str(error)


@each_framing
def test_a_frame_of_the_greatest_length_passes_and_one_more_byte_does_not(name: str) -> None:
    """The bound is on what the header says."""
    kind = framing(name)
    overhead = 5 if name == "2byte-tpdu" else 0
    longest = kind.wrap(b"x" * (100 - overhead))
    assert len(kind.deframer(100).feed(longest)) == 1
    deframer = kind.deframer(99)
    assert deframer.feed(longest) == []
    assert deframer.error is not None


@each_framing
def test_what_cannot_be_framed_is_refused(name: str) -> None:
    """An empty message, or one whose length the header cannot spell."""
    for payload in (b"", b"x" * 70_000):
        with pytest.raises(LocalProtocolError):
            framing(name).wrap(payload)


def test_wire_format() -> None:
    """The three headers, byte for byte."""
    assert framing("2byte").wrap(b"0800") == b"\x00\x040800"
    assert framing("2byte-tpdu").wrap(b"0800") == b"\x00\x09\x60\0\0\0\0" + b"0800"
    assert framing("4ascii").wrap(b"0800") == b"00040800"


def test_a_reply_swaps_the_addresses() -> None:
    """TPDU 60 0012 0034 is answered with 60 0034 0012."""
    deframer = framing("2byte-tpdu").deframer()
    asked = TpduFraming(bytes.fromhex("6000120034"))
    (frame,) = deframer.feed(asked.wrap(b"0800"))
    assert frame.address == asked.tpdu
    answer = asked.reply_to(frame.address).wrap(b"0810")
    assert answer[2:7].hex() == "6000340012"


def test_mistakes_are_the_user_s() -> None:
    """An unknown name offers the nearest; a TPDU has its form."""
    with pytest.raises(ConfigError, match="did you mean 4ascii"):
        framing("4asci")
    with pytest.raises(ConfigError, match="TPDU"):
        TpduFraming(b"\x61\0\0\0\0")
