"""The cells of WAITING_FOR_HOST, the state that must always end (docs/domain.md, "Terminal
states").

It is left exactly once for each request: by an answer, by its own timer, by the close of the
connection, or by an operator's stop. An echo never ends it, and nothing that comes from the network
restarts its timer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.cells_card import (
    ask_pin,
    cancel,
    capture,
    eject,
    ended,
    proceed,
    session_of,
    stop_service,
)
from harness.machines.reversing import reverse
from harness.wire.message import Outcome

if TYPE_CHECKING:
    from harness.machines.session import Transaction
    from harness.machines.terminal import Terminal


def _answered(t: Terminal, code: str, outcome: str) -> Transaction:
    tx = t.transaction
    assert tx is not None, "an answer was matched without a request"
    tx.request.status = "answered"
    tx.code = code
    tx.outcome = outcome
    t.expiries = 0
    t.timers.disarm("host_response")
    return tx


def approved(t: Terminal, x: i.Approved, now: float) -> None:
    """Give the card back while the decision is being written; the cash follows the card."""
    tx = _answered(t, x.code, "approved")
    t.timers.disarm("session")
    if tx.kind == "balance":
        tx.outcome = "answered"
        t.log(s.Closed(tx.number), urgent=False)
        eject(t, now)
        return
    tx.approved = x.amount
    tx.decision = t.log(s.Decision(tx.number, x.amount, x.code))
    proceed(t, now)


def declined(t: Terminal, x: i.Declined, now: float) -> None:
    """A listed decline or system error: the card is given back, and nothing is reversed."""
    tx = _answered(t, x.code, "declined")
    t.log(s.Closed(tx.number))
    eject(t, now)


def capture_ordered(t: Terminal, x: i.CaptureOrdered, now: float) -> None:
    """The host orders the card kept. If it orders that too often, the breaker trips and the cards
    are given back (S26).
    """
    known = t.breaker.tripped
    if not t.breaker.allows(now):
        if not known:
            t.emit(e.BreakerTripped())
            t.emit(e.AlarmRaised("breaker", f"code {x.code} once more: cards are given back"))
        declined(t, i.Declined(x.code), now)
        return
    tx = _answered(t, x.code, "captured")
    t.log(s.Closed(tx.number))
    capture(t, f"code {x.code}", now)


def pin_wrong(t: Terminal, x: i.PinWrong, now: float) -> None:
    """The PIN was wrong: ask again, at most `pin_tries` times in a session. A session timer that
    ran out during the wait acts now.
    """
    tx = _answered(t, x.code, "pin_again")
    t.log(s.Closed(tx.number))
    t.emit(ended(tx, "pin_again", 0))
    tx.outcome = ""
    if session_of(t).tries >= t.settings.pin_tries:
        tx.outcome = "declined"
        eject(t, now)
    elif t.timers.overdue("session", now):
        cancel(t, "session", now)
    elif t.service.judged != "up":
        cancel(t, "link", now)
    else:
        ask_pin(t, now)


def security_error(t: Terminal, x: i.SecurityError, now: float) -> None:
    """The host reports a security error: no cash, the card is given back, alarm, reverse (4020)."""
    tx = _answered(t, x.code, "declined")
    t.emit(e.AlarmRaised("security", f"the host answered {x.code}"))
    _give_up(t, tx, "4020", now)
    eject(t, now)


def unknown_code(t: Terminal, x: i.UnknownCode, now: float) -> None:
    """The code is on no list, and the host may have posted: no cash, the card is given back,
    reverse (4020).
    """
    tx = _answered(t, x.code, "declined")
    _give_up(t, tx, "4020", now)
    eject(t, now)


# --- aborts ------------------------------------------------------------------------------


def abort(t: Terminal, reason: str, why: str, now: float) -> None:
    """Give the request up. A request that still waits for its intent to become durable is never
    sent. The intent alone guarantees the reversal, so the card need not wait for the store.
    """
    tx = t.transaction
    assert tx is not None, "an abort without a request"
    t.drop_held(i.Send)
    tx.request.status = "aborted"
    t.emit(e.Aborted(tx.number, reason, why))
    _give_up(t, tx, reason, now)
    tx.outcome = "reversed"
    eject(t, now, screen="cancelled")


def _give_up(t: Terminal, tx: Transaction, reason: str, now: float) -> None:
    """Reverse a withdrawal. A balance enquiry moved no money: it is closed."""
    if tx.kind == "withdrawal":
        reverse(t, reason, now)
    else:
        t.log(s.Closed(tx.number), urgent=False)


def host_timer_expired(t: Terminal, _: i.Input, now: float) -> None:
    """No answer in time: reverse (4021, or 4020 if a damaged answer to this request came). The link
    is judged down.
    """
    tx = t.transaction
    t.expiries += 1
    if t.expiries >= t.settings.expiries:
        t.expiries = 0
        t.service.add("expiries")
        t.service.resumes_at = now + t.settings.expiries_pause
    t.link_supervisor.unanswered_request(now)
    abort(t, "4020" if tx is not None and tx.damaged else "4021", "timer", now)


def link_closed(t: Terminal, _: i.Input, now: float) -> None:
    """The connection was closed while waiting: abort and reverse (4021)."""
    abort(t, "4021", "link", now)


def operator_stop(t: Terminal, _: i.Input, now: float) -> None:
    stop_service(t)
    abort(t, "4021", "operator", now)


# --- what changes nothing ------------------------------------------------------------------


def damaged(t: Terminal, x: i.Damaged, _: float) -> None:
    """A damaged message, which was already dropped and reported: keep waiting. If it was the answer
    to this request, the reversal will say so.
    """
    if x.ours and t.transaction is not None:
        t.transaction.damaged = True


def late(t: Terminal, x: i.Late, _: float) -> None:
    """An answer after the abort: report it and pay nothing. The reversal is already queued."""
    if x.outcome in (Outcome.APPROVED, Outcome.PARTIAL):
        t.emit(e.LateApproval(x.stan))
    else:
        t.emit(e.LateAnswer(x.stan, x.code))


def duplicate(t: Terminal, x: i.Duplicate, _: float) -> None:
    t.emit(e.DuplicateAnswer(x.stan))


def stray(t: Terminal, x: i.Stray, _: float) -> None:
    t.emit(e.StrayMessage(x.mti, x.stan, x.terminal))
