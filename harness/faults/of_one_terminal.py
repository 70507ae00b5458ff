"""The faults of a run, as the machines of one terminal ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from harness.faults.fault_set import FaultSet
from harness.machines.behaviour import Manner
from harness.machines.customer_keys import MachineDeadlines
from harness.machines.device_fault import DeviceFault
from harness.machines.operator import Visit


class FaultsOfAtm:
    """The faults of one ATM: of its device, of its mains and process, and of those in front of it.
    They are asked even if there are none yet, as some may be added while the run goes on.
    """

    __slots__ = ("_faults", "_terminal")

    def __init__(self, faults: FaultSet, terminal: str) -> None:
        self._faults = faults
        self._terminal = terminal

    @property
    def acts(self) -> bool:
        return self._faults.operations

    def power_cut(self, now: float, operation: str) -> float | None:
        return self._faults.power_cut(now, self._terminal, operation)

    def visits(self, now: float, operation: str) -> list[Visit]:
        return self._faults.operator_visits(now, self._terminal, operation)

    def pause(self, now: float, operation: str) -> float | None:
        return self._faults.pause(now, self._terminal, operation)

    def device_fault(self, now: float, command: str) -> DeviceFault | None:
        return self._faults.device_fault(now, self._terminal, command)

    def forgets(self, now: float, what: str, *, anyway: bool) -> bool:
        return self._faults.forgets(now, self._terminal, what, anyway=anyway)

    def visit(self, now: float, manner: Manner) -> Manner:
        return self._faults.visit(now, self._terminal, manner)

    def did(self, aspect: str, what: str) -> None:
        self._faults.did(self._terminal, aspect, what)

    def moves(self, now: float, move: int, machine: Callable[[], MachineDeadlines]) -> float:
        if not self._faults.customer:
            return now
        return self._faults.moves(now, self._terminal, move, machine())


class FaultsOfClock:
    """The faults of one ATM's clock."""

    __slots__ = ("_faults", "_terminal")

    def __init__(self, faults: FaultSet, terminal: str) -> None:
        self._faults = faults
        self._terminal = terminal

    @property
    def acts(self) -> bool:
        return self._faults.clocks

    def wrong(self, now: float, moment: datetime, *, local: bool) -> tuple[timedelta, timedelta]:
        return self._faults.clock(now, self._terminal, moment, local=local)
