"""What a stranger's machine needs of the wire: pyiso8583 and an asyncio stream, nothing of ours."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import struct
from datetime import UTC, datetime, timedelta
from typing import Self

import iso8583
from iso8583.specs import default_ascii

Fields = dict[str, str]  # 't' is the MTI, '11' is DE 11

SPEC = copy.deepcopy(default_ascii)
SPEC["54"]["max_len"] = 120
SPEC["43"]["data_enc"] = SPEC["44"]["data_enc"] = "latin-1"

START = datetime(2026, 3, 8, 20, 0, 0, tzinfo=UTC)
ACQUIRER = "99999"


class Line:
    """One connection with ISO 8583:1987 in ASCII behind a length of two bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.strays: list[Fields] = []  # came where something else was waited for

    @classmethod
    async def to(cls, address: str) -> Self:
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    @property
    def peer(self) -> str:
        """The address of the other end."""
        return "{}:{}".format(*self._writer.get_extra_info("peername"))

    def send(self, message: Fields) -> None:
        self.send_bytes(framed(message))

    def send_bytes(self, data: bytes) -> None:
        """Any bytes, a frame or not."""
        if not self._writer.is_closing():
            self._writer.write(data)

    async def receive(self, within: float | None = None) -> Fields | None:
        """The next message; None if it does not come within so many seconds, or if the other end
        hung up.
        """
        try:
            async with asyncio.timeout(within):
                header = await self._reader.readexactly(2)
                data = await self._reader.readexactly(struct.unpack(">H", header)[0])
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return None
        return dict(iso8583.decode(data, SPEC)[0]) if data else {}

    async def read(self, count: int) -> bytes:
        """So many bytes, whatever they are."""
        return await self._reader.readexactly(count)

    @property
    def hung_up(self) -> bool:
        """Has the other end closed?"""
        return self._reader.at_eof()

    def end_sending(self) -> None:
        """FIN: nothing more is sent, and what comes is read."""
        self._writer.write_eof()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def framed(message: Fields) -> bytes:
    """The bytes of a message with its length."""
    fields = {name: value for name, value in message.items() if name not in ("p", "1")}
    data = bytes(iso8583.encode(fields, SPEC)[0])
    return struct.pack(">H", len(data)) + data


def now() -> datetime:
    """The time by the loop's clock."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


def changed(message: Fields, **elements: str | None) -> Fields:
    """The same message with other elements, given as `de4="000000001000"`; None leaves one out."""
    fields = dict(message)
    for name, value in elements.items():
        fields.pop(name.removeprefix("de"), None)
        if value is not None:
            fields[name.removeprefix("de")] = value
    return fields
