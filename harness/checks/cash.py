"""Cash checks: paid only on an approval, never too much or too early, and all notes add up."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, IntervalCheck, late_by
from harness.checks.device_evidence import worth
from harness.checks.evidence import TerminalEvidence
from harness.checks.operating_time import Moment
from harness.checks.transaction_evidence import Key, TransactionEvidence


class CashNeedsApproval(Check):
    """T4. The moment that counts is when the stacker's motor starts."""

    id = "T4"
    needs = ("device", "wire.terminal")

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        self.tried += 1
        current = terminal.transactions.current
        if current is None or not current.withdrawal:
            self.fail(terminal, at, "cash without a request")
        elif not current.approved:
            self.fail(terminal, at, f"cash without a valid approval of STAN {current.stan}")
        elif current.stacks > 1:
            self.fail(terminal, at, f"the approval of STAN {current.stan} was paid again")
        else:
            self._timely(terminal, at, current)

    def _timely(self, terminal: TerminalEvidence, at: float, current: TransactionEvidence) -> None:
        late = current.answer_at - current.start - self.contract.host_response
        if late >= 0:
            self.fail(
                terminal,
                at,
                f"cash on an approval that came {late:.1f} s after the host timer",
                late=late_by(late, current.start, at),
            )


class ApprovalIsAuthentic(Check):
    """T4.authentic: the tap's own MAC check of the approval that was paid."""

    id = "T4.authentic"
    needs = ("device", "wire.terminal", "wire.mac")

    def observable(self, sees: tuple[str, ...]) -> bool:
        """False if the contract has no MAC, because there is nothing to check then."""
        return self.contract.mac and super().observable(sees)

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        current = terminal.transactions.current
        if current is None or not (current.approved or current.forged):
            return  # T4 reports that
        self.tried += 1
        if not current.approved:
            self.fail(terminal, at, f"cash on an approval whose MAC is {current.forged}")


class NeverMoreThanApproved(Check):
    """T5. `worst` is the largest excess in minor units."""

    id = "T5"
    needs = ("device", "wire.terminal")
    unit = "cents"

    @property
    def bound(self) -> float:
        return 0.0

    def on_NotesStacked(
        self, terminal: TerminalEvidence, at: float, _event: e.NotesStacked
    ) -> None:
        current = terminal.transactions.current
        if current is None or not current.approved:
            return  # T4 reports cash without approval
        self.tried += 1
        over = current.stacked - current.approved
        self.measured(max(0, over))
        if over > 0:
            self.fail(
                terminal,
                at,
                f"{current.stacked / 100:.2f} for {current.approved / 100:.2f} approved",
            )


class CardBeforeCash(Check):
    """T6. With card before cash, no cash is stacked while the card is in the transport or at the
    slot.
    """

    id = "T6"
    needs = ("device",)

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        if self.contract.cash_before_card:
            return
        self.tried += 1
        place = terminal.device.card_at
        if place:
            self.fail(terminal, at, f"the stacker ran with the card at the {place}")


class CashIsDrawnIn(IntervalCheck):
    """T2.cash (docs/domain.md, "Timers", cash_take and retract).
    A case lasts from the presentation of the cash at the slot until the customer takes it or it is
    retracted. It also ends when the retraction fails: nobody can reach notes stuck in the machine.
    A motor that takes longer than usual is no fault of the terminal that has started it.
    """

    id = "T2.cash"
    rare = True
    timers = 2  # cash_take and retract
    needs = ("device",)

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._whose: dict[str, int] = {}  # the customer it was presented to
        self._longer: dict[str, float] = {}  # seconds that the motor takes longer than usual

    @property
    def bound(self) -> float:
        return self.contract.cash_out

    def _bound_of(self, terminal: TerminalEvidence, since: Moment) -> float:
        return super()._bound_of(terminal, since) + self._longer.get(terminal.name, 0.0)

    def on_NotesPresented(
        self, terminal: TerminalEvidence, at: float, _event: e.NotesPresented
    ) -> None:
        self._longer.pop(terminal.name, None)
        self._begins(terminal, at)
        self._whose.setdefault(terminal.name, terminal.device.customer)

    def on_MotorSlowed(self, terminal: TerminalEvidence, _at: float, event: e.MotorSlowed) -> None:
        if event.motor == "retract":
            self._longer[terminal.name] = self._longer.get(terminal.name, 0.0) + event.seconds

    def on_DeviceBroughtForward(
        self, terminal: TerminalEvidence, at: float, event: e.DeviceBroughtForward
    ) -> None:
        """Cash that lay there before the journal began has to go too, from now on."""
        if event.cash:
            self._begins(terminal, at)

    def _gone(self, terminal: TerminalEvidence, at: float, _event: e.Event | None = None) -> None:
        whose = self._whose.pop(terminal.name, terminal.device.customer)
        owner = "" if whose == terminal.device.customer else f" of customer {whose}"
        self._ends(terminal, at, f"cash{owner} lay at the slot")

    on_NotesTaken = on_NotesRetracted = on_RetractFailed = _gone  # noqa: N815

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if self._overdue(terminal, now):
            self._gone(terminal, now)


