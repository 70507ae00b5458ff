"""Terminals that pay when they should not, or that do not know how much they have paid."""

from __future__ import annotations

from harness import events as e
from harness.defects.card import ignore
from harness.defects.defect import Defect
from harness.machines import cells_boot, cells_card
from harness.machines import inputs as i
from harness.machines.device import Device
from harness.machines.inputs import State
from harness.machines.matching import Matcher, Request
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.reversing import reverse, suspend
from harness.machines.table import SAFE_TABLE
from harness.machines.terminal import Cell, Terminal, TerminalContext, TerminalSettings
from harness.wire.message import Message, Outcome

# --- cash without a right to it -----------------------------------------------------------------


def _pay_late(t: Terminal, x: i.Late, now: float) -> None:
    """An approval that comes after the abort is paid."""
    t.emit(e.LateApproval(x.stan))
    tx = t.transaction
    if x.outcome is Outcome.APPROVED and tx is not None and tx.request.status == "aborted":
        tx.approved = x.amount
        tx.dispensed = True
        t.do(i.Stack(tx.number, x.amount))
        t.enter(State.STACKING, now, "dispense")


class _RemembersLast(Terminal):
    """Keeps the last transaction when the session is over, so that it can be paid late."""

    last = None

    def step(self, what: i.Input, now: float) -> None:
        if self.transaction is not None:
            self.last = self.transaction
        elif type(what) is i.Late:
            self.transaction = self.last
        super().step(what, now)


DISPENSES_LATE_APPROVAL = rewired({("*", i.Late): _pay_late}, _RemembersLast)


def _pay_again(t: Terminal, x: i.Duplicate, _now: float) -> None:
    """The same approval comes again, and is paid again."""
    tx = t.transaction
    if x.outcome is Outcome.APPROVED and tx is not None:
        t.do(i.Stack(tx.number, x.amount))


DISPENSES_TWICE_ON_DUPLICATE = rewired(
    {(state, i.Duplicate): _pay_again for state in (State.STACKING, State.CASH_PRESENTED)}
)


def _pay_at_once(t: Terminal, x: i.Chosen, now: float) -> None:
    """Starts the stacker at once, without waiting for the host's answer."""
    cells_card.chosen(t, x, now)
    tx = t.transaction
    if tx is not None and tx.kind == "withdrawal":
        t.do(i.Stack(tx.number, tx.amount))


def _put_back(cell: Cell) -> Cell:
    """The host has not approved: what was stacked is retracted."""

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


class _LooksAtStan(Matcher):
    """An answer with the right STAN is taken for the answer, whatever else it says."""

    def classify(self, answer: Message) -> i.Input:
        return super().classify(answer.replaced(terminal=self._terminal))

    def _wrong_echo(self, request: Request, answer: Message) -> tuple[str, ...]:
        return ()


