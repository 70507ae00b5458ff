"""The summary figures of a run, from the same evidence as the checks."""

from __future__ import annotations

from typing import Any

import msgspec

from harness import events as e
from harness.checks.device_evidence import worth
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.checks.transaction_evidence import TransactionEvidence
from harness.contract import Contract
from harness.machines.matching import ECHOED_WRONGLY
from harness.wire.message import Outcome

_REASONS = 50  # that are counted apart; a peer may think up as many as it likes
NOTHING_STORED = e.StoreCounted(0, 0, 0)
MOST_KINDS = 30
OTHERS = "others"
"""A peer may send any number of types: so many are counted by name, and the rest together."""


class Totals(msgspec.Struct, kw_only=True):
    """Times in seconds, money in minor units. `stuck` counts cards that a capture has left in the
    reader; one that a person took out counts as captured. `captured_why` counts by reason;
    `explained` is the part of the difference between ledger and cash that is owed or in
    suspense; `refused` counts by
    reason the messages that the host did not serve, or served with a doubt; `unread` counts by
    reason what somebody else's machine sent that does not read. `asked` counts the withdrawals that
    were asked for, `answered_yes` and `answered_no` those that were approved or declined in time,
    by the wire, and `presented` how often cash lay at the slot. `strays` counts messages that
    belong to no request, by MTI, `mismatches` answers that repeat an element wrongly, by that
    element, and `damaged` messages that would not read or whose MAC was wrong.
    """

    terminals: int = 0
    customers: int = 0
    turned_away: int = 0
    inserted: int = 0
    returned: int = 0
    captured: int = 0
    captured_why: dict[str, int] = {}
    inside: int = 0
    stuck: int = 0
    longest_wait: float = 0.0
    longest_hold: float = 0.0
    asked: int = 0
    answered_yes: int = 0
    answered_no: int = 0
    presented: int = 0
    strays: dict[str, int] = {}
    mismatches: dict[str, int] = {}
    damaged: int = 0
    approved: int = 0
    declined: int = 0
    cash_taken: int = 0
    ledger: int = 0
    explained: int = 0
    aborts: int = 0
    late_approvals: int = 0
    reversals: int = 0
    acknowledged: int = 0
    pending: int = 0
    parked: int = 0
    suspense: int = 0
    cards_met_fault: int = 0
    refused: dict[str, int] = {}
    unread: dict[str, int] = {}
    understood: int = 0  # messages of somebody else's machine that were read, their MAC right
    keep_alives: int = 0

    def count_refused(self, why: str, count: int = 1) -> None:
        """The host did not serve messages, or served some that do not fit what it knows."""
        why = why if why in self.refused or len(self.refused) < _REASONS else "another reason"
        self.refused[why] = self.refused.get(why, 0) + count

    def count_stray(self, mti: str, count: int = 1) -> None:
        """Messages belong to no request."""
        mti = mti if len(self.strays) < MOST_KINDS else OTHERS
        self.strays[mti] = self.strays.get(mti, 0) + count