class NothingAfterAbort(Check):
    """T9. An abort, by the evidence or by the terminal's own report, ends the transaction."""

    id = "T9"
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._counted: dict[str, Key] = {}  # the last one counted, by terminal

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        current = terminal.transactions.current
        if current is None:
            return
        expired = current.answer is None and at >= current.start + self.contract.host_response
        reversed_already = current.reversal is not None and not current.taken
        if current.aborted or expired or reversed_already:
            why = current.aborted or ("the host timer" if expired else "it had been reversed")
            self.fail(terminal, at, f"cash for STAN {current.stan} after its abort ({why})")

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        """An aborted transaction whose card comes out is a case that was tried."""
        current = terminal.transactions.current
        if current is None or self._counted.get(terminal.name) == current.key:
            return
        expired = current.answer is None and at >= current.start + self.contract.host_response
        if current.aborted or expired:
            self._counted[terminal.name] = current.key
            self.tried += 1


class CassettesAddUp(Check):
    """T11. At rest, and when a person opens the safe, for each denomination: opening + filled in =
    cassettes + taken + rejected + retracted + unknown.
    """

    id = "T11"
    needs = ("device",)
    tried_by_harness = True
    unit = "notes"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._left: dict[str, dict[int, int]] = {}  # what should be in the cassettes
        self._counted: dict[str, e.CassettesCounted] = {}

    @property
    def bound(self) -> float:
        return 0.0

    def _move(self, terminal: TerminalEvidence, notes: e.Notes) -> None:
        left = self._left.get(terminal.name)
        if left is not None:
            for denomination, count in notes.items():
                left[denomination] = left.get(denomination, 0) - count

    def on_NotesTaken(
        self, terminal: TerminalEvidence, _at: float, event: e.NotesTaken | e.NotesPartlyTaken
    ) -> None:
        self._move(terminal, event.notes)

    def on_NotesPartlyTaken(
        self, terminal: TerminalEvidence, at: float, event: e.NotesPartlyTaken
    ) -> None:
        self.on_NotesTaken(terminal, at, event)

    def on_NotesRetracted(
        self, terminal: TerminalEvidence, _at: float, event: e.NotesRetracted
    ) -> None:
        self._move(terminal, event.notes)

    def on_NotesStacked(
        self, terminal: TerminalEvidence, _at: float, event: e.NotesStacked
    ) -> None:
        self._move(terminal, event.rejected)

    def on_CassettesCounted(
        self, terminal: TerminalEvidence, at: float, event: e.CassettesCounted
    ) -> None:
        if event.when == "opening":
            self._left[terminal.name] = dict(event.notes)
            self._move(terminal, {note: -count for note, count in event.unknown.items()})
        elif event.when == "visit":
            self._add_up(terminal, at, event)
        else:
            self._counted[terminal.name] = event

    def on_CassettesFilled(
        self, terminal: TerminalEvidence, _at: float, event: e.CassettesFilled
    ) -> None:
        self._move(terminal, {note: -count for note, count in event.notes.items()})

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        event = self._counted.get(terminal.name)
        if event is not None:
            self._add_up(terminal, now, event)

    def _add_up(self, terminal: TerminalEvidence, now: float, event: e.CassettesCounted) -> None:
        left = self._left.get(terminal.name)
        if left is None:
            return
        notes = {*left, *event.unknown}
        expected = {note: left.get(note, 0) - event.unknown.get(note, 0) for note in sorted(notes)}
        self.tried += 1
        off = {
            denomination: event.notes.get(denomination, 0) - count
            for denomination, count in expected.items()
            if event.notes.get(denomination, 0) != count
        }
        self.measured(float(sum(abs(count) for count in off.values())))
        if off:
            shown = ", ".join(f"{count:+d} x {d / 100:g}" for d, count in sorted(off.items()))
            self.fail(terminal, now, f"the cassettes are off by {shown} ({worth(off) / 100:+.2f})")
