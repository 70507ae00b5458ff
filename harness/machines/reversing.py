"""Makes reversals: at most one for each transaction, with the first reason (docs/domain.md,
"Reversal reasons").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.effects import Enqueue, Tell

if TYPE_CHECKING:
    from harness.machines.terminal import Terminal


def reverse(t: Terminal, reason: str, now: float, *, taken: int | None = None) -> None:
    """Reverse the current transaction, in full, or down to `taken` minor units. A balance enquiry
    is never reversed, and a transaction that is already reversed gets no second reversal.
    """
    tx = t.transaction
    if tx is None or tx.reversed or tx.kind != "withdrawal":
        return
    tx.outcome = "reversed" if taken is None else "partial"
    intent = s.Intent(tx.number, tx.kind, tx.pan, tx.amount, tx.stan, tx.sent, tx.rrn)
    record_reversal(t, intent, reason, tx.code, now, taken=taken)


def record_reversal(
    t: Terminal,
    intent: s.Intent,
    reason: str,
    code: str,
    now: float,
    *,
    taken: int | None = None,
) -> None:
    """Write the reversal; it joins the queue when it is durable, and not before."""
    stamp = t.calendar.stamp(now)
    record = s.ReversalRecord(
        intent.transaction,
        reason,
        t.next_stan(),
        stamp.sent,
        stamp.time,
        stamp.date,
        code,
        taken,
        intent.pan,
        intent.amount,
        intent.rrn,
        intent.stan,
        intent.sent,
    )
    number = t.log(record)
    told = e.ReversalQueued(intent.transaction, reason, record.stan, intent.stan, intent.amount)
    t.do(Tell(told), after=number)
    t.do(Enqueue(record), after=number)


def suspend(t: Terminal, number: int, amount: int, why: str) -> None:
    """Nobody can prove how much cash left the machine: suspense and an alarm, and no automatic
    reversal (4002 once a person has resolved it).
    """
    record = t.log(s.Suspense(number, amount, why))
    t.do(Tell(e.SuspenseRecorded(number, amount, why)), after=record)
    t.emit(e.AlarmRaised("suspense", why))


def settle_by_counters(
    t: Terminal, intent: s.Intent, approved: int, code: str, counters: i.Counters, now: float
) -> str:
    """Settle an approved transaction by the dispenser's own counters, after a retract or a power
    cut (docs/domain.md, "Power and recovery"). Returns the outcome: 'completed', 'reversed',
    'partial' or 'suspense'.
    """
    if counters.transaction != intent.transaction:
        record_reversal(t, intent, "4002", code, now)
        return "reversed"
    if not counters.known:
        suspend(t, intent.transaction, approved, "the dispenser lost count")
        return "suspense"
    if counters.taken == approved:
        t.log(s.Closed(intent.transaction), urgent=False)
        return "completed"
    if counters.taken == 0:
        record_reversal(t, intent, "4018", code, now)
        return "reversed"
    reason = "4018" if counters.returned else "4004"
    record_reversal(t, intent, reason, code, now, taken=counters.taken)
    return "partial"
