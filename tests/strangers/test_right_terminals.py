"""Right terminals of other styles before our host: none of them is blamed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest
from atm import Atm
from line import ACQUIRER, Fields, Line, changed, framed
from said import Said
from virtual_time import virtually

from harness.api import Host

ANSWER_LOST = ("drop_response:nth=1,mti=0210",)
REVERSAL_ANSWER_LOST = (*ANSWER_LOST, "drop_response:nth=1,mti=0430")


class Style(NamedTuple):
    """`play` gets the address of our host."""

    play: Callable[[str], Awaitable[None]]
    faults: tuple[str, ...] = ()


STYLES: dict[str, Style] = {}
SLOW = ("its_line_is_slow",)
"""What takes so long is told while it lasts, as it may have another length; and then it is read."""


def style(*faults: str) -> Callable[[Callable[[str], Awaitable[None]]], None]:
    """Enter the function below; `faults` are the harness's own."""

    def enter(play: Callable[[str], Awaitable[None]]) -> None:
        STYLES[play.__name__] = Style(play, faults)

    return enter


async def signed_on(address: str, name: str = "ATM00001", stan: int = 0) -> Atm:
    """A terminal on a connection of its own."""
    atm = Atm(await Line.to(address), errs=False, name=name, stan=stan)
    await atm.sign_on()
    return atm


# --- one terminal with several connections ------------------------------------------------------


@style(*ANSWER_LOST)
async def the_old_connection_ends_after_the_new_one_stands(address: str) -> None:
    old = await signed_on(address)
    request = await old.unanswered()
    new = await signed_on(address, stan=10)
    await old.line.close()
    await asyncio.sleep(1)
    await new.reverses(new.reversal(request))
    await new.pays()
    await new.line.close()


@style()
async def two_connections_and_one_ends(address: str) -> None:
    one, other = await signed_on(address), await signed_on(address, stan=100)
    await one.pays()
    await other.pays()
    await one.line.close()
    await asyncio.sleep(1)
    await other.pays()
    await other.line.close()


@style()
async def a_second_connection_signs_on_later(address: str) -> None:
    one = await signed_on(address)
    other = Atm(await Line.to(address), errs=False, stan=100)
    await other.ask(other.management("301"))
    await one.pays()
    await other.sign_on()
    await other.pays()
    await other.ask(other.management("002"))
    await other.line.close()
    await one.pays()
    await one.line.close()


@style()
async def one_of_two_on_a_connection_signs_off(address: str) -> None:
    one = await signed_on(address)
    other = Atm(one.line, errs=False, name="ATM00002")
    await other.sign_on()
    await other.pays()
    await other.ask(other.management("002"))
    await one.pays()
    await other.sign_on()
    await other.pays()
    await one.line.close()


@style()
async def a_terminal_signs_on_where_its_switch_had(address: str) -> None:
    switch = await signed_on(address, "SWITCH01")
    atm = Atm(switch.line, errs=False)
    await atm.pays()
    await atm.sign_on()
    await atm.pays()
    await switch.line.close()


@style(*ANSWER_LOST)
async def a_terminal_signs_on_later_than_its_switch(address: str) -> None:
    """Whoever signs on, does so for all on the connection, whatever became of the first request."""
    switch = Atm(await Line.to(address), errs=False)
    await switch.ask(changed(switch.management("001"), de41=None))
    atm = Atm(switch.line, errs=False, name="ATM00002")
    await atm.reverses(atm.reversal(await atm.unanswered()))
    await atm.sign_on()
    await atm.pays()
    await switch.line.close()


@style()
async def a_connection_for_each_withdrawal(address: str) -> None:
    stan = 0
    for _ in range(3):
        atm = await signed_on(address, stan=stan)
        await atm.pays()
        stan = int(atm.management("301")["11"])
        await atm.line.close()


@style(*ANSWER_LOST)
async def its_line_is_slow(address: str) -> None:
    """Each message takes longer than a whole frame should."""
    atm = await signed_on(address)
    request = atm.withdrawal()
    for message in (request, atm.reversal(request)):
        data = framed(message)
        for at in range(0, len(data), 20):
            atm.line.send_bytes(data[at : at + 20])
            await asyncio.sleep(1)
        if message is request:
            assert await atm.line.receive(45) is None
        else:
            assert await atm.line.receive(45) is not None
    await atm.line.close()


