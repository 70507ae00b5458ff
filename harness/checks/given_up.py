"""A request is not given up before its time (T18.wait)."""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.visit import EXACT

SHORTEST = 20.0
"""Seconds: a terminal may be set up to wait less long than the contract allows, but not less than
this (docs/own-profile.md).
"""


class NotGivenUp(Check):
    """T18.wait. While the terminal waits for the host and has no valid answer, the card comes out,
    or is drawn in, only when a timer has run out, the connection has closed, or somebody has
    ordered a stop. The timer is `host_response`, or at least `SHORTEST` where that is less.
    Neither a key, nor an echo that is not answered, nor what is damaged, late or somebody else's
    ends the wait, and the session timer does not act in it. Without MACs nobody knows what the
    terminal has read.
    """

    id = "T18.wait"
    rare = True
    needs = ("device", "wire.terminal")
    timed = True
    measures = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._early: dict[str, tuple[float, float, float]] = {}  # when, by how much, since when

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._ends(terminal, at)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._judge(terminal)
        self._ends(terminal, at)

    def _ends(self, terminal: TerminalEvidence, at: float) -> None:
        """The connection that the terminal itself closes is seen to close only afterwards."""
        device, time, current = terminal.device, terminal.time, terminal.transactions.current
        inserted, since = device.inserted, device.prompt_at
        if inserted is None or device.prompt != "please_wait" or device.ejects > 1:
            return
        if current is not None and current.answer is not None:
            return
        stood_still = time.between(inserted.at, at) < at - inserted.at
        disturbed = stood_still or time.cuts != inserted.cuts
        if disturbed or terminal.ordered_at >= inserted.at or not self.contract.mac:
            return
        link = terminal.wire.link
        if since <= link.closed_at <= at or not link.connected:
            return
        early = since + min(SHORTEST, self.contract.host_response) - at
        self._early[terminal.name] = at, early, since

    def _judge(self, terminal: TerminalEvidence) -> None:
        found = self._early.pop(terminal.name, None)
        if found is None:
            return
        at, early, since = found
        self.tried += 1
        if early > EXACT:
            what = f"a request was given up after {at - since:.1f} s, and the link stood"
            self.fail(terminal, at, what, late=late_by(early, since, at))

    def _seen(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._judge(terminal)

    on_CardAtSlot = on_EjectFailed = on_CardTaken = on_CardInserted = _seen  # noqa: N815

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        found = self._early.get(terminal.name)
        if found is not None and at - found[0] <= EXACT:
            del self._early[terminal.name]

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        self._early.pop(terminal.name, None)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.name in self._early and now > self._early[terminal.name][0] + EXACT:
            self._judge(terminal)
