"""Our terminals alone, for somebody else's host, and perhaps for somebody else's broker."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, ClassVar

from harness.control.plane import ControlFactory
from harness.live.leftovers import temporary_state
from harness.live.repetition import Repetition
from harness.live.standalone import Standalone, StandaloneMachines
from harness.live.stores import CommandsOfTerminals, Store, open_commands, open_terminal_store
from harness.live.terminal_fleet import TerminalFleet
from harness.plan import RunPlan


class StandaloneTerminals(Standalone):
    """Terminals that connect to a host at `to` (host, port) and serve their customers. `control`
    makes their control plane; without it they have none.
    """

    mode: ClassVar[str] = "terminals"

    def __init__(
        self,
        plan: RunPlan,
        *,
        to: tuple[str, int],
        control: ControlFactory | None = None,
        **options: Any,
    ) -> None:
        super().__init__(plan, **options)
        self.to = to
        self._control = control
        self._commands: CommandsOfTerminals | None = None
        self._plane = contextlib.AsyncExitStack()
        self._stack = contextlib.ExitStack()
        self._repetition: Repetition | None = None
        self._built: TerminalFleet | None = None

    @property
    def fleet(self) -> TerminalFleet:
        assert self._built is not None, "used before 'async with'"
        return self._built

    @property
    def connected(self) -> asyncio.Event:
        """Set once any of them has been connected."""
        return self.fleet.connected

    @property
    def met_anybody(self) -> bool:
        """Has any of them been connected?"""
        return self._built is not None and self.connected.is_set()

    def _open_store(self) -> Store | None:
        where = self._state_dir or self._stack.enter_context(temporary_state())
        self._store = open_terminal_store(where, self._assembly.keys.store, fsync=self._fsync)
        self._stack.callback(self._store.close)
        if self._control is not None and self._state_dir is not None:
            self._commands = open_commands(self._state_dir, fsync=self._fsync)
            self._stack.callback(self._commands.close)
        return self._store

    async def _open(self) -> StandaloneMachines:
        keeps = self._state_dir is not None
        self._store.journal = self._writer if keeps else None
        self._repetition = Repetition(
            self.journal, self.clock, self._assembly.dialect, at_host=False
        )
        control = None
        if self._control is not None:
            control = await self._plane.enter_async_context(self._control())
        self._built = TerminalFleet(
            *(self._assembly, self._repetition, self.clock, self._store, self.to),
            standalone=True,
            keeps_devices=keeps,
            control=control,
            commands=self._commands,
        )
        self._repetition.now = self._built.delay.now
        self.fleet.start(self._begun.died_at, connected=self._begun.connected)
        return self.fleet

    async def _shut(self) -> None:
        if self._built is not None:
            await self._built.close()
        await self._plane.aclose()
        if self._repetition is not None:
            self._repetition.close()

    def _count(self) -> None:
        self.fleet.count()

    def _close_store(self) -> None:
        self._stack.close()

    def _lift(self) -> None:
        self.fleet.stop_customers()

    def quiet(self) -> bool:
        """Is there no card and no cash in any terminal, and no reversal without an answer?"""
        return self.fleet.quiet()
