"""The cells of a card's session: card in, PIN, choice, card out or captured (docs/domain.md,
"Terminal states").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.cardholders import issuer_of
from harness.crypto.pin import LONGEST_PIN, SHORTEST_PIN
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.effects import Tell
from harness.machines.inputs import State
from harness.machines.reversing import reverse
from harness.machines.session import Session, Transaction
from harness.wire.echo import echo_of

if TYPE_CHECKING:
    from harness.machines.terminal import Terminal


def card_in(t: Terminal, x: i.CardIn, now: float) -> None:
    """The reader has taken a card. While the link is not up, it is given back at once."""
    begin_session(t, x, now)
    if t.service.judged != "up":
        cancel(t, "link", now)
    else:
        t.enter(State.CARD_IN, now, "card_read")


def card_in_while_closed(t: Terminal, x: i.CardIn, now: float) -> None:
    """A card was inserted at the instant in which the terminal closed: it is given back."""
    begin_session(t, x, now)
    cancel(t, "closed", now)


def begin_session(t: Terminal, x: i.CardIn, now: float) -> None:
    t.session = Session(x.token)
    t.transaction = None
    t.card_inside = True
    t.do(i.AcceptCards(False))
    t.timers.arm("session", now)


def card_read(t: Terminal, x: i.CardRead, now: float) -> None:
    session = session_of(t)
    if session.token in t.settings.hotlist or session.token in t.hotlist:
        t.emit(e.SessionCancelled("hotlist"))
        capture(t, "hotlist", now)
        return
    session.pan, session.expiry, session.track2 = x.pan, x.expiry, x.track2
    ask_pin(t, now)


def ask_pin(t: Terminal, now: float) -> None:
    session_of(t).pin = ""
    t.do(i.Show("enter_pin"))
    t.enter(State.PIN_ENTRY, now, "key")


def key_pressed(t: Terminal, x: i.KeyPressed, now: float) -> None:
    """A key in PIN_ENTRY: digits, then 'enter'; 'cancel' ends the session. What is too short or too
    long for a PIN is asked for again (ISO 9564: 4 to 12 digits); nothing was sent, so it is no try.
    """
    session = session_of(t)
    if x.key == "cancel":
        cancel(t, "cancel", now)
    elif x.key != "enter":
        session.pin += x.key
        t.rearm("key", now)
    elif not SHORTEST_PIN <= len(session.pin) <= LONGEST_PIN:
        ask_pin(t, now)
    elif session.choice is None:
        t.do(i.Show("select"))
        t.enter(State.SELECTING, now, "key")
    else:  # the PIN was asked for again, and the choice is known
        begin_request(t, session.choice, now)


def selecting_key(t: Terminal, x: i.KeyPressed, now: float) -> None:
    if x.key == "cancel":
        cancel(t, "cancel", now)


def chosen(t: Terminal, x: i.Chosen, now: float) -> None:
    session_of(t).choice = x
    begin_request(t, x, now)


def begin_request(t: Terminal, choice: i.Chosen, now: float) -> None:
    """Write the intent; the request leaves when it is durable (docs/domain.md, "Store and forward",
    rule 1). The host timer starts now.
    """
    session = session_of(t)
    stamp = t.calendar.stamp(now)
    number = t.next_number()
    stan = t.next_stan()
    rrn = f"{number:012d}"
    sent = t.dialect.sent(stamp)
    amount = choice.amount if choice.kind == "withdrawal" else 0
    t.transaction = Transaction(number, choice.kind, session.pan, amount, stan, sent, rrn)
    request = t.dialect.request(
        t.station,
        kind=choice.kind,
        pan=session.pan,
        expiry=session.expiry,
        track2=session.track2,
        pin_block=t.pin.block(session.pin, session.pan),
        amount=amount,
        stan=stan,
        rrn=rrn,
        stamp=stamp,
    )
    t.transaction.request.asked = echo_of(request)
    t.matcher.remember(t.transaction.request)
    session.pin = ""
    session.tries += 1
    record = t.log(s.Intent(number, choice.kind, session.pan, amount, stan, sent, rrn))
    t.emit(e.TransactionBegun(number, choice.kind, stan, amount))
    t.do(i.Show("please_wait"))
    t.enter(State.WAITING_FOR_HOST, now, "host_response")
    t.do(i.Send(request), after=record)


def cancel(t: Terminal, why: str, now: float) -> None:
    """The session ends without a request in flight: the card is given back."""
    t.emit(e.SessionCancelled(why))
    eject(t, now)


def card_read_expired(t: Terminal, _: i.Input, now: float) -> None:
    cancel(t, "unreadable", now)


def key_expired(t: Terminal, _: i.Input, now: float) -> None:
    cancel(t, "key", now)


def session_expired(t: Terminal, _: i.Input, now: float) -> None:
    cancel(t, "session", now)


def link_lost(t: Terminal, _: i.Input, now: float) -> None:
    """The link is down or doubtful before a request: send nothing and give the card back."""
    cancel(t, "link", now)


def stop_service(t: Terminal) -> None:
    """The operator's stop. It is acknowledged as soon as a power cut can no longer undo it."""
    record = t.close_for("operator")
    t.do(Tell(e.OrderAcknowledged("stop")), after=record)


