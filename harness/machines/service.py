"""Why a terminal is out of service: a set of reasons, which is empty in service (docs/domain.md,
"Terminal states").
"""

from __future__ import annotations

from harness.machines.timers import NEVER

LASTING = ("hardware", "operator")
"""The reasons that only a person removes."""


class Service:
    """The reasons are link, backlog, hardware, operator and expiries. Only a person at the machine
    (SUPERVISOR) removes hardware, and only an order removes operator.
    """

    __slots__ = ("_changed", "_reasons", "awaits_first_advice", "judged", "resumes_at")

    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}
        self._changed = False
        self.judged = "down"
        self.resumes_at = NEVER  # when 'expiries' ends
        self.awaits_first_advice = True

    def reasons(self) -> tuple[str, ...]:
        return tuple(sorted(self._reasons))

    def lasting(self) -> tuple[str, ...]:
        """The reasons that a power cut does not end."""
        return tuple(reason for reason in LASTING if reason in self._reasons)

    def __bool__(self) -> bool:
        """Is the terminal in service?"""
        return not self._reasons

    def add(self, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons[reason] = None
            self._changed = True

    def remove(self, reason: str) -> None:
        if reason in self._reasons:
            del self._reasons[reason]
            self._changed = True
        if reason == "expiries":
            self.resumes_at = NEVER

    def update(self, judgement: str, pending: int, backlog: int) -> bool:
        """Bring 'link' and 'backlog' up to date. Has the set of reasons changed since the last
        call?

        After the link was down, customers are served again only when the first reversal in the
        queue has been sent (docs/domain.md, "Store and forward", rule 6). While the link is
        doubtful the screen stays as it is, and a card that is inserted is given back
        (docs/domain.md, "Network management").
        """
        if judgement == "down":
            self.add("link")
        elif judgement == "up":
            if not pending:
                self.awaits_first_advice = False
            if not self.awaits_first_advice:
                self.remove("link")
        if pending > backlog:
            self.add("backlog")
        else:
            self.remove("backlog")
        changed, self._changed = self._changed, False
        return changed
