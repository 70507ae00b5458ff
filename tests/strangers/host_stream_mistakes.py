"""The mistakes of a stranger's host in its bytes: length headers, specifications, protocols."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import iso8583
from bank import Bank, Sent
from host_mistakes import mistake
from line import SPEC, Fields


def to_all(
    text: str, name: str, says: str, wrong: Callable[[bytes], bytes], **rest: object
) -> None:
    """A row for a host that answers every message with other bytes. None of its answers can be
    read, so that nobody can say that it does not answer: the run proves nothing.
    """

    def errs(_bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
        data = bytes(iso8583.encode(dict(answer), SPEC)[0])
        return [(0.1, wrong(data))]

    errs.__name__ = name
    mistake(text, says=says, **{"outcome": "invalid", **rest})(errs)


def framed_bytes(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


to_all("its length counts itself", "length_counts_itself", "--framing 2byte-inclusive",
       lambda data: struct.pack(">H", len(data) + 2) + data)  # fmt: skip
to_all("its length is BCD", "length_in_bcd", "--framing 2byte-bcd",
       lambda data: bytes.fromhex(f"{len(data):04d}") + data)  # fmt: skip
to_all("its length is of 4 bytes", "length_of_4_bytes", "--framing 4byte",
       lambda data: len(data).to_bytes(4, "big") + data, outcome="pass")  # fmt: skip
to_all("its length is of 4 ASCII digits", "length_in_ascii", "--framing 4ascii",
       lambda data: b"%04d" % len(data) + data)  # fmt: skip
to_all("it sends no length", "no_length", "where is the length header?", lambda data: data)
to_all("its bitmap is in bytes, not in hexadecimal", "bitmap_in_bytes",
       "--spec iso87-ascii-binary-bitmap",
       lambda data: framed_bytes(data[:4] + bytes.fromhex(data[4:36].decode()) + data[36:]),
       )  # fmt: skip
to_all("it sends EBCDIC", "ebcdic", "EBCDIC",
       lambda data: framed_bytes(data.decode().encode("cp500")))  # fmt: skip
to_all("it speaks TLS", "tls", "this is TLS", lambda _: bytes.fromhex("15030100020228"))
to_all(
    "it speaks HTTP",
    "http",
    "this is HTTP",
    lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
)
to_all("it sends half a message", "half_a_message", "more are announced",
       lambda data: framed_bytes(data)[:30])  # fmt: skip