class _MatchesOnStan(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.matcher = _LooksAtStan(self.id, partial_approval=settings.partial_approval)


class _TakesTies(Terminal):
    """Handles what has come before it checks its timers."""

    def receive(self, data: bytes, now: float) -> None:
        if self.timers.deadline("host_response") == now:
            self._take_in(data, now)
            data = b""
        super().receive(data, now)


# --- what became of the notes -------------------------------------------------------------------


def _reverse_uncounted(t: Terminal, _: i.Input, now: float) -> None:
    """The dispenser cannot say how much it moved, which is taken for nothing."""
    reverse(t, "4002", now)
    cells_card.proceed(t, now)


def _walk_away(t: Terminal, _: i.Input, now: float) -> None:
    """The transaction goes into suspense, and the cash stays at the slot."""
    tx = t.transaction
    assert tx is not None, "cash at the slot without a transaction"
    tx.outcome = "suspense"
    suspend(t, tx.number, tx.approved, "nobody took the cash")
    cells_card.proceed(t, now)


def _forget_counters(t: Terminal, x: i.PoweredOn, now: float) -> None:
    """After a power cut the counters of the dispenser are ignored."""
    sensors = x.sensors
    nothing = i.Sensors(
        sensors.card_inside, sensors.card_at_slot, sensors.cash_out, i.Counters(0, 0, 0, True)
    )
    cells_boot.recover(t, i.PoweredOn(nothing), now)


class DoubleFeeds(Device):
    """Two notes stick together, and the sensor counts one."""

    __slots__ = ()

    def stack(self, transaction: int, amount: int, now: float) -> None:
        """One more note of the smallest denomination is picked and not counted."""
        super().stack(transaction, amount, now)
        smallest = min(self._stacker, default=0)
        if self.cassettes.get(smallest):
            self.cassettes[smallest] -= 1


CASH_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="dispenses_late_approval",
            summary="pays an approval that comes after the abort",
            machine=DISPENSES_LATE_APPROVAL,
        ),
        cost="Pays what it has just reversed: the cash is gone, and nobody was debited.",
        must=("T4", "T9"),
        may=("T5", "T6", "T8", "H3", "F3", "T13", "T10", "T18.early", "M4", "T21.visit"),
    ),
    Defect(
        profile=TerminalProfile(
            name="tie_is_in_time",
            summary="pays an approval that comes in the instant in which the host timer runs out",
            machine=_TakesTies,
        ),
        cost="Of the two that meet one wins, and the other may have been acted on already.",
        must=("T4",),
        may=("F2", "T1", "T5", "T8", "T9", "T10", "M3.screen", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="dispenses_twice_on_duplicate",
            summary="pays once per copy of an approval",
            machine=DISPENSES_TWICE_ON_DUPLICATE,
        ),
        cost="A network that repeats itself empties the cassettes.",
        must=("T4", "T5"),
        may=("H3", "T8", "T10", "T14", "M4", "M3"),
    ),
    Defect(
        profile=TerminalProfile(
            name="cash_before_approval",
            summary="starts the stacker while the host is still thinking",
            machine=CASH_BEFORE_APPROVAL,
        ),
        cost="Counts notes out for a request that may be declined.",
        must=("T4",),
        may=("T3", "T6", "T9", "H3", "T8", "T10", "T14", "M3", "M4", "T22"),
    ),
    Defect(
        profile=TerminalProfile(
            name="pays_before_card_taken",
            summary="pays while the card is still inside, against its contract",
            settings={"cash_before_card": True},
        ),
        cost="Whoever has the cash walks away, and the card stays behind.",
        must=("T6",),
    ),
    Defect(
        profile=TerminalProfile(
            name="matches_on_stan_alone",
            summary="takes an answer for its own by DE 11, and looks at no other field",
            machine=_MatchesOnStan,
        ),
        cost="Pays on an approval that was another terminal's.",
        must=("T4",),
        may=("F2", "H3", "T8", "T9", "T10", "M4", "T18.wait", "M3", "T17"),
    ),
    Defect(
        profile=TerminalProfile(
            name="cash_slot_not_watched",
            summary="presents the cash, and never retracts what is left at the slot",
            machine=rewired({(State.CASH_PRESENTED, i.CashTakeExpired): ignore}),
        ),
        cost="Forgotten notes lie in the street, debited, and the machine is stuck.",
        must=("T2.cash", "T8", "H3", "T18.cash"),
    ),
    Defect(
        profile=TerminalProfile(
            name="suspends_and_walks_away",
            summary="books what is left at the slot as suspense, and leaves it there",
            machine=rewired({(State.CASH_PRESENTED, i.CashTakeExpired): _walk_away}),
        ),
        cost="The next one in the street has the cash, and the books know of nobody.",
        must=("T2.cash", "T3", "T18.cash"),
        may=("M4",),
    ),
    Defect(
        profile=TerminalProfile(
            name="reverses_uncounted",
            summary="reverses in full although the dispenser lost count",
            machine=rewired({(State.STACKING, i.StackUncounted): _reverse_uncounted}),
        ),
        cost="Gives money back of which nobody knows whether it had been paid.",
        must=("T8",),
        may=(
            "M3",
            "M4",
        ),
    ),
    Defect(
        profile=TerminalProfile(
            name="counters_forgotten",
            summary="takes the dispenser's counters for nothing after a power cut",
            machine=rewired({(State.RECOVERING, i.PoweredOn): _forget_counters}),
        ),
        cost="Reverses a withdrawal whose cash was taken: the customer was paid for nothing.",
        must=("T8", "H3"),
    ),
    Defect(
        profile=TerminalProfile(
            name="double_feeds",
            summary="its dispenser picks two notes that stick together, and counts one",
            device=DoubleFeeds,
        ),
        cost="What customers carry away is booked nowhere, and is missing at the count.",
        must=("T11",),
    ),
)
