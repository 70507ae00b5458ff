"""Our own process is stopped for a while, as by SIGSTOP, at every moment of a withdrawal: nobody is
blamed for it, and a machine that errs is blamed all the same.

The loop's clock jumps, so that nothing of ours happens meanwhile. What the stranger would have done
meanwhile it does right after; what it has sent already waits in the socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from atm import Atm
from bank import Bank, Errs
from line import Fields, Line
from virtual_time import VirtualTimeLoop, virtually

from harness import events as e
from harness.api import Host, Terminals
from harness.checks.catalogue import CHECKS
from harness.checks.verdict import Verdict

LENGTHS = (12.0, 50.0, 130.0, 700.0)  # less than a timer, more than one, than all, than a visit
ANSWERS_LOST = ("drop_response:nth=2,mti=0210", "drop_response:nth=1,mti=0430")
When = Callable[[str, e.Event], bool]


def jump(seconds: float) -> None:
    cast(VirtualTimeLoop, asyncio.get_running_loop()).virtual += seconds


class Stop:
    """A listener of the journal: the process is stopped as the `nth` such event is recorded, in the
    middle of what the machine does, or `between` that and the next thing.
    """

    def __init__(self, when: When, seconds: float, *, nth: int = 1, between: bool = False) -> None:
        self._when = when
        self._seconds = seconds
        self._left = nth
        self._between = between
        self.events: list[tuple[float, str, e.Event]] = []

    def see(self, at: float, actor: str, event: e.Event) -> None:
        self.events.append((at, actor, event))
        if not self._left or not self._when(actor, event):
            return
        self._left -= 1
        if self._left:
            return
        if self._between:
            asyncio.get_running_loop().call_soon(jump, self._seconds)
        else:
            jump(self._seconds)

    def was_noticed(self) -> bool:
        """Does the journal tell of a stop that was about so long?"""
        found = [x.seconds for _, _, x in self.events if isinstance(x, e.HarnessStoodStill)]
        return any(self._seconds <= seconds <= self._seconds + 2.0 for seconds in found)


def event(kind: type[e.Event], /, **values: object) -> When:
    return lambda _, x: isinstance(x, kind) and all(getattr(x, n) == v for n, v in values.items())


def frame(mti: str, to: str, **elements: str) -> When:
    """A message at our end, with those elements (`de70`)."""
    wanted = {"t": mti, **{name.removeprefix("de"): value for name, value in elements.items()}}
    return lambda _, x: (
        isinstance(x, e.FrameSeen) and x.to == to and wanted.items() <= x.fields.items()
    )


async def play(stop: Stop, bank: Bank) -> Verdict:
    """Two terminals for some minutes; each loses an answer, and the answer to a reversal."""
    options: dict[str, Any] = {
        "gap": "30s",
        "settle": "120s",
        "faults": ANSWERS_LOST,
        "listeners": [stop.see],
    }
    async with bank, Terminals(bank.address, terminals=2, **options) as atms:
        await atms.serve("6m")
        await atms.settle()
    return atms.verdict


MOMENTS: dict[str, When] = {
    "boot": event(e.Booted),
    "connected": event(e.LinkOpened),
    "sign-on": frame("0800", "host", de70="001"),
    "idle": event(e.StateEntered, state="IDLE"),
    "card in": event(e.CardInserted),
    "request": frame("0200", "host"),
    "waiting": event(e.ScreenShown, screen="please_wait"),
    "answered": frame("0210", "terminal"),
    "on its way out": event(e.EjectBegun),
    "card at slot": event(e.CardAtSlot),
    "card taken": event(e.CardTaken),
    "stacking": event(e.StackBegun),
    "dispensed": event(e.NotesPresented),
    "cash taken": event(e.NotesTaken),
    "given up": event(e.Aborted),
    "reversal": frame("0420", "host"),
    "reversal again": frame("0421", "host"),
    "reversal answered": frame("0430", "terminal"),
    "echo": frame("0800", "host", de70="301"),
    "settling": event(e.CustomersStopped),
}


@pytest.mark.parametrize("seconds", LENGTHS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_stop_of_the_terminals_blames_nobody(
    moment: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither our terminals nor the stranger's host."""
    stop = Stop(MOMENTS[moment], seconds, between=len(moment) % 2 == 0)
    verdict = virtually(play(stop, Bank()), monkeypatch)
    assert stop.was_noticed()
    assert verdict.outcome != "fail", verdict


def missed(verdict: Verdict) -> list[str]:
    """What was left unjudged, but for what only measures timers: one of them always runs."""
    left = [row.id for row in verdict.rows if row.not_judged]
    return [name for name in left if not next(x for x in CHECKS if x.id == name).measures]


