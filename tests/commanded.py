"""One real ATM driven by hand, and its end of the control plane."""

from __future__ import annotations

from typing import Any

import msgspec
from by_hand import Bench

from harness import events as e
from harness.control import payloads as p
from harness.control.agent import Agent, Received, counts_of
from harness.control.commands import MemoryStore
from harness.control.operators import Operators
from harness.control.publication import Publication
from harness.control.reporter import Identity, Reporter
from harness.control.topics import EVERYBODY, Topics
from harness.machines.effects import LosePower
from harness.machines.terminal import Terminal
from harness.wire.calendar import Calendar

TERMINAL = "ATM00001"
TOPICS = Topics("demo bank")
EPOCH = "2026-11-21T20:10:00"


class CommandedBench(Bench):
    """`published` is all that the terminal has published."""

    def __init__(self, operators: Operators | None = None, *, visits: bool = False) -> None:
        super().__init__()
        self.calendar = Calendar(EPOCH)
        self.identity = Identity(TERMINAL, "north", TOPICS, self.calendar)
        self.store = MemoryStore()
        reporter = Reporter(self.identity, lambda: counts_of(self.atm), visits=visits)
        self.agent = Agent(self.atm, reporter, self.store, operators)
        self.published: list[Publication] = []
        self.answers: list[e.CommandAnswered] = []
        self.boots = 0
        self._heard = 0

    def boot(self) -> None:
        self.boots += 1
        self.agent.boot(f"boot{self.boots}", self.now)
        super().boot()
        self.agent.connected(self.now)
        self._drain()

    def _drain(self) -> None:
        lost = any(isinstance(effect, LosePower) for effect in self.atm.out)
        super()._drain()
        while self._heard < len(self.seen):
            fresh, self._heard = self.seen[self._heard :], len(self.seen)
            for event in fresh:
                self.agent.saw(event, self.now)
            self.agent.settle(self.now)
            self._take()
            super()._drain()
        self._take()
        if lost or self.atm.terminal is None:
            self.agent.power_lost()

    def _take(self) -> None:
        self.published += self.agent.reporter.out
        self.agent.reporter.out.clear()
        self.answers += [x for x in self.agent.events if isinstance(x, e.CommandAnswered)]
        self.agent.events.clear()

    def go(self, seconds: float) -> None:
        """Let time pass, for the machine and for its agent."""
        end = self.now + seconds
        while (due := self.agent.next_deadline) <= end:
            super().go(max(0.0, due - self.now))
            self.agent.tick(self.now)
            self._drain()
        super().go(end - self.now)

    def cut_power(self, seconds: float = 20.0) -> None:
        """The power fails for so long; what was not durable is lost."""
        self.atm.lose_power(self.now, seconds, "test")
        self._drain()
        self.now += seconds

    @property
    def terminal(self) -> Terminal:
        assert self.atm.terminal is not None
        return self.atm.terminal

    # --- the operator ----------------------------------------------------------------------------

    def command(self, verb: str, number: str = "c1", **changes: Any) -> p.Command:
        """A command that counts for a minute."""
        values = {
            "id": number,
            "verb": verb,
            "target": TERMINAL,
            "operator": "night",
            "issued_at": self.calendar.iso(self.now),
            "expires_at": self.calendar.iso(self.now + 60.0),
        }
        return p.Command(**(values | changes))

    def send(self, command: p.Command, *, topic: str = "", **properties: Any) -> None:
        """The broker delivers a command."""
        topic = topic or TOPICS.command(command.target, command.verb)
        self.deliver(Received(topic, p.encode(command), **properties))

    def deliver(self, message: Received) -> None:
        self.agent.received(message, self.now)
        self._take()
        self._drain()

    def order(self, verb: str, number: str = "c1", **changes: Any) -> list[str]:
        """Send a command; the statuses of its answers so far."""
        self.send(self.command(verb, number, **changes))
        return self.statuses(number)

    def statuses(self, number: str = "c1") -> list[str]:
        return [answer.status for answer in self.answers if answer.command == number]

    def responses(self, topic: str = "") -> list[p.Response]:
        return [
            x.payload
            for x in self.published
            if isinstance(x.payload, p.Response) and topic in (x.topic, "")
        ]

    def states(self) -> list[p.TerminalState]:
        return [x.payload for x in self.published if isinstance(x.payload, p.TerminalState)]


def to_all(bench: CommandedBench, verb: str, **changes: Any) -> p.Command:
    return msgspec.structs.replace(bench.command(verb, **changes), target=EVERYBODY)
