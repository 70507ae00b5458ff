"""The ATM's transition table: state x input -> cell (docs/domain.md, "Terminal states").

A cell is a function of the terminal, the input and the time (run seconds). A pair of state and
input that is not in the table is ignored, and that is a decision: for example a key that is pressed
while the terminal waits for the host, or a motor's report after its timer. '*' stands for every
state that has no cell of its own for that input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.machines import cells_boot as boot
from harness.machines import cells_card as card
from harness.machines import cells_cash as cash
from harness.machines import cells_host as host
from harness.machines import inputs as i
from harness.machines.inputs import State

if TYPE_CHECKING:
    from harness.machines.terminal import Terminal

Cell = Callable[["Terminal", Any, float], None]
Table = Mapping[tuple[str, type[i.Input]], Cell]

BEFORE_REQUEST = (State.CARD_IN, State.PIN_ENTRY, State.SELECTING)

SAFE_TABLE: Table = {
    # nobody there
    (State.IDLE, i.CardIn): card.card_in,
    (State.IDLE, i.ServiceMayChange): boot.service_changed,
    (State.OUT_OF_SERVICE, i.ServiceMayChange): boot.service_changed,
    (State.OUT_OF_SERVICE, i.CardIn): card.card_in_while_closed,
    (State.OUT_OF_SERVICE, i.CardGone): card.card_gone_when_closed,
    (State.OUT_OF_SERVICE, i.CardKept): boot.card_cleared,
    (State.OUT_OF_SERVICE, i.SupervisorEntered): boot.supervisor_in,
    (State.SUPERVISOR, i.CardIn): card.card_in_while_closed,
    (State.SUPERVISOR, i.SupervisorLeft): boot.supervisor_out,
    # a card, and no request yet
    (State.CARD_IN, i.CardRead): card.card_read,
    (State.CARD_IN, i.CardUnreadable): card.card_read_expired,
    (State.CARD_IN, i.CardReadExpired): card.card_read_expired,
    (State.PIN_ENTRY, i.KeyPressed): card.key_pressed,
    (State.PIN_ENTRY, i.KeyExpired): card.key_expired,
    (State.SELECTING, i.KeyPressed): card.selecting_key,
    (State.SELECTING, i.Chosen): card.chosen,
    (State.SELECTING, i.KeyExpired): card.key_expired,
    **{(state, i.SessionExpired): card.session_expired for state in BEFORE_REQUEST},
    **{(state, i.LinkLost): card.link_lost for state in BEFORE_REQUEST},
    **{(state, i.LinkDoubtful): card.link_lost for state in BEFORE_REQUEST},
    **{(state, i.StopOrdered): card.operator_stop for state in BEFORE_REQUEST},
    # please wait
    (State.WAITING_FOR_HOST, i.Approved): host.approved,
    (State.WAITING_FOR_HOST, i.Declined): host.declined,
    (State.WAITING_FOR_HOST, i.CaptureOrdered): host.capture_ordered,
    (State.WAITING_FOR_HOST, i.PinWrong): host.pin_wrong,
    (State.WAITING_FOR_HOST, i.SecurityError): host.security_error,
    (State.WAITING_FOR_HOST, i.UnknownCode): host.unknown_code,
    (State.WAITING_FOR_HOST, i.HostTimerExpired): host.host_timer_expired,
    (State.WAITING_FOR_HOST, i.LinkLost): host.link_closed,
    (State.WAITING_FOR_HOST, i.StopOrdered): host.operator_stop,
    (State.WAITING_FOR_HOST, i.Damaged): host.damaged,
    # the card comes out
    (State.EJECTING, i.CardOut): card.card_out,
    (State.EJECTING, i.EjectExpired): card.eject_expired,
    (State.EJECTING, i.StopOrdered): card.stop_before_cash,
    (State.CARD_AT_SLOT, i.CardGone): card.card_gone,
    (State.CARD_AT_SLOT, i.CardTakeExpired): card.card_take_expired,
    (State.CARD_AT_SLOT, i.StopOrdered): card.stop_before_cash,
    (State.CAPTURING, i.CardKept): card.card_kept,
    (State.CAPTURING, i.CardGone): card.card_taken_in_time,
    (State.CAPTURING, i.CaptureExpired): card.capture_expired,
    # the cash comes out
    (State.STACKING, i.Stacked): cash.stacked,
    (State.STACKING, i.Presented): cash.presented,
    (State.STACKING, i.StackUncounted): cash.stack_uncounted,
    (State.STACKING, i.DispenseExpired): cash.dispense_expired,
    (State.STACKING, i.StopOrdered): cash.stop_before_stack,
    (State.CASH_PRESENTED, i.CashGone): cash.cash_gone,
    (State.CASH_PRESENTED, i.CashTakeExpired): cash.cash_take_expired,
    (State.RETRACTING, i.Retracted): cash.retracted,
    (State.RETRACTING, i.CashGone): cash.retracted,
    (State.RETRACTING, i.RetractExpired): cash.retract_expired,
    # power is back
    (State.RECOVERING, i.PoweredOn): boot.recover,
    (State.RECOVERING, i.CardOut): boot.card_out,
    (State.RECOVERING, i.CardGone): boot.card_gone,
    (State.RECOVERING, i.CardKept): boot.card_gone,
    (State.RECOVERING, i.EjectExpired): boot.eject_expired,
    (State.RECOVERING, i.CardTakeExpired): boot.card_take_expired,
    (State.RECOVERING, i.Retracted): boot.cash_settled,
    (State.RECOVERING, i.CashGone): boot.cash_settled,
    (State.RECOVERING, i.RecoveryExpired): boot.recovery_expired,
    (State.RECOVERING, i.CaptureExpired): boot.capture_expired_at_boot,
    # anywhere
    ("*", i.StopOrdered): boot.operator_stop,
    ("*", i.ResumeOrdered): boot.operator_resume,
    ("*", i.Late): host.late,
    ("*", i.Duplicate): host.duplicate,
    ("*", i.Stray): host.stray,
}
