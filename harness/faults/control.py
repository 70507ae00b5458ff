"""The control plane: what goes wrong between an operator and a terminal.

What gets lost, is late or comes twice is a delivery of a command to one terminal. `broker_down` and
`broker_partition` concern every message, in both directions: none of them may keep a card inside,
as the way to the host is another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from harness.faults.fleet import OF, TERMINAL, region_of
from harness.faults.operator_commands import COMMAND_RULES, region_mistake
from harness.faults.rule import COMMON, Mistake, Parameter, Rule

Away = Literal["", "down", "partition"]


# --- deliveries of commands -----------------------------------------------------------------------


class DeliveryRule(Rule):
    """An attempt is the delivery of a command to a terminal."""

    layer = "control"
    virtual = True
    parameters: ClassVar[dict[str, Parameter]] = COMMON

    def times(self, now: float, expires: float) -> Iterator[float]:
        """When the command is handed over to the terminal (run seconds). `expires` is when it does
        not count any more, by the right time.
        """
        raise NotImplementedError

    def what(self) -> str:
        """What happens to the command, in words."""
        raise NotImplementedError

    def delivered(self, target: str) -> str:
        """Whom the command names that arrives; `target` is whom it named."""
        return target


class CommandLost(DeliveryRule):
    kind = "command_lost"
    summary = "a command does not reach a terminal"

    def times(self, now: float, expires: float) -> Iterator[float]:
        del now, expires
        return iter(())

    def what(self) -> str:
        return "command lost"


class CommandDelayed(DeliveryRule):
    kind = "command_delayed"
    summary = "a command reaches a terminal some seconds late"
    variants = ("", "by=40s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "10s", "by how much", least=0.001),
        **COMMON,
    }

    def times(self, now: float, expires: float) -> Iterator[float]:
        del expires
        yield now + self.value("by")

    def what(self) -> str:
        return f"command {self.value('by'):g} s late"


class CommandTwice(DeliveryRule):
    kind = "command_twice"
    summary = "a command reaches a terminal, and once more some seconds later"
    variants = ("", "after=50ms", "after=90s")
    parameters: ClassVar[dict[str, Parameter]] = {
        "after": Parameter("duration", "5s", "when it comes again", least=0.001),
        **COMMON,
    }

    def times(self, now: float, expires: float) -> Iterator[float]:
        del expires
        yield now
        yield now + self.value("after")

    def what(self) -> str:
        return f"command twice, {self.value('after'):g} s apart"


class CommandLate(DeliveryRule):
    kind = "command_late"
    summary = "a command reaches a terminal when it does not count any more"
    parameters: ClassVar[dict[str, Parameter]] = {
        "past": Parameter("duration", "1s", "so long after its expiry", least=0.0),
        **COMMON,
    }

    def times(self, now: float, expires: float) -> Iterator[float]:
        yield max(now, expires + self.value("past"))

    def what(self) -> str:
        return f"command {self.value('past'):g} s after its expiry"


class CommandMisaddressed(DeliveryRule):
    kind = "command_misaddressed"
    summary = "a command that names another terminal reaches a terminal"

    def times(self, now: float, expires: float) -> Iterator[float]:
        del expires
        yield now

    def what(self) -> str:
        return "command of another terminal"

    def delivered(self, target: str) -> str:
        return f"{target[:-1]}{'2' if target.endswith('1') else '1'}"


# --- the broker -----------------------------------------------------------------------------------


class BrokerRule(Rule):
    """Acts while its window is open."""

    layer = "control"
    virtual = True
    away: ClassVar[Away]
    parameters: ClassVar[dict[str, Parameter]] = {}

    def cuts_off(self, now: float, terminal: str) -> bool:
        """Is that terminal without the broker now? '' is the operator's desk."""
        del terminal
        return self.active(now)


class BrokerDown(BrokerRule):
    kind = "broker_down"
    away = "down"
    summary = "the broker is gone: connections to it end, and new ones are refused"


class BrokerPartition(BrokerRule):
    kind = "broker_partition"
    away = "partition"
    summary = "nothing passes between the broker and the terminals of a region"
    parameters: ClassVar[dict[str, Parameter]] = {
        "region": Parameter("count", "1", "which one", least=1),
        **OF,
        **TERMINAL,
    }

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        return region_mistake(parameters)

    def cuts_off(self, now: float, terminal: str) -> bool:
        here = bool(terminal) and region_of(terminal, self.value("of")) == self.value("region")
        return here and self.active(now) and self.meant(terminal)


CONTROL_RULES: tuple[type[Rule], ...] = (
    CommandLost,
    CommandDelayed,
    CommandTwice,
    CommandLate,
    CommandMisaddressed,
    BrokerDown,
    BrokerPartition,
)
OF_THE_PLANE = frozenset(rule.kind for rule in (*COMMAND_RULES, *CONTROL_RULES))
"""The kinds that need a control plane."""
