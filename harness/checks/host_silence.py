"""Is the host silent by a fault of the run? The windows of the run's faults and their effects say
so, and no machine.
"""

from __future__ import annotations

from harness import events as e

SILENT = (
    *("silent", "echo_only", "refuse", "syn_blackhole", "accept_never_read", "accept_then_close"),
    *("sign_on_refused", "region_partition", "half_open", "one_way_partition"),
)
"""Faults with which the host, or the way to it, says nothing while their window is open."""
_SOME = ("p=", "nth=", "row=", "mti=", "pan=", "stan=", "after=")


class HostSilence:
    """A fault that strikes some attempts only is left out: there the host is not silent."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}  # faults, and how many of the same text
        self._away_until = float("-inf")

    def run_event(self, at: float, event: e.Event) -> None:
        """An event of the run."""
        if isinstance(event, e.FaultBegan):
            self._open[event.fault] = self._open.get(event.fault, 0) + 1
        elif isinstance(event, e.FaultEnded):
            self._open.pop(event.fault, None)
        elif isinstance(event, e.FaultActed) and event.whom == e.HOST:
            self._away_until = max(self._away_until, at + event.lasts)
        elif isinstance(event, e.HostStarted | e.HostThawed | e.FailedOver):
            self._away_until = float("-inf")

    def holds(self, at: float, terminal: str) -> bool:
        """Has that terminal no host now?"""
        return at < self._away_until or any(_concerns(fault, terminal) for fault in self._open)


def _concerns(fault: str, terminal: str) -> bool:
    kind, _, given = fault.partition("@")[0].partition(":")
    parts = given.split(",") if given else []
    if kind not in SILENT or any(part.startswith(_SOME) for part in parts):
        return False
    named = [part for part in parts if part.startswith("terminal=")]
    return not named or f"terminal={terminal}" in named