# --- requests and their repeats -----------------------------------------------------------------


@style(*ANSWER_LOST)
async def the_repeat_of_a_request_has_no_reference_number(address: str) -> None:
    atm = await signed_on(address)
    request = await atm.unanswered()
    answer = await atm.ask(changed(request, det="0201", de37=None))
    assert answer is not None
    assert answer["39"] == "00"
    await atm.line.close()


@style()
async def two_acquirers_with_the_same_stan_at_the_same_time(address: str) -> None:
    atm = await signed_on(address)
    request = await atm.pays()
    other = changed(atm.withdrawal(card=1), de11=request["11"], de7=request["7"], de32="88888")
    answer = await atm.ask(other)
    assert answer is not None
    assert answer["39"] == "00"
    await atm.line.close()


# --- reversals ------------------------------------------------------------------------------------


@style(*REVERSAL_ANSWER_LOST)
async def the_reversal_has_the_stan_and_the_time_of_its_request(address: str) -> None:
    atm = await signed_on(address)
    request = await atm.unanswered()
    await atm.reverses(changed(atm.reversal(request), de11=request["11"], de7=request["7"]))
    await atm.pays()
    await atm.line.close()


@style(*ANSWER_LOST)
async def the_reversal_names_no_acquirer(address: str) -> None:
    atm = await signed_on(address)
    for request in (await atm.unanswered(), await atm.pays()):
        reversal = atm.reversal(request)
        original = reversal["90"][:20] + "0" * 22
        answer = await atm.reverses(changed(reversal, de32=None, de90=original))
        assert answer is not None
        assert answer["39"] == "00"
    await atm.line.close()


@style(*ANSWER_LOST)
async def the_reversal_says_little(address: str) -> None:
    atm = await signed_on(address)
    reversal = atm.reversal(await atm.unanswered())
    optional = dict.fromkeys(("de2", "de3", "de12", "de13", "de37", "de42", "de49", "de60"))
    await atm.reverses(changed(reversal, **optional))
    await atm.line.close()


@style()
async def the_reversal_names_no_card(address: str) -> None:
    atm = await signed_on(address)
    answer = await atm.reverses(changed(atm.reversal(await atm.pays(), code="00"), de2=None))
    assert answer is not None
    assert answer["39"] == "00"
    await atm.line.close()


@style(*ANSWER_LOST)
async def the_request_names_no_acquirer_and_the_reversal_does(address: str) -> None:
    """DE 32 is optional in the request; DE 90 has eleven digits for it all the same."""
    atm = await signed_on(address)
    lost, paid = (changed(atm.withdrawal(), de32=None) for _ in range(2))
    assert await atm.ask(lost) is None
    assert await atm.ask(paid) is not None
    for request, own in ((lost, None), (paid, ACQUIRER)):
        reversal = changed(atm.reversal({**request, "32": ACQUIRER}), de32=own)
        answer = await atm.reverses(reversal)
        assert answer is not None
        assert answer["39"] == "00"
    await atm.line.close()


@style(*ANSWER_LOST)
async def the_repeat_of_a_request_names_no_acquirer(address: str) -> None:
    atm = await signed_on(address)
    request = await atm.unanswered()
    answer = await atm.ask(changed(request, det="0201", de32=None))
    assert answer is not None
    assert answer["39"] == "00"
    await atm.reverses(atm.reversal(request))
    await atm.line.close()


@style(*ANSWER_LOST, "drop_response:nth=1,mti=0410")
async def it_reverses_with_a_request(address: str) -> None:
    """0400, repeated as 0401 and answered by 0410."""
    atm = await signed_on(address)
    reversal = changed(atm.reversal(await atm.unanswered()), det="0400")
    assert await atm.ask(reversal) is None
    answer = await atm.ask({**reversal, "t": "0401"})
    assert answer is not None
    assert (answer["t"], answer["39"]) == ("0410", "00")
    await atm.line.close()


@style()
async def a_reversal_is_sent_again_after_a_restart(address: str) -> None:
    """The power failed before the terminal had written down that it was answered."""
    atm = await signed_on(address)
    reversal = atm.reversal(await atm.pays(), code="00")
    await atm.reverses(reversal)
    await atm.line.close()
    await asyncio.sleep(120)
    again = await signed_on(address, stan=10)
    await again.reverses_again(reversal)
    await again.line.close()


