"""Terminals that try a jammed card too often, or not again."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.terminal import Terminal


def _never_again(t: Terminal, x: i.Input, now: float) -> None:
    """The first jam is the last."""
    cells_card.session_of(t).retried_eject = True
    cells_card.eject_expired(t, x, now)


class _TriesTwiceMore(Terminal):
    """Has one more retry than it should, for each card."""

    retried_card = ""


def _once_more(t: Terminal, x: i.Input, now: float) -> None:
    assert isinstance(t, _TriesTwiceMore)
    session = cells_card.session_of(t)
    if session.retried_eject and t.retried_card != session.token:
        t.retried_card = session.token
        session.retried_eject = False
    cells_card.eject_expired(t, x, now)


_EXPIRED = (State.EJECTING, i.EjectExpired)

JAM_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="never_tries_again",
            summary="captures a card whose eject has failed once",
            machine=rewired({_EXPIRED: _never_again}),
        ),
        cost="A card that would have come out at the second try is in the bin.",
        must=("T18.eject",),
    ),
    Defect(
        profile=TerminalProfile(
            name="tries_twice_more",
            summary="runs its motor a third time against a card that has jammed",
            machine=rewired({_EXPIRED: _once_more}, _TriesTwiceMore),
        ),
        cost="The motor runs against the card for longer than anybody waits, and may break both.",
        must=("T18.eject",),
        may=("T1", "T2"),
    ),
)
