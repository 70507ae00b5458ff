"""Which cells of the machines' tables were exercised, and how often.

The machines know nothing of it: whichever class a profile names, a subclass of it counts, and is
put in its place only where somebody asks.
"""

from __future__ import annotations

from typing import Any

import msgspec

from harness.assembly import Assembly
from harness.explore import tables as x
from harness.explore.tables import Cell
from harness.machines.host import Host, Line
from harness.machines.host_fault import HostFault
from harness.machines.inputs import Input
from harness.machines.terminal import Terminal
from harness.machines.transaction_log import Entry
from harness.plan import RunPlan
from harness.profiles import terminal_profile
from harness.wire.message import REVERSALS, Message, MessageClass

Counts = dict[Cell, int]
"""How often each cell was met: of both tables together, as they share no state's name. Of the
terminal's the pairs that it ignores are counted too.
"""


def tables_of(plan: RunPlan) -> dict[str, tuple[Cell, ...]]:
    """The cells of the machines that play in a run.

    Raises:
        ConfigError: the plan names something that does not exist.
    """
    machine = terminal_profile(plan.terminal_profile).machine
    return {"terminal": x.cells_of(machine.table), "host": tuple(x.HOST_TABLE)}


def watch(assembly: Assembly, counts: Counts) -> None:
    """From now on the machines that it builds are counted."""
    terminal, host = assembly.terminal_profile, assembly.host_profile
    assembly.terminal_profile = msgspec.structs.replace(
        terminal, machine=counted_terminal(terminal.machine, counts)
    )
    assembly.host_profile = msgspec.structs.replace(
        host, machine=counted_host(host.machine, counts)
    )


def add(counts: Counts, more: Counts) -> None:
    """Those of a chunk, or of another process."""
    for cell, times in more.items():
        counts[cell] = counts.get(cell, 0) + times


def counted_terminal(machine: type[Terminal], counts: Counts) -> type[Terminal]:
    """The same machine; each input that meets a state is counted."""

    class Counted(machine):  # type: ignore[misc, valid-type]
        def step(self, what: Input, now: float) -> None:
            _count(counts, self.state, type(what).__name__)
            super().step(what, now)

    return Counted


def counted_host(machine: type[Host], counts: Counts) -> type[Host]:
    """The same machine; each message, commit and crash is counted by what is remembered of the
    transaction at that moment. Only looks: what a defect forgets is still found.
    """

    class Counted(machine):  # type: ignore[misc, valid-type]
        _dying_over: Entry | None = None
        _signed = x.SIGNED_OFF
        _otherwise = False  # what was begun has ended otherwise, and is counted as that

        def _hear(self, line: Line, message: Message, now: float) -> None:
            self._signed = x.SIGNED_ON if line.signed_on else x.SIGNED_OFF
            unread = len(self._unread)
            super()._hear(line, message, now)
            if len(self._unread) > unread:
                _count(counts, self._signed, x.HANGS)

        def _hear_network(
            self, line: Line, message: Message, hearing: HostFault, now: float
        ) -> None:
            state = x.SIGNED_ON if line.signed_on else x.SIGNED_OFF
            event = x.SIGN_ON if message.function == "sign_on" else x.ECHO
            if hearing.refusal:
                event = x.SIGN_ON_REFUSED
            super()._hear_network(line, message, hearing, now)
            _count(counts, state, event)

        def _hear_request(self, line: Line, message: Message, *rest: Any) -> None:
            known = _named(self, MessageClass.FINANCIAL, message)
            state, again = x.state_of(known), x.REQUEST if known is None else x.REQUEST_AGAIN
            off = self.settings.sign_on and not line.signed_on
            super()._hear_request(line, message, *rest)
            _count(counts, *((x.SIGNED_OFF, x.REQUEST) if off else (state, again)))

        def _hear_reversal(self, line: Line, message: Message, *rest: Any) -> None:
            state, _ = _reversed_by(self, message)
            again = (
                x.REVERSAL
                if _named(self, MessageClass.REVERSAL, message) is None
                else x.REVERSAL_AGAIN
            )
            off = self.settings.sign_on and not line.signed_on
            self._otherwise = False
            super()._hear_reversal(line, message, *rest)
            if not self._otherwise:
                _count(counts, *((x.SIGNED_OFF, x.REVERSAL) if off else (state, again)))

        def commit(self, entry: Entry, *rest: Any) -> None:
            state = x.state_of(entry)
            self._otherwise = False
            super().commit(entry, *rest)
            if not self._otherwise:
                _count(counts, state, x.COMMIT)

        def decide_alone(self, message: Message, now: float) -> tuple[str, str]:
            self._otherwise = True
            decided: tuple[str, str] = super().decide_alone(message, now)
            _count(counts, x.UNDECIDED, x.COMMIT_ALONE)
            return decided

        def _reaches_issuer(self, now: float, message: Message) -> bool:
            reached: bool = super()._reaches_issuer(now, message)
            if not reached and message.kind in REVERSALS:
                self._otherwise = True
                _count(counts, _reversed_by(self, message)[0], x.REVERSAL_ALONE)
            return reached

        def _post_advice(self, *rest: Any) -> None:
            super()._post_advice(*rest)
            _count(counts, x.STOOD, x.ADVISED)

        def _crashes(self, now: float, message: Message, phase: str) -> bool:
            if phase == "at_the_reading":
                died: bool = super()._crashes(now, message, phase)
                if died:
                    _count(counts, self._signed, x.DIES_READING)
                return died
            if message.kind in REVERSALS:
                state, self._dying_over = _reversed_by(self, message)
                events = (x.DIES_BEFORE_REVERSAL, x.DIES_AFTER_REVERSAL)
            else:
                self._dying_over = _named(self, MessageClass.FINANCIAL, message)
                state = x.state_of(self._dying_over)
                events = (x.DIES_BEFORE_COMMIT, x.DIES_AFTER_COMMIT)
            crashed: bool = super()._crashes(now, message, phase)
            self._dying_over = None
            if crashed:
                self._otherwise = True
                _count(counts, state, events[phase == "after_commit"])
            return crashed

        def restart(self, *rest: Any) -> None:
            for entry in self.memory.entries(MessageClass.FINANCIAL):
                if entry is not self._dying_over:
                    _count(counts, x.state_of(entry), x.DIES)
            super().restart(*rest)

    return Counted


def _count(counts: Counts, state: str, event: str) -> None:
    cell = Cell(state, event)
    counts[cell] = counts.get(cell, 0) + 1


def _named(host: Host, message_class: str, message: Message) -> Entry | None:
    """What is remembered under this message's own name."""
    return host._find(message.identity._replace(message_class=message_class))


def _reversed_by(host: Host, message: Message) -> tuple[str, Entry | None]:
    """The original that a reversal names, and its state."""
    original = message.original
    if original is None:
        return x.UNNAMED, None
    entry = host._find(original)
    return x.state_of(entry), entry