# --- elements ------------------------------------------------------------------------------------


@style(*ANSWER_LOST)
async def its_place_has_letters_that_are_no_ascii(address: str) -> None:
    """DE 43 in Latin-1."""
    atm = await signed_on(address)
    request = changed(atm.withdrawal(), de43=f"{'Königstraße 1':23}{'Köln':13}  DE")
    assert await atm.ask(request) is None
    await atm.reverses(atm.reversal(request))
    await atm.line.close()


@style(*ANSWER_LOST)
async def its_stan_begins_with_zeros(address: str) -> None:
    atm = await signed_on(address)
    request = changed(atm.withdrawal(), de11="000000")
    assert await atm.ask(request) is None
    answer = await atm.reverses(atm.reversal(request))
    assert answer is not None
    assert answer["39"] == "00"
    await atm.line.close()


# --- requests that get lost -----------------------------------------------------------------------


LOST: set[str] = set()
"""Where the host says that a reversal names what is not decided here: it is nobody's fault."""


def lost(play: Callable[[str], Awaitable[None]]) -> None:
    """Enter the function below, in which a request never comes to the host."""
    LOST.add(play.__name__)
    style()(play)


@lost
async def the_request_is_lost_with_its_connection(address: str) -> None:
    atm = await signed_on(address)
    request = atm.withdrawal()
    await atm.line.close()  # before it could send it
    again = await signed_on(address, stan=10)
    await again.pays(3000)
    await again.reverses(again.reversal(request))
    await again.line.close()


@lost
async def what_was_lost_with_its_connection_is_asked_for_once_more(address: str) -> None:
    """The same customer wants the same amount, and gets it. Then the first one is reversed."""
    atm = await signed_on(address)
    await atm.pays(3000)
    await asyncio.sleep(60)
    request = atm.withdrawal()
    await atm.line.close()
    await asyncio.sleep(5)
    again = await signed_on(address, stan=10)
    await again.pays()
    await again.reverses(again.reversal(request))
    await again.line.close()


@lost
async def each_request_has_the_same_reference_number(address: str) -> None:
    """DE 37 is filled with zeros. It reverses what it asked for before this host was there."""
    atm = await signed_on(address, stan=500)
    await atm.pays(3000)
    await atm.reverses(changed(atm.reversal(earlier(atm, "000400")), de37="0" * 12))
    await atm.pays(3000)
    await atm.line.close()


@lost
async def its_numbers_begin_anew_each_day(address: str) -> None:
    """It reverses a request of yesterday, which had the STAN and the reference number of one of
    today.
    """
    atm = await signed_on(address)
    request = await atm.pays(3000)
    yesterday = changed(earlier(atm, request["11"]), de37=request["37"])
    await atm.reverses(atm.reversal(yesterday))
    await atm.line.close()


def earlier(atm: Atm, stan: str) -> Fields:
    """A withdrawal of the evening before."""
    return changed(atm.withdrawal(), de7="0307200000", de11=stan)


# --- one way of the connection is ended -----------------------------------------------------------


@style()
async def it_ends_its_way_after_a_request_and_reads_on(address: str) -> None:
    atm = await signed_on(address)
    request = atm.withdrawal()
    atm.line.send(request)
    atm.line.end_sending()
    answer = await atm.line.receive(45)
    assert answer is not None
    assert answer["39"] == "00"
    again = await signed_on(address, stan=10)
    again.line.send(again.reversal(request, code="00"))
    again.line.end_sending()
    answer = await again.line.receive(45)
    assert answer is not None
    assert answer["39"] == "00"
    assert await again.line.receive(45) is None
    assert again.line.hung_up
    await atm.line.close()
    await again.line.close()


@pytest.mark.parametrize("name", STYLES)
def test_a_right_terminal_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a failure, and without a hint but what is said of a slow line while it is slow."""
    play, faults = STYLES[name]

    async def run() -> Said:
        said = Said("host")
        async with Host(seed=2, settle="200s", faults=faults, listeners=said.listeners) as host:
            await play(host.address)
        return said.of(host.verdict)

    said = virtually(run(), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said
    hints = [hint for hint in said.hints if name not in SLOW or "no whole frame" not in hint]
    assert ["not decided here" in hint for hint in hints] == [True] * (name in LOST), said
