"""The operator of one ATM: gives orders from afar, and sends a person who works at the machine.

Five kinds of visit: 'stop' takes the terminal out of service for a while; 'resume' puts it in
service, whether it was stopped or not; 'service' is a person who opens the safe, counts, fills the
cassettes and takes out a card that is stuck; 'restart' is a planned restart of a stopped terminal;
'mains' is nobody's: the mains fail, unless there is no power anyway.

A person first asks the machine as it is, which it has to refuse unless it is out of service with no
card inside. Then the person has it stopped, and waits until it is free. Whoever gives an order to a
machine without power tries again until there is power.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from harness.machines import inputs as i
from harness.machines.device import Device
from harness.machines.timers import NEVER

AGAIN = 5.0
"""Seconds until an order that could not be given, or a machine that is not free, is tried again."""
PATIENCE = 120
"""So often a person looks whether the machine is free, and then goes away."""

Kind = Literal["stop", "resume", "service", "restart", "mains"]
ORDERS: dict[str, type[i.Input]] = {
    "stop": i.StopOrdered,
    "resume": i.ResumeOrdered,
    "supervisor": i.SupervisorEntered,
    "leave": i.SupervisorLeft,
}


class Visit(NamedTuple):
    """`begins` is when the first order is given (run seconds). `lasts` is for how many seconds the
    stop stands, the person stays, or the power is off. `tell` is called once the first order has
    reached the machine.
    """

    kind: Kind
    begins: float
    lasts: float
    tell: Callable[[], None]


class Machine(Protocol):
    """What the operator works with."""

    device: Device
    power_cuts: int
    """How often the power has failed, since the machine was built."""

    def give(self, order: str, what: i.Input, now: float) -> bool:
        """Give an order to the terminal's logic. False if it has no power."""

    def lose_power(self, now: float, seconds: float, phase: str) -> None:
        """Lose the power for so many seconds."""


class Operator:
    """What the operator still has to do at one ATM. `due` is when (run seconds)."""

    __slots__ = ("_number", "_tasks", "due")

    def __init__(self) -> None:
        self._tasks: list[_Task] = []
        self._number = 0
        self.due = NEVER

    def add(self, visit: Visit) -> None:
        """Plan a visit."""
        self._plan(visit.begins, _FIRST[visit.kind], _Course(visit))

    def tick(self, now: float, machine: Machine) -> None:
        """Do what is due, in the order of its time and then of its planning."""
        while self._tasks and self._tasks[0].when <= now:
            task = self._tasks.pop(0)
            following = task.step(task.course, machine, now)
            if following is not None:
                self._plan(now + following.wait, following.step, task.course)
        self.due = self._tasks[0].when if self._tasks else NEVER

    def _plan(self, when: float, step: _Step, course: _Course) -> None:
        self._number += 1
        self._tasks.append(_Task(when, self._number, step, course))
        self._tasks.sort(key=lambda task: task[:2])
        self.due = self._tasks[0].when


class _Course:
    """How far a visit has come."""

    __slots__ = ("looks", "stopped", "told", "visit")

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.told = False
        self.stopped = False
        self.looks = 0

    def give(self, order: str, machine: Machine, now: float) -> bool:
        """Give an order. False if the machine has no power."""
        if not machine.give(order, ORDERS[order](), now):
            return False
        if not self.told:
            self.told = True
            self.visit.tell()
        return True


_Step = Callable[[_Course, Machine, float], "_Next | None"]


class _Next(NamedTuple):
    wait: float
    step: _Step


class _Task(NamedTuple):
    when: float
    number: int
    step: _Step
    course: _Course


def _stop(course: _Course, machine: Machine, now: float) -> _Next | None:
    if not course.give("stop", machine, now):
        return _Next(AGAIN, _stop)
    return _Next(course.visit.lasts, _resume)


def _resume(course: _Course, machine: Machine, now: float) -> _Next | None:
    cuts = machine.power_cuts

    def heard(_course: _Course, there: Machine, _now: float) -> _Next | None:
        """Where the power has failed since, the machine may have forgotten it: say it again."""
        return None if there.power_cuts == cuts else _Next(0.0, _resume)

    return _Next(AGAIN, heard if course.give("resume", machine, now) else _resume)


def _mains(course: _Course, machine: Machine, now: float) -> _Next | None:
    if machine.device.powered:
        course.visit.tell()
        machine.lose_power(now, course.visit.lasts, "mains")
    return None


def _ask(course: _Course, machine: Machine, now: float) -> _Next | None:
    """Ask the machine as it is. If it refuses, have it stopped."""
    if not course.give("supervisor", machine, now):
        return _Next(AGAIN, _ask)
    if machine.device.screen == "supervisor":
        return _work(course, machine)
    return _clear(course, machine, now)


def _clear(course: _Course, machine: Machine, now: float) -> _Next | None:
    """Have the machine stopped, and wait until it is free."""
    if not course.give("stop", machine, now):
        return _Next(AGAIN, _clear)
    course.stopped = True
    return _Next(AGAIN, _look)


def _look(course: _Course, machine: Machine, now: float) -> _Next | None:
    """Is the machine free? A person goes away from one that never is."""
    device = machine.device
    empty = device.card_at in ("", "stuck") and device.cash_at == ""
    course.looks += 1
    if device.screen == "supervisor" and course.visit.kind == "service":
        return _work(course, machine)  # an order of before was obeyed only now
    if empty and device.screen == "out_of_service":
        if course.visit.kind == "restart":
            machine.lose_power(now, course.visit.lasts, "restart")
            return _Next(course.visit.lasts + AGAIN, _resume)
        device.remove_stuck_card()
        if course.give("supervisor", machine, now) and device.screen == "supervisor":
            return _work(course, machine)
    return _Next(AGAIN, _look if course.looks < PATIENCE else _resume)


def _work(course: _Course, machine: Machine) -> _Next:
    machine.device.open_safe()
    return _Next(course.visit.lasts, _leave)


def _leave(course: _Course, machine: Machine, now: float) -> _Next | None:
    """Close the safe, once. Whoever had the machine stopped has it resumed."""
    machine.device.close_safe()
    if not course.give("leave", machine, now):
        return _Next(AGAIN, _leave)
    return _resume(course, machine, now) if course.stopped else None


_FIRST: dict[Kind, _Step] = {
    "stop": _stop,
    "resume": _resume,
    "service": _ask,
    "restart": _clear,
    "mains": _mains,
}
"""What each kind of visit begins with."""
