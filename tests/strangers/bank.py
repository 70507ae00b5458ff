"""A stranger's host: approves, books, reverses, and answers a repeat as it answered the first.

It is right in all it does. A mistake is a function that says what leaves in place of the right
answer: nothing, other fields, other bytes, later, or twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable, Sequence

import iso8583
from line import SPEC, Fields, framed

Sent = tuple[float, Fields | bytes]
"""What leaves, a message or any bytes, and after how many seconds."""
Errs = Callable[["Bank", Fields, Fields], Sequence[Sent]]
"""`errs(bank, message, answer)`: what leaves in place of the right answer to a message."""

ECHOED = ("3", "4", "7", "11", "12", "13", "32", "37", "41", "42", "49", "70")


class Bank:
    """Listens at `address` once it is entered; `errs` None is a host without a mistake."""

    def __init__(self, errs: Errs | None = None) -> None:
        self.errs = errs
        self.address = ""
        self.heard: list[Fields] = []
        self.answers: dict[tuple[str, ...], Fields] = {}
        self.reversed: set[tuple[str, str]] = set()  # DE 41 and DE 11 of originals
        self.connections: list[asyncio.StreamWriter] = []  # also those that are closed

    async def __aenter__(self) -> Bank:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self.connections:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                header = await reader.readexactly(2)
                data = await reader.readexactly(struct.unpack(">H", header)[0])
                if data:
                    self._hear(dict(iso8583.decode(data, SPEC)[0]), writer)
        writer.close()

    def _hear(self, message: Fields, writer: asyncio.StreamWriter) -> None:
        self.heard.append(message)
        if message["t"][2] in "13":
            return  # the answer to what a mistake has asked
        answer = self._answer(message)
        leaves: Sequence[Sent] = [(0.1, answer)]
        if self.errs is not None:
            leaves = self.errs(self, message, answer)
        loop = asyncio.get_running_loop()
        for after, what in leaves:
            data = what if isinstance(what, bytes) else framed(what)
            loop.call_later(after, self._send, writer, data)

    def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if not writer.is_closing():
            writer.write(data)
            if data == HANG_UP:
                writer.close()

    def _answer(self, message: Fields) -> Fields:
        """The right answer; a repeat gets the one that the first got."""
        key = (message["t"][1], message.get("41", ""), message["11"], message["7"])
        if key not in self.answers:
            self.answers[key] = self._decided(message)
        return self.answers[key]

    def _decided(self, message: Fields) -> Fields:
        kind = message["t"][1]
        answer = {"t": f"{message['t'][:2]}{int(message['t'][2]) + 1}0", "39": "00"}
        answer |= {name: message[name] for name in ECHOED if name in message}
        if kind == "4":
            self.reversed.add((message["41"], message["90"][4:10]))
        elif kind == "2" and (message["41"], message["11"]) in self.reversed:
            answer["39"] = "94"
        elif kind == "2":
            answer["38"] = f"{len(self.answers) % 1_000_000:06d}"
            if message["3"].startswith("31"):
                answer["54"] = f"1002978C{30000:012d}"
        return answer


HANG_UP = b"\0\0"  # as `bytes` of a mistake: an empty frame, and the end of the connection
