"""Strangers' switches: many customers under one identity, many terminals on few connections, and
names that are not the terminals' own.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from atm import Atm
from line import Line
from said import Said
from switch import Switch
from virtual_time import virtually

from harness.api import Host, Terminals, judge
from harness.checks.verdict import Verdict
from harness.errors import ConfigError


async def asks_at_once(count: int, faults: tuple[str, ...]) -> Said:
    """So many withdrawals leave before any answer is read; what was not answered is reversed, all
    at once as well, and repeated until it is.
    """
    said = Said("host")
    async with Host(seed=2, settle="200s", faults=faults, listeners=said.listeners) as host:
        line = await Line.to(host.address)
        try:
            switch = Atm(line, errs=False, name="SWITCH01")
            await switch.sign_on()
            requests = [switch.withdrawal(2000, n % 2) for n in range(count)]
            unanswered = await _all(line, {x["11"]: x for x in requests}, 45.0)
            reversals = [switch.reversal(x) for x in unanswered]
            pending = {x["11"]: x for x in reversals}
            while pending:
                left = await _all(line, pending, 60.0)
                pending = {x["11"]: {**x, "t": "0421"} for x in left}
        finally:
            await line.close()
    return said.of(host.verdict)


async def _all(line: Line, asked: dict[str, dict[str, str]], within: float) -> list[dict[str, str]]:
    """Send them all, and read until nothing more comes; those without an answer."""
    left = dict(asked)
    for message in asked.values():
        line.send(message)
    while left and (answer := await line.receive(within)) is not None:
        left.pop(answer["11"], None)
    return list(left.values())


@pytest.mark.parametrize(
    ("count", "faults"),
    [
        (10, ()),
        (300, ()),
        (60, ("drop_response:p=20%,mti=0210",)),
        (60, ("drop_response:p=20%,mti=0210", "drop_response:p=50%,mti=0430@..2m")),
    ],
)
def test_a_right_switch_passes(
    count: int, faults: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number may be open, and be reversed side by side."""
    said = virtually(asks_at_once(count, faults), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said


# --- many terminals on few connections ------------------------------------------------------------


async def crowd(terminals: int, requests: int, faults: tuple[str, ...]) -> Said:
    """Three connections, on each a sign-on for all. So many requests of so many terminals leave
    before any answer is read, and their answers come in another order.
    """
    said = Said("host")
    async with Host(seed=2, settle="200s", faults=faults, listeners=said.listeners) as host:
        lines = [await Line.to(host.address) for _ in range(3)]
        for line in lines:
            await Atm(line, errs=False, name="SWITCH01").sign_on()
        atms = [Atm(lines[n % 3], errs=False, name=f"ATM{n:05d}") for n in range(terminals)]
        asked = [atms[7 * n % terminals].withdrawal(2000, n % 2) for n in range(requests)]
        by_name = {atm.name: atm for atm in atms}
        waiting = {(x["41"], x["11"]): x for x in asked}
        for message in asked:
            by_name[message["41"]].line.send(message)
        for line in lines:
            while waiting and (answer := await line.receive(46.0)) is not None:
                assert waiting.pop((answer["41"], answer["11"]))["37"] == answer["37"]
        for message in waiting.values():
            await by_name[message["41"]].reverses(by_name[message["41"]].reversal(message))
        for line in lines:
            await line.close()
    return said.of(host.verdict)


@pytest.mark.parametrize(
    ("terminals", "requests", "faults"),
    [(100, 500, ()), (100, 500, ("drop_response:p=2%,mti=0210",))],
)
def test_a_right_crowd_passes(
    terminals: int, requests: int, faults: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a STAN that many of them have at the same second."""
    said = virtually(crowd(terminals, requests, faults), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said


async def reconnects() -> Said:
    """It loses its connection with three requests open, signs on once for all, and goes on."""
    said = Said("host")
    async with Host(seed=2, settle="200s", listeners=said.listeners) as host:
        switch = Atm(await Line.to(host.address), errs=False, name="SWITCH01")
        await switch.sign_on()
        atms = [Atm(switch.line, errs=False, name=f"ATM{n:05d}") for n in range(1, 6)]
        for atm in atms:
            await atm.pays()
        lost = [(atm, atm.withdrawal()) for atm in atms[:3]]
        for atm, request in lost:
            atm.line.send(request)
        await asyncio.sleep(0.01)
        await switch.line.close()
        await asyncio.sleep(3)
        switch.line = await Line.to(host.address)
        await switch.sign_on()
        for atm in atms:
            atm.line = switch.line
        for atm, request in lost:
            await atm.reverses(atm.reversal(request))
        for atm in atms:
            await atm.pays()
        await switch.line.close()
    return said.of(host.verdict)


def test_a_switch_signs_on_again_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of its terminals has to."""
    said = virtually(reconnects(), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said
    assert not said.hints, said


# --- names that are not the terminals' own --------------------------------------------------------


async def renamed(faults: tuple[str, ...], journals: Path) -> tuple[Verdict, Verdict]:
    """Our terminals behind a stranger's switch, which is in front of our host: both verdicts."""
    beside: dict[str, Any] = {"faults": faults, "journal": journals / "terminals.jsonl"}
    async with (
        Host(seed=2, settle="300s", journal=journals / "host.jsonl") as host,
        Switch(host.address) as switch,
        Terminals(switch.address, 3, gap="30s", settle="200s", **beside) as atms,
    ):
        await atms.serve("10m")
        await atms.settle()
    return atms.verdict, host.verdict


@pytest.mark.parametrize(
    "faults", [(), ("drop_response:nth=2,mti=0210", "drop_response:nth=1,mti=0430")]
)
def test_a_switch_that_names_messages_anew(
    faults: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each half passes. Together they cannot be judged, and that is said instead of a failure: the
    host's STANs, acquirer and reference numbers are not the terminals'.
    """
    for verdict in virtually(renamed(faults, tmp_path), monkeypatch):
        assert verdict.passed, verdict
    with pytest.raises(ConfigError, match="asked for nothing that the terminals asked for"):
        judge(tmp_path / "host.jsonl", tmp_path / "terminals.jsonl")
