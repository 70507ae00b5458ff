"""Which connections are signed on, where a host stands alone in front of somebody else's terminals.

Several terminals may share a connection, and one terminal may have several: who signs on, signs on
the connection (docs/domain.md, "Network management"). So this is kept once for all terminals. It
rests on the frames at the terminals' end, and not on what the host says.
"""

from __future__ import annotations

from harness.bounded import keep_latest
from harness.wire.message import Kind, Message

KEEPS = 10_000  # network management messages that wait for an answer: a peer may be hostile
UNKNOWN = 0
"""The number of a connection of which the journal does not tell."""


class Connections:
    """`anyone_signs_on`: has a sign-on been asked for on any connection? A peer that knows none
    wants another option of the harness, and has made no mistake.
    """

    __slots__ = ("_asked", "_signed_on", "anyone_signs_on", "of_nobody")

    def __init__(self) -> None:
        self._asked: dict[tuple[int, str], Message] = {}  # without an answer yet, by STAN
        self._signed_on: dict[int, set[str]] = {}  # the terminals that have signed on there
        self.anyone_signs_on = False
        self.of_nobody = UNKNOWN  # the one on which a message passes that names no terminal

    def passes(self, connection: int, message: Message, *, to_host: bool) -> None:
        """A network management message passes the terminals' end."""
        if connection == UNKNOWN:
            return
        key = connection, message.stan
        if to_host and message.kind is Kind.NETWORK:
            self._asked[key] = message
            keep_latest(self._asked, KEEPS)
            self.anyone_signs_on |= message.function == "sign_on"
        elif not to_host and message.kind is Kind.NETWORK_ANSWER:
            asked = self._asked.pop(key, None)
            if asked is not None and message.network_accepted:
                self._accepted(connection, asked)

    def _accepted(self, connection: int, asked: Message) -> None:
        here = self._signed_on.setdefault(connection, set())
        if asked.function == "sign_on":
            here.add(asked.terminal)
        elif asked.function == "sign_off":
            others = here - {asked.terminal}
            self._signed_on[connection] = set() if others == here else others

    def is_signed_on(self, connection: int) -> bool:
        """Does it carry transactions?"""
        return bool(self._signed_on.get(connection))

    def closed(self, connection: int) -> None:
        """It has ended; its number is not used again."""
        self._signed_on.pop(connection, None)
        for key in [key for key in self._asked if key[0] == connection]:
            del self._asked[key]

    def host_was_killed(self) -> None:
        """All have ended, and the next process counts from 1 again."""
        self._asked.clear()
        self._signed_on.clear()
