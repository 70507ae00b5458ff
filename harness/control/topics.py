"""The topics of the control plane, all under `atm/v1/{bank}`.

A terminal's name is its DE 41 without the spaces around it. What a topic level cannot hold ('/',
'+', '#', spaces and so on) is percent-encoded, as in a URL. The names in `RESERVED` stand where a
terminal's name stands and mean something else.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args
from urllib.parse import quote, unquote

from harness.errors import ConfigError

ROOT = "atm/v1"
EVERYBODY = "all"
RESERVED = (EVERYBODY, "gateway", "monitor", "status", "hotlist", "ops")

Verb = Literal[
    "out_of_service", "in_service", "return_card_and_stop", "restart", "show_message", "get_state"
]
VERBS: tuple[Verb, ...] = get_args(Verb)
TELEMETRY = ("cash", "devices", "link")
"""The last level of `.../tel/...`."""


class TerminalTopic(NamedTuple):
    """What a terminal's topic says: whose it is, of which `kind` ('state', 'tel', 'evt', 'cmd' or
    'rsp'), and the last level: the telemetry, the kind of event, or the verb ('' for a state).
    """

    bank: str
    terminal: str
    kind: str
    what: str


class Topics:
    """The topics of one bank.

    Raises:
        ConfigError: the bank has no name.
    """

    def __init__(self, bank: str) -> None:
        if not bank.strip():
            raise ConfigError("the bank has no name", place="bank", remedy="for example: demo")
        self.bank = bank.strip()
        self._under = f"{ROOT}/{level(bank)}"

    def state(self, terminal: str) -> str:
        return f"{self._of(terminal)}/state"

    def telemetry(self, terminal: str, what: str) -> str:
        return f"{self._of(terminal)}/tel/{what}"

    def event(self, terminal: str, kind: str) -> str:
        return f"{self._of(terminal)}/evt/{kind}"

    def command(self, terminal: str, verb: str) -> str:
        """For one terminal, or for `EVERYBODY`."""
        where = f"{self._under}/{EVERYBODY}" if terminal == EVERYBODY else self._of(terminal)
        return f"{where}/cmd/{verb}"

    def response(self, terminal: str, verb: str) -> str:
        return f"{self._of(terminal)}/rsp/{verb}"

    def gateway_state(self, gateway: str) -> str:
        """Birth and last will of a gateway, which carries many terminals."""
        return f"{self._under}/gateway/{level(gateway)}/state"

    def every_gateway(self) -> str:
        """The filter for the states of all gateways."""
        return f"{self._under}/gateway/+/state"

    def read_gateway(self, topic: str) -> str:
        """The name of the gateway whose state stands there; '' for any other topic."""
        levels = topic.removeprefix(f"{self._under}/gateway/").split("/")
        is_one = topic.startswith(f"{self._under}/gateway/") and levels[1:] == ["state"]
        return unquote(levels[0]) if is_one else ""

    def monitor_state(self) -> str:
        return f"{self._under}/monitor/state"

    def incident(self, number: str) -> str:
        """An incident, retained for as long as it is open."""
        return f"{self._under}/monitor/incident/{level(number)}"

    def every_incident(self) -> str:
        """The filter for all incidents."""
        return f"{self._under}/monitor/incident/+"

    def read_incident(self, topic: str) -> str:
        """The number of the incident whose topic this is; '' for any other topic."""
        before = f"{self._under}/monitor/incident/"
        last = topic.removeprefix(before)
        return unquote(last) if topic.startswith(before) and "/" not in last else ""

    def inbox(self, operator: str) -> str:
        """Where an operator asks for responses (MQTT 5, Response Topic)."""
        return f"{self._under}/ops/{level(operator)}/rsp"

    def commands_of(self, terminal: str) -> tuple[str, str]:
        """The filters of a terminal: what it is told itself, and what everybody is told."""
        return f"{self._of(terminal)}/cmd/+", f"{self._under}/{EVERYBODY}/cmd/+"

    def every(self, kind: str) -> str:
        """The filter for one kind of topic of all terminals: 'state', 'tel/+', 'evt/+', 'rsp/+',
        'cmd/+'.
        """
        return f"{self._under}/+/{kind}"

    def is_inbox(self, topic: str) -> bool:
        """May a terminal publish a response there because somebody asks it to?"""
        levels = topic.removeprefix(f"{self._under}/ops/").split("/")
        return topic.startswith(f"{self._under}/ops/") and levels[1:] == ["rsp"] and bool(levels[0])

    def read(self, topic: str) -> TerminalTopic | None:
        """What a terminal's topic of this bank says; None for any other topic."""
        if not topic.startswith(f"{self._under}/"):
            return None
        levels = topic[len(self._under) + 1 :].split("/")
        terminal = unquote(levels[0])
        if not terminal or (terminal in RESERVED and terminal != EVERYBODY):
            return None
        if levels[1:] == ["state"]:
            return TerminalTopic(self.bank, terminal, "state", "")
        if len(levels) == 3 and levels[1] in ("tel", "evt", "cmd", "rsp") and levels[2]:
            return TerminalTopic(self.bank, terminal, levels[1], unquote(levels[2]))
        return None

    def _of(self, terminal: str) -> str:
        return f"{self._under}/{terminal_level(terminal)}"


def level(name: str) -> str:
    """A name as one level of a topic."""
    return quote(name.strip(), safe="")


def terminal_level(terminal: str) -> str:
    """A terminal's name as one level of a topic.

    Raises:
        ConfigError: the name is reserved, or there is none.
    """
    name = terminal.strip()
    if not name or name in RESERVED:
        raise ConfigError(
            f"no terminal can be called '{name}' in a topic",
            place="terminal",
            remedy=f"another name (DE 41): these are reserved: {', '.join(RESERVED)}",
        )
    return level(name)
