"""The wait for the host is not given up before its time (T18.wait).

A terminal that takes a stray or damaged message, an echo without an answer, a key or the session
timer for the end of its wait reverses what the host may be about to approve. The customer leaves
without cash, although nothing was wrong with the host.
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence
from harness.checks.visit import EXACT


class WaitsItsTime(Check):
    """T18.wait. A card that comes out from under 'please wait', while its request has no valid
    answer, has waited for as long as the host timer. The end of the connection, an order of the
    operator, the power or a process that stood still end a wait earlier. A terminal that hangs up
    itself moves the card in the same instant, and the end of the connection is told after that.
    """

    id = "T18.wait"
    rare = True
    needs = ("device", "wire.terminal")
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._early: dict[str, tuple[float, TransactionEvidence]] = {}  # if nothing else ended it

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        device, current = terminal.device, terminal.transactions.current
        inserted = device.inserted
        if device.prompt != "please_wait" or device.ejects > 1 or inserted is None:
            return
        if current is None or current.answer is not None or current.start < device.prompt_at:
            return
        if self._ended_otherwise(terminal, at, inserted.cuts, device.prompt_at):
            return
        self.tried += 1
        early = current.start + self.contract.host_response - at
        if early > EXACT:
            self._early[terminal.name] = at, current

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        """In that very instant: then it was the connection that ended the wait."""
        if self._early.get(terminal.name, (-1.0,))[0] == at:
            del self._early[terminal.name]

    def on_CustomerLeft(self, terminal: TerminalEvidence, at: float, _: e.CustomerLeft) -> None:
        self.due(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        del now
        at, current = self._early.pop(terminal.name, (0.0, None))
        if current is not None:
            early = current.start + self.contract.host_response - at
            what = f"the wait for the host was given up {early:.1f} s before its timer had run out"
            self.fail(terminal, at, what, of=current, late=late_by(early, current.start, at))

    def _ended_otherwise(
        self, terminal: TerminalEvidence, at: float, cuts: int, since: float
    ) -> bool:
        time, closed_at = terminal.time, terminal.wire.link.closed_at
        before = max(0.0, since - self.contract.host_response)  # the timer runs from the decision
        stood_still = time.between(before, at) < at - before
        ordered = terminal.device.inserted is not None and (
            terminal.device.inserted.at <= terminal.ordered_at
        )
        return time.cuts != cuts or since <= closed_at <= at or stood_still or ordered
