"""Terminals that give the wait for the host up for something that ends no wait."""

from __future__ import annotations

from typing import ClassVar

from harness.defects.defect import Defect
from harness.machines import cells_host
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.table import SAFE_TABLE, Table
from harness.machines.terminal import Terminal

_WAITING = State.WAITING_FOR_HOST
_LATER = ("F2.accept", "T23.reason", "T25.advice")  # by the contract the request still waits


def _give_up(t: Terminal, _: i.Input, now: float) -> None:
    """Takes it for the end of the wait."""
    cells_host.abort(t, "4021", "timer", now)


def _give_up_damaged(t: Terminal, x: i.Damaged, now: float) -> None:
    """What names its request and does not read will not come again."""
    cells_host.damaged(t, x, now)
    if x.ours:
        cells_host.abort(t, "4020", "timer", now)


def _give_up_at_cancel(t: Terminal, x: i.KeyPressed, now: float) -> None:
    """The customer wants to go."""
    if x.key == "cancel":
        cells_host.abort(t, "4000", "cancel", now)


class _WatchesSession(Terminal):
    """Its session timer runs on while it waits for the host."""

    table: ClassVar[Table] = {**SAFE_TABLE, (_WAITING, i.SessionExpired): _give_up}

    def enter(self, state: str, now: float, timer: str = "") -> None:
        super().enter(state, now, timer)
        self.timers.unwatch("")


WAITING_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="gives_up_on_damage",
            summary="gives its request up when a damaged answer comes",
            machine=rewired({(_WAITING, i.Damaged): _give_up_damaged}),
        ),
        cost="One bit on the line, and the right answer, which comes next, finds nobody.",
        must=("T18.wait",),
        may=_LATER,
    ),
    Defect(
        profile=TerminalProfile(
            name="gives_up_on_stray",
            summary="gives its request up when an answer to somebody else comes",
            machine=rewired({(_WAITING, i.Stray): _give_up}),
        ),
        cost="A switch that mixes two answers up makes two customers go without cash.",
        must=("T18.wait",),
        may=_LATER,
    ),
    Defect(
        profile=TerminalProfile(
            name="gives_up_on_cancel",
            summary="obeys the cancel key while it waits for the host",
            machine=rewired({(_WAITING, i.KeyPressed): _give_up_at_cancel}),
        ),
        cost="The host approves what nobody wants any more, and books it.",
        must=("T18.wait",),
        may=_LATER,
    ),
    Defect(
        profile=TerminalProfile(
            name="gives_up_on_echo",
            summary="gives its request up when an echo has no answer",
            machine=rewired({(_WAITING, i.LinkDoubtful): _give_up}),
        ),
        cost="The answer to the echo was lost, and that to the request was on its way.",
        must=("T18.wait",),
        may=_LATER,
    ),
    Defect(
        profile=TerminalProfile(
            name="session_ends_the_wait",
            summary="its session timer ends the wait for the host",
            machine=_WatchesSession,
        ),
        cost="Who typed slowly has 'transaction cancelled', and the host books the withdrawal.",
        must=("T18.wait",),
        may=(*_LATER, "T8", "M3.screen", "M4"),
    ),
)
