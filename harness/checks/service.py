"""When a terminal may not serve: no card while it is broken or has too much to reverse (T20). When
it must is in `must_serve`.

The reasons are judged from the device, the wire and the operator's orders, never by what the
terminal says of its own service.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.expiries import Expiries, gave_up_at
from harness.checks.operating_time import Moment
from harness.checks.transaction_evidence import TransactionEvidence
from harness.contract import Contract

DURABLE = 1.0
"""Seconds after which what a terminal has written down outlives a power cut."""


def owed(
    terminal: TerminalEvidence, contract: Contract, at: float
) -> Iterator[TransactionEvidence]:
    """The withdrawals whose reversal is pending, as wire and device show: reversed, given up, or
    paid only in part, and neither answered for good nor parked. One that is paid in part counts
    once another request has followed it.
    """
    for x in terminal.transactions.open.values():
        if x.reversal_final or x.parked or not x.withdrawal:
            continue
        if x.reversal is not None:
            yield x
        elif not x.requested or x.endings or x.cut or x.uncounted:
            continue
        elif gave_up_at(x, contract) <= at or _is_paid_in_part(terminal, x):
            yield x


def _is_paid_in_part(terminal: TerminalEvidence, x: TransactionEvidence) -> bool:
    settled = x.stacked > 0 and x.taken + x.retracted == x.stacked
    return settled and x.taken != x.approved and x is not terminal.transactions.current


class Breakage:
    """Which terminals are broken, as their devices show: a card jammed or stuck in the reader.
    Only a person who works at the machine ends that.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._broken: dict[str, tuple[float, str]] = {}
        self._capturing: dict[str, Moment] = {}

    def why(self, terminal: TerminalEvidence) -> str:
        """'' if it is not."""
        return self._broken.get(terminal.name, (0.0, ""))[1]

    def on_CaptureBegun(self, terminal: TerminalEvidence, at: float) -> None:
        self._capturing[terminal.name] = terminal.time.moment(at)
        if terminal.device.is_jammed:
            self._broken[terminal.name] = at, "a card had jammed"

    def on_CaptureFailed(self, terminal: TerminalEvidence, at: float) -> None:
        """The terminal knows of it by its timer."""
        since = self._capturing.pop(terminal.name, None)
        began = at if since is None else since.at
        self._broken[terminal.name] = began + self._contract.capture, "a card was stuck"

    def on_CardTaken(self, terminal: TerminalEvidence, at: float) -> None:
        """A hand that held the card has pulled it out. If the timer of the capture was still
        running, nothing is broken.
        """
        if self._broken.get(terminal.name, (0.0, ""))[0] > at:
            self._broken.pop(terminal.name)

    def on_CardCaptured(self, terminal: TerminalEvidence, at: float) -> None:
        since = self._capturing.pop(terminal.name, None)
        if since is None:
            return
        took = terminal.time.since(since, at)
        if (
            took > self._contract.capture + self._contract.slack
            and since.cuts == terminal.time.cuts
        ):
            why = f"a capture took {took:.0f} s"
            self._broken[terminal.name] = since.at + self._contract.capture, why

    def on_PowerLost(self, terminal: TerminalEvidence, at: float) -> None:
        """What had only just happened may not have been written down."""
        self._capturing.pop(terminal.name, None)
        since, _ = self._broken.get(terminal.name, (0.0, ""))
        if at < since + DURABLE:
            self._broken.pop(terminal.name, None)

    def on_OrderGiven(self, terminal: TerminalEvidence, event: e.OrderGiven) -> None:
        """A person who had been let in has finished."""
        if event.order == "leave" and terminal.device.screen == "supervisor":
            self._broken.pop(terminal.name, None)


