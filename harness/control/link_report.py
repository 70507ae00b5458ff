"""What a terminal knows of its link to the host, added up from one report to the next."""

from __future__ import annotations

from typing import Any

from harness.control import payloads as p
from harness.machines.timers import NEVER

ISSUER_UNAVAILABLE = ("91", "911", "912")
"""DE 39: the issuer cannot be reached (1987: 91; 1993: 911, 912)."""


class LinkReport:
    """Counts what goes over the link. Times are run seconds."""

    __slots__ = ("_connected", "_counts", "_issuers", "_longest", "_since", "_total", "_waits")

    def __init__(self, now: float) -> None:
        self._connected = False
        self._waits = NEVER
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._since = now
        self._counts: dict[str, Any] = dict.fromkeys(_COUNTED, 0)
        self._total = self._longest = 0.0
        self._issuers: dict[str, list[int]] = {}

    @property
    def waiting(self) -> bool:
        """Is there a request without an answer?"""
        return self._waits != NEVER

    def begun(self, now: float) -> None:
        """A request is on its way."""
        self._counts["requests"] += 1
        self._waits = now

    def answered(self, now: float) -> None:
        """The request has its answer."""
        took = now - self._waits
        self._counts["answered"] += 1
        self._total += took
        self._longest = max(self._longest, took)
        self._waits = NEVER

    def given_up(self, *, expired: bool) -> None:
        """The terminal waits no longer; `expired`: because its host timer has ended."""
        self._counts["expired"] += expired
        self._waits = NEVER

    def issuer_heard(self, issuer: str, code: str, *, captured: bool = False) -> None:
        """An answer about a card of that issuer, with that response code (DE 39); `captured`: the
        card was kept because of it.
        """
        counts = self._issuers.setdefault(issuer, [0, 0, 0])
        counts[0] += 1
        counts[1] += code in ISSUER_UNAVAILABLE
        counts[2] += captured

    def opened(self) -> None:
        """The connection stands."""
        self._counts["connects"] += 1
        self._connected = True

    def refused(self) -> None:
        """No connection could be made."""
        self._counts["refused"] += 1

    def closed(self) -> None:
        """The connection has ended."""
        self._counts["lost"] += 1
        self._connected = False

    def report(self, head: dict[str, Any], host: p.Host, now: float) -> p.LinkTelemetry:
        """What has gone over it since the last report; the counting begins anew."""
        link = p.LinkTelemetry(
            **head,
            period=round(now - self._since, 3),
            host=host,
            connected=self._connected,
            waiting=round(now - self._waits, 3) if self.waiting else 0.0,
            total=round(self._total, 3),
            longest=round(self._longest, 3),
            issuers={
                name: p.IssuerCounts(answered=counts[0], unavailable=counts[1], captured=counts[2])
                for name, counts in sorted(self._issuers.items())
            },
            **self._counts,
        )
        self._begin(now)
        return link


_COUNTED = ("requests", "answered", "expired", "connects", "refused", "lost")
