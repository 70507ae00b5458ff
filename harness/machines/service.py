"""Why a terminal is out of service: a set of reasons, empty in service
(docs/domain.md, "Terminal states").
"""

from __future__ import annotations

from harness.machines.timers import NEVER


class Service:
    """Reasons: link, backlog, hardware, operator, expiries. Only SUPERVISOR clears hardware."""

    __slots__ = ("_changed", "_reasons", "awaits_first_advice", "judged", "resumes_at")

    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}
        self._changed = False
        self.judged = "down"
        self.resumes_at = NEVER  # when 'expiries' ends
        self.awaits_first_advice = True

    def reasons(self) -> tuple[str, ...]:
        return tuple(sorted(self._reasons))

    def __bool__(self) -> bool:
        """In service?"""
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
        """Bring 'link' and 'backlog' up to date; whether the set changed.

        After the link went down, customers are served again only once the head of the queue
        had its first attempt (docs/domain.md, "Store and forward", rule 6).
        A doubtful link takes no new card, but an
        idle screen stays: the card is given back (docs/domain.md, "Network management").
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
