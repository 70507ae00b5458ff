"""Terminals that are broken on purpose: each must be caught by the checks named beside it.

A defect is a cell or two over the safe table, or one hook. The safe code does not know them.
What catches each is section 5's table, held by the suite.
"""

from __future__ import annotations

from harness import events as e
from harness.machines import cells_boot, cells_card
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.reversing import reverse
from harness.machines.store_forward import Advice
from harness.machines.table import SAFE_TABLE
from harness.machines.terminal import Cell, Terminal, reversal_fields
from harness.wire.dialect import Outcome


def _ignore(_t: Terminal, _x: i.Input, _now: float) -> None:
    """Nothing happens, and nothing is written down."""


# --- the card stays in ----------------------------------------------------------------------

HANGS_ON_TIMEOUT = rewired(
    {
        (State.WAITING_FOR_HOST, i.HostTimerExpired): _ignore,
        (State.WAITING_FOR_HOST, i.LinkLost): _ignore,
    }
)


def _keep_card(t: Terminal, _: i.Input, now: float) -> None:
    """Ends the wait on the screen, reverses, and never moves the card."""
    tx = t.transaction
    assert tx is not None
    tx.request.status = "aborted"
    reverse(t, "4021", now)
    t.do(i.Show("out_of_service"))
    t.enter(State.OUT_OF_SERVICE, now)


def _stay_parked(t: Terminal, x: i.ServiceMayChange, now: float) -> None:
    """Out of service with a card inside, and no way back."""
    if not t.card_inside:
        cells_boot.reconsider(t, x, now)


KEEPS_CARD_SILENTLY = rewired(
    {
        (State.WAITING_FOR_HOST, i.HostTimerExpired): _keep_card,
        (State.WAITING_FOR_HOST, i.LinkLost): _keep_card,
        (State.OUT_OF_SERVICE, i.ServiceMayChange): _stay_parked,
    }
)


def _rearm(t: Terminal, _: i.Input, now: float) -> None:
    t.rearm("host_response", now)


REARMS_TIMER_ON_NOISE = rewired(
    {
        (State.WAITING_FOR_HOST, i.Stray): _rearm,
        (State.WAITING_FOR_HOST, i.Damaged): _rearm,
        (State.WAITING_FOR_HOST, i.Duplicate): _rearm,
        (State.WAITING_FOR_HOST, i.Late): _rearm,
    }
)


# --- cash without a right to it -----------------------------------------------------------------


def _pay_late(t: Terminal, x: i.Late, now: float) -> None:
    """The approval came after the abort, and is paid all the same."""
    t.emit(e.LateApproval(x.stan))
    tx = t.transaction
    if x.outcome is Outcome.APPROVED and tx is not None and tx.request.status == "aborted":
        tx.approved = x.amount
        tx.dispensed = True
        t.do(i.Stack(tx.number, x.amount))
        t.enter(State.STACKING, now, "dispense")


class _RemembersLast(Terminal):
    """Keeps the last transaction at hand when the visit is over, so that it can be paid late."""

    last = None

    def step(self, what: i.Input, now: float) -> None:
        if self.transaction is not None:
            self.last = self.transaction
        elif type(what) is i.Late:
            self.transaction = self.last
        super().step(what, now)


DISPENSES_LATE_APPROVAL = rewired({("*", i.Late): _pay_late}, _RemembersLast)


def _pay_again(t: Terminal, x: i.Duplicate, _now: float) -> None:
    """The same approval once more: the stacker runs once more."""
    tx = t.transaction
    if x.outcome is Outcome.APPROVED and tx is not None:
        t.do(i.Stack(tx.number, x.amount))


DISPENSES_TWICE_ON_DUPLICATE = rewired(
    {(state, i.Duplicate): _pay_again for state in (State.STACKING, State.CASH_PRESENTED)}
)


def _pay_at_once(t: Terminal, x: i.Chosen, now: float) -> None:
    """Asks the host, and does not wait for what it says."""
    cells_card.chosen(t, x, now)
    tx = t.transaction
    if tx is not None and tx.kind == "withdrawal":
        t.do(i.Stack(tx.number, tx.amount))


