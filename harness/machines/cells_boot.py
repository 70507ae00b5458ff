"""The cells of RECOVERING, OUT_OF_SERVICE and SUPERVISOR (docs/domain.md, "Power and recovery").

Sensors first: a card inside is ejected, with card_take; cash at the slot is retracted. Then
the records: an intent without outcome is reversed, an approval is settled by the dispenser's
own counters, a reversal goes back into the queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.cells_card import rest
from harness.machines.inputs import State
from harness.machines.reversing import record_reversal, settle_by_counters

if TYPE_CHECKING:
    from harness.machines.terminal import Terminal


def recover(t: Terminal, x: i.PoweredOn, now: float) -> None:
    """Once, when power is on."""
    sensors = x.sensors
    t.emit(e.Booted(len(t.image.transactions)))
    t.do(i.Show("out_of_service"))
    t.counters = sensors.counters
    t.enter(State.RECOVERING, now, "recovery")
    if sensors.cash_out:
        t.recovering["cash"] = "retracting"
        t.do(i.Retract())
    if sensors.card_inside or sensors.card_at_slot:
        t.card_inside = True
        t.recovering["card"] = "at slot" if sensors.card_at_slot else "ejecting"
        t.do(i.Show("take_card"))
        if sensors.card_at_slot:
            t.timers.arm("card_take", now)
        else:
            t.do(i.Eject())
            t.timers.arm("eject", now)
    _settle_if_clear(t, now)


def card_out(t: Terminal, _: i.CardOut, now: float) -> None:
    t.timers.disarm("eject")
    t.recovering["card"] = "at slot"
    t.timers.arm("card_take", now)


def card_gone(t: Terminal, _: i.Input, now: float) -> None:
    """Taken by the customer, or kept in the bin."""
    t.timers.disarm("card_take")
    t.timers.disarm("capture")
    t.card_inside = False
    t.recovering.pop("card", None)
    _settle_if_clear(t, now)


def eject_expired(t: Terminal, _: i.Input, now: float) -> None:
    """One retry, then a jam."""
    if t.recovering.get("card") == "ejecting":
        t.recovering["card"] = "ejecting again"
        t.do(i.Eject())
        t.timers.arm("eject", now)
        return
    t.service.add("hardware")
    t.emit(e.AlarmRaised("hardware", "eject jam"))
    _capture(t, "jam", now)


def card_take_expired(t: Terminal, _: i.Input, now: float) -> None:
    _capture(t, "not taken", now)


def _capture(t: Terminal, why: str, now: float) -> None:
    t.emit(e.AlarmRaised("capture", why))
    t.recovering["card"] = "capturing"
    t.do(i.Capture())
    t.timers.arm("capture", now)


def cash_settled(t: Terminal, x: i.Retracted | i.CashGone, now: float) -> None:
    """The cash came in, or a hand was quicker: the counters know."""
    t.counters = x.counters
    t.recovering.pop("cash", None)
    _settle_if_clear(t, now)


def recovery_expired(t: Terminal, _: i.Input, now: float) -> None:
    """60 s were not enough: out of service, and the records are settled all the same. Cash that was
    to come back and did not is nobody's to count: suspense. A card on its way out has timers of its
    own, and nobody walks away from it.
    """
    t.service.add("hardware")
    t.emit(e.AlarmRaised("hardware", "recovery did not end"))
    if t.recovering.pop("cash", ""):
        known = t.counters
        t.counters = i.Counters(known.transaction, known.picked, known.returned, False)
    _settle_if_clear(t, now)


def capture_expired_at_boot(t: Terminal, _: i.CaptureExpired, now: float) -> None:
    """It is not in the bin: only a person can get at it."""
    t.service.add("hardware")
    t.emit(e.AlarmRaised("hardware", "card stuck"))
    t.recovering.pop("card", None)
    _settle_if_clear(t, now)


def _settle_if_clear(t: Terminal, now: float) -> None:
    if t.recovering:
        return
    for number in sorted(t.image.transactions):
        settle(t, t.image.transactions[number], now)
    rest(t, now)


def settle(t: Terminal, records: s.TransactionRecords, now: float) -> None:
    """One open transaction found in the store."""
    intent = records.intent
    if intent is None:
        return
    suspense = records.suspense
    if suspense is not None:  # told again: the power may have failed before it was told at all
        t.emit(e.SuspenseRecorded(suspense.transaction, suspense.amount, suspense.why))
    elif records.reversal is not None:
        t.forward.add(records.reversal, attempts=1)  # it may have been sent before
    elif intent.kind != "withdrawal":
        t.log(s.Closed(intent.transaction), urgent=False)
    elif records.decision is None:
        record_reversal(t, intent, "4021", "", now)
    else:
        decision = records.decision
        settle_by_counters(t, intent, decision.amount, decision.code, t.counters, now)


# --- out of service, and the supervisor --------------------------------------------------


def service_changed(t: Terminal, _: i.ServiceMayChange, now: float) -> None:
    """No card is inside: follow the set of reasons."""
    if bool(t.service) == (t.state == State.OUT_OF_SERVICE):
        rest(t, now)


def operator_stop(t: Terminal, _: i.StopOrdered, now: float) -> None:
    t.service.add("operator")


def operator_resume(t: Terminal, _: i.ResumeOrdered, now: float) -> None:
    t.service.remove("operator")
    t.breaker.reset()


def supervisor_in(t: Terminal, _: i.SupervisorEntered, now: float) -> None:
    """From OUT_OF_SERVICE only, and with no card inside."""
    if not t.card_inside:
        t.do(i.Show("supervisor"))
        t.enter(State.SUPERVISOR, now)


def supervisor_out(t: Terminal, _: i.SupervisorLeft, now: float) -> None:
    """Only here hardware is cleared."""
    t.service.remove("hardware")
    t.enter(State.OUT_OF_SERVICE, now)
    t.do(i.Show("out_of_service"))
    if t.service:  # the last reason went meanwhile, and nobody tells of it again
        rest(t, now)
