"""A stranger's switch between terminals and a host: it signs on once for all of them, answers their
sign-ons and echoes itself, and names what it passes on with numbers of its own.

Towards the host a message has the switch's STAN, acquirer and reference number (DE 11, 32 and 37),
and a reversal the original data of the request as the host knows it (DE 90). Towards the terminal
an answer has again what that had sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct

import iso8583
from line import SPEC, Fields, Line, framed, now

ACQUIRER = "00077"
OWN = ("11", "32", "37")


class Switch:
    """Listens at `address` once it is entered, and has one connection to the host at `host`."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._stan = 500_000
        self._sent: dict[tuple[str, str, str], Fields] = {}  # by class, DE 41 and DE 11 below
        self._asked: dict[tuple[str, str], tuple[Fields, asyncio.StreamWriter]] = {}  # above
        self._writers: list[asyncio.StreamWriter] = []
        self.address = ""

    async def __aenter__(self) -> Switch:
        self._line = await Line.to(self._host)
        self._line.send({"t": "0800", **self._named(), "70": "001"})
        assert (await self._line.receive(10) or {}).get("39") == "00"
        self._answers = asyncio.create_task(self._pass_answers())
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._answers.cancel()
        for writer in self._writers:
            writer.close()
        await self._line.close()

    def _named(self) -> Fields:
        self._stan += 1
        return {"7": f"{now():%m%d%H%M%S}", "11": f"{self._stan:06d}"}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                header = await reader.readexactly(2)
                data = await reader.readexactly(struct.unpack(">H", header)[0])
                self._hear(dict(iso8583.decode(data, SPEC)[0]), writer)
        writer.close()

    def _hear(self, message: Fields, writer: asyncio.StreamWriter) -> None:
        if message["t"].startswith("08"):
            answer = {**message, "t": "0810", "39": "00"}
            writer.write(framed(answer))
            return
        key = message["t"][1], message["41"], message["11"]
        if key not in self._sent:
            self._sent[key] = self._as_ours(message)
        ours = {**self._sent[key], "t": message["t"]}
        self._asked[ours["t"][1], ours["11"]] = message, writer
        self._line.send(ours)

    def _as_ours(self, message: Fields) -> Fields:
        """The message as the host gets it."""
        number = self._named()["11"]
        ours = {**message, "11": number, "32": ACQUIRER, "37": f"S{number:0>11}"}
        if "90" in message:
            original = message["90"]
            request = self._sent[original[1], message["41"], original[4:10]]
            ours["37"] = request["37"]
            ours["90"] = f"{original[:4]}{request['11']}{request['7']}{ACQUIRER:0>11}{0:011d}"
        return ours

    async def _pass_answers(self) -> None:
        while True:
            answer = await self._line.receive()
            if answer is None:
                return
            asked, writer = self._asked.get((answer["t"][1], answer["11"]), (None, None))
            if asked is None or writer is None or writer.is_closing():
                continue
            theirs = {name: asked[name] for name in OWN if name in answer and name in asked}
            writer.write(framed({**answer, **theirs}))
