"""Strangers with whom nothing works: the most probable reason is told while the run goes on, and is
the first in the verdict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from atm import Atm
from bank import Bank, Errs, Sent
from line import Fields, Line, changed, framed
from said import Said
from virtual_time import virtually

from harness.api import Host, Terminals

# --- hosts --------------------------------------------------------------------------------------


def silent(_bank: Bank, _message: Fields, _answer: Fields) -> list[Sent]:
    return []


def short_by_a_byte(_bank: Bank, _message: Fields, answer: Fields) -> list[Sent]:
    data = framed(answer)[2:-1]
    return [(0.1, len(data).to_bytes(2, "big") + data)]


def refuses_sign_on(_bank: Bank, message: Fields, answer: Fields) -> list[Sent]:
    is_sign_on = message["t"] == "0800" and message["70"] == "001"
    return [(0.1, changed(answer, de39="05") if is_sign_on else answer)]


def takes_no_request(_bank: Bank, message: Fields, answer: Fields) -> list[Sent]:
    return [(0.1, answer)] if message["t"] == "0800" else []


def answers_with(**elements: str) -> Errs:
    """To every request for cash."""

    def errs(_bank: Bank, message: Fields, answer: Fields) -> list[Sent]:
        return [(0.1, changed(answer, **elements) if message["t"] == "0200" else answer)]

    return errs


HOSTS: dict[str, tuple[Errs, str]] = {
    "silent": (silent, "and the host answered none (0800, DE 70 001)"),
    "one byte short": (short_by_a_byte, "and none of the answers could be read: "),
    "refuses": (refuses_sign_on, "and accepted none: DE 39 = 05 (do not honour)"),
    "takes no request": (takes_no_request, "sent, and none was answered"),
    "wrong PIN": (answers_with(de39="55"), "none was approved: DE 39 = 55 (pin again)"),
    "unknown cards": (answers_with(de39="14"), "none was approved: DE 39 = 14 (unknown card)"),
    "wrong amounts": (answers_with(de4="000000999900"), "and none fits its request"),
}

PLAIN = ("takes no request", "wrong PIN", "unknown cards", "wrong amounts")
"""Hosts with whom only the whole conversation shows it; of the others one message does."""


async def before_a_host(errs: Errs) -> Said:
    said = Said("terminals")
    async with (
        Bank(errs) as bank,
        Terminals(
            bank.address, terminals=2, gap="30s", settle="60s", listeners=said.listeners
        ) as atms,
    ):
        await atms.serve("10m")
        await atms.settle()
    return said.of(atms.verdict)


@pytest.mark.parametrize("name", HOSTS)
def test_a_host(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that proves nothing begins with the reason. What is plain before is told, once."""
    errs, reason = HOSTS[name]
    said = virtually(before_a_host(errs), monkeypatch)
    assert said.verdict is not None
    if said.verdict.reasons:
        assert reason in said.verdict.reasons[0], said
    told = sum(reason in line for line in said.hints)
    assert told == (name in PLAIN), said
    assert told or said.verdict.reasons, said


def test_a_right_host_is_given_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the verdict nor while the run goes on."""

    def right(_bank: Bank, _message: Fields, answer: Fields) -> list[Sent]:
        return [(0.1, answer)]

    said = virtually(before_a_host(right), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said
    assert said.verdict.reasons == ()
    assert said.hints == []


# --- terminals ----------------------------------------------------------------------------------


async def nobody(_address: str) -> None:
    """Nobody comes."""


async def says_nothing(address: str) -> None:
    line = await Line.to(address)
    assert await line.receive(60.0) is None
    await line.close()


async def is_not_read(address: str) -> None:
    line = await Line.to(address)
    atm = Atm(line, errs=True)
    for _ in range(3):
        data = framed(atm.management("001"))[2:-1]
        line.send_bytes(len(data).to_bytes(2, "big") + data)
        await line.receive(5.0)
    await line.close()


async def signs_on_never(address: str) -> None:
    line = await Line.to(address)
    atm = Atm(line, errs=True)
    for _ in range(3):
        await atm.ask(atm.withdrawal())
    await line.close()


async def asks_for_nothing(address: str) -> None:
    line = await Line.to(address)
    await Atm(line, errs=True).sign_on()
    await line.close()


TERMINALS: dict[str, tuple[Callable[[str], Awaitable[None]], str]] = {
    "nobody": (nobody, "nobody connected"),
    "silent": (says_nothing, "1 connection was opened, and nothing was sent"),
    "one byte short": (is_not_read, "3 messages came, and none could be read: "),
    "no sign-on": (signs_on_never, "3 requests came without a sign-on before it (0800, DE 70 001)"),
    "no request": (asks_for_nothing, "1 message came, and no request for money among them"),
}


async def before_terminals(play: Callable[[str], Awaitable[None]]) -> Said:
    said = Said("host")
    async with Host(settle="10s", listeners=said.listeners) as host:
        await play(host.address)
    return said.of(host.verdict)


@pytest.mark.parametrize("name", TERMINALS)
def test_a_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a run proves nothing, and begins with the reason."""
    play, reason = TERMINALS[name]
    said = virtually(before_terminals(play), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.outcome == "invalid", said
    assert said.verdict.reasons[0].startswith(reason), said
