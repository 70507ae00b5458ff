"""Terminals that write secrets into the journal."""

from __future__ import annotations

from harness import events as e
from harness.defects.defect import Defect
from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.terminal import Terminal
from harness.wire.message import Kind, Message


def _tell_pan(t: Terminal, x: i.CardRead, now: float) -> None:
    t.emit(e.Noted(f"card {x.pan} read"))
    cells_card.card_read(t, x, now)


class _KeepsPinBlock(Terminal):
    """Keeps the PIN block of the last request, and reports it with the reversal."""

    block = ""

    def send(self, message: Message) -> None:
        if message.kind is Kind.REQUEST:
            self.block = message.pin_block or ""
        elif message.kind is Kind.REVERSAL and self.block:
            self.emit(e.Noted(f"reversing; DE 52 was {self.block}"))
        super().send(message)


SECRECY_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="leaks_pan",
            summary="writes the card number into its log",
            machine=rewired({(State.CARD_IN, i.CardRead): _tell_pan}),
        ),
        cost="Who reads the log can copy the cards.",
        must=("S3",),
    ),
    Defect(
        profile=TerminalProfile(
            name="keeps_pin_block",
            summary="keeps the PIN block of a request and logs it with the reversal",
            machine=_KeepsPinBlock,
        ),
        cost="PIN blocks lie where nobody guards them, and one leaked key opens them all.",
        must=("S3",),
    ),
)
