"""One whole ATM: the terminal's logic, its device, its customers and its power.

The logic can lose its power and be booted again; the device, the customers and the content of the
store outlive it. The owner (the simulation, or a live fleet) carries out what `out` asks for on the
network and on the store, writes `journal` down, and calls back with bytes, syncs and the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from harness import events as e
from harness.machines import inputs as i
from harness.machines.customer import Customers
from harness.machines.customer_keys import MachineDeadlines
from harness.machines.device import Device
from harness.machines.device_image import DeviceImage
from harness.machines.effects import Connect, Disconnect, LosePower, Transmit, WantBoot, Write
from harness.machines.operations import MOTORS, OperationFaults, command, operation_of
from harness.machines.operator import Operator
from harness.machines.slow_store import SlowStore
from harness.machines.store import StoreImage
from harness.machines.terminal import Terminal
from harness.machines.timers import NEVER

Handle = Callable[[Terminal, float], None]
"""Something that a paused process has to do when it goes on."""


class AtmImage(msgspec.Struct, frozen=True, gc=False):
    """The part of an ATM that outlives its process: the device, and the number of the last customer
    who came.
    """

    device: DeviceImage
    customer: int


class Atm:
    """An ATM without a clock of its own.

    The owner calls `boot`, `opened`, `closed`, `receive`, `synced` and `tick`. After each call it
    takes and empties `out` and `journal`, and it comes back at `next_deadline()` (run seconds) at
    the latest.
    """

    __slots__ = (
        "_build", "_faults", "_fired_at", "_logic_due", "_missed", "_operator", "_power_at",
        "_slow_store", "_stood_still", "_wakes_at", "customers", "device", "id", "journal", "out",
        "power_cuts", "terminal",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        build: Callable[[], Terminal],
        device: Device,
        customers: Customers | None,
        faults: OperationFaults | None = None,
    ) -> None:
        self.id = name
        self._build = build
        self._faults = faults
        self._operator = Operator()
        self.power_cuts = 0
        self._slow_store = SlowStore(faults)
        self._wakes_at = NEVER
        self._stood_still = False
        self._missed: deque[Handle] = deque()
        self._power_at = NEVER
        self._logic_due = NEVER
        self._fired_at = NEVER
        self.device = device
        self.customers = customers
        if customers is not None:
            customers.machine = self._deadlines
        self.terminal: Terminal | None = None
        self.out: list[i.Effect] = []
        self.journal: list[e.Event] = []

    # --- power ---------------------------------------------------------------------------

    def boot(self, image: StoreImage, now: float) -> None:
        """The power is on, for the first time or again. `image` is what the store kept."""
        if self._power_at != NEVER:
            self._power_at = NEVER
            self.journal.append(e.PowerRestored())
        sensors = self.device.power_on()
        self.terminal = self._build()
        self.terminal.boot(image, sensors, now)
        self._settle(now)

    def lose_power(self, now: float, seconds: float, phase: str) -> None:
        """The power fails for so many seconds, at the operation that `phase` names."""
        self.terminal = None
        self._wakes_at = NEVER
        self._stood_still = False
        self._missed.clear()
        self._slow_store.goes_on()
        self.power_cuts += 1
        self.device.power_off()
        self._power_at = now + seconds
        self.out.append(LosePower(phase))

    def _cut(self, now: float, operation: str) -> bool:
        """Does the power fail at this operation?"""
        if self._faults is None or self.terminal is None:
            return False
        seconds = self._faults.power_cut(now, operation)
        if seconds is None:
            return False
        self.lose_power(now, seconds, operation)
        return True

    def _stands_still(self, now: float, operation: str) -> bool:
        """Is the process paused after this operation?"""
        seconds = self._faults.pause(now, operation) if self._faults is not None else None
        if seconds is None:
            return False
        self._wakes_at = now + seconds
        self._stood_still = True
        self.journal.append(e.ProcessPaused(operation))
        return True

    def _wake(self, terminal: Terminal, now: float) -> None:
        """The pause is over. What was left undone comes first, then what came meanwhile, in its
        order; one thing at each call, so that the owner can carry out what each of them asks for.
        """
        self._wakes_at = NEVER
        if self._stood_still:
            self._stood_still = False
            self.journal.append(e.ProcessResumed())
        elif self._missed:
            self._missed.popleft()(terminal, now)
        self._settle(now)
        if self._missed and self._wakes_at == NEVER and self.terminal is terminal:
            self._wakes_at = now

    def image(self) -> AtmImage:
        """What is to be kept after each event of `MOVES`, and not later than any record that
        depends on it.
        """
        return AtmImage(self.device.image(), self.customers.customer if self.customers else 0)

    def restore(self, image: AtmImage, now: float) -> None:
        """Continue from an image, in a new process, before the first boot."""
        self.device.restore(image.device)
        if self.customers is not None:
            self.customers.resume(image.customer, now)

    # --- what the owner calls --------------------------------------------------------------

    def next_deadline(self) -> float:
        terminal = self.terminal
        if self._wakes_at != NEVER:
            due = self._wakes_at
        else:
            due = terminal.next_deadline() if terminal is not None else self._power_at
        self._logic_due = due
        other = self.device.next_deadline()
        if other < due:
            due = other
        due = min(due, self._operator.due, self._slow_store.due)
        if self.customers is not None:
            other = self.customers.next_deadline()
            if other < due:
                due = other
        return due

    def tick(self, now: float) -> None:
        """Do what is due. The owner has asked `next_deadline` since anything last happened."""
        terminal = self.terminal
        if terminal is None:
            if now >= self._power_at:
                self.out.append(WantBoot())
        elif now >= self._logic_due:
            if self._wakes_at != NEVER:
                self._wake(terminal, now)
                if self._wakes_at == now:
                    return  # the process still catches up: device and customers wait for it
            if self._wakes_at == NEVER and self.terminal is terminal:
                self._fired_at = now
                terminal.tick(now)
        if now >= self._slow_store.due:
            self.out += self._slow_store.goes_on()
            self.journal.append(e.StoreWentOn())
        if now >= self.device.next_deadline():
            self.device.tick(now)
        if self.customers is not None and now >= self.customers.next_deadline():
            self.customers.tick(now)
        self._settle(now)
        if now >= self._operator.due:
            self._operator.tick(now, self)
            self._settle(now)

    def _deadlines(self) -> MachineDeadlines:
        """What the customers' faults may want to meet in time."""
        terminal = self.terminal
        if terminal is None or self._wakes_at != NEVER:
            return MachineDeadlines(fired=self._fired_at)
        return MachineDeadlines(
            terminal.timers.earliest, terminal.link_supervisor.next_deadline(), self._fired_at
        )

    def opened(self, now: float) -> None:
        terminal = self.terminal
        if terminal is None:
            return
        if self._wakes_at != NEVER:
            self._missed.append(Terminal.opened)
            return
        terminal.opened(now)
        self._settle(now)

    def closed(self, why: str, now: float) -> None:
        terminal = self.terminal
        if terminal is None:
            return
        if self._wakes_at != NEVER:
            self._missed.append(lambda t, at: t.closed(why, at))
            return
        terminal.closed(why, now)
        self._settle(now)

    def receive(self, data: bytes, now: float) -> None:
        terminal = self.terminal
        if terminal is None:
            return
        if self._wakes_at != NEVER:
            self._missed.append(lambda t, at: t.receive(data, at))
            return
        terminal.receive(data, now)
        self._settle(now)

    def synced(self, number: int, now: float) -> None:
        """The records up to `number` are durable. A power cut may still come before the logic is
        told.
        """
        terminal = self.terminal
        if terminal is None:
            return
        if self._wakes_at != NEVER:
            self._missed.append(lambda t, at: t.synced(number, at))
            return
        if not self._cut(now, "sync"):
            terminal.synced(number, now)
            self._stands_still(now, "sync")
        self._settle(now)

    def give(self, order: str, what: i.Input, now: float) -> bool:
        """The operator gives an order. False if the logic has no power, and hears nothing."""
        if self.terminal is None:
            return False
        self.journal.append(e.OrderGiven(order))
        self.order(what, now)
        return True

    def order(self, what: i.Input, now: float) -> None:
        """An operator's or a fleet's command."""
        terminal = self.terminal
        if terminal is None:
            return
        if self._wakes_at != NEVER:
            self._missed.append(_sensed(what, "operator"))
            return
        terminal.sense(what, now, cause="operator")
        self._settle(now)

    def show_message(self, text: str) -> None:
        """Put a line of the operator's on the display, below the screen."""
        self.journal.append(e.MessageShown(text))

    @property
    def unreadable(self) -> bool:
        """Can the stream from the host not be cut into frames any more? Then the owner closes the
        connection and calls `closed("garbage")`.
        """
        terminal = self.terminal
        awake = terminal is not None and self._wakes_at == NEVER
        return awake and terminal.link.error is not None  # type: ignore[union-attr]

    @property
    def at_rest(self) -> bool:
        """Is nothing open: no card, no cash, no unanswered reversal, no customer, nobody at work,
        no order still to come, and a logic that runs?
        """
        terminal = self.terminal
        return (
            terminal is not None
            and self._wakes_at == self._operator.due == self._slow_store.due == NEVER
            and self.device.card_at in ("", "stuck")
            and self.device.cash_at == ""
            and terminal.session is None
            and not terminal.recovering
            and not terminal.forward.queue
            and not terminal.writing
            and (self.customers is None or not self.customers.present)
        )

    @property
    def serves(self) -> bool:
        """Is it in service, or out of service for a reason that only a person can remove?"""
        terminal = self.terminal
        if terminal is None:
            return False
        return set(terminal.service.reasons()) <= {"hardware", "operator"}

    # --- inside ----------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Pass on what logic, device and customers report to each other until nothing is left."""
        device, customers, journal = self.device, self.customers, self.journal
        while True:
            if customers is not None and customers.events:
                journal += customers.events
                customers.events = []
            terminal = self.terminal
            if terminal is not None:
                if terminal.events:
                    journal += terminal.events
                    terminal.events = []
                if terminal.effects and self._wakes_at == NEVER:
                    effects, terminal.effects = terminal.effects, []
                    self._carry_out(effects, now)
            moved = bool(device.events)
            if moved:
                journal += device.events
                device.events = []
            if customers is not None:
                if moved:
                    customers.look(now)
                if customers.events:
                    journal += customers.events
                    customers.events = []
            if not self._report(now):
                return

    def _report(self, now: float) -> bool:
        """Hand one round of reports to the logic. False if there is nothing more to do."""
        device, customers, terminal = self.device, self.customers, self.terminal
        reports = device.reports
        keys = customers.reports if customers is not None else []
        if not reports and not keys:
            acts = terminal is not None and self._wakes_at == NEVER and bool(terminal.effects)
            return acts or bool(device.events)
        device.reports = []
        if customers is not None:
            customers.reports = []
        if terminal is None:
            return True
        if self._wakes_at != NEVER:
            self._missed += [_sensed(report, "device") for report in reports]
            self._missed += [_sensed(key, "customer") for key in keys]
            return True
        for report in reports:
            terminal.sense(report, now)
        for key in keys:
            terminal.sense(key, now, cause="customer")
        return True

    def _carry_out(self, effects: list[i.Effect], now: float) -> None:
        watched = self._faults is not None and self._faults.acts
        for number, effect in enumerate(effects):
            kind = type(effect)
            delayed = self._slow_store.delays(effect, now) if type(effect) is Write else None
            if delayed is not None:
                self.journal.append(delayed)
            elif kind in _FOR_OWNER:
                self.out.append(effect)
            else:
                command(self.device, effect, now)
                if kind not in MOTORS:
                    continue
            if not watched:
                continue
            operation = operation_of(effect)
            for visit in self._faults.visits(now, operation):  # type: ignore[union-attr]
                self._operator.add(visit)
            if self._cut(now, operation):
                return
            if self._stands_still(now, operation):
                self._missed.appendleft(self._left_over(effects[number + 1 :]))
                return

    def _left_over(self, effects: list[i.Effect]) -> Handle:
        return lambda _, at: self._carry_out(effects, at)


_FOR_OWNER = frozenset((Transmit, Connect, Disconnect, Write))


def _sensed(what: i.Input, cause: str) -> Handle:
    return lambda t, at: t.sense(what, at, cause=cause)