class TotalsCounter:
    """Counts the figures while the run goes on."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.totals = Totals(captured_why={}, refused={}, unread={}, strays={}, mismatches={})
        self._wait: dict[str, float] = {}
        self._hold: dict[str, Moment] = {}
        self._met: dict[str, int] = {}
        self._stores: dict[str, e.StoreCounted] = {}
        self._faults = 0  # windows open now
        self.handlers: dict[type[e.Event], Any] = {
            kind: getattr(self, name) for kind, name in _COUNTED.items()
        }

    def fault_began(self, terminals: dict[str, TerminalEvidence]) -> None:
        """A fault has begun: it is counted for all cards that are inside a machine now."""
        self._faults += 1
        for terminal in terminals.values():
            if terminal.device.inserted is not None:
                self._meet(terminal)

    def refused(self, event: e.MessageRefused | e.DisagreementHeard) -> None:
        """The host did not serve a message, or served one that does not fit what it knows."""
        self.totals.count_refused(event.why)

    def fault_ended(self) -> None:
        self._faults -= 1

    def _meet(self, terminal: TerminalEvidence) -> None:
        if self._met.get(terminal.name) != terminal.device.customer:
            self._met[terminal.name] = terminal.device.customer
            self.totals.cards_met_fault += 1

    def on_CustomerArrived(self, *_: object) -> None:
        self.totals.customers += 1

    def on_TurnedAway(self, *_: object) -> None:
        self.totals.turned_away += 1

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        self.totals.inserted += 1
        self._hold[terminal.name] = terminal.time.moment(at)
        if self._faults:
            self._meet(terminal)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self.totals.returned += 1
        self._held(terminal, at)

    def on_CardCaptured(
        self, terminal: TerminalEvidence, at: float, _event: e.CardCaptured
    ) -> None:
        self.totals.captured += 1
        self._held(terminal, at)

    def on_CaptureFailed(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureFailed
    ) -> None:
        self._held(terminal, at)

    def on_CardRemoved(self, *_: object) -> None:
        self.totals.captured += 1

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, _at: float, event: e.CaptureBegun
    ) -> None:
        current = terminal.transactions.current
        ordered = current is not None and current.answer is Outcome.CAPTURE
        if terminal.device.is_jammed:
            why = "jam"
        elif event.card in self._contract.hotlist or event.card in terminal.device.hotlisted:
            why = "local hotlist"
        elif ordered and not terminal.device.slot_since:
            why = "ordered by the host"
        elif terminal.device.has_been_at_slot:
            why = "not taken"
        elif ordered:
            why = "ordered by the host"
        else:
            why = "no reason known"
        self.totals.captured_why[why] = self.totals.captured_why.get(why, 0) + 1

    def _held(self, terminal: TerminalEvidence, at: float) -> None:
        since = self._hold.pop(terminal.name, None)
        if since is not None:
            self.totals.longest_hold = max(self.totals.longest_hold, at - since.at)

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        since = self._wait.pop(terminal.name, None)
        if since is not None:
            self.totals.longest_wait = max(self.totals.longest_wait, at - since)
        if event.screen == "please_wait":
            self._wait[terminal.name] = at

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        self._wait.pop(terminal.name, None)

    def on_NotesPresented(self, *_: object) -> None:
        self.totals.presented += 1

    def on_StrayMessage(
        self, _terminal: TerminalEvidence, _at: float, event: e.StrayMessage
    ) -> None:
        self.totals.count_stray(event.mti)

    def on_DamagedMessage(
        self, _terminal: TerminalEvidence, _at: float, event: e.DamagedMessage
    ) -> None:
        elements, wrongly, _ = event.why.partition(f" {ECHOED_WRONGLY}")
        if not wrongly:
            self.totals.damaged += 1
            return
        mismatches = self.totals.mismatches
        for element in elements.split(", "):
            mismatches[element] = mismatches.get(element, 0) + 1

    def on_NotesTaken(
        self, _terminal: TerminalEvidence, _at: float, event: e.NotesTaken | e.NotesPartlyTaken
    ) -> None:
        self.totals.cash_taken += worth(event.notes)

    def on_NotesPartlyTaken(
        self, terminal: TerminalEvidence, at: float, event: e.NotesPartlyTaken
    ) -> None:
        self.on_NotesTaken(terminal, at, event)

    def on_Posted(self, _terminal: TerminalEvidence, _at: float, event: e.Posted) -> None:
        self.totals.ledger += event.amount if event.kind == "debit" else -event.amount

    def on_RequestDecided(
        self, terminal: TerminalEvidence, _at: float, event: e.RequestDecided
    ) -> None:
        if event.code == terminal.dialect.codes["approved"]:
            self.totals.approved += 1
        else:
            self.totals.declined += 1

    def on_Aborted(self, *_: object) -> None:
        self.totals.aborts += 1

    def on_LateApproval(self, *_: object) -> None:
        self.totals.late_approvals += 1

    def on_ReversalQueued(self, *_: object) -> None:
        self.totals.reversals += 1

    def on_ReversalAnswered(self, *_: object) -> None:
        self.totals.acknowledged += 1

    def on_StoreCounted(
        self, terminal: TerminalEvidence, _at: float, event: e.StoreCounted
    ) -> None:
        """The last count of a terminal is the one that counts: each of its processes counts."""
        before = self._stores.get(terminal.name, NOTHING_STORED)
        self._stores[terminal.name] = event
        self.totals.pending += event.pending - before.pending
        self.totals.parked += event.parked - before.parked
        self.totals.suspense += event.suspense - before.suspense

    def finish(self, terminals: dict[str, TerminalEvidence], now: float) -> Totals:
        """Add the transactions and cards that are still open at the end."""
        totals = self.totals
        totals.terminals = len(terminals)
        for terminal in terminals.values():
            totals.asked += terminal.transactions.withdrawals
            totals.answered_yes += terminal.transactions.approved
            totals.answered_no += terminal.transactions.declined
            if terminal.device.inserted is not None:
                totals.inside += 1
                totals.longest_hold = max(totals.longest_hold, now - terminal.device.inserted.at)
            totals.stuck += terminal.device.card_at == "stuck"
            since = self._wait.get(terminal.name)
            if since is not None and terminal.device.inserted is not None:
                totals.longest_wait = max(totals.longest_wait, now - since)
            for transaction in [
                *terminal.transactions.recent.values(),
                *terminal.transactions.open.values(),
            ]:
                totals.explained += _difference(transaction)
        return totals


_COUNTED = {
    kind: f"on_{name}"
    for name, kind in e.EVENT_TYPES.items()
    if hasattr(TotalsCounter, f"on_{name}")
}


def _difference(transaction: TransactionEvidence) -> int:
    from harness.checks.ledger import explained

    off = transaction.debit - transaction.back - transaction.taken
    return off if off and explained(transaction) else 0
