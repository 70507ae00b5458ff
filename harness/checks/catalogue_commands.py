"""The invariants of commands over the control plane (T12.answer and others, F5): a part of the
catalogue.
"""

from __future__ import annotations

from harness.checks import commands
from harness.checks.invariant import Invariant

OF_COMMANDS: tuple[Invariant, ...] = (
    Invariant(
        "T12.answer",
        "each command is answered in time, and one that counts is accepted",
        "Whoever commands a fleet at night has nothing but its answers to know who stands.",
        commands.CommandsAreAnswered,
    ),
    Invariant(
        "T12.command",
        "a commanded stop brings the card out, and no step of a customer begins after it",
        "A machine that takes the command and goes on waiting for its host keeps the card that "
        "the command was to save.",
        commands.StopsAreCarriedOut,
    ),
    Invariant(
        "T12.refused",
        "a command that has expired, or names another terminal, is not obeyed",
        "A broker keeps what it could not deliver. A stop of yesterday, or one for the machine "
        "next door, must not take a machine out of service today.",
        commands.RefusedIsNotObeyed,
    ),
    Invariant(
        "T12.once",
        "a command that comes again is not carried out again",
        "At least once is what a broker promises. A restart that comes twice must not cut the next "
        "customer off.",
        commands.RepeatIsNotObeyed,
    ),
    Invariant(
        "T12.done",
        "a stop is called done only when no card is in the machine",
        "The operator ticks the machine off and goes home, and the card is still in it.",
        commands.DoneIsDone,
    ),
    Invariant(
        "F5",
        "commands work while the host is dead",
        "The one evening on which a fleet must be commanded is the one on which its host says "
        "nothing.",
        commands.StopsWhileHostIsSilent,
    ),
)
