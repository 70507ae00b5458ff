"""Proves that ATMs give the card back: an ISO 8583 terminal/host protocol test harness.

`simulate`, `Host`, `Terminals`, `judge` and `Verdict` are for test suites; `harness.api` says how.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is slow to import, and this comes before `harness.shell`
if TYPE_CHECKING:
    from harness.api import Host, Terminals, Verdict, judge, simulate

__all__ = ["Host", "Terminals", "Verdict", "judge", "simulate"]


def __getattr__(name: str) -> object:
    """Imported when asked for, so that the command line starts quickly."""
    if name in __all__:
        from harness import api

        return getattr(api, name)
    raise AttributeError(f"module 'harness' has no attribute '{name}'")
