"""All faults of one run, by the layer that asks for them.

The owners of time and bytes (`sim`, `live`) call in with the time and what is about to happen, and
drain `effects`: a fault that never took effect is never in there. Rules count, so a plan is made
for one run. Each process of a live run has a plan of its own, and only the layers it drives act.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.faults.connection import ConnectionRule
from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.grammar import ALL_RULES
from harness.faults.host import HostRule
from harness.faults.rule import Context, FaultSpec, Rule
from harness.faults.site import CustomerRule, DeviceRule, PowerCut
from harness.faults.wire import WireRule
from harness.machines.host import Hearing
from harness.machines.mishap import Mishap


class FaultPlan:
    """`wire`, `connection`, `host`, `device`, `customer`, `power`: is there any such rule?"""

    def __init__(
        self,
        specs: Sequence[FaultSpec],
        *,
        seed: int,
        host_response: float = 45.0,
        framing: str = "2byte",
    ) -> None:
        """`host_response` in seconds is the contract's, for faults that count from its end."""
        context = Context(seed, host_response, framing)
        self._rules: list[Rule] = [
            ALL_RULES[spec.kind](spec, index, context) for index, spec in enumerate(specs)
        ]
        self._wire = [rule for rule in self._rules if isinstance(rule, WireRule)]
        self._connection = [rule for rule in self._rules if isinstance(rule, ConnectionRule)]
        self._host = [rule for rule in self._rules if isinstance(rule, HostRule)]
        self._device = [rule for rule in self._rules if isinstance(rule, DeviceRule)]
        self._customer = [rule for rule in self._rules if isinstance(rule, CustomerRule)]
        self._power = [rule for rule in self._rules if isinstance(rule, PowerCut)]
        self.wire = bool(self._wire)
        self.connection = bool(self._connection)
        self.host = bool(self._host)
        self.device = bool(self._device)
        self.customer = bool(self._customer)
        self.power = bool(self._power)
        self._effects: list[tuple[str, str, str]] = []
        for rule in self._rules:
            rule.effects = self._effects

    @property
    def effects(self) -> list[tuple[str, str, str]]:
        """(fault, on whom, what) of each effect since the last drain."""
        return self._effects

    def drain(self) -> list[tuple[str, str, str]]:
        """Take the effects."""
        taken = self._effects[:]
        self._effects.clear()
        return taken

    def windows(self) -> list[tuple[float, float, str]]:
        """(start, until, text) of each fault, in the order of their start."""
        return sorted(
            ((rule.spec.start, rule.spec.until, rule.spec.text) for rule in self._rules),
            key=lambda window: window[0],
        )

    def lift(self, now: float) -> None:
        """All faults end now."""
        for rule in self._rules:
            rule.lift(now)

    # --- wire -----------------------------------------------------------------------------------

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """What becomes of a frame; None leaves it alone. What one rule makes of it goes through
        the next, until one cuts it into pieces. Rules that make other fields of it start from what
        was sent."""
        acts: list[Act] | None = None
        for rule in self._wire:
            if acts is None:
                acts = rule.fate(now, passing)
            else:
                acts = [further for act in acts for further in _through(rule, now, passing, act)]
            if acts is not None and not rule.whole:
                break
        return acts

    # --- connection --------------------------------------------------------------------------------

    def admit(self, now: float, terminal: str) -> str:
        """'' lets a terminal connect, else how it fails: 'refused'."""
        for rule in self._connection:
            trouble = rule.admit(now, terminal)
            if trouble:
                return trouble
        return ""

    def opened(self, now: float, terminal: str) -> None:
        """A connection of that terminal stands."""
        for rule in self._connection:
            rule.opened(now, terminal)
        for wire_rule in self._wire:
            wire_rule.opened(terminal)

    def next_cut(self, now: float, terminal: str) -> tuple[float, str] | None:
        """When a standing connection ends next, and how ('rst' or 'fin'); None if it does not."""
        cuts = [rule.next_cut(now, terminal) for rule in self._connection]
        return min((cut for cut in cuts if cut is not None), default=None)

    def cut_done(self, now: float, terminal: str, how: str) -> None:
        """The owner did cut it."""
        for rule in self._connection:
            cut = rule.next_cut(now, terminal)
            if cut is not None and cut[0] <= now:
                rule.acted(terminal, f"connection ended by {how}")
                return

    # --- host ---------------------------------------------------------------------------------------

    def hears(self, now: float, terminal: str, fields: dict[str, str]) -> Hearing:
        """What becomes of a message that the host has read."""
        process, answer, delay = True, True, 0.0
        for rule in self._host:
            heard = rule.hears(now, terminal, fields)
            if heard is not None:
                process = process and heard.process
                answer = answer and heard.answer
                delay += heard.delay
        return Hearing(process, answer, delay)

    def crash(
        self, now: float, terminal: str, fields: dict[str, str], phase: str
    ) -> float | None:
        """Seconds for which the host stays down, or None."""
        for rule in self._host:
            seconds = rule.crash(now, terminal, fields, phase)
            if seconds is not None:
                return seconds
        return None

    # --- device, customer, mains ----------------------------------------------------------------------

    def mishap(self, now: float, terminal: str, command: str) -> Mishap | None:
        for rule in self._device:
            mishap = rule.mishap(now, terminal, command)
            if mishap is not None:
                return mishap
        return None

    def forgets(self, now: float, terminal: str, what: str) -> bool:
        return any([rule.forgets(now, terminal, what) for rule in self._customer])

    def power_cut(self, now: float, terminal: str, operation: str) -> float | None:
        for rule in self._power:
            seconds = rule.cut(now, terminal, operation)
            if seconds is not None:
                return seconds
        return None


def _through(rule: WireRule, now: float, passing: Passing, act: Act) -> list[Act]:
    """One act goes through a further rule; a close passes as it is."""
    if isinstance(act, Close):
        return [act]
    further = rule.fate(now, passing._replace(data=act.data))
    if further is None:
        return [act]
    return [
        Deliver(act.delay + more.delay, more.data)
        if isinstance(more, Deliver)
        else Close(act.delay + more.delay, more.how)
        for more in further
    ]