def test_what_the_stop_does_not_touch_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop while the machines are idle leaves every case judged."""
    stop = Stop(MOMENTS["settling"], 130.0)
    verdict = virtually(play(stop, Bank()), monkeypatch)
    assert verdict.passed, verdict
    assert missed(verdict) == []
    assert verdict.lag == pytest.approx(130.0, abs=0.1)


def test_one_case_that_a_stop_touched_leaves_the_others_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One customer waited longer than anybody may: that is told as not judged, and the run passes
    by the others.
    """
    stop = Stop(MOMENTS["waiting"], 50.0)
    verdict = virtually(play(stop, Bank()), monkeypatch)
    assert verdict.passed, verdict
    assert missed(verdict) == ["F1"]


# --- machines that err all the same --------------------------------------------------------------


def answers_after(seconds: float) -> Errs:
    def errs(_bank: Bank, message: Fields, answer: Fields) -> list[tuple[float, Fields | bytes]]:
        return [(seconds if message["t"] == "0200" else 0.1, answer)]

    return errs


async def play_defect(profile: str, fault: str, stop: Stop) -> Verdict:
    options: dict[str, Any] = {"gap": "30s", "settle": "120s", "listeners": [stop.see]}
    async with (
        Bank() as bank,
        Terminals(bank.address, terminals=2, profile=profile, faults=(fault,), **options) as atms,
    ):
        await atms.serve("12m")
        await atms.settle()
    return atms.verdict


@pytest.mark.parametrize(
    ("profile", "fault", "moment", "broken"),
    [
        ("slot_not_watched", "customer_leaves_card:nth=2", "card at slot", "T2"),
        ("hangs_on_timeout", "drop_response:nth=2,mti=0210", "waiting", "T1"),
        ("accepts_card_while_down", "half_open@2m..6m", "waiting", "F2.accept"),
        ("rearms_timer_on_echo", "drop_response:nth=2,mti=0210", "echo", "T3"),
    ],
)
@pytest.mark.parametrize("seconds", [0.5, 12.0])
def test_no_stop_hides_a_terminal_that_errs(
    profile: str,
    fault: str,
    moment: str,
    broken: str,
    seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is late by more than the stop explains."""
    stop = Stop(MOMENTS[moment], seconds, nth=2)
    verdict = virtually(play_defect(profile, fault, stop), monkeypatch)
    assert stop.was_noticed()
    assert broken in [row.id for row in verdict.rows if row.status == "fail"], verdict


@pytest.mark.parametrize("moment", ["waiting", "answered", "idle"])
def test_no_stop_hides_a_host_that_is_late(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers each withdrawal after 75 s, 30 s too late, and the process stood still for 12."""
    stop = Stop(MOMENTS[moment], 12.0, nth=2)
    verdict = virtually(play(stop, Bank(answers_after(75.0))), monkeypatch)
    assert stop.was_noticed()
    assert "H9" in [row.id for row in verdict.rows if row.status == "fail"], verdict


# --- our host, before a stranger's terminal ------------------------------------------------------


async def withdraws(atm: Atm) -> None:
    """Paid, or reversed where no answer came in time."""
    request = atm.withdrawal()
    answer = await atm.ask(request)
    if answer is None:
        await atm.reverses(atm.reversal(request))


async def play_host(stop: Stop) -> Verdict:
    """A right terminal signs on, withdraws, loses an answer and reverses, and signs off."""
    faults = ("drop_response:nth=2,mti=0210", "drop_response:nth=1,mti=0430")
    async with Host(faults=faults, settle="120s", listeners=[stop.see]) as host:
        atm = Atm(await Line.to(host.address), errs=False)
        while await atm.sign_on() is None:
            await asyncio.sleep(1)
        for _ in range(4):
            await withdraws(atm)
            await asyncio.sleep(20)
            await atm.ask(atm.management("301"))
        await atm.ask(atm.management("002"))
        await atm.line.close()
    return host.verdict


HOST_MOMENTS: dict[str, When] = {
    "connected": event(e.LinkOpened),
    "sign-on": frame("0800", "host", de70="001"),
    "signed on": frame("0810", "terminal", de70="001"),
    "request": frame("0200", "host"),
    "posted": event(e.Posted),
    "answered": frame("0210", "terminal"),
    "reversal": frame("0420", "host"),
    "reversed": event(e.Posted, kind="reversal"),
    "reversal again": frame("0421", "host"),
    "reversal answered": frame("0430", "terminal"),
    "echo": frame("0800", "host", de70="301"),
    "hung up": event(e.LinkClosed),
}


@pytest.mark.parametrize("seconds", LENGTHS)
@pytest.mark.parametrize("moment", HOST_MOMENTS)
def test_a_stop_of_the_host_blames_nobody(
    moment: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right terminal that had no answer in time has reversed, and is right."""
    stop = Stop(HOST_MOMENTS[moment], seconds, between=len(moment) % 2 == 0)
    verdict = virtually(play_host(stop), monkeypatch)
    assert stop.was_noticed()
    assert verdict.outcome != "fail", verdict