class NoCardWhileBroken(Check):
    """T20. After a card has jammed or was stuck, no card is taken in until a person has worked at
    the machine (SUPERVISOR). A power cut does not mend it.
    """

    id = "T20"
    rare = True
    needs = ("device",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._breakage = Breakage(self.contract)

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        why = self._breakage.why(terminal)
        if why:
            self.fail(
                terminal, at, f"a card was taken in although {why}, and nobody had been there"
            )

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._breakage.on_CaptureBegun(terminal, at)
        self.tried += bool(self._breakage.why(terminal))

    def on_CaptureFailed(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureFailed
    ) -> None:
        self._breakage.on_CaptureFailed(terminal, at)
        self.tried += 1

    def on_CardCaptured(
        self, terminal: TerminalEvidence, at: float, _event: e.CardCaptured
    ) -> None:
        self._breakage.on_CardCaptured(terminal, at)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._breakage.on_CardTaken(terminal, at)

    def on_PowerLost(self, terminal: TerminalEvidence, at: float, _event: e.PowerLost) -> None:
        self._breakage.on_PowerLost(terminal, at)

    def on_OrderGiven(self, terminal: TerminalEvidence, _at: float, event: e.OrderGiven) -> None:
        self._breakage.on_OrderGiven(terminal, event)


class NoCardWithBacklog(Check):
    """T20.backlog. With more pending reversals than the contract's backlog no card is taken in."""

    id = "T20.backlog"
    rare = True
    needs = ("device", "wire.terminal")

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        few = len(terminal.transactions.open) < self.contract.backlog
        if few or terminal.time.stands_still or terminal.store_is_behind:
            return
        self.tried += 1
        known = at - self.contract.slack
        pending = [x for x in owed(terminal, self.contract, known) if x.reversal_begun_at < known]
        if len(pending) > self.contract.backlog:
            what = f"a card was taken in with {len(pending)} reversals pending"
            self.fail(terminal, at, what)


class NoCardBeforeFirstReversal(Check):
    """T20.queue. After a reconnect no card is taken in before the head of the queue has been sent,
    where a reversal was pending as the connection was made. One whose record the store holds back
    is in no queue yet.
    """

    id = "T20.queue"
    rare = True
    needs = ("device", "wire.terminal")

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        opened_at = terminal.wire.link.opened_at
        before = opened_at - self.contract.slack
        pending = [x for x in owed(terminal, self.contract, before) if x.start < before]
        if terminal.time.stands_still or terminal.store_is_behind or not pending:
            return
        self.tried += 1
        if all(x.reversal_moved_at < opened_at for x in terminal.transactions.kept()):
            what = f"a card was taken in before the reversal of STAN {pending[0].stan} was sent"
            self.fail(terminal, at, f"{what} on the new connection")


class NoCardWhilePaused(Check):
    """T20.pause. After so many host timers that ran out in a row no card is taken in for as long
    as the contract says.
    """

    id = "T20.pause"
    rare = True
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._expiries = Expiries(self.contract, past_a_close=False)  # it must pause
        self._counted: dict[str, int] = {}  # the customer whose visit was counted

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        customer = terminal.device.customer
        if self._counted.get(terminal.name) != customer:
            self._counted[terminal.name] = customer
            self.tried += self._expiries.visit_ends(terminal, at)

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        since = self._expiries.since(terminal)
        if since is None:
            return
        early = since + self.contract.expiries_pause - self.contract.slack - at
        if early > 0.0:
            what = f"a card was taken in {at - since:.0f} s after the last of "
            what += f"{self.contract.expiries} host timers that ran out in a row"
            self.fail(terminal, at, what, late=late_by(early, since, at))

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        self._expiries.on_PowerLost(terminal)


class SupervisorOnlyWhenFree(Check):
    """T20.supervisor. The terminal goes to SUPERVISOR only from out of service, with no card inside
    and no cash on its way, unless the dispenser was told to draw it in and did not in its time:
    only a person can take out what is stuck.
    """

    id = "T20.supervisor"
    rare = True
    needs = ("device",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._screens: dict[str, str] = {}
        self._retracting: dict[str, Moment] = {}  # since when

    def on_RetractBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.RetractBegun
    ) -> None:
        self._retracting[terminal.name] = terminal.time.moment(at)

    def on_StackBegun(self, terminal: TerminalEvidence, _at: float, _event: e.StackBegun) -> None:
        self._retracting.pop(terminal.name, None)

    def _is_stuck(self, terminal: TerminalEvidence, at: float) -> bool:
        since = self._retracting.get(terminal.name)
        if since is None:
            return False
        least = self.contract.retract - self.contract.slack
        return since.cuts != terminal.time.cuts or terminal.time.since(since, at) >= least

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        before = self._screens.get(terminal.name, "")
        self._screens[terminal.name] = event.screen
        if event.screen != "supervisor":
            return
        self.tried += 1
        if terminal.device.has_card(at) or terminal.device.card_at == "stuck":
            self.fail(terminal, at, "a person was let in while a card was inside")
        elif terminal.device.cash_out and not self._is_stuck(terminal, at):
            self.fail(terminal, at, "a person was let in while cash was on its way")
        elif before != "out_of_service":
            self.fail(terminal, at, f"a person was let in while the screen said '{before}'")
