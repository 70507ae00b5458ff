"""Terminals that do not wait for their store, begin anew after a restart, or give up too early."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile
from harness.machines.store_forward import Advice
from harness.machines.terminal import Terminal, reversal_message
from harness.wire.message import Message

WAITING = State.WAITING_FOR_HOST


class _PaysBeforeSynced(Terminal):
    """Starts the stacker before the decision is durable."""

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        super().do(effect, after=0 if type(effect) is i.Stack else after)


class _SyncsDecisionsLater(Terminal):
    """Leaves a decision to the next record that is urgent."""

    def log(self, record: s.Record, *, urgent: bool = True) -> int:
        return super().log(record, urgent=urgent and type(record) is not s.Decision)


class _NewOnceMore(Terminal):
    """A reversal that it finds in its store is new to it, whether it was sent before or not."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        found = advice.record.transaction in self.image.transactions
        if advice.attempts > 1 + found:
            return super().advice_message(advice, now)
        return reversal_message(self, advice.record)


DURABILITY_DEFECTS: tuple[Defect, ...] = (
    Defect(
        profile=TerminalProfile(
            name="pays_before_synced",
            summary="starts the stacker before its decision is durable",
            machine=_PaysBeforeSynced,
        ),
        cost="After a power cut it reverses what it has paid.",
        must=("T27",),
        may=("H3", "T8", "T10"),
    ),
    Defect(
        profile=TerminalProfile(
            name="syncs_decisions_later",
            summary="waits for a decision to be durable that nobody syncs",
            machine=_SyncsDecisionsLater,
        ),
        cost="Every customer is debited, gets no cash, and has the money back a minute later.",
        must=("T26",),
        may=("T10", "T8", "H3"),
    ),
    Defect(
        profile=TerminalProfile(
            name="new_once_more",
            summary="sends a reversal as new once more after a restart",
            machine=_NewOnceMore,
        ),
        cost="A host that looks for repeats by the message type gives the money back twice.",
        must=("T13",),
    ),
)