def operator_stop(t: Terminal, _: i.Input, now: float) -> None:
    stop_service(t)
    cancel(t, "operator", now)


# --- out -------------------------------------------------------------------------------


def eject(t: Terminal, now: float, *, screen: str = "take_card") -> None:
    """The card comes out. The screen says why it does if a request was given up."""
    t.timers.disarm("session")
    t.do(i.Show(screen))
    t.do(i.Eject())
    t.enter(State.EJECTING, now, "eject")


def card_out(t: Terminal, _: i.CardOut, now: float) -> None:
    t.enter(State.CARD_AT_SLOT, now, "card_take")


def eject_expired(t: Terminal, _: i.Input, now: float) -> None:
    """The eject motor gets one retry. Then the card is jammed: reverse an unpaid approval (4014),
    capture the card, out of service.
    """
    session = session_of(t)
    if not session.retried_eject:
        session.retried_eject = True
        t.do(i.Eject())
        t.rearm("eject", now)
        return
    t.close_for("hardware")
    t.emit(e.AlarmRaised("hardware", "eject jam"))
    if approved_and_unpaid(t):
        reverse(t, "4014", now)
    capture(t, "jam", now)


def card_gone(t: Terminal, _: i.CardGone, now: float) -> None:
    """The customer has taken the card: now the cash, if any is due."""
    t.card_inside = False
    proceed(t, now)


def card_gone_when_closed(t: Terminal, _: i.CardGone, _now: float) -> None:
    """A hand has pulled out the card that counted as stuck."""
    t.card_inside = False


def card_take_expired(t: Terminal, _: i.Input, now: float) -> None:
    """The card was not taken: capture it, pay no cash, reverse (4019)."""
    if approved_and_unpaid(t):
        reverse(t, "4019", now)
    capture(t, "not taken", now)


def stop_before_cash(t: Terminal, _: i.StopOrdered, now: float) -> None:
    """Remote stop between an approval and the cash: reverse (4007). The card still goes out."""
    stop_service(t)
    if approved_and_unpaid(t):
        reverse(t, "4007", now)


# --- kept ------------------------------------------------------------------------------


def capture(t: Terminal, why: str, now: float) -> None:
    t.emit(e.AlarmRaised("capture", why))
    t.do(i.Show("captured"))
    t.do(i.Capture())
    t.enter(State.CAPTURING, now, "capture")


def card_kept(t: Terminal, _: i.CardKept, now: float) -> None:
    t.card_inside = False
    rest(t, now)


def capture_expired(t: Terminal, _: i.Input, now: float) -> None:
    """The card did not reach the bin: it is stuck. Alarm, and out of service."""
    t.close_for("hardware")
    t.emit(e.AlarmRaised("hardware", "card stuck"))
    rest(t, now)


def card_taken_in_time(t: Terminal, _: i.CardGone, now: float) -> None:
    """The customer took the card at the instant of the timer, before the motor moved it."""
    t.card_inside = False
    rest(t, now)


# --- what is next -----------------------------------------------------------------------


def session_of(t: Terminal) -> Session:
    assert t.session is not None, "a card cell was reached without a card"
    return t.session


def approved_and_unpaid(t: Terminal) -> bool:
    tx = t.transaction
    return tx is not None and tx.outcome == "approved" and not tx.dispensed


def proceed(t: Terminal, now: float) -> None:
    """The next step: the cash, if it is due and the card is out (or `cash_before_card`); else the
    card, if it is inside; else the end of the session.
    """
    tx = t.transaction
    may_pay = t.settings.cash_before_card or not t.card_inside
    if tx is not None and may_pay and approved_and_unpaid(t):
        tx.dispensed = True
        t.do(i.Stack(tx.number, tx.approved), after=tx.decision)
        t.enter(State.STACKING, now, "dispense")
    elif t.card_inside:
        eject(t, now)
    else:
        rest(t, now)


def ended(tx: Transaction, outcome: str, amount: int) -> e.TransactionEnded:
    """What is told of a transaction when it has ended."""
    return e.TransactionEnded(tx.number, outcome, amount, tx.code, issuer_of(tx.pan))


def rest(t: Terminal, now: float) -> None:
    """The session is over: serve the next customer, or go out of service if there is a reason."""
    t.timers.clear()
    tx = t.transaction
    if tx is not None and tx.outcome:
        t.emit(ended(tx, tx.outcome, tx.approved))
    t.session = None
    t.transaction = None
    if t.service:
        t.enter(State.IDLE, now)
        t.do(i.Show("welcome"))
        t.do(i.AcceptCards(True))
    else:
        t.enter(State.OUT_OF_SERVICE, now)
        t.do(i.Show("out_of_service"))
        t.do(i.AcceptCards(False))
