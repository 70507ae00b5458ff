"""A host and its standby, which look like one host to their owner.

    terminals -- primary --commits--> standby

A commit counts once the standby holds it: until then its postings are not told and its answer is
not sent (docs/domain.md, "Store and forward", rule 11). When the primary crashes, the standby goes
on from what it holds. What it lacks has never been answered, and the terminals reverse it.

In a split brain the standby no longer receives the primary's commits and takes over, although the
primary is up: each of the two gets every second new connection. Nobody else holds the primary's
commits, so that it answers nothing. When the two see each other again, the primary steps down.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from harness import events as e
from harness.machines.host import Host
from harness.machines.timers import NEVER
from harness.machines.transaction_log import StoredTransaction


class HostInterface(Protocol):
    """What an owner needs of a host, or of a pair of hosts."""

    name: str
    out: list[tuple[int, bytes]]
    events: list[e.Event]

    @property
    def listening(self) -> bool: ...

    @property
    def at_rest(self) -> bool: ...

    def next_deadline(self) -> float: ...

    def tick(self, now: float) -> None: ...

    def opened(self, number: int) -> None: ...

    def closed(self, number: int) -> None: ...

    def receive(self, number: int, data: bytes, now: float) -> None: ...

    def keep(self) -> None: ...

    def changes(self) -> tuple[list[StoredTransaction], dict[str, int]]: ...

    def restore(self, stored: Iterable[StoredTransaction], balances: Mapping[str, int]) -> None: ...


class Switch(NamedTuple):
    """What a fault does to a pair: 'failover' (the standby takes over after `seconds`),
    'split_brain' or 'heal'.
    """

    kind: str
    seconds: float = 0.0


class PairFaults(Protocol):
    """The faults between two hosts."""

    def switch_due(self) -> float:
        """When something happens to the pair (run seconds); infinite if nothing does."""

    def switch(self, now: float) -> Switch | None:
        """What happens to the pair now."""

    def switched(self, kind: str, what: str) -> None:
        """A switch of that kind took effect; `what` says how, for the journal."""


class Batch(NamedTuple):
    """What the primary did in one call, on its way to the standby, which gets it at `due` (run
    seconds).
    """

    due: float
    changed: list[StoredTransaction]
    balances: dict[str, int]
    events: list[e.Event]
    out: list[tuple[int, bytes]]


class HostPair:
    """A primary and its standby. Where the hosts' settings say so, the primary does not wait for
    the standby: a defect.
    """

    name = Host.name

    def __init__(self, build: Callable[[], Host], faults: PairFaults) -> None:
        self.out: list[tuple[int, bytes]] = []
        self.events: list[e.Event] = []
        self._faults = faults
        self._active = build()
        self._waits = self._active.settings.waits_for_standby
        self._delay = self._active.settings.replication
        self._standby: Host | None = build()
        self._active.keep()
        self._outdated: Host | None = None  # the primary that lives on in a split brain
        self._batches: deque[Batch] = deque()
        self._takes_over = NEVER
        self._at: dict[int, Host] = {}  # the host of each connection, by its number

    # --- the owner's calls --------------------------------------------------------------

    @property
    def at_rest(self) -> bool:
        """Has the issuer been told all that was approved in its stead?"""
        return self._active.at_rest

    @property
    def listening(self) -> bool:
        return self._takes_over == NEVER and self._active.listening

    def next_deadline(self) -> float:
        due = min(self._takes_over, self._faults.switch_due())
        if self._batches:
            due = min(due, self._batches[0].due)
        for host in self._living():
            due = min(due, host.next_deadline())
        return due

    def tick(self, now: float) -> None:
        """Replicate, switch over, and let the hosts do what is due."""
        while self._batches and self._batches[0].due <= now:
            self._arrive(self._batches.popleft())
        if self._faults.switch_due() <= now:
            self._switch(self._faults.switch(now), now)
        if self._takes_over <= now:
            self._takes_over = NEVER
            self.events.append(e.HostStarted())
        for host in self._living():
            if host.next_deadline() <= now:
                host.tick(now)
                self._after(host, now)

    def opened(self, number: int) -> None:
        other = self._outdated is not None and number % 2
        host = self._at[number] = self._outdated if other and self._outdated else self._active
        host.opened(number)

    def closed(self, number: int) -> None:
        host = self._at.pop(number, None)
        if host is not None:
            host.closed(number)

    def receive(self, number: int, data: bytes, now: float) -> None:
        host = self._at.get(number)
        if host is not None:
            host.receive(number, data, now)
            self._after(host, now)

    def keep(self) -> None:
        """Nothing to do: a pair outlives its process in its standby."""

    def changes(self) -> tuple[list[StoredTransaction], dict[str, int]]:
        """Nothing: see `keep`."""
        return [], {}

    def restore(self, stored: Iterable[StoredTransaction], balances: Mapping[str, int]) -> None:
        """Both go on where an earlier process ended."""
        transactions = list(stored)
        self._active.restore(transactions, balances)
        if self._standby is not None:
            self._standby.restore(transactions, balances)
            self._standby.events.clear()

    # --- replication ----------------------------------------------------------------------

    def _living(self) -> list[Host]:
        if self._takes_over != NEVER:
            return []
        return [self._active] if self._outdated is None else [self._active, self._outdated]

    def _after(self, host: Host, now: float) -> None:
        """Take what a host did in a call; it counts when the standby holds it."""
        events, host.events = host.events, []
        out, host.out = host.out, []
        changed, balances = host.changes()
        if not host.listening:  # it crashed: its connections are gone
            for number, _ in out:
                self._at.pop(number, None)
        if host is self._outdated:
            return  # nobody else holds its commits, so that it answers nothing
        if self._standby is None:
            self.events += events
            self.out += out
            return
        if not self._waits:
            self.events += events
            self.out += out
            events, out = [x for x in events if isinstance(x, e.Posted)], []
        elif not changed and not self._batches:
            self.events += events
            self.out += out
            return
        self._batches.append(Batch(now + self._delay, changed, balances, events, out))

    def _arrive(self, batch: Batch) -> None:
        """The standby holds it now."""
        if self._standby is not None:
            self._standby.take_over(batch.changed, batch.balances)
        if self._waits:
            self.events += batch.events
            self.out += batch.out

    # --- switching -------------------------------------------------------------------------

    def _switch(self, switch: Switch | None, now: float) -> None:
        if switch is None:
            return
        if switch.kind == "heal":
            self._step_down()
        elif self._standby is not None:
            self._promote(now, switch)

    def _promote(self, now: float, switch: Switch) -> None:
        """The standby takes over, and goes on from what it holds; what it lacks is lost."""
        assert self._standby is not None
        lost, self._batches = self._batches, deque()
        if not self._waits:
            for batch in lost:
                self._admit_loss(batch)
        lacks = sum(bool(batch.changed) for batch in lost)
        self._faults.switched(switch.kind, f"the standby took over, {lacks} commits behind")
        if switch.kind == "failover":
            self.events.append(e.HostCrashed(switch.kind))
        self.events.append(e.FailedOver(switch.kind))
        if lacks:
            self.events.append(e.CommitsLost(lacks))
        before, self._active, self._standby = self._active, self._standby, None
        if switch.kind == "split_brain":
            self._outdated = before
            before.outdated()
            return
        self.out += [(number, b"") for number in self._at]
        self._at.clear()
        self._takes_over = now + switch.seconds

    def _admit_loss(self, batch: Batch) -> None:
        """Tell of postings that were told before and that the ledger no longer holds."""
        for posted in batch.events:
            if isinstance(posted, e.Posted):
                self.events.append(
                    e.PostingLost(
                        posted.kind, posted.terminal, posted.stan, posted.sent, posted.amount
                    )
                )

    def _step_down(self) -> None:
        """The old primary closes the connections that it still has."""
        old, self._outdated = self._outdated, None
        left = [number for number, host in self._at.items() if host is old]
        for number in left:
            del self._at[number]
        self.out += [(number, b"") for number in left]
