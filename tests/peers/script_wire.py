"""What both scripts need of the wire: messages by pyiso8583, a MAC, a length header, a socket.

Message: ISO 8583:1987, everything printable, as pyiso8583's own `default_ascii` has it.
MAC: AES-CMAC, its left 8 bytes in DE 64, or in DE 128 where there is a second bitmap. It covers
the message from the MTI up to that field, the bit that announces it included.
"""

from __future__ import annotations

import copy
import socket
import struct
import sys
import time

import iso8583
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from iso8583.specs import default_ascii

Fields = dict[str, str]  # 't' is the MTI, '11' is DE 11

SPEC = copy.deepcopy(default_ascii)
SPEC["54"]["max_len"] = 120

FRAMINGS = ("2byte", "2byte-tpdu", "4ascii")
MAX_FRAME = 4096
TPDU = bytes.fromhex("6000000000")
MAC_KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")  # a published test key
MAC_DIGITS = 16  # 8 bytes, in hexadecimal


class Garbled(ConnectionError):
    """The bytes make no sense: no use in reading on from this connection."""


class Wire:
    """A connection that carries messages.

    `receive` raises ConnectionError when the peer hangs up, Garbled when its bytes do not read.
    """

    def __init__(self, connection: socket.socket, framing: str, *, mac: bool) -> None:
        self.connection = connection
        self.framing = framing
        self.mac = mac
        self.buffer = b""

    def send(self, fields: Fields) -> None:
        self.connection.sendall(framed(encoded(fields, mac=self.mac), self.framing))

    def receive(self, seconds: float | None = None) -> Fields | None:
        """The next message; None if it does not come within so many seconds. One whose MAC is
        missing or wrong is dropped, as if the line had eaten it.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            message, self.buffer = cut(self.buffer, self.framing)
            if message is None:
                if not self._read_more(end):
                    return None
            elif self.mac and not is_authentic(message):
                print(f"dropped: MAC missing or wrong, {len(message)} bytes", file=sys.stderr)
            else:
                return decoded(message)

    def _read_more(self, end: float | None) -> bool:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            return False
        self.connection.settimeout(left)
        try:
            data = self.connection.recv(MAX_FRAME)
        except TimeoutError:
            return False
        if not data:
            raise ConnectionError("the peer hung up")
        self.buffer += data
        return True


# --- messages ---------------------------------------------------------------------------------


def encoded(fields: Fields, *, mac: bool) -> bytes:
    """The message's bytes. With a MAC: encode with zeros in its place, then overwrite them."""
    if not mac:
        return bytes(iso8583.encode(dict(fields), SPEC)[0])
    second_bitmap = any(name.isdigit() and int(name) > 64 for name in fields)
    whole = {**fields, "128" if second_bitmap else "64": "0" * MAC_DIGITS}
    body = bytes(iso8583.encode(whole, SPEC)[0])[:-MAC_DIGITS]
    return body + mac_of(body)


def decoded(message: bytes) -> Fields:
    try:
        return dict(iso8583.decode(message, SPEC)[0])
    except iso8583.DecodeError as trouble:
        raise Garbled(str(trouble)) from trouble


def mac_of(data: bytes) -> bytes:
    cmac = CMAC(AES(MAC_KEY))
    cmac.update(data)
    return cmac.finalize()[:8].hex().upper().encode()


def is_authentic(message: bytes) -> bool:
    """The MAC is the last field of its message, whatever else is in it."""
    fields = decoded(message)
    has_mac = ("128" if "1" in fields else "64") in fields
    return has_mac and message[-MAC_DIGITS:] == mac_of(message[:-MAC_DIGITS])


# --- frames -----------------------------------------------------------------------------------


def framed(message: bytes, framing: str) -> bytes:
    if framing == "4ascii":
        return b"%04d" % len(message) + message
    if framing == "2byte-tpdu":
        message = TPDU + message  # its 5 bytes count
    return struct.pack(">H", len(message)) + message


def cut(buffer: bytes, framing: str) -> tuple[bytes | None, bytes]:
    """The first message of the buffer (None: not all of it is there yet) and what follows it."""
    head = 4 if framing == "4ascii" else 2
    header = buffer[:head]
    if len(header) < head:
        return None, buffer
    if framing == "4ascii":
        length = int(header) if header.isdigit() else 0
    else:
        length = struct.unpack(">H", header)[0]
    if not 0 < length <= MAX_FRAME:
        raise Garbled(f"the length header {header.hex()} cannot be right")
    body, rest = buffer[head : head + length], buffer[head + length :]
    if len(body) < length:
        return None, buffer
    if framing == "2byte-tpdu":
        if body[:1] != TPDU[:1]:
            raise Garbled("a frame without a TPDU")
        body = body[len(TPDU) :]
    return body, rest
