"""A stranger's host that goes away for good: it is named as such, and no terminal is blamed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bank import HANG_UP, Bank, Sent
from line import Fields
from virtual_time import virtually

from harness.api import Terminals
from harness.checks.verdict import Verdict

TERMINALS_OWN = {"T8", "T10", "T13", "T13.repeat", "F1", "F2", "F2.accept", "T1", "T2"}


def refuses(bank: Bank) -> None:
    """Nobody listens any more."""
    bank._server.close()
    for writer in bank.connections:
        writer.close()


def is_silent(bank: Bank) -> None:
    """It reads, and answers nothing."""
    bank.errs = lambda *_: []


def hangs_up(bank: Bank) -> None:
    """It accepts, and closes at once: a balancer with nothing behind it."""
    bank.errs = lambda *_: [(0.0, HANG_UP)]
    for writer in bank.connections:
        writer.close()


def answers_no_reversal(bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    del bank
    return [] if message["t"][1] == "4" else [(0.1, answer)]


async def play(leaves: Any, at: float, *, lost: bool = False, **options: Any) -> Verdict:
    """Two terminals for ten minutes; the host is gone from the run second `at` on. `lost`: the
    answers to the first withdrawals were lost, and their reversals had no answer.
    """
    faults = ("drop_response:nth=1,mti=0210",) if lost else ()
    async with (
        Bank(answers_no_reversal if lost else None) as bank,
        Terminals(
            bank.address, terminals=2, gap="30s", settle="120s", faults=faults, **options
        ) as atms,
    ):
        going = asyncio.get_running_loop().call_later(at, leaves, bank)
        await atms.serve("10m")
        await atms.settle()
        going.cancel()
    return atms.verdict


def broken(verdict: Verdict) -> set[str]:
    return {row.id for row in verdict.rows if row.status == "fail"}


@pytest.mark.parametrize("leaves", [refuses, hangs_up])
def test_a_host_that_is_gone_for_good_is_no_pass(
    leaves: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was open as it went; but it was to serve for five minutes more."""
    verdict = virtually(play(leaves, 300.0), monkeypatch)
    assert verdict.outcome == "invalid", verdict
    said = "the host was gone as the run ended: 2 of 2 terminals were not signed on from 00:05:00"
    assert any(reason.startswith(said) for reason in verdict.reasons), verdict


def test_a_host_that_is_meant_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says so has no INVALID for it; who says that it comes back has."""
    meant = virtually(play(refuses, 300.0, host_outages=["5m.."]), monkeypatch)
    assert meant.passed, meant
    back = virtually(play(refuses, 300.0, host_outages=["5m..8m"]), monkeypatch)
    assert back.outcome == "invalid", back


def test_a_host_that_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes as the customers stop: nothing was asked of it any more."""
    verdict = virtually(play(refuses, 599.0), monkeypatch)
    assert verdict.passed, verdict


@pytest.mark.parametrize(("at", "leaves"), [(40.0, refuses), (40.0, is_silent), (80.0, hangs_up)])
def test_what_could_not_be_sent_is_the_hosts(
    at: float, leaves: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reversal waits in the store to the end: H7 says so, and since when the host was gone."""
    verdict = virtually(play(leaves, at, lost=True), monkeypatch)
    assert verdict.outcome == "fail", verdict
    assert "H7" in broken(verdict), verdict
    assert not broken(verdict) & TERMINALS_OWN, verdict
    told = [failure.what for failure in verdict.failures if failure.invariant == "H7"]
    assert all("the host has " in what for what in told), told


def test_a_terminal_that_forgets_is_blamed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is in the store, whatever became of the host."""
    verdict = virtually(play(is_silent, 40.0, lost=True, profile="forgets_reversal"), monkeypatch)
    assert "T8" in broken(verdict), verdict


def test_a_host_that_hangs_up_on_each_reversal_gets_fewer_and_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It accepts each sign-on. The pauses grow up to a minute all the same."""

    def errs(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        if message["t"][1] == "4":
            return [(0.0, HANG_UP)]
        lost = message["t"] == "0200" and message["11"] == "000002"
        return [] if lost else [(0.1, answer)]

    async def count() -> int:
        async with Bank(errs) as bank, Terminals(bank.address, gap="30s", settle="10m") as atms:
            await atms.serve("10m")
            await atms.settle()
        assert "H7" in broken(atms.verdict)
        return sum(message["t"][1] == "4" for message in bank.heard)

    assert 10 < virtually(count(), monkeypatch) < 60
