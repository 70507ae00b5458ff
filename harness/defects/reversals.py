"""Terminals whose reversals are wrong or missing."""

from __future__ import annotations

import msgspec

from harness import events as e
from harness.defects.defect import Defect
from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.store_forward import Advice, StoreForward
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.machines.timers import NEVER
from harness.wire.message import Message


def _abort_and_forget(t: Terminal, _: i.Input, now: float) -> None:
    tx = t.transaction
    assert tx is not None
    tx.request.status = "aborted"
    tx.outcome = "reversed"
    t.emit(e.Aborted(tx.number, "4021", "timer"))
    t.link_supervisor.unanswered_request(now)
    t.log(s.Closed(tx.number))
    cells_card.eject(t, now)


FORGETS_REVERSAL = rewired(
    {
        (State.WAITING_FOR_HOST, i.HostTimerExpired): _abort_and_forget,
        (State.WAITING_FOR_HOST, i.LinkLost): _abort_and_forget,
    }
)


class _KeepsWhatIsOver(Terminal):
    """What was declined stays in its store as if it were open."""

    def log(self, record: s.Record, *, urgent: bool = True) -> int:
        tx = self.transaction
        if type(record) is s.Closed and tx is not None and tx.outcome == "declined":
            return self._written
        return super().log(record, urgent=urgent)


class _NewIdentity(Terminal):
    """Each repeat of a reversal has a new STAN and a new time."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        if advice.attempts > 1:
            changes = {"stan": self.next_stan(), "sent": self.calendar.stamp(now).sent}
            advice.record = msgspec.structs.replace(advice.record, **changes)
        return super().advice_message(advice, now)


class _NewTime(Terminal):
    """A repeat has the time at which the repeat itself is sent."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        message = super().advice_message(advice, now)
        if advice.attempts > 1:
            return message.replaced(sent=self.calendar.stamp(now).sent)
        return message


class _WrongOriginal(Terminal):
    """A reversal names its own STAN as that of the original."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        message = super().advice_message(advice, now)
        original = message.original
        assert original is not None, "a reversal of ours names its original"
        return message.with_original(original._replace(stan=message.stan))


class _AnotherAmount(Terminal):
    """A reversal gives another amount than its request did."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        message = super().advice_message(advice, now)
        return message.replaced(amount=f"{message.amount + 1000:012d}")


class _AlwaysInFull(Terminal):
    """Reverses in full where it should say that a part was taken."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        return super().advice_message(advice, now).made_full()


class _LastFirst(StoreForward):
    """Sends the newest reversal first."""

    def add(self, record: s.ReversalRecord, *, attempts: int = 0) -> None:
        self.queue.appendleft(Advice(record, attempts))
        self.link_lost()


class _SendsOnce(StoreForward):
    """Sends each reversal once, whether it is answered or not."""

    def next_deadline(self) -> float:
        return NEVER if self.queue and self.queue[0].attempts else super().next_deadline()

    def next_to_send(self, now: float) -> Advice | None:
        if self.queue and self.queue[0].attempts:
            return None
        return super().next_to_send(now)


class _OnePerStan(StoreForward):
    """Keeps one reversal per STAN."""

    def add(self, record: s.ReversalRecord, *, attempts: int = 0) -> None:
        for advice in [x for x in self.queue if x.record.stan == record.stan]:
            self.queue.remove(advice)
        super().add(record, attempts=attempts)


class _ForwardsLastFirst(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.forward = _LastFirst(settings.advice_response)


class _ForwardsOnce(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.forward = _SendsOnce(settings.advice_response)


class _FewStans(Terminal):
    """Has nine STANs only. A new reversal replaces one in the queue that has the same STAN."""

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.forward = _OnePerStan(settings.advice_response)

    def next_stan(self) -> str:
        stan = super().next_stan()
        return f"{int(stan) % 9 + 1:06d}"


REVERSAL_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="forgets_reversal",
            summary="aborts and never tells the host",
            machine=FORGETS_REVERSAL,
        ),
        cost="The customer has no cash, and pays for it.",
        must=("T8",),
        may=("H3", "H7", "T10", "M3.screen"),
    ),
    Defect(
        profile=TerminalProfile(
            name="keeps_what_is_over",
            summary="keeps in its store, as if it were open, what was declined",
            machine=_KeepsWhatIsOver,
        ),
        cost="After the next power cut it reverses withdrawals that were never posted.",
        must=("T10.over",),
        may=("T8",),
    ),
    Defect(
        profile=TerminalProfile(
            name="reversal_new_identity",
            summary="repeats a reversal under a new STAN and DE 7",
            machine=_NewIdentity,
        ),
        cost="A host that does not look at DE 90 gives the money back once per repeat.",
        must=("T13",),
        may=("H1", "H7", "T10"),
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
            name="forwards_out_of_order",
            summary="sends the newest reversal first",
            machine=_ForwardsLastFirst,
        ),
        cost="The oldest one waits for ever, and the customer for the money.",
        must=("T13.order",),
        may=("H7", "T8", "T10"),
    ),
    Defect(
        profile=TerminalProfile(
            name="stan_reused",
            summary="after the wrap a new reversal takes the place of one with the same STAN",
            machine=_FewStans,
        ),
        cost="The older reversal is gone: the customer pays for cash that never came.",
        must=("H7", "T15"),
        may=("M2", "T8", "T13", "T14", "H3", "H1", "H4", "T4", "F2", "T10", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="never_repeats",
            summary="sends a reversal once, and waits for its answer for ever",
            machine=_ForwardsOnce,
        ),
        cost="One answer is lost, and the customer never gets the money back.",
        must=("T13.repeat", "H7"),
        may=("T8", "T10", "H3", "F3", "H9", "T21"),
    ),
    Defect(
        profile=TerminalProfile(
            name="reverses_another_amount",
            summary="gives another amount in the reversal than in the request (DE 4)",
            machine=_AnotherAmount,
        ),
        cost="The host gives back what nobody was debited, or refuses, and the customer pays.",
        must=("T14",),
        may=("H2", "H3", "H7", "H12", "T8", "T10", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="wrong_original",
            summary="names another STAN as the original (DE 90)",
            machine=_WrongOriginal,
        ),
        cost="The customer pays for cash that never came; the host has a tombstone for nobody.",
        must=("T8", "T14"),
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
