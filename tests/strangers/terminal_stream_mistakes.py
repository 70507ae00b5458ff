"""The mistakes of a stranger's terminal in its bytes: length headers, specifications, protocols.

Each is made on a second connection, by a terminal that does nothing else; the first pays out once,
so that the run proves something.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import iso8583
from atm import Atm
from line import SPEC, Fields, Line, framed
from terminal_mistakes import mistake

WAITS = 20.0  # seconds: long enough for what is told of bytes that wait
TELLS = {"outcome": "invalid"}
"""What is not read proves nothing, and the hint says how it would be read."""


def packed(message: Fields) -> bytes:
    return bytes(iso8583.encode(dict(message), SPEC)[0])


async def second_terminal(atm: Atm, wrong: Callable[[bytes], bytes]) -> None:
    """It signs on, with other bytes if it errs, and waits for the answer."""
    await atm.pays()
    line = await Line.to(atm.line.peer)
    message = {**atm.management("001"), "41": "ATM00002"}
    line.send_bytes(wrong(packed(message)) if atm.errs else framed(message))
    await line.receive(WAITS)
    await asyncio.sleep(WAITS)
    await line.close()


def row(text: str, name: str, says: str, wrong: Callable[[bytes], bytes], **rest: object) -> None:
    async def play(atm: Atm) -> None:
        await second_terminal(atm, wrong)

    play.__name__ = name
    mistake(text, says=says, **{**TELLS, **rest})(play)


# --- length headers -----------------------------------------------------------------------------


row("its length counts itself", "length_counts_itself", "--framing 2byte-inclusive",
    lambda data: struct.pack(">H", len(data) + 2) + data)  # fmt: skip
row("its length is BCD", "length_in_bcd", "--framing 2byte-bcd",
    lambda data: bytes.fromhex(f"{len(data):04d}") + data)  # fmt: skip
row("its length is of 3 bytes", "length_of_3_bytes", "--framing 3byte",
    lambda data: len(data).to_bytes(3, "big") + data)  # fmt: skip
row("its length is of 4 bytes", "length_of_4_bytes", "--framing 4byte",
    lambda data: len(data).to_bytes(4, "big") + data, outcome="pass")  # fmt: skip
row("its length is little-endian", "length_little_endian", "--framing 2byte-little",
    lambda data: struct.pack("<H", len(data)) + data)  # fmt: skip
row("its length is of 4 ASCII digits", "length_in_ascii", "--framing 4ascii",
    lambda data: b"%04d" % len(data) + data)  # fmt: skip
row("its length is of 4 hexadecimal digits", "length_in_hex", "--framing 4hex",
    lambda data: b"%04X" % len(data) + data)  # fmt: skip
row("a TPDU stands before its message", "tpdu_before_the_message", "--framing 2byte-tpdu",
    lambda data: struct.pack(">H", len(data) + 5) + b"\x60\0\0\0\0" + data)  # fmt: skip
row("an ETX stands behind its message", "etx_behind_the_message", "--framing 2byte-etx",
    lambda data: struct.pack(">H", len(data) + 1) + data + b"\x03")  # fmt: skip
row("its length counts two bytes 00 too few", "zeros_behind_the_length", "--framing 2byte-zeros",
    lambda data: struct.pack(">H", len(data)) + b"\0\0" + data)  # fmt: skip
row("it sends no length", "no_length", "where is the length header?", lambda data: data)
row("its length says more than it sends", "length_too_great", "9 more are announced",
    lambda data: struct.pack(">H", len(data) + 9) + data)  # fmt: skip
row("its length is beyond all bounds", "length_beyond_bounds", "exceeds 4096",
    lambda data: struct.pack(">H", 60000) + data)  # fmt: skip


# --- specifications and other protocols ---------------------------------------------------------


row("its bitmap is in bytes, not in hexadecimal", "bitmap_in_bytes",
    "--spec iso87-ascii-binary-bitmap",
    lambda data: framed_bytes(data[:4] + bytes.fromhex(data[4:36].decode()) + data[36:]),
    )  # fmt: skip
row("it sends EBCDIC", "ebcdic", "EBCDIC",
    lambda data: framed_bytes(data.decode().encode("cp500")))  # fmt: skip
row("it speaks TLS", "tls", "this is TLS",
    lambda _: bytes.fromhex("160301003c010000380303") + bytes(54))  # fmt: skip
row("it speaks HTTP", "http", "this is HTTP", lambda _: b"GET / HTTP/1.1\r\nHost: bank\r\n\r\n")
row("it sends half a message and waits", "half_a_message", "more are announced",
    lambda data: framed_bytes(data)[:30])  # fmt: skip


def framed_bytes(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


@mistake("it hangs up in the middle of a message", says="when the connection ended", outcome="pass")
async def hangs_up_in_a_message(atm: Atm) -> None:
    await atm.pays()
    line = await Line.to(atm.line.peer)
    message = framed(atm.management("301"))
    line.send_bytes(message[:20] if atm.errs else message)
    await line.receive(1.0)
    await line.close()
    await asyncio.sleep(1.0)


@mistake("it connects and sends nothing", says="has sent nothing", outcome="pass")
async def connects_and_sends_nothing(atm: Atm) -> None:
    await atm.pays()
    line = await Line.to(atm.line.peer)
    if not atm.errs:
        line.send({**atm.management("001"), "41": "ATM00002"})
    await asyncio.sleep(WAITS)
    await line.close()
