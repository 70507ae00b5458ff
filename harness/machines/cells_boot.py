"""The cells of RECOVERING, OUT_OF_SERVICE and SUPERVISOR (docs/domain.md, "Power and recovery").

At boot the sensors come first: a card inside is ejected, with the timer card_take, and cash at the
slot is retracted. Then the records of the store: an intent without an outcome is reversed, an
approval is settled by the dispenser's own counters, and a reversal goes back into the queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.cells_card import rest, stop_service
from harness.machines.effects import Tell
from harness.machines.inputs import State
from harness.machines.reversing import record_reversal, settle_by_counters

if TYPE_CHECKING:
    from harness.machines.terminal import Terminal


def recover(t: Terminal, x: i.PoweredOn, now: float) -> None:
    """Power is on: give card and cash their way first, then settle the open transactions."""
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
    """The card was taken by the customer, or is in the retain bin."""
    t.timers.disarm("card_take")
    t.timers.disarm("capture")
    t.card_inside = False
    t.recovering.pop("card", None)
    _settle_if_clear(t, now)


def eject_expired(t: Terminal, _: i.Input, now: float) -> None:
    """The eject motor gets one retry. Then the card is jammed and is captured."""
    if t.recovering.get("card") == "ejecting":
        t.recovering["card"] = "ejecting again"
        t.do(i.Eject())
        t.timers.arm("eject", now)
        return
    t.close_for("hardware")
    t.emit(e.AlarmRaised("hardware", "eject jam"))
    _capture(t, "jam", now)


def card_take_expired(t: Terminal, _: i.Input, now: float) -> None:
    _capture(t, "not taken", now)


def _capture(t: Terminal, why: str, now: float) -> None:
    t.emit(e.AlarmRaised("capture", why))
    t.recovering["card"] = "capturing"
    t.do(i.Show("captured"))
    t.do(i.Capture())
    t.timers.arm("capture", now)


def cash_settled(t: Terminal, x: i.Retracted | i.CashGone, now: float) -> None:
    """The cash was retracted, or the customer took it first; the counters say which."""
    t.counters = x.counters
    t.recovering.pop("cash", None)
    _settle_if_clear(t, now)


def recovery_expired(t: Terminal, _: i.Input, now: float) -> None:
    """The recovery has taken its time. Cash that was to be retracted and was not cannot be counted
    by anybody: its transaction goes into suspense, and the machine needs a person. A card on its
    way out has timers of its own, which say whether anything is wrong with it, and is still waited
    for (docs/domain.md, "Timers").
    """
    if t.recovering.pop("cash", ""):
        t.close_for("hardware")
        t.emit(e.AlarmRaised("hardware", "recovery did not end"))
        known = t.counters
        t.counters = i.Counters(known.transaction, known.picked, known.returned, False)
    _settle_if_clear(t, now)


def capture_expired_at_boot(t: Terminal, _: i.CaptureExpired, now: float) -> None:
    """The card did not reach the retain bin: it is stuck until a person gets at it."""
    t.close_for("hardware")
    t.emit(e.AlarmRaised("hardware", "card stuck"))
    t.recovering.pop("card", None)
    _settle_if_clear(t, now)


def card_cleared(t: Terminal, _: i.CardKept, now: float) -> None:
    """A card that had counted as stuck reached the bin after all, or a person took it out."""
    t.card_inside = False


def _settle_if_clear(t: Terminal, now: float) -> None:
    if t.recovering:
        return
    for number in sorted(t.image.transactions):
        settle(t, t.image.transactions[number], now)
    rest(t, now)


def settle(t: Terminal, records: s.TransactionRecords, now: float) -> None:
    """Settle one open transaction that was found in the store."""
    intent = records.intent
    if intent is None:
        return
    suspense = records.suspense
    if suspense is not None:  # again: the power may have failed before it was journaled
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
    """The reasons for being out of service have changed, and no card is inside: follow them."""
    if bool(t.service) == (t.state == State.OUT_OF_SERVICE):
        rest(t, now)


def operator_stop(t: Terminal, _: i.StopOrdered, now: float) -> None:
    stop_service(t)


def operator_resume(t: Terminal, _: i.ResumeOrdered, now: float) -> None:
    record = t.no_longer_for("operator")
    t.breaker.reset()
    t.do(Tell(e.OrderAcknowledged("resume")), after=record)


def supervisor_in(t: Terminal, _: i.SupervisorEntered, now: float) -> None:
    """A person works at the machine: from OUT_OF_SERVICE only, and with no card inside."""
    if not t.card_inside:
        t.do(i.Show("supervisor"))
        t.enter(State.SUPERVISOR, now)


def supervisor_out(t: Terminal, _: i.SupervisorLeft, now: float) -> None:
    """The person has finished. This alone removes the reason 'hardware'."""
    t.no_longer_for("hardware")
    t.enter(State.OUT_OF_SERVICE, now)
    t.do(i.Show("out_of_service"))
    if t.service:  # the last reason was removed meanwhile, and no input tells of it again
        rest(t, now)
