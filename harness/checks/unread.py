"""How much of what somebody else's machine sent was understood, and what was not, by reason."""

from __future__ import annotations

import re
from typing import ClassVar

from harness import events as e
from harness.checks.totals import Totals
from harness.journal import Header

INCOMPLETE = "incomplete"
CUT_OFF = "cut off by the end of the connection"
OTHER = "other reasons"
_MOST = 12  # reasons: a peer may find ever new ones
_PLACE = re.compile(r" (pos|at byte) [0-9]+.*", re.DOTALL)


class UnreadCounter:
    """Counts into the totals of a run, at the stranger's end of the link: no fault of ours has
    touched what is seen there.
    """

    kinds: ClassVar[tuple[type[e.Event], ...]] = (
        e.FrameSeen,
        e.IncompleteFrame,
        e.FrameCompleted,
        e.KeepAlivesSeen,
        e.MoreLikeIt,
    )

    def __init__(self, mode: str, totals: Totals) -> None:
        """`mode` is which end is ours: 'host' or 'terminals'."""
        self._seen_at, self._to = ("terminal", "host") if mode == "host" else ("host", "terminal")
        self._totals = totals

    def see(self, event: e.Event) -> None:
        if isinstance(event, e.FrameSeen):
            if event.end != self._seen_at or event.to != self._to:
                return
            if event.problem:
                self._count(reason_of(event.problem))
            elif event.mac != "bad":
                self._totals.understood += 1
        elif isinstance(event, e.IncompleteFrame):
            self._count(CUT_OFF if event.closed else INCOMPLETE)
        elif isinstance(event, e.FrameCompleted):
            self._completed()
        elif isinstance(event, e.KeepAlivesSeen):
            self._totals.keep_alives += event.count
        elif isinstance(event, e.MoreLikeIt):
            self._more(event)

    def _more(self, event: e.MoreLikeIt) -> None:
        """What was only counted counts as what was written."""
        totals = self._totals
        if event.end == self._seen_at and event.to == self._to:
            if event.what == "unreadable":
                self._count(event.why, event.count)
            elif event.what != "unauthentic":
                totals.understood += event.count
        elif event.what == "incomplete":
            self._count(event.why, event.count)
        elif event.what == "completed":
            self._completed(event.count)
        elif event.what == "damaged":
            totals.damaged += event.count
        elif event.what == "refused":
            totals.count_refused(event.why, event.count)
        elif event.what == "stray" and not event.end:
            totals.count_stray(event.why, event.count)

    def _completed(self, count: int = 1) -> None:
        """So many frames are whole after all: what is in them is counted by itself."""
        found = self._totals.unread
        reason = INCOMPLETE if INCOMPLETE in found else OTHER
        left = found.pop(reason, 0) - count
        if left > 0:
            found[reason] = left

    def _count(self, reason: str, count: int = 1) -> None:
        found = self._totals.unread
        if reason not in found and len(found) >= _MOST:
            reason = OTHER
        found[reason] = found.get(reason, 0) + count


def unread_reason(header: Header, totals: Totals) -> str:
    """Why a run proves nothing, where a stranger sent what could not be read; '' if it did not.

    A frame that the end of its connection cuts off may be that of a machine that lost its power.
    """
    count = sum(number for reason, number in totals.unread.items() if reason != CUT_OFF)
    if not count:
        return ""
    whose = "the terminals" if header.mode == "host" else "the host"
    return (
        f"of the frames that {whose} sent, {count:,} could not be read: what they said is unknown"
    )


def reason_of(problem: str) -> str:
    """The problem of a frame without its place in the frame and without the hint behind it."""
    return _PLACE.sub("", problem.partition("; ")[0])
