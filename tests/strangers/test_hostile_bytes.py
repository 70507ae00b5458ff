"""Peers that send anything at all: no byte of theirs ends a run with an error of ours."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import line as wire
import pytest
from bank import ECHOED, Bank
from line import Fields, Line, framed
from specifications import THEIRS, spec_of
from virtual_time import virtually

from harness.api import Host, Terminals

SPECS = ("", "BCD and EBCDIC", "DE 41 of 16", "a header of 12")
each = pytest.mark.parametrize("name", SPECS)
MTIS = ("0100", "0200", "0201", "0220", "0400", "0420", "0421", "0600", "0800", "0810", "9999")


@pytest.fixture
def spec(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the specification, which the stranger's machine has too."""
    if not name:
        return "iso87-ascii"
    made = spec_of(THEIRS[name])
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(made))
    made["h"].pop("value", None)
    monkeypatch.setattr("line.SPEC", made)
    monkeypatch.setattr("bank.SPEC", made)
    monkeypatch.setattr("bank.ECHOED", ("h", *ECHOED))
    return str(path)


def any_message(rng: Random, spec: dict[str, dict[str, Any]]) -> bytes:
    """A frame with elements of the right length and any content, and often a few wrong bytes."""
    usable = [key for key in spec if key.isdigit() and key not in ("1", "65")]
    usual = ["3", "4", "7", "11", "37", "39", "41", "49", "70", "90", "95"]
    keys = {*rng.sample(usual, rng.randrange(1, 9)), *rng.sample(usable, rng.randrange(3))}
    fields: Fields = {"t": rng.choice(MTIS)}
    if spec["h"]["max_len"]:
        fields["h"] = "A" * spec["h"]["max_len"]
    for key in keys:
        field = spec[key]
        size = rng.randrange(9) if field["len_type"] else field["max_len"]
        if field["data_enc"] == "b" and field.get("len_count") != "nibbles":
            size *= 2
        fields[key] = "".join(rng.choices("0123456789", k=min(size, field["max_len"] * 2)))
    data = bytearray(framed(fields))
    for _ in range(rng.choice((0, 0, 1, 3))):
        data[rng.randrange(2, len(data))] = rng.randrange(256)
    return bytes(data)


async def _host(spec: str, seed: int, messages: int) -> None:
    rng = Random(seed)
    async with Host(spec=spec, seed=seed, sign_on=False, settle="1s") as host:
        line = await Line.to(host.address)
        for _ in range(messages):
            line.send_bytes(any_message(rng, wire.SPEC))
            await asyncio.sleep(rng.choice((0.0, 0.1, 1.0)))
            if rng.random() < 0.02 or line.hung_up:
                await line.close()
                line = await Line.to(host.address)
        await line.close()
    assert host.verdict.outcome in ("pass", "fail", "invalid")


@each
def test_any_messages_to_our_host(name: str, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends with a verdict."""
    virtually(_host(spec, 7, 250), monkeypatch)


def asks(message: Fields) -> bool:
    return message["t"][2] in "02" and {"7", "11", "41"} <= message.keys()


class AnyBank(Bank):
    """Has an answer to what no host is asked, too."""

    def _answer(self, message: Fields) -> Fields:
        return super()._answer(message) if asks(message) else {**message, "39": "00"}


async def _terminals(spec: str, seed: int) -> None:
    rng = Random(seed)

    def errs(_bank: Bank, message: Fields, answer: Fields) -> list[tuple[float, Fields | bytes]]:
        if not asks(message):
            return []  # else each answer would bring two more messages
        right: list[tuple[float, Fields | bytes]] = [(0.1, answer)] if rng.random() < 0.6 else []
        return [(0.05, any_message(rng, wire.SPEC)), *right, (0.2, any_message(rng, wire.SPEC))]

    options: dict[str, Any] = {"terminals": 2, "gap": "20s", "settle": "60s"}
    async with AnyBank(errs) as bank, Terminals(bank.address, spec=spec, **options) as atms:
        await atms.serve("5m")
    assert atms.verdict.outcome in ("pass", "fail", "invalid")


@each
def test_any_messages_to_our_terminals(
    name: str, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and behind the right answers, and in place of them."""
    virtually(_terminals(spec, 7), monkeypatch)
