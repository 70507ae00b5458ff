"""Which exchanges a fault of ours may have left without an answer: the host is not to blame for
those.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness import events as e
from harness.checks.evidence import TerminalEvidence

FOREVER = float("inf")
ORDERS = "host_answers"
"""A fault that orders the response code of an answer."""
AHEAD = "before_sign_on"
"""A fault by which an old message comes to the host ahead of a sign-on."""


class StruckExchanges:
    """Tells the exchanges of the terminals when a fault acts on one of them or on the host, and
    when it has ended.
    """

    def __init__(self, terminals: Mapping[str, TerminalEvidence]) -> None:
        self._terminals = terminals
        self._going_on: dict[str, None] = {}  # faults of the whole host

    def acts(self, at: float, event: e.FaultActed) -> None:
        """It may be why a host of ours does not answer one terminal, or any."""
        terminal = self._terminals.get(event.whom)
        if terminal is not None:
            orders = event.fault.startswith(ORDERS)
            terminal.wire.exchanges.struck(at, event.lasts, host=False, orders=orders)
            if event.fault.startswith(AHEAD) and not terminal.wire.host_end.reports_sign_ons:
                terminal.wire.exchanges.comes_ahead(at)
        elif event.whom == e.HOST:
            lasts = event.lasts
            if not lasts:  # as long as the fault does, such as two hosts that both act
                self._going_on[event.fault] = None
                lasts = FOREVER
            for terminal in self._terminals.values():
                terminal.wire.exchanges.struck(at, lasts, host=True)

    def ends(self, at: float, fault: str) -> None:
        """It may have been one of the whole host."""
        if fault in self._going_on:
            del self._going_on[fault]
            for terminal in self._terminals.values():
                terminal.wire.exchanges.relieved(at)
