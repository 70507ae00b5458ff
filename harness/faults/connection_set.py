"""The faults of the connections of one run: asked at the dial, and while connections stand.

A connection is known by one terminal. Where several terminals share it, a rule that names one of
them (`terminal=`) knows the connection by that one: what ends it ends it for all.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence

from harness.events import FaultActed
from harness.faults.connection import ConnectionRule, DialRule
from harness.faults.rule import Rule


class ConnectionFaults:
    """The part of a FaultSet that is asked about connections. `held`: effects that wait to be told
    (see FaultSet).
    """

    def __init__(self) -> None:
        self.held: list[FaultActed] = []
        self._connection: Sequence[ConnectionRule] = ()
        self._dial: Sequence[DialRule] = ()
        self._waits: dict[str, list[tuple[DialRule, float]]] = {}  # of dials not answered yet
        self._standing: dict[str, float] = {}  # terminals with a connection, and since when
        self._sharing: dict[str, float] = {}  # terminals on the connection of another

    def _tell_of_standing(self, rule: Rule, now: float) -> None:
        """A rule is added while connections stand."""
        for terminal, since in self._standing.items():
            rule.stands(now, terminal, since)
        for terminal, since in self._sharing.items():
            if rule.terminal == terminal:
                rule.stands(now, terminal, since)

    def dial(self, now: float, terminal: str) -> tuple[str, float]:
        """How a terminal's dial fails, 'refused' or 'unanswered', or '' if it connects; and the
        delay of the connection in seconds.
        """
        waits = [(rule, rule.wait(now, terminal)) for rule in self._dial]
        every = [(rule, rule.admit(now, terminal)) for rule in self._connection]  # each counts it
        for rule, trouble in every:
            if trouble is not None:
                rule.acted(terminal, trouble.what)
                return trouble.how, 0.0
        for dial in self._dial:
            dial.admitted(terminal)
        self._waits[terminal] = [(dial, seconds) for dial, seconds in waits if seconds]
        return "", sum(seconds for _, seconds in waits)

    def severed(self, now: float, terminal: str) -> bool:
        """True if an accepted dial gets no answer because of a fault that has begun since."""
        for rule in self._connection:
            trouble = rule.severs(now, terminal)
            if trouble is not None:
                self._waits.pop(terminal, None)
                rule.acted(terminal, trouble.what)
                return True
        return False

    def answered(self, now: float, terminal: str) -> None:
        """The dial was answered."""
        self._standing[terminal] = now
        for rule, seconds in self._waits.pop(terminal, ()):
            rule.acted(terminal, rule.waited(seconds))

    def opened(self, now: float, terminal: str) -> None:
        """A connection of that terminal has been established."""
        self._standing[terminal] = now
        for rule in self._connection:
            rule.opened(now, terminal)

    def joined(self, now: float, terminal: str) -> None:
        """That terminal uses a connection that is known by another terminal. To the faults that
        name it, this is the terminal's own connection.
        """
        self._sharing[terminal] = now
        for rule in self._connection:
            if rule.terminal == terminal:
                rule.opened(now, terminal)

    def passed(self, now: float, terminal: str, sharing: Container[str] = ()) -> None:
        """Bytes were sent on a terminal's connection, either way: `next_cut` may have changed.
        `sharing` are all terminals on it, where there are several.
        """
        for rule in self._connection:
            rule.passed(now, _known_as(rule, terminal, sharing))

    def closed(self, now: float, terminal: str, sharing: Collection[str] = ()) -> None:
        """The terminal's connection has ended, or its attempt to connect has failed."""
        self._standing.pop(terminal, None)
        for name in sharing:
            self._sharing.pop(name, None)
        for dial, _ in self._waits.pop(terminal, ()):
            dial.acted(terminal, "dial kept waiting, and not answered")
        for rule in self._connection:
            rule.closed(now, _known_as(rule, terminal, sharing))

    def next_cut(
        self, now: float, terminal: str, sharing: Container[str] = ()
    ) -> tuple[float, str] | None:
        """When a fault cuts the established connection, and how ('rst' or 'fin'); None if never."""
        cuts = [rule.next_cut(now, _known_as(rule, terminal, sharing)) for rule in self._connection]
        return min((cut for cut in cuts if cut is not None), default=None)

    def cut_done(self, now: float, terminal: str, how: str, sharing: Container[str] = ()) -> None:
        """The owner carries out the cut of `next_cut` now; its effect is added to `held`."""
        first = self.next_cut(now, terminal, sharing)
        for rule in self._connection:
            name = _known_as(rule, terminal, sharing)
            cut = rule.next_cut(now, name)
            if cut is not None and cut == first:
                self.held.append(rule.effect(name, f"connection ended by {how}"))
                return


def _known_as(rule: Rule, terminal: str, sharing: Container[str]) -> str:
    """By which terminal a rule knows a connection: the one that it names, if that is on it."""
    named = rule.terminal
    return named if named is not None and named in sharing else terminal
