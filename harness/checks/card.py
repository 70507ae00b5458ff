"""The card's checks: it comes out, in time, and is kept only for a reason (T1 T2 T7 F1 F2)."""

from __future__ import annotations

from collections import deque

from harness import events as e
from harness.checks.base import Check, Span
from harness.checks.evidence import Mark, TerminalEvidence
from harness.checks.transactions import TransactionEvidence
from harness.wire.dialect import Kind, Outcome


class AbortReleasesCard(Check):
    """T1. The abort is the contract's host timer without a timely answer, a close while waiting, or
    the terminal's own word; then the card is out or its capture begun within two ejects, and taken
    or its capture begun `card_take` later.
    """

    id = "T1"
    needs = ("device", "wire.terminal")
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._at_slot: dict[str, Mark] = {}

    @property
    def bound(self) -> float:
        return self.contract.out_after_abort

    def _trigger(self, site: TerminalEvidence, at: float) -> float | None:
        """When the abort was due, None if there is none by `at`."""
        due = site.abort_at
        current = site.current
        if site.awaits_answer() or (current is not None and _late(site, current, self)):
            assert site.wait is not None
            expiry = site.wait.at + self.contract.host_response
            if expiry <= at and (due is None or expiry < due):
                due = expiry
        return due

    def _released(self, site: TerminalEvidence, at: float) -> None:
        due = self._trigger(site, at)
        if due is None or site.inserted is None:
            return
        self.tried += 1
        bound = self.bound + self._allowance(site)
        self.hold(site, at, site.between(due, at), bound, "the card came out late after the abort")
        site.abort_at = None
        site.wait = None

    def _allowance(self, site: TerminalEvidence) -> float:
        return site.allowance(site.inserted) if site.inserted is not None else 0.0

    def on_CardAtSlot(self, site: TerminalEvidence, at: float, _event: e.CardAtSlot) -> None:
        if self._trigger(site, at) is not None:
            self._at_slot[site.name] = site.mark(at)
        self._released(site, at)

    def on_CaptureBegun(self, site: TerminalEvidence, at: float, _event: e.CaptureBegun) -> None:
        self._gone(site, at)
        self._released(site, at)

    def on_CardTaken(self, site: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._gone(site, at)

    def _gone(self, site: TerminalEvidence, at: float) -> None:
        since = self._at_slot.pop(site.name, None)
        if since is not None:
            bound = self.contract.card_take + self.contract.slack + site.allowance(since)
            seconds = site.since(since, at)
            if seconds > bound:
                self.fail(
                    site,
                    at,
                    f"the card lay at the slot for {seconds:.1f} s, at most {bound:.1f} s",
                    excess=seconds - bound,
                )

    def due(self, site: TerminalEvidence, now: float) -> None:
        self._gone(site, now)
        if site.inserted is None or site.card_at in ("slot", "capturing"):
            return
        due = self._trigger(site, now)
        if due is None:
            return
        waited = site.between(due, now)
        if waited > self.bound + self._allowance(site):
            self.tried += 1
            self.measured(waited)
            self.fail(
                site,
                due,
                f"the card never came out: {waited:.0f} s after the abort, "
                f"at most {self.bound:.0f} s",
                excess=waited - self.bound,
            )


def _late(site: TerminalEvidence, current: TransactionEvidence, check: Check) -> bool:
    """Did the answer come after the contract's host timer?"""
    return (
        site.wait is not None
        and current.start >= site.wait.at
        and current.answer is not None
        and current.answer_at >= current.start + check.contract.host_response
    )


class HoldIsBounded(Span):
    """T2. From the last entry into the wait to the card taken or captured."""

    id = "T2"
    needs = ("device",)

    @property
    def bound(self) -> float:
        return self.contract.hold

    def on_ScreenShown(self, site: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen == "please_wait":  # shown again, it is the same wait
            self._begins(site, at)
        elif event.screen == "enter_pin":  # the host asked for the PIN again
            self._since.pop(site.name, None)

    def on_FrameSeen(self, site: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        """A request starts the clock even if the screen says nothing."""
        if site.kind is Kind.REQUEST and event.end == "terminal" and site.inserted is not None:
            self._begins(site, at)

    def on_CardTaken(self, site: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._ends(site, at, "the card was held too long")

    def on_CardCaptured(self, site: TerminalEvidence, at: float, _event: e.CardCaptured) -> None:
        self._ends(site, at, "the card was held too long")

    def due(self, site: TerminalEvidence, now: float) -> None:
        if site.inserted is not None and self._overdue(site, now):
            self._ends(site, now, "the card is still inside")


class CaptureHasReason(Check):
    """T7. A capture code, not taken, a jam, a local hotlist hit: by the evidence."""

    id = "T7"
    needs = ("device", "wire.terminal")

    def on_CaptureBegun(self, site: TerminalEvidence, at: float, event: e.CaptureBegun) -> None:
        self.tried += 1
        current = site.current
        ordered = (
            current is not None
            and current.answer is Outcome.CAPTURE
            and not current.aborted
            and site.inserted is not None
            and current.start >= site.inserted.at
        )
        if ordered or site.jammed or event.card in self.contract.hotlist:
            return
        early = None  # by how much, where the card had been at the slot
        if site.inserted is not None and site.slot_since >= site.inserted.at:
            early = self.contract.card_take - (at - site.slot_since)
        if early is None or early > 0.001:
            # live, the moment at the slot is written down a little after its timer was started
            self.fail(site, at, "the card was captured for no listed reason", excess=early)


class CapturesAreFew(Check):
    """T7.breaker. Captures by code, by the device and the wire: at most so many within a window.
    A card that had jammed, or had been at the slot, is captured for another reason.
    """

    id = "T7.breaker"
    rare = True
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._captures: dict[str, deque[float]] = {}

    def on_CaptureBegun(self, site: TerminalEvidence, at: float, _event: e.CaptureBegun) -> None:
        current = site.current
        if current is None or current.answer is not Outcome.CAPTURE or site.inserted is None:
            return
        if site.jammed or site.slot_since >= site.inserted.at:
            return
        self.tried += 1
        captures = self._captures.setdefault(site.name, deque())
        while captures and captures[0] <= at - self.contract.capture_window:
            captures.popleft()
        captures.append(at)
        if len(captures) > self.contract.capture_burst:
            what = f"{len(captures)} cards were captured by code within "
            self.fail(site, at, f"{what}{self.contract.capture_window:.0f} s")


class WaitIsBounded(Check):
    """F1. From the start of the wait to a motor or another screen."""

    id = "F1"
    needs = ("device",)
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._since: dict[str, float] = {}

    @property
    def bound(self) -> float:
        return self.contract.wait

    def _over(self, site: TerminalEvidence, at: float) -> None:
        since = self._since.pop(site.name, None)
        if since is not None:
            self.tried += 1
            waited = site.between(since, at)
            self.hold(site, at, waited, self.bound, "'please wait' stood too long")

    def on_ScreenShown(self, site: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen == "please_wait":  # shown again, it is the same wait
            self._since.setdefault(site.name, at)
        else:
            self._over(site, at)

    def on_FrameSeen(self, site: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        """A request starts the clock even if the screen says nothing."""
        asked = site.kind is Kind.REQUEST and event.end == "terminal" and site.powered
        if asked and site.inserted is not None:
            self._since.setdefault(site.name, at)

    def on_EjectBegun(self, site: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._over(site, at)

    def on_CaptureBegun(self, site: TerminalEvidence, at: float, _event: e.CaptureBegun) -> None:
        self._over(site, at)

    def on_StackBegun(self, site: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        if self.contract.cash_before_card:
            self._over(site, at)

    def on_PowerLost(self, site: TerminalEvidence, at: float, _event: e.PowerLost) -> None:
        self._over(site, at)

    def due(self, site: TerminalEvidence, now: float) -> None:
        since = self._since.get(site.name)
        if since is not None and site.between(since, now) > self.bound:
            self._over(site, now)


class EveryCardOut(Check):
    """F2. From the later of the fault's start and the insertion to out or captured."""

    id = "F2"
    needs = ("device",)
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._fault_began = 0.0
        self._inside: dict[str, Mark] = {}

    @property
    def bound(self) -> float:
        return self.contract.card_inside

    def harness(self, at: float, event: e.Event) -> None:
        if isinstance(event, e.FaultBegan):
            self._fault_began = at

    def on_CardInserted(self, site: TerminalEvidence, at: float, _event: e.CardInserted) -> None:
        self._inside[site.name] = site.mark(at)

    def _over(self, site: TerminalEvidence, at: float) -> None:
        inserted = self._inside.pop(site.name, None)
        if inserted is not None:
            self.tried += 1
            start = Mark(max(inserted.at, self._fault_began), inserted.off, inserted.cuts)
            if start.at > at:
                start = inserted
            bound = self.bound + site.allowance(start)
            self.hold(site, at, site.since(start, at), bound, "the card stayed inside")

    def on_CardTaken(self, site: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        self._over(site, at)

    def on_CardCaptured(self, site: TerminalEvidence, at: float, _event: e.CardCaptured) -> None:
        self._over(site, at)

    def due(self, site: TerminalEvidence, now: float) -> None:
        inserted = self._inside.get(site.name)
        if inserted is not None and site.since(inserted, now) > self.bound + site.allowance(
            inserted
        ):
            self._over(site, now)


class NoCardWhileDown(Check):
    """F2.accept. By what passed at the terminal's end, not by the terminal's judgement."""

    id = "F2.accept"
    needs = ("device", "wire.terminal")

    def on_CardInserted(self, site: TerminalEvidence, at: float, _event: e.CardInserted) -> None:
        self.tried += 1
        why = "" if site.stands_still else site.down_because(at)  # it could not close the reader
        if why:
            self.fail(site, at, f"a card was taken in while the link was down: {why}")
