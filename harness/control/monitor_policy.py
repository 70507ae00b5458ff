"""What the monitor does by itself when an incident opens: commands that it gives to the terminals
concerned. Without a policy it gives none, and tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, get_args

from harness.control import payloads as p
from harness.control.agent import LONGEST_TEXT
from harness.control.operators import signed
from harness.control.publication import Publication
from harness.control.topics import Topics, Verb
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.wire.calendar import Calendar

COUNTS = 120.0
"""Seconds for which a command of the monitor counts."""
MAY: tuple[Verb, ...] = ("out_of_service", "return_card_and_stop", "show_message")
"""What it may order as an incident opens. What it has stopped it may start again (`resume`)."""


class Policy:
    """`on` names the verbs for a kind of incident, `text` is what `show_message` shows.

    `resume`: as the incident ends, those that the monitor has stopped for it are ordered into
    service, but for those that an operator had stopped before, and those that another incident
    keeps stopped. An operator who stops one of them later is overruled, so that it is off where
    nobody asks for it.

    Raises:
        ConfigError: a kind or a verb that there is not, or no text to show.
    """

    def __init__(
        self,
        on: Mapping[str, Iterable[str]] | None = None,
        *,
        text: str = "",
        resume: bool = False,
    ) -> None:
        self.on: dict[str, tuple[Verb, ...]] = {
            kind: tuple(verbs)  # type: ignore[arg-type]
            for kind, verbs in (on or {}).items()
        }
        self.text = text
        self.resume = resume
        for kind, verbs in self.on.items():
            if kind not in get_args(p.Kind):
                unknown("kind of incident", kind, get_args(p.Kind), place="policy")
            for verb in verbs:
                if verb not in MAY:
                    unknown("verb", verb, MAY, place=f"policy: {kind}")
        shows = any("show_message" in verbs for verbs in self.on.values())
        if shows and not (text.isprintable() and 0 < len(text) <= LONGEST_TEXT):
            raise ConfigError(
                f"show_message needs a text of at most {LONGEST_TEXT} printable characters",
                place="policy",
                remedy='text = "Please use another machine"',
            )


PROTECTIVE = Policy(
    {
        "host_silent": ("out_of_service",),
        "capture_storm": ("return_card_and_stop",),
        "card_held": ("return_card_and_stop",),
    }
)
"""Nobody is let in where the host is silent, and no card is captured while codes storm."""
RESTORING = Policy(PROTECTIVE.on, resume=True)
"""The same, and whom the monitor has stopped it starts again when the incident is over."""


class Action(NamedTuple):
    """Commands that the monitor gives because of an incident: to these terminals, or to
    `EVERYBODY`.
    """

    incident: str
    verb: Verb
    terminals: tuple[str, ...]
    text: str = ""

    def commands(
        self, topics: Topics, operator: str, key: bytes, calendar: Calendar, now: float
    ) -> list[Publication]:
        """The commands as they are published. Without a key they are not signed. Their ids are
        those of the incident, so that an action that is published twice is obeyed once.
        """
        issued, expires = calendar.iso(now), calendar.iso(now + COUNTS)
        publications = []
        for terminal in self.terminals:
            command = p.Command(
                id=f"{self.incident}-{self.verb}",
                verb=self.verb,
                target=terminal,
                operator=operator,
                issued_at=issued,
                expires_at=expires,
                text=self.text,
            )
            command = signed(command, key) if key else command
            topic = topics.command(terminal, self.verb)
            publications.append(Publication(topic, command, expires=COUNTS))
        return publications


class Actor:
    """Carries a policy out, and remembers whom it has stopped."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._stopped: dict[str, dict[str, None]] = {}  # by incident: whom to start again

    def opened(
        self, incident: str, kind: str, whom: tuple[str, ...], concerned: Mapping[str, bool]
    ) -> list[Action]:
        """What to do as an incident opens. `whom`: the terminals concerned, or `EVERYBODY`;
        `concerned`: by name, whether its operator has stopped it.
        """
        actions = []
        for verb in self.policy.on.get(kind, ()) if whom else ():
            text = self.policy.text if verb == "show_message" else ""
            actions.append(Action(incident, verb, whom, text))
            if self.policy.resume and verb != "show_message":
                ours = {name for names in self._stopped.values() for name in names}
                again = (x for x, stopped in concerned.items() if not stopped or x in ours)
                self._stopped[incident] = dict.fromkeys(again)
        return actions

    def resolved(self, incident: str) -> list[Action]:
        """What to do as it ends."""
        mine = self._stopped.pop(incident, {})
        others = {name for names in self._stopped.values() for name in names}
        again = tuple(name for name in mine if name not in others)
        return [Action(incident, "in_service", again)] if again else []
