"""What the terminal's end of the wire shows of the link: is it connected, and signed on?"""

from __future__ import annotations

from typing import NamedTuple

from harness.bounded import keep_latest
from harness.checks.link_conduct import LinkConduct
from harness.checks.operating_time import OperatingTime
from harness.checks.transaction_evidence import BY_TIMER
from harness.checks.transactions import TerminalTransactions
from harness.contract import Contract
from harness.machines.timers import NEVER
from harness.wire.message import Message


class LinkDown(NamedTuple):
    """`why` the link is down, and `overdue`: by how many seconds the terminal should have known it
    earlier; None where it was told at once and had to wait for no timer. `since` is when the first
    of those timers began (run seconds).
    """

    why: str
    overdue: float | None = None
    since: float = 0.0


AT_ONCE = 0.5
"""Seconds within which a terminal does what follows from a piece of its stream that it has read."""
MOST_ASKED = 100
"""Requests of network management whose answers are waited for, the last ones of a terminal."""


class LinkEvidence:
    """`heard` is when the last message came to the terminal, `network_ok` when a network management
    request was last answered and accepted, `opened_at` and `closed_at` when a connection was last
    opened and lost, `signed_on_at` when a sign-on was last accepted, or a connection opened on
    which none is asked for (run seconds). `signs_on` is whether the terminal has ever signed on or
    off in its own name; one behind a switch has not. `conduct` is how the terminal keeps it.

    A terminal of ours has one connection. One whose device is not seen may have several at a time,
    and a journal does not say on which of them a message passes: it is connected and signed on
    while any of them may be. What is sent on one that is not signed on, the host refuses.
    """

    __slots__ = (
        "_asked",
        "_asked_at",
        "_connections",
        "_contract",
        "_time",
        "_transactions",
        "closed_at",
        "conduct",
        "connected",
        "heard",
        "network_ok",
        "opened_at",
        "signed_on",
        "signed_on_at",
        "signs_on",
    )  # fmt: skip

    def __init__(
        self, contract: Contract, time: OperatingTime, transactions: TerminalTransactions
    ) -> None:
        self._contract = contract
        self._time = time
        self._transactions = transactions
        self.conduct = LinkConduct(contract, time, transactions)
        self._asked: dict[str, str] = {}  # the function of each request without answer, by STAN
        self._asked_at = 0.0
        self._connections = 0
        self.opened_at = 0.0
        self.closed_at = NEVER
        self.connected = False
        self.signed_on = False
        self.signs_on = False
        self.heard = 0.0
        self.network_ok = 0.0
        self.signed_on_at = 0.0

    def opened(self, at: float) -> None:
        self.connected = True
        self.conduct.opened(at)
        self.heard = self.opened_at = at
        if not self._contract.sign_on:
            self.signed_on_at = at
        self._connections = 1 if self._transactions.device_seen else self._connections + 1
        if self._connections == 1:
            self.signed_on = False
            self._asked.clear()

    def closed(self, at: float, how: str) -> None:
        """One of its connections is gone: `how` as in `LinkClosed`, 'power' or 'killed'."""
        self.conduct.closed(at, how)
        self._connections = max(0, self._connections - 1)
        if not self._connections:
            self.connected = self.signed_on = False
            self.closed_at = at

    def host_was_killed(self, at: float) -> None:
        """Its connections are gone. Where the host's own process records them, nobody was left to
        say so.
        """
        if not self._transactions.device_seen and self.connected:
            self._connections = 0
            self.closed(at, "killed")

    @property
    def in_doubt(self) -> bool:
        """Is network management without an answer, so that no advice leaves?"""
        return bool(self._asked) and self._asked_at > self.network_ok

    def lately_in_doubt(self, at: float) -> bool:
        """Is it in doubt, or was it just before? An answer to an echo may come in one piece with an
        answer about money, which the terminal then reads while it has doubts still.
        """
        return self.in_doubt or at - self.network_ok <= AT_ONCE

    def asks(self, at: float, message: Message) -> None:
        """A network management request left the terminal."""
        self.conduct.asks(at, message)
        function = self._asked[message.stan] = message.function
        keep_latest(self._asked, MOST_ASKED)
        self._asked_at = at
        self.signs_on = self.signs_on or function in ("sign_on", "sign_off")

    def is_answered(self, at: float, message: Message) -> None:
        """The answer to a network management request came to the terminal."""
        function = self._asked.pop(message.stan, "")
        accepted = message.network_accepted or (
            not self._contract.sign_on and message.network_at_work
        )
        self.conduct.answered(at, message, accepted=accepted)
        if function and accepted:
            self.network_ok = at
            if function == "sign_on":
                self.signed_on_at = at
            off = function == "sign_off" and self._connections < 2  # else another may be on
            self.signed_on = function == "sign_on" or (self.signed_on and not off)
        elif function in ("sign_on", "echo") and self._transactions.device_seen:
            self._asked[message.stan] = function  # refused: the host is as much in doubt as before

    def down(self, at: float) -> LinkDown | None:
        """Whether the link is down, as the terminal's end shows; None while it may be up."""
        contract = self._contract
        if not self.connected:
            return LinkDown("there is no connection")
        if contract.sign_on and not self.signed_on:
            return LinkDown("nothing was signed on")
        if not contract.echo:
            return None  # the connection is all that the terminal knows of the link
        silent = self._time.between(self.heard, at)  # it asks three times before it knows
        overdue = silent - contract.silence - contract.slack
        if overdue > 0.0:
            return LinkDown(f"the host has been silent for {silent:.0f} s", overdue, self.heard)
        overdue = self._since_expiry(at) - contract.slack
        if overdue >= 0.0:
            since = at - overdue - contract.slack - contract.host_response
            return LinkDown("a request expired and no echo was answered since", overdue, since)
        return None

    def _since_expiry(self, at: float) -> float:
        """Seconds since the last request expired without an answer; below 0 if it did not, or if
        the host has answered an echo since.
        """
        current = self._transactions.current
        if current is None or not current.requested or current.cut:
            return -1.0
        if current.aborted and current.aborted not in BY_TIMER:
            return -1.0
        expiry = min(current.start + self._contract.host_response, current.aborted_at)
        answered = current.answer is not None and current.answer_at < expiry
        return -1.0 if answered or self.network_ok >= expiry else at - expiry