def _put_back(cell: Cell) -> Cell:
    """The answer was no: what had been stacked is drawn back in."""

    def cell_with_retract(t: Terminal, x: i.Input, now: float) -> None:
        t.do(i.Retract())
        cell(t, x, now)

    return cell_with_retract


CASH_BEFORE_APPROVAL = rewired(
    {(State.SELECTING, i.Chosen): _pay_at_once}
    | {
        (state, what): _put_back(cell)
        for (state, what), cell in SAFE_TABLE.items()
        if state == State.WAITING_FOR_HOST and what not in (i.Approved, i.Damaged)
    }
)


# --- reversals ---------------------------------------------------------------------------------


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

    def _send_advice(self, now: float) -> None:
        advice = self.forward.next_to_send(now)
        if advice is None:
            return
        if advice.attempts > 1:
            stamp = self.calendar.stamp(now)
            fields = {
                name: getattr(advice.record, name) for name in advice.record.__struct_fields__
            }
            fields |= {"stan": self.next_stan(), "sent": stamp.sent}
            renewed = Advice(s.ReversalRecord(**fields), advice.attempts)
            self.forward.queue[0] = advice = renewed
        fields = reversal_fields(self, advice.record)
        self.send(fields if advice.attempts == 1 else self.dialect.repeat(fields))
        self.emit(e.ReversalSent(advice.record.stan, advice.attempts))
        self.service.awaits_first_advice = False


class _LosesReversals(Terminal):
    """Starts with an empty head: what the store kept is not looked at."""

    def boot(self, image: s.StoreImage, sensors: i.Sensors, now: float) -> None:
        empty = s.StoreImage()
        empty.marks = image.marks
        super().boot(empty, sensors, now)


# --- secrecy ----------------------------------------------------------------------------------


def _tell_pan(t: Terminal, x: i.CardRead, now: float) -> None:
    t.emit(e.Noted(f"card {x.pan} read"))
    cells_card.card_read(t, x, now)


TERMINAL_DEFECTS = (
    TerminalProfile(
        name="hangs_on_timeout",
        summary="ignores the host timer and a closed link: 'please wait' for ever (T1 T2 F1)",
        machine=HANGS_ON_TIMEOUT,
    ),
    TerminalProfile(
        name="keeps_card_silently",
        summary="aborts on the screen and leaves the card inside (T1 T2)",
        machine=KEEPS_CARD_SILENTLY,
    ),
    TerminalProfile(
        name="rearms_timer_on_noise",
        summary="any message from the network starts the host timer anew (T1 T3 F1)",
        machine=REARMS_TIMER_ON_NOISE,
    ),
    TerminalProfile(
        name="dispenses_late_approval",
        summary="pays an approval that comes after the abort (T4 T9)",
        machine=DISPENSES_LATE_APPROVAL,
    ),
    TerminalProfile(
        name="dispenses_twice_on_duplicate",
        summary="pays once per copy of an approval (T4 T5)",
        machine=DISPENSES_TWICE_ON_DUPLICATE,
    ),
    TerminalProfile(
        name="cash_before_approval",
        summary="starts the stacker while the host is still thinking (T4)",
        machine=CASH_BEFORE_APPROVAL,
    ),
    TerminalProfile(
        name="forgets_reversal",
        summary="aborts and never tells the host (T8)",
        machine=FORGETS_REVERSAL,
    ),
    TerminalProfile(
        name="reversal_new_identity",
        summary="repeats a reversal under a new STAN and DE 7 (T13)",
        machine=_NewIdentity,
    ),
    TerminalProfile(
        name="loses_reversals_on_restart",
        summary="forgets after a power cut what its store kept (T10)",
        machine=_LosesReversals,
    ),
    TerminalProfile(
        name="leaks_pan",
        summary="writes the card number into its log (S3)",
        machine=rewired({(State.CARD_IN, i.CardRead): _tell_pan}),
    ),
)
