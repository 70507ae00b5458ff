"""The cells of the cash: stacked, presented, taken or retracted (docs/domain.md, "Terminal
states").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.cells_card import proceed, stop_service
from harness.machines.inputs import State
from harness.machines.reversing import reverse, settle_by_counters, suspend

if TYPE_CHECKING:
    from harness.machines.session import Transaction
    from harness.machines.terminal import Terminal


def _paying(t: Terminal) -> Transaction:
    tx = t.transaction
    assert tx is not None, "cash moved without a transaction"
    return tx


def stacked(t: Terminal, x: i.Stacked, now: float) -> None:
    """Present what was stacked, even if it is less than was approved. If nothing was stacked, the
    transaction is reversed in full (4017).
    """
    tx = _paying(t)
    tx.stacked = x.amount
    if x.amount == 0:
        t.emit(e.AlarmRaised("hardware", "nothing was dispensed"))
        reverse(t, "4017", now)
        proceed(t, now)
    else:
        t.log(s.CashMoved(tx.number, "begun", x.amount), urgent=False)
        t.do(i.Present())


def stop_before_stack(t: Terminal, _: i.StopOrdered, now: float) -> None:
    """Remote stop while the cash is due. If the stacker's motor still waits for the decision to
    become durable, nothing is dispensed: reverse (4007). Otherwise the payment is finished.
    """
    stop_service(t)
    if t.drop_held(i.Stack):
        reverse(t, "4007", now)
        proceed(t, now)


def presented(t: Terminal, _: i.Presented, now: float) -> None:
    t.log(s.CashMoved(_paying(t).number, "presented", _paying(t).stacked), urgent=False)
    t.do(i.Show("take_cash"))
    t.enter(State.CASH_PRESENTED, now, "cash_take")


def stack_uncounted(t: Terminal, _: i.StackUncounted, now: float) -> None:
    """The count is unknown: suspense and an alarm, and no automatic reversal (4002 once a person
    has resolved it).
    """
    _suspend(t, "the dispenser could not count")
    proceed(t, now)


def dispense_expired(t: Terminal, _: i.Input, now: float) -> None:
    """The dispenser has not reported in time. If the decision never became durable, its motor was
    never started: no cash, reverse (4007). Otherwise nobody knows what it has done: all cash that
    can be reached is drawn in, and what is not proven to be back is unknown.
    """
    if t.drop_held(i.Stack):
        t.emit(e.AlarmRaised("store", "the outcome could not be written"))
        reverse(t, "4007", now)
        proceed(t, now)
        return
    t.close_for("hardware")
    t.emit(e.AlarmRaised("hardware", "the dispenser did not answer"))
    _draw_in(t, now)


def cash_gone(t: Terminal, _: i.CashGone, now: float) -> None:
    """The cash was taken: completed; or if it was less than was approved, a partial reversal (4004)
    that says what was taken.
    """
    tx = _paying(t)
    if tx.stacked == tx.approved:
        tx.outcome = "completed"
        t.log(s.Closed(tx.number), urgent=False)
    else:
        reverse(t, "4004", now, taken=tx.stacked)
    proceed(t, now)


def cash_take_expired(t: Terminal, _: i.Input, now: float) -> None:
    _draw_in(t, now)


def _draw_in(t: Terminal, now: float) -> None:
    t.do(i.Retract())
    t.enter(State.RETRACTING, now, "retract")


def retracted(t: Terminal, x: i.Retracted | i.CashGone, now: float) -> None:
    """Reverse only what is proven to be back (4018); otherwise suspense. If the customer took the
    cash at the instant of the timer, the counters of the device say so.
    """
    tx = _paying(t)
    intent = s.Intent(tx.number, tx.kind, tx.pan, tx.amount, tx.stan, tx.sent, tx.rrn)
    tx.outcome = settle_by_counters(t, intent, tx.approved, tx.code, x.counters, now)
    proceed(t, now)


def retract_expired(t: Terminal, _: i.Input, now: float) -> None:
    t.close_for("hardware")
    _suspend(t, "the retract did not end")
    proceed(t, now)


def _suspend(t: Terminal, why: str) -> None:
    tx = _paying(t)
    tx.outcome = "suspense"
    suspend(t, tx.number, tx.approved, why)
