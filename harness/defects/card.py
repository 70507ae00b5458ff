"""Terminals that keep a card, or take one that they should not."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines import cells_boot, cells_host
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.reversing import reverse
from harness.machines.service import Service
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.wire.message import Message


def ignore(_t: Terminal, _x: i.Input, _now: float) -> None:
    """Nothing happens, and nothing is written down."""


HANGS_ON_TIMEOUT = rewired(
    {
        (State.WAITING_FOR_HOST, i.HostTimerExpired): ignore,
        (State.WAITING_FOR_HOST, i.LinkLost): ignore,
    }
)


def _keep_card(t: Terminal, _: i.Input, now: float) -> None:
    """The wait ends on the screen, and the request is reversed, but the card is not moved."""
    tx = t.transaction
    assert tx is not None
    tx.request.status = "aborted"
    reverse(t, "4021", now)
    t.do(i.Show("out_of_service"))
    t.enter(State.OUT_OF_SERVICE, now)


def _stay_parked(t: Terminal, x: i.ServiceMayChange, now: float) -> None:
    """It stays out of service while a card is inside."""
    if not t.card_inside:
        cells_boot.service_changed(t, x, now)


KEEPS_CARD_SILENTLY = rewired(
    {
        (State.WAITING_FOR_HOST, i.HostTimerExpired): _keep_card,
        (State.WAITING_FOR_HOST, i.LinkLost): _keep_card,
        (State.OUT_OF_SERVICE, i.ServiceMayChange): _stay_parked,
    }
)


def _rearm(t: Terminal, _: i.Input, now: float) -> None:
    t.rearm("host_response", now)


REARMS_TIMER_ON_NOISE = rewired(
    {
        (State.WAITING_FOR_HOST, i.Stray): _rearm,
        (State.WAITING_FOR_HOST, i.Damaged): _rearm,
        (State.WAITING_FOR_HOST, i.Duplicate): _rearm,
        (State.WAITING_FOR_HOST, i.Late): _rearm,
    }
)


class _RearmsOnEcho(Terminal):
    """An answered echo restarts the host timer, as if the answer would then come."""

    def _network_answer(self, answer: Message, now: float) -> None:
        super()._network_answer(answer, now)
        if self.state == State.WAITING_FOR_HOST:
            self.rearm("host_response", now)


def _capture_unknown(t: Terminal, x: i.UnknownCode, now: float) -> None:
    """A code that it does not know is taken for an order to capture."""
    cells_host.capture_ordered(t, i.CaptureOrdered(x.code), now)


LEAVES_LATE_CARD_INSIDE = rewired(
    {
        (State.OUT_OF_SERVICE, i.CardIn): ignore,
        (State.SUPERVISOR, i.CardIn): ignore,
    }
)


class _AlwaysUp(Service):
    """It is in service whatever the link is judged to be."""

    def update(self, judgement: str, pending: int, backlog: int) -> bool:
        return super().update("up", 0, backlog)


class _AcceptsWhileDown(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.service = _AlwaysUp()


CARD_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="hangs_on_timeout",
            summary="ignores the host timer and a closed link: 'please wait' for ever",
            machine=HANGS_ON_TIMEOUT,
        ),
        cost="Waits for the host for ever: the card stays inside until somebody opens the machine.",
        must=("T1", "T2", "F1"),
        may=("M3.screen", "F2", "T3", "T8", "T4", "T9", "T10", "T25.echo"),
    ),
    Defect(
        profile=TerminalProfile(
            name="keeps_card_silently",
            summary="aborts on the screen and leaves the card inside",
            machine=KEEPS_CARD_SILENTLY,
        ),
        cost="Says that it is out of service and keeps the card: the customer waits for nothing.",
        must=("T1", "T2"),
        may=("F2", "F3", "T3", "T7", "T25.advice", "T25.echo"),
    ),
    Defect(
        profile=TerminalProfile(
            name="rearms_timer_on_noise",
            summary="any message from the network starts the host timer anew",
            machine=REARMS_TIMER_ON_NOISE,
        ),
        cost="A line that is noisy enough holds the card for as long as it is noisy.",
        must=("T3",),
        may=(
            "M3.screen",
            "T1",
            "T2",
            "T4",
            "T8",
            "T9",
            "F1",
            "F2",
            "T10",
            "T25.echo",
            "T23.reason",
        ),
    ),
    Defect(
        profile=TerminalProfile(
            name="rearms_timer_on_echo",
            summary="an echo that is answered starts the host timer anew",
            machine=_RearmsOnEcho,
        ),
        cost="A host that echoes and answers nothing else holds the card beyond every promise.",
        must=("T3",),
        may=("M3.screen", "T1", "T2", "T4", "T8", "T9", "F1", "F2", "T10", "T25.echo"),
    ),
    Defect(
        profile=TerminalProfile(
            name="ignores_close",
            summary="a closed link does not end the wait",
            machine=rewired({(State.WAITING_FOR_HOST, i.LinkLost): ignore}),
        ),
        cost="The customer stands before 'please wait' for an answer that can no longer come.",
        must=("T1",),
        may=(
            "M3.screen",
            "T25.echo",
        ),
    ),
    Defect(
        profile=TerminalProfile(
            name="slot_not_watched",
            summary="ejects the card, and never captures one that is left at the slot",
            machine=rewired({(State.CARD_AT_SLOT, i.CardTakeExpired): ignore}),
        ),
        cost="A forgotten card lies there for whoever comes next, and the machine is stuck.",
        must=("T2", "F2", "T18.slot"),
        may=("T1", "T8", "H3", "T10"),
    ),
    Defect(
        profile=TerminalProfile(
            name="captures_unknown_code",
            summary="keeps the card when the host answers with a code it does not know",
            machine=rewired({(State.WAITING_FOR_HOST, i.UnknownCode): _capture_unknown}),
        ),
        cost="One new code at the host, and the cards of a whole city are in the machines.",
        must=("T7",),
        may=("T8", "H3", "T10"),
    ),
    Defect(
        profile=TerminalProfile(
            name="captures_without_end",
            summary="keeps every card that the host orders kept",
            settings={"capture_burst": 10**9},
        ),
        cost="One wrong list at the host, and the machine is full of cards.",
        must=("T7.breaker",),
    ),
    Defect(
        profile=TerminalProfile(
            name="accepts_card_while_down",
            summary="takes cards while the link is down",
            machine=_AcceptsWhileDown,
        ),
        cost="Cards go into a machine that can do nothing for them.",
        must=("F2.accept",),
    ),
    Defect(
        profile=TerminalProfile(
            name="leaves_late_card_inside",
            summary="forgets a card that goes in at the instant in which it goes out of service",
            machine=LEAVES_LATE_CARD_INSIDE,
        ),
        cost="The reader has the card and the logic has closed: it lies there until it is opened.",
        must=("F2",),
        may=("T3", "F3", "T18.read"),
    ),
)
