"""The faults of the control plane of one run, and the commands of its operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.faults.connection_set import ConnectionFaults
from harness.faults.control import BrokerRule, DeliveryRule
from harness.faults.operator_commands import CommandGiver, OperatorCommands, RemoteCommand
from harness.faults.rule import FOREVER, Rule


class Asked(NamedTuple):
    """The operator gives a command to a terminal `at` that time (run seconds)."""

    at: float
    rule: RemoteCommand
    terminal: str


class ControlFaults(ConnectionFaults):
    """The part of a FaultSet that is asked about commands and the broker. `asked` is what the
    operator is to command because of what terminals have done; the owner takes and empties it.
    `control`: true if a rule of this part exists that no operation of a terminal brings about.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self._commands: Sequence[OperatorCommands] = ()
        self._remote: Sequence[RemoteCommand] = ()
        self._deliveries: Sequence[DeliveryRule] = ()
        self._brokers: Sequence[BrokerRule] = ()
        self.control = False

    def _sort_control(self, rules: Sequence[Rule]) -> None:
        self._commands = [rule for rule in rules if isinstance(rule, OperatorCommands)]
        self._remote = [rule for rule in rules if isinstance(rule, RemoteCommand)]
        self._deliveries = [rule for rule in rules if isinstance(rule, DeliveryRule)]
        self._brokers = [rule for rule in rules if isinstance(rule, BrokerRule)]
        self.control = bool(self._commands or self._deliveries or self._brokers)

    # --- commands --------------------------------------------------------------------------------

    def commands_due(self) -> float:
        """When the operator next gives a command (run seconds); infinite if never."""
        return min((rule.due() for rule in self._commands), default=FOREVER)

    def commands(self, now: float) -> list[OperatorCommands]:
        """What the operator commands now."""
        due = [rule for rule in self._commands if rule.due() <= now]
        for rule in due:
            rule.given()
        return due

    def _ask_commands(self, now: float, terminal: str, operation: str) -> None:
        """A terminal does something after which the operator may command it."""
        for rule in [rule for rule in self._remote if rule.names(operation)]:
            if rule.strikes(now, terminal):
                self.asked.append(Asked(now + rule.after, rule, terminal))

    def was_commanded(self, rule: CommandGiver, terminal: str) -> None:
        """A command that the rule gave has reached that terminal."""
        rule.acted(terminal, f"commanded: {rule.value('verb')}")

    # --- deliveries ------------------------------------------------------------------------------

    def delivery(self, now: float, terminal: str) -> DeliveryRule | None:
        """What goes wrong with the delivery of a command to that terminal."""
        struck = [rule for rule in self._deliveries if rule.strikes(now, terminal)]  # each counts
        return struck[0] if struck else None

    # --- the broker ------------------------------------------------------------------------------

    def broker_away(self, now: float, terminal: str) -> BrokerRule | None:
        """What keeps a terminal (or with '' the operator's desk) from the broker now."""
        cut_off = [rule for rule in self._brokers if rule.cuts_off(now, terminal)]
        return min(cut_off, key=lambda rule: rule.away, default=None)

    def broker_changes(self, now: float) -> float:
        """When the broker or a way to it next goes or comes back, after `now` (run seconds)."""
        edges = (edge for rule in self._brokers for edge in (rule.start, rule.until))
        return min((edge for edge in edges if edge > now), default=FOREVER)
