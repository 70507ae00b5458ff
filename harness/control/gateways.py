"""The gateways of a fleet, as a reader of their states knows them.

A gateway carries many terminals over one connection, whose last will is the gateway's. So a reader
holds two retained messages against each other: the terminal's state, which names the gateway and
the gateway's process, and the gateway's own.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.control.payloads import GatewayState, TerminalState

LONGEST_NAME = 32
"""Characters of a gateway's name that count."""
_LONGEST_ID = 64  # characters of the number of a process

Standing = Literal["carried", "lost", "left"]
"""Where a terminal stands by what its gateway says: the gateway is there, or nothing is known of
it; the gateway is lost; or another process of it is there, which does not carry the terminal (yet).
"""


class Gateway:
    """What one gateway has said last. `terminals` are those that name it."""

    __slots__ = ("_before", "_seq", "boot_id", "carries", "name", "online", "planned", "terminals")

    def __init__(self, name: str) -> None:
        self.name = name
        self.boot_id = self._before = ""
        self._seq = -1
        self.online = self.planned = False
        self.carries = 0  # by its own count
        self.terminals: dict[str, None] = {}

    @property
    def lost(self) -> bool:
        """Has it gone without saying so?"""
        return bool(self.boot_id) and not self.online and not self.planned

    def take(self, state: GatewayState) -> bool:
        """Take its state in. Is it news? A last will of another process than the latest is none."""
        boot_id = state.boot_id[:_LONGEST_ID]
        if state.status == "offline" and not state.planned:
            if self.boot_id not in ("", boot_id) or self.planned or self.lost:
                return False
            self.boot_id, self.online = boot_id, False
            return True
        if boot_id != self.boot_id:
            if boot_id == self._before and self.boot_id:
                return False
            self._before, self.boot_id = self.boot_id, boot_id
        elif state.seq <= self._seq:
            return False
        self._seq = state.seq
        self.online, self.planned = state.status == "online", state.planned
        self.carries = min(max(state.terminals, 0), 1_000_000)
        return True

    def standing(self, boot_id: str) -> Standing:
        """Of a terminal that names this gateway and that process of it."""
        if not self.boot_id:
            return "carried"
        if boot_id != self.boot_id:
            return "lost" if self.lost else "left"
        return "lost" if self.lost else "carried"


class Gateways:
    """All gateways of a bank, at most `most` of them; the terminals of those beyond have none here.

    The owner calls `heard` with each state of a gateway, `names` with each of a terminal, and
    `forget` when a terminal is one no more.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, Gateway] = {}
        self._of: dict[str, tuple[Gateway, str]] = {}  # by terminal: its gateway and that process

    def all(self) -> list[Gateway]:
        """In the order in which they became known."""
        return list(self._known.values())

    def heard(self, name: str, state: GatewayState) -> Gateway | None:
        """The state of a gateway, on its own topic. The gateway, if it was news."""
        if state.gateway.strip() != name:
            return None
        gateway = self._gateway(name)
        return gateway if gateway is not None and gateway.take(state) else None

    def names(self, terminal: str, state: TerminalState) -> None:
        """A terminal says which gateway carries it, '' for none."""
        before = self._of.get(terminal)
        name, boot_id = state.gateway.strip(), state.gateway_boot[:_LONGEST_ID]
        if before is not None and (before[0].name, before[1]) == (name, boot_id):
            return
        self.forget(terminal)
        gateway = self._gateway(name) if name else None
        if gateway is not None:
            gateway.terminals[terminal] = None
            self._of[terminal] = gateway, boot_id

    def forget(self, terminal: str) -> None:
        """Its gateway does not carry it any more."""
        before = self._of.pop(terminal, None)
        if before is not None:
            before[0].terminals.pop(terminal, None)

    def of(self, terminal: str) -> Gateway | None:
        """The gateway that the terminal has named."""
        found = self._of.get(terminal)
        return None if found is None else found[0]

    def standing(self, terminal: str) -> Standing:
        """Where the terminal stands by its gateway; 'carried' where it has none."""
        found = self._of.get(terminal)
        return "carried" if found is None else found[0].standing(found[1])

    def read(self, terminal: str, state: TerminalState) -> TerminalState:
        """A terminal's state as it counts: not online, where it is lost with its gateway."""
        if state.status == "offline" or self.standing(terminal) == "carried":
            return state
        return msgspec.structs.replace(state, status="offline", planned=False)

    def _gateway(self, name: str) -> Gateway | None:
        gateway = self._known.get(name)
        if gateway is None and 0 < len(name) <= LONGEST_NAME and len(self._known) < self._most:
            gateway = self._known[name] = Gateway(name)
        return gateway
