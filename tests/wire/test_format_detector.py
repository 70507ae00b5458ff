"""What a stranger's bytes look like: by table, each kind of wrong bytes with what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.wire.codec import Codec
from harness.wire.format_detector import FormatDetector
from harness.wire.framing import framing, framing_names
from harness.wire.spec import load_spec, spec_names

ECHO = {"t": "0800", "7": "0801141900", "11": "000077", "70": "301"}
MESSAGES = {name: Codec(load_spec(name)).encode(ECHO) for name in spec_names()}
ASCII = MESSAGES["iso87-ascii"]
USED = FormatDetector("2byte", "iso87-ascii")

CLIENT_HELLO = bytes.fromhex("160301003c010000380303") + bytes(49)
EBCDIC = ASCII.decode().encode("cp500")
EBCDIC_BINARY = "0800".encode("cp500") + bytes.fromhex("8220000000000000") + EBCDIC[36:]


@pytest.mark.parametrize("name", [name for name in framing_names() if name != "2byte"])
def test_each_framing_is_known_by_its_first_frame(name: str) -> None:
    """The flag that is named reads it."""
    assert USED.hint(framing(name).wrap(ASCII)) == f"it reads with --framing {name}"


@pytest.mark.parametrize("name", [name for name in framing_names() if name != "4ascii"])
def test_each_framing_is_known_where_another_is_in_use(name: str) -> None:
    """The one in use is never the answer."""
    detector = FormatDetector("4ascii", "iso87-ascii")
    assert detector.hint(framing(name).wrap(ASCII)) == f"it reads with --framing {name}"


@pytest.mark.parametrize("name", [name for name in spec_names() if name != "iso87-ascii"])
def test_each_specification_is_known(name: str) -> None:
    """Alone, and with another framing; by the name of one that writes these bytes."""
    message = MESSAGES[name]
    alone = USED.hint(framing("2byte").wrap(message))
    begin, _, named = alone.rpartition(" ")
    assert begin == "it reads with --spec"
    assert MESSAGES[named] == message
    assert USED.hint(framing("4byte").wrap(message)) == (
        f"it reads with --framing 4byte --spec {named}"
    )


@pytest.mark.parametrize(
    ("hexadecimal", "hint"),
    [
        (  # the length counts itself
            "0039" + ASCII.hex(),
            "it reads with --framing 2byte-inclusive",
        ),
        (  # one byte 03 behind the message
            "0038" + ASCII.hex() + "03",
            "it reads with --framing 2byte-etx",
        ),
        (  # four bytes of length: the first two look like a keep-alive
            "00000037" + ASCII.hex(),
            "it reads with --framing 4byte",
        ),
        (  # a bitmap in bytes
            "002f30383030822000000080000004000000000000003038303131343139303030303030373741544d"
            "3030303031333031",
            "it reads with --spec iso87-ascii-binary-bitmap",
        ),
    ],
)
def test_what_other_people_s_terminals_sent(hexadecimal: str, hint: str) -> None:
    """Bytes that were reported to other projects."""
    assert USED.hint(bytes.fromhex(hexadecimal)) == hint


@pytest.mark.parametrize(
    ("stream", "hint"),
    [
        (CLIENT_HELLO, "this is TLS"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "this is TLS"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "this is HTTP"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "this is HTTP"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "this is SSH"),
        (b"220 mail ESMTP\r\n", "a mail or file server"),
        (b'{"mti": "0200"}', "this is JSON"),
        (ASCII, "begins at its first byte: where is the length header?"),
        (MESSAGES["iso87-binary"], "MTI 0800 in BCD and a bitmap that is binary"),
        (framing("2byte").wrap(EBCDIC), "MTI 0800 in EBCDIC and a bitmap that is hexadecimal"),
        (framing("2byte").wrap(EBCDIC_BINARY), "MTI 0800 in EBCDIC and a bitmap that is binary"),
        (framing("4byte").wrap(EBCDIC), "begins at byte 4"),
        (framing("2byte").wrap(b"ISO016000055" + ASCII), "begins at byte 14"),
    ],
)
def test_what_no_flag_reads(stream: bytes, hint: str) -> None:
    """Another protocol, or a message of which at least the begin is seen."""
    said = USED.hint(stream)
    assert hint in said
    assert "it reads with" not in said


@pytest.mark.parametrize(
    "stream",
    [b"", b"\0", b"\0\x10", bytes(40), bytes(range(1, 30)), b"\xff" * 40, b"garbage without sense"],
)
def test_nothing_is_said_of_bytes_that_look_like_nothing(stream: bytes) -> None:
    """No guess is better than a wrong one."""
    assert USED.hint(stream) == ""


def test_two_messages_are_better_than_one() -> None:
    """A framing that reads all of the stream goes before one that reads its first frame."""
    stream = framing("2byte-zeros").wrap(ASCII) * 2
    assert USED.hint(stream) == "it reads with --framing 2byte-zeros"


def test_half_a_message_in_the_framing_in_use_gets_no_flag() -> None:
    """More is announced than has come, and that is all there is to say."""
    half = framing("2byte").wrap(ASCII)[:30]
    assert "it reads with" not in USED.hint(half)
    assert USED.lengths(half).startswith("55 in 2byte or ")


def test_what_a_header_means() -> None:
    """In each framing that can read it as a length."""
    assert USED.lengths(b"\0\x39" + ASCII) == (
        "57 in 2byte or 2byte-tpdu or 2byte-etx, 55 in 2byte-inclusive, "
        "39 in 2byte-bcd or 2byte-bcd-tpdu"
    )
    assert USED.lengths(b"0055" + ASCII) == (
        "55 in 4ascii, 3030 in 2byte-bcd or 2byte-bcd-tpdu, 51 in 4ascii-inclusive, 85 in 4hex"
    )
    assert USED.lengths(b"\0") == ""


def test_a_specification_of_one_s_own_is_tried_too() -> None:
    """With another framing it may be the right one."""
    detector = FormatDetector("2byte", "iso87-binary")
    stream = framing("4ascii").wrap(MESSAGES["iso87-binary"])
    assert detector.hint(stream) == "it reads with --framing 4ascii"


@settings(deadline=None, max_examples=200)
@given(begin=st.sampled_from([b"", b"\0\x39", b"0800", ASCII[:20]]), rest=st.binary(max_size=80))
def test_no_bytes_raise_anything(begin: bytes, rest: bytes) -> None:
    """Whatever a peer sends, the answer is a text."""
    assert isinstance(USED.hint(begin + rest), str)
    assert isinstance(USED.lengths(begin + rest), str)
