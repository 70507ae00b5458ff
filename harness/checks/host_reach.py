"""Whether a terminal reaches its host, as its own end of the link shows.

What a terminal cannot send is no fault of the terminal's: a reversal waits in the store while the
host refuses connections, closes them, or leaves a sign-on or an echo without an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness import events as e
from harness.checks.link_evidence import LinkEvidence
from harness.checks.operating_time import OperatingTime
from harness.contract import Contract
from harness.units import format_clock

if TYPE_CHECKING:
    from harness.checks.evidence import TerminalEvidence


RECONNECTS = 90.0
"""Run seconds within which a terminal that has lost its host signs on again, where that lets it:
the longest pause between two tries (60 s), the time to connect and that to sign on."""

_NOT_YET = float("-inf")


class HostReach:
    """`lost_at` is since when the terminal has not been signed on (run seconds; where no sign-on is
    asked for: connected), None while it is. `heard_at` is when a message of the host last came,
    None if none did.
    """

    __slots__ = (
        "_contract", "_failed", "_kept_out_at", "_let_in_at", "_link", "_time", "_why", "heard_at",
        "lost_at",
    )  # fmt: skip

    def __init__(self, contract: Contract, link: LinkEvidence, time: OperatingTime) -> None:
        self._contract = contract
        self._link = link
        self._time = time
        self._failed = 0
        self._kept_out_at = _NOT_YET  # since it was last signed on
        self._let_in_at = _NOT_YET  # when it signed on after it had been kept out
        self._why = ""
        self.heard_at: float | None = None
        self.lost_at: float | None = 0.0

    # --- what is seen ----------------------------------------------------------------------------

    def changed(self, at: float) -> None:
        """The connection, or the sign-on on it, may have begun or ended."""
        link = self._link
        if link.connected and (link.signed_on or not self._contract.sign_on):
            if self._kept_out_at != _NOT_YET:
                self._kept_out_at, self._let_in_at = _NOT_YET, at
            self.lost_at = None
            self._failed = 0
        elif self.lost_at is None:
            self.lost_at = at

    def power_restored(self, at: float) -> None:
        """Without power the terminal could not try."""
        if self.lost_at is not None:
            self.lost_at = at

    def failed(self, event: e.ConnectFailed) -> None:
        """It could not connect."""
        self._failed += 1
        self._why = event.how

    def no_room(self, at: float) -> None:
        """The harness itself had no room for some connections (ConnectionsRefused,
        DescriptorsRanOut): a terminal that is not signed on then may be one that it kept out.
        """
        if self.lost_at is not None:
            self._kept_out_at = at

    # --- what follows from it --------------------------------------------------------------------

    def kept_out_until(self, now: float) -> float:
        """Until when the harness itself may have kept the terminal from its host (run seconds):
        `now` if it still does, minus infinity if it never did. Where there was room again for
        longer than a terminal may take to connect, it is not the harness that keeps it out.
        """
        if now - self._kept_out_at <= RECONNECTS:
            return now
        return max(self._kept_out_at, self._let_in_at)

    @property
    def can_send(self) -> bool:
        """Could the terminal send a reversal now? Not while an echo has no answer either."""
        return self.lost_at is None and not self._link.in_doubt

    def gone_since(self, now: float) -> float | None:
        """Since when the host has been out of reach, where that is longer than a terminal may take
        to connect again; None where it is not, where the terminal itself could not try, or where
        that is meant (`Contract.host_outages`).
        """
        lost, time = self.lost_at, self._time
        if lost is None or not time.powered or time.stands_still:
            return None
        for start, end in self._contract.host_outages:
            if start <= now and (not end or end >= lost):
                lost = end or now  # it should be back from then on
        return lost if time.between(lost, now) > RECONNECTS else None

    @property
    def tries(self) -> str:
        """How often it could not connect since, and why, in words; '' if it never did."""
        return f"{self._failed} connects failed, the last one: {self._why}" if self._failed else ""

    def in_words(self, since: float) -> str:
        """What the host has left undone since then, as the end of a sentence; '' if nothing is
        known of that.
        """
        if self.lost_at is not None:
            tries = f" ({self.tries})" if self._failed else ""
            return f": the host has not been reached since {format_clock(self.lost_at)}{tries}"
        if self.heard_at is None or self.heard_at <= since:
            heard = "at all" if self.heard_at is None else f"since {format_clock(self.heard_at)}"
            return f": the host has sent nothing {heard}"
        return ""


def gone_host(terminals: Sequence[TerminalEvidence], contract: Contract, now: float) -> str:
    """That these terminals were out of reach of their host as the run ended, and since when; ''
    where none was. What they asked before is judged all the same.
    """
    gone = {x.name: since for x in terminals if (since := x.wire.reach.gone_since(now)) is not None}
    if not gone:
        return ""
    first = min(gone, key=lambda name: gone[name])
    tries = next(x.wire.reach.tries for x in terminals if x.name == first)
    alone = len(terminals) == 1
    who = f"{first} was" if alone else f"{len(gone)} of {len(terminals)} terminals were"
    signed_on = "signed on" if contract.sign_on else "connected"
    start = format_clock(gone[first])
    return f"the host was gone as the run ended: {who} not {signed_on} from {start} on" + (
        f" ({first}: {tries})" if tries else ""
    )
