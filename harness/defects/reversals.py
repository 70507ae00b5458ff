"""Terminals that reverse wrongly, or not at all."""

from __future__ import annotations

import msgspec

from harness import events as e
from harness.defects.defect import Defect
from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.store_forward import Advice
from harness.machines.terminal import Terminal
from harness.wire.dialect import Fields


def _abort_and_forget(t: Terminal, _: i.Input, now: float) -> None:
    tx = t.transaction
    assert tx is not None
    tx.request.status = "aborted"
    tx.outcome = "reversed"
    t.emit(e.Aborted(tx.number, "4021", "timer"))
    t.uplink.unanswered_request(now)
    t.log(s.Closed(tx.number))
    cells_card.eject(t, now)


FORGETS_REVERSAL = rewired(
    {
        (State.WAITING_FOR_HOST, i.HostTimerExpired): _abort_and_forget,
        (State.WAITING_FOR_HOST, i.LinkLost): _abort_and_forget,
    }
)


class _NewIdentity(Terminal):
    """Each repeat of a reversal is made up afresh: new STAN, new DE 7."""

    def advice_fields(self, advice: Advice, now: float) -> Fields:
        if advice.attempts > 1:
            changes = {"stan": self.next_stan(), "sent": self.calendar.stamp(now).sent}
            advice.record = msgspec.structs.replace(advice.record, **changes)
        return super().advice_fields(advice, now)


class _NewTime(Terminal):
    """A repeat says when it is sent, and not when the first was."""

    def advice_fields(self, advice: Advice, now: float) -> Fields:
        fields = super().advice_fields(advice, now)
        if advice.attempts > 1:
            fields["7"] = self.calendar.stamp(now).sent
        return fields


class _WrongOriginal(Terminal):
    """DE 90 names the reversal's own STAN where the original's belongs."""

    def advice_fields(self, advice: Advice, now: float) -> Fields:
        fields = super().advice_fields(advice, now)
        original = fields["90"]
        return {**fields, "90": original[:4] + fields["11"] + original[10:]}


class _AlwaysInFull(Terminal):
    """Knows no DE 95."""

    def advice_fields(self, advice: Advice, now: float) -> Fields:
        fields = super().advice_fields(advice, now)
        fields.pop("95", None)
        return fields


REVERSAL_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="forgets_reversal",
            summary="aborts and never tells the host",
            machine=FORGETS_REVERSAL,
        ),
        cost="The customer has no cash, and pays for it.",
        must=("T8",),
        may=("H3", "H7"),
    ),
    Defect(
        profile=TerminalProfile(
            name="reversal_new_identity",
            summary="repeats a reversal under a new STAN and DE 7",
            machine=_NewIdentity,
        ),
        cost="A host that does not look at DE 90 gives the money back once per repeat.",
        must=("T13",),
        may=("H1", "H7"),
    ),
    Defect(
        profile=TerminalProfile(
            name="repeat_new_time",
            summary="repeats a reversal with the DE 7 of the repeat",
            machine=_NewTime,
        ),
        cost="The host takes the repeat for news, as DE 7 is part of a message's name.",
        must=("T13",),
    ),
    Defect(
        profile=TerminalProfile(
            name="wrong_original",
            summary="names another STAN as the original (DE 90)",
            machine=_WrongOriginal,
        ),
        cost="The customer pays for cash that never came; the host has a tombstone for nobody.",
        must=("T8",),
        may=("H3", "T10"),
    ),
    Defect(
        profile=TerminalProfile(
            name="partial_reversed_in_full",
            summary="reverses in full what was paid in part (no DE 95)",
            machine=_AlwaysInFull,
        ),
        cost="The notes that the customer did take are given back as well.",
        must=("T8", "H3"),
    ),
)
