"""A stranger's switch in front of our host: many customers under one terminal identity at once."""

from __future__ import annotations

import pytest
from atm import Atm
from line import Line
from said import Said
from virtual_time import virtually

from harness.api import Host


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
