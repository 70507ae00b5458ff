"""All faults of one run, by the layer that asks for them.

The drivers (`sim`, `live`) call the set with the time and the event that is about to happen. An
effect is reported only if it really took place. Rules hold counters, so a set serves only one run.
Each process of a live run has its own set, and only the layers that the process drives act.

Every rule that an attempt concerns counts the attempt; the first rule that strikes decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from msgspec import structs

from harness import events as e
from harness.contract import HOST_RESPONSE
from harness.errors import ConfigError
from harness.events import Event, FaultActed
from harness.faults.compose import WireFaults
from harness.faults.connection import ConnectionRule, DialRule
from harness.faults.control_set import ControlFaults
from harness.faults.customer import CustomerRule, HandRule
from harness.faults.customer_visit import VisitRule
from harness.faults.device import CommandRule
from harness.faults.fate import Act, Passing
from harness.faults.fleet import SwitchRule
from harness.faults.grammar import ALL_RULES
from harness.faults.host import Crash, HangAfterN, HostMessageRule, HostRule, IssuerDown
from harness.faults.host_answers import HostAnswers
from harness.faults.meaning import PartialApproval
from harness.faults.operator import OperatorRule
from harness.faults.power import PowerCut
from harness.faults.rule import FOREVER, Context, FaultSpec, Rule
from harness.faults.time_clock import ClockRule
from harness.faults.time_timers import ProcessPause
from harness.faults.whose import CardsSeen
from harness.faults.windows import Windows
from harness.faults.wire import WireRule
from harness.machines.behaviour import Manner
from harness.machines.customer_keys import MachineDeadlines
from harness.machines.device_fault import DeviceFault
from harness.machines.host_fault import NO_FAULT, HostFault
from harness.machines.host_pair import Switch
from harness.machines.operator import Visit
from harness.wire.message import Message

R = TypeVar("R", bound=Rule)


class FaultSet(ControlFaults):
    """`wire`, `connection`, `host`, `device`, `customer`, `visits`, `operations`, `clocks`: true if
    a rule of that layer exists. `on_the_way`: true if there is a rule of the wire or of the
    connection. Rules may be added and removed during the run.

    `tell` is set by the owner of the journal and receives each effect as it happens. Effects inside
    a terminal, and effects of a cut of its connection, wait in `held` until the owner has written
    the terminal's own events of the same step and calls `release`. Without an owner all effects
    stay in `held`.

    `outage`: the most seconds for which a machine stays down after its fault has ended.
    """

    def __init__(
        self,
        specs: Sequence[FaultSpec],
        *,
        seed: int,
        host_response: float = HOST_RESPONSE,
        framing: str = "2byte",
        sign_on: bool = True,
    ) -> None:
        """`host_response` is the contract's timer in seconds, for faults that count from its end.
        `sign_on`: connections have to be signed on.

        Raises:
            ConfigError: a fault needs the framing, and no framing has the given name.
        """
        super().__init__()
        self._context = Context(seed, host_response, framing, sign_on)
        self._rules: dict[int, Rule] = {}  # by number, in the order of their definition
        self._number = 0  # of the next one
        self._leaving: list[Rule] = []  # removed rules with unfinished work
        self._switching: SwitchRule | None = None
        self.tell: Callable[[FaultActed], None] = self.held.append
        self.windows = Windows()
        self._cards: CardsSeen | None = None  # if a rule asks for a card
        self._why: dict[str, dict[str, VisitRule]] = {}  # by terminal, what of the visit is whose
        self.outage = 0.0
        for spec in specs:
            self._take_in(spec)
        self._sort()

    def _take_in(self, spec: FaultSpec) -> Rule:
        number = self._number
        rule = ALL_RULES[spec.kind](spec, number, self._context)
        rule.tell = self.held.append if rule.where == "terminals" else self._tell
        self._number += 1
        self._rules[number] = rule
        self.windows.add(number, spec)
        self.outage = max(self.outage, rule.lasts)
        return rule

    def _sort(self) -> None:
        """Sort the rules by the layer that uses them; called whenever the rules change."""
        self._leaving = [rule for rule in self._leaving if rule.unfinished()]
        named = any(rule.pan is not None for rule in self._of(Rule))
        self._cards = (self._cards or CardsSeen()) if named else None
        self._wire = WireFaults(self._of(WireRule), self._cards)
        self._connection, self._dial = self._of(ConnectionRule), self._of(DialRule)
        self._hearing = sorted(self._of(HostMessageRule), key=lambda rule: rule.stage)
        self._hangs = self._of(HangAfterN)
        self._issuer, self._parts = self._of(IssuerDown), self._of(PartialApproval)
        self._orders = self._of(HostAnswers)
        self._crashes, self._switches = self._of(Crash), self._of(SwitchRule)
        self._device = self._of(CommandRule)
        self._customer, self._hands = self._of(CustomerRule), self._of(HandRule)
        self._visitors = self._of(VisitRule)
        self._power, self._pauses = self._of(PowerCut), self._of(ProcessPause)
        self._visits = self._of(OperatorRule)
        self._clock_rules = self._of(ClockRule)
        self._sort_control(self._of(Rule))
        self.wire = bool(self._of(WireRule))
        self.connection = bool(self._connection)
        self.on_the_way = self.wire or self.connection
        self.host = bool(self._of(HostRule))
        self.device = bool(self._device)
        self.customer = bool(self._customer or self._hands)
        self.visits = bool(self._visitors)
        self.operations = bool(self._power or self._pauses or self._visits or self._remote)
        self.clocks = bool(self._clock_rules)

    def _of(self, layer: type[R]) -> list[R]:
        return [r for r in (*self._rules.values(), *self._leaving) if isinstance(r, layer)]

    # --- rules that come and go -----------------------------------------------------------------

    def add(self, spec: FaultSpec, now: float) -> int:
        """Add a fault from now on, without effect on the others. Return its number, by which it
        can be removed. The caller reports the events of `windows` and plans the cuts again.

        Raises:
            ConfigError: its window is over.
        """
        if spec.until <= now:
            remedy = f"the run is at {now:g} s: let it end later"
            raise ConfigError(f"the window of '{spec.text}' is over", place="fault", remedy=remedy)
        number = self._number
        rule = self._take_in(structs.replace(spec, start=max(spec.start, now)))
        self._sort()
        self._tell_of_standing(rule, now)
        return number

    def remove(self, fault: str | int, now: float) -> list[Event]:
        """End the first fault with that text, or the fault with that number, now. Return the window
        events to report. Frames that it holds back are released as at the end of a window.

        Raises:
            ConfigError: there is no such fault.
        """
        texts = {number: rule.spec.text for number, rule in self._rules.items()}
        number = next((n for n, text in texts.items() if fault in (n, text)), None)
        if number is None:
            remedy = f"it has {', '.join(texts.values()) or 'none'}"
            raise ConfigError(f"the run has no fault '{fault}'", place="fault", remedy=remedy)
        rule = self._rules.pop(number)
        rule.lift(now)
        self._leaving.append(rule)
        self._sort()
        return self.windows.remove(number, now)

    def attempts(self) -> list[int]:
        """How many attempts each fault has counted, in the order of their definition."""
        return [rule.counted for rule in self._rules.values()]

    def lift(self, now: float) -> list[Event]:
        """End all faults now. Return the events of the windows that this closes."""
        for rule in self._rules.values():
            rule.lift(now)
        return self.windows.lift(now)

    # --- effects ---------------------------------------------------------------------------

    def _tell(self, effect: FaultActed) -> None:
        self.tell(effect)

    def release(self) -> None:
        """Report the effects in `held`."""
        taken = self.held[:]
        self.held.clear()
        for effect in taken:
            self.tell(effect)

    # --- wire ------------------------------------------------------------------------------

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """The acts that replace a frame; None if no fault touches the frame."""
        return self._wire.fate(now, passing)

    # --- connection ------------------------------------------------------------------------

    def opened(self, now: float, terminal: str) -> None:
        super().opened(now, terminal)
        self._wire.renewed(terminal)

    # --- host ------------------------------------------------------------------------------

    def hears(self, now: float, message: Message) -> HostFault:
        """What faults do with a message that the host has read."""
        if not self.host:
            return NO_FAULT
        asked = [(x, x.hears(now, message)) for x in self._about(self._hearing, message)]
        struck = [(rule, heard) for rule, heard in asked if heard is not None]  # each counted it
        whole = HostFault()
        for rule, heard in sorted(struck, key=lambda pair: pair[1].process):  # discarded first
            if whole.answer:
                what = rule.tells(message, heard)
                effects = (rule.effect(message.terminal, what),) if what else ()
                whole = whole.and_then(heard._replace(effects=effects))
        if not whole.process:
            self.came_about(whole.effects)
        return whole

    def _about(self, rules: list[R], message: Message) -> list[R]:
        """Those of the rules that name no card and STAN, or the message's."""
        card = self._cards.of(message) if self._cards is not None else ""
        return [rule for rule in rules if rule.about(message, card)]

    def came_about(self, effects: Iterable[FaultActed]) -> None:
        """Report effects: their delivery has arrived, or the host's answer would be leaving now."""
        for effect in effects:
            self.tell(effect)

    def part(self, now: float, message: Message, wanted: int) -> int:
        """What the host approves of an amount (minor units)."""
        parts = (rule for rule in self._about(self._parts, message) if rule.halves(wanted))
        rule = _struck(parts, now, message.terminal)
        return wanted if rule is None else rule.part(message.terminal, wanted)

    def ordered_code(self, now: float, message: Message, decided: str) -> str:
        """The response code that the host has to answer instead of the `decided` one; '' if it
        answers as it decided.
        """
        if not self._orders:
            return ""
        rules = (rule for rule in self._about(self._orders, message) if rule.touches(message))
        rule = _struck(rules, now, message.terminal)
        return "" if rule is None else rule.code_for(message, decided)

    def hang(self, now: float, terminal: str) -> float | None:
        """Seconds for which the host hangs before it reads a message; None if it does not hang."""
        if not self.host:
            return None
        asked = [(rule, rule.hang(now, terminal)) for rule in self._hangs]  # each counts it
        struck = [(rule, seconds) for rule, seconds in asked if seconds is not None]
        if not struck:
            return None
        rule, longest = max(struck, key=lambda pair: pair[1])
        rule.hung(terminal)
        return longest

    def reaches_issuer(self, now: float, message: Message) -> bool:
        """True if a message for the issuer reaches it."""
        reached = [rule.reaches(now, message) for rule in self._about(self._issuer, message)]
        return all(reached)  # each counted it

    def crash(self, now: float, message: Message, phase: str) -> float | None:
        """Seconds for which the host stays down, or None; `phase` is 'at_the_reading',
        'before_commit' or 'after_commit'.
        """
        if not self.host:
            return None
        rules = self._about(self._crashes, message)
        asked = (rule for rule in rules if rule.phase == phase and rule.touches(message))
        rule = _struck(asked, now, message.terminal)
        return None if rule is None else rule.crash(message)

    # --- two hosts --------------------------------------------------------------------------

    def switch_due(self) -> float:
        """When the next switch between host and standby is due; infinite if none is."""
        return min((rule.due() for rule in self._switches), default=FOREVER)

    def switch(self, now: float) -> Switch | None:
        """The switch between host and standby that is due now; None if none is."""
        for rule in self._switches:
            if rule.due() <= now:
                self._switching = rule
                return rule.switch()
        return None

    def switched(self, kind: str, what: str) -> None:
        """The switch that `switch` returned has taken effect."""
        rule, self._switching = self._switching, None
        if rule is not None and rule.kind == kind:
            rule.acted(e.HOST, what)

    # --- device, customer, mains -------------------------------------------------------------

    def device_fault(self, now: float, terminal: str, command: str) -> DeviceFault | None:
        """What goes wrong with a device's command: 'eject', 'stack', 'retract' or 'motor:eject'
        and the like (`DeviceFaults`).
        """
        if not self.device:
            return None
        rule = _struck((r for r in self._device if r.concerns(command)), now, terminal)
        return None if rule is None else rule.device_fault(terminal)

    def forgets(self, now: float, terminal: str, what: str, *, anyway: bool = False) -> bool:
        """True if a fault makes the customer leave the 'card' or the 'cash' at the slot. A customer
        who would leave it `anyway` is counted as an attempt, but no fault is the cause.
        """
        if not self.customer:
            return anyway
        rule = _struck((r for r in self._customer if r.what == what), now, terminal)
        if rule is not None and not anyway:
            rule.forget(terminal)
        return anyway or rule is not None

    def visit(self, now: float, terminal: str, manner: Manner) -> Manner:
        """The manner of a customer who comes; `manner` is what it is without any fault. What the
        customer is anyway no fault is the cause of.
        """
        self._why.pop(terminal, None)
        if not self.visits:
            return manner
        changes: dict[str, Any] = {}
        whose = self._why[terminal] = {}
        for rule in self._visitors:
            struck = rule.changes() if rule.strikes(now, terminal) else {}
            for aspect, setting in struck.items():
                if getattr(manner, aspect) != setting and aspect not in changes:
                    changes[aspect], whose[aspect] = setting, rule
        return structs.replace(manner, **changes)

    def did(self, terminal: str, aspect: str, what: str) -> None:
        """What that field of the manner of the present visit says has happened."""
        rule = self._why.get(terminal, {}).get(aspect)
        if rule is not None:
            rule.acted(terminal, what)

    def moves(self, now: float, terminal: str, move: int, machine: MachineDeadlines) -> float:
        """The time of the customer's `move`th hand movement, which is due now: now or later."""
        asked = [(rule, rule.moves(now, terminal, move, machine)) for rule in self._hands]
        when = max((moment.when for _, moment in asked), default=now)
        told = [pair for pair in asked if pair[1].when == when and pair[1].what]
        for rule, moment in told[:1]:
            rule.acted(terminal, moment.what)
        return when

    def power_cut(self, now: float, terminal: str, operation: str) -> float | None:
        """Seconds without power, beginning with this operation of a terminal; None if no cut."""
        if not self.operations:
            return None
        rule = _struck((r for r in self._power if r.names(operation)), now, terminal)
        return None if rule is None else rule.cut(terminal, operation)

    def pause(self, now: float, terminal: str, operation: str) -> float | None:
        """Seconds for which a terminal's process pauses after this operation; None if no pause."""
        if not self.operations:
            return None
        rule = _struck((r for r in self._pauses if r.names(operation)), now, terminal)
        return None if rule is None else rule.pause(terminal, operation)

    def operator_visits(self, now: float, terminal: str, operation: str) -> list[Visit]:
        """The visits of the operator that follow this operation of a terminal."""
        if not self.operations:
            return []
        self._ask_commands(now, terminal, operation)
        named = [rule for rule in self._visits if rule.names(operation)]
        struck = [rule for rule in named if rule.strikes(now, terminal)]  # each counted it
        return [rule.visit(now, terminal) for rule in struck]

    def clock(
        self, now: float, terminal: str, moment: datetime, *, local: bool
    ) -> tuple[timedelta, timedelta]:
        """The error of a terminal's clock at `moment`: that of UTC, and that of local time in
        addition. `local`: true if the message carries local time too, false if only UTC.
        """
        utc = besides = timedelta()
        for rule in self._clock_rules:
            more_utc, more = rule.wrong(now, terminal, moment, local=local)
            utc += more_utc
            besides += more
        return utc, besides


def _struck(rules: Iterable[R], now: float, terminal: str) -> R | None:
    """The first rule that strikes. All rules count the attempt, so that no `nth` depends on
    another fault.
    """
    struck = [rule for rule in rules if rule.strikes(now, terminal)]
    return struck[0] if struck else None
