"""The wait for the host is not given up before its time (T18.wait).

A terminal that takes a stray or damaged message, an echo without an answer, a key or the session
timer for the end of its wait reverses what the host may be about to approve. The customer leaves
without cash, although nothing was wrong with the host.
"""

from __future__ import annotations

from typing import NamedTuple

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence
from harness.checks.visit import EXACT

_AT_ONCE = 0.5  # seconds: a terminal that hangs up itself starts the motor first


class _GivenUp(NamedTuple):
    """A wait that was given up so many seconds too `early`, unless the connection ended then."""

    at: float
    early: float
    request: TransactionEvidence


class WaitsItsTime(Check):
    """T18.wait. A card that comes out from under 'please wait', while its request has no valid
    answer, has waited for as long as the host timer. The end of the connection, an order of the
    operator, the power or a process that stood still end a wait earlier. It is T25.close that says
    when a terminal may end the connection itself.
    """

    id = "T18.wait"
    rare = True
    needs = ("device", "wire.terminal")
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._given_up: dict[str, _GivenUp] = {}  # by terminal, what is not told yet

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        device, current = terminal.device, terminal.transactions.current
        inserted = device.inserted
        if device.prompt != "please_wait" or device.ejects > 1 or inserted is None:
            return
        if current is None or current.answer is not None or current.start < device.prompt_at:
            return
        if self._ended_otherwise(terminal, at, inserted.cuts, current.start):
            return
        self.tried += 1
        early = current.start + self.contract.host_response - at
        if early > EXACT:
            self._given_up[terminal.name] = _GivenUp(at, early, current)

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        given_up = self._given_up.get(terminal.name)
        if given_up is not None and at - given_up.at <= _AT_ONCE:
            del self._given_up[terminal.name]

    def on_CardAtSlot(self, terminal: TerminalEvidence, _at: float, _event: e.CardAtSlot) -> None:
        self._tell(terminal)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        del now
        self._tell(terminal)

    def _tell(self, terminal: TerminalEvidence) -> None:
        given_up = self._given_up.pop(terminal.name, None)
        if given_up is not None:
            at, early, request = given_up
            what = f"the wait for the host was given up {early:.1f} s before its timer had run out"
            self.fail(terminal, at, what, of=request, late=late_by(early, request.start, at))

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
