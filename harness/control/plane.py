"""What a run's owner of time and bytes needs of a control plane: somebody who carries what agents
say, and brings them what they are told.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from harness import events as e
from harness.control.agent import Agent
from harness.control.commands import CommandStore
from harness.machines.atm import Atm
from harness.wire.calendar import Calendar


class Terminal(Protocol):
    """One terminal of the run, as its carrier sees it."""

    atm: Atm

    def record(self, event: e.Event) -> None:
        """Write an event of this terminal into the journal."""

    def stir(self) -> None:
        """Something has come for the agent: carry out what follows."""


class ControlPlane(Protocol):
    """Carries messages between the agents of a run and a broker. It never waits."""

    def join(
        self,
        terminal: Terminal,
        calendar: Calendar,
        now: Callable[[], float],
        store: CommandStore | None = None,
    ) -> Agent:
        """The agent of a terminal, which is carried from now on. `store` keeps the commands that it
        knows; without one they are forgotten with the process.
        """

    def begin(
        self, calendar: Calendar, now: Callable[[], float], record: Callable[[e.Event], None]
    ) -> None:
        """The run begins, and all its terminals have joined. `record` writes an event of the run
        into the journal.
        """

    def booting(self, agent: Agent) -> None:
        """The terminal's process begins: connect as soon as it has booted."""

    def power_lost(self, agent: Agent) -> None:
        """The terminal's process is gone: its connection breaks without a word."""

    def carry(self, agent: Agent) -> None:
        """Take what the agent has to say."""

    async def close(self) -> None:
        """Every terminal says that it stops as was planned, and hangs up."""


ControlFactory = Callable[[], AbstractAsyncContextManager[ControlPlane]]
"""Makes the control plane of a run, in the loop of the run."""
