"""Events that a scenario expects or forbids: by their name, or by what one of their fields says.

    Posted = 570
    "Posted kind=reversal" = 68
    "FaultActed what=0200 processed, unanswered" = 20

A field is one that the journal has, or what is derived from those (`kind` and `what` of a
`FaultActed`); its value is compared as text, and truth is true or false.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args, get_origin, get_type_hints

from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.events import EVENT_TYPES, Event


class Expectation(NamedTuple):
    """Events of that name; with a `field`, those in which it has the `value`."""

    event: str
    field: str = ""
    value: str = ""

    def matches(self, event: Event) -> bool:
        """Is it one of those? The event has the right name."""
        return not self.field or _text(getattr(event, self.field)) == self.value


def fields_of(kind: type[Event]) -> tuple[str, ...]:
    """The names that may stand in front of the '='."""
    derived = (name for name, what in vars(kind).items() if isinstance(what, property))
    return (*kind.__struct_fields__, *derived)


def parse_expectation(text: str, *, place: str = "") -> Expectation:
    """What `text` means.

    Raises:
        ConfigError: there is no such event, it has no such field, or that never says so.
    """
    name, space, condition = text.partition(" ")
    if name not in EVENT_TYPES:
        unknown("event", name, EVENT_TYPES, place=place)
    if not space:
        return Expectation(name)
    field, equals, value = condition.partition("=")
    value = value.strip()
    known = fields_of(EVENT_TYPES[name])
    if not equals or not known:
        raise ConfigError(
            f"'{condition}' is no condition on {name}",
            place=place,
            remedy=f'write "{name} {known[0]}=..."' if known else f"{name} has no fields",
        )
    if field not in known:
        unknown(f"field of {name}", field, known, place=place)
    told = get_type_hints(EVENT_TYPES[name]).get(field)
    values = get_args(told) if get_origin(told) is Literal else ()
    if values and value not in values:
        unknown(f"{field} of {name}", value, values, place=place)
    return Expectation(name, field, value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class EventCounter:
    """How often what is wanted has come."""

    __slots__ = ("count", "wanted")

    def __init__(self, text: str) -> None:
        self.wanted = parse_expectation(text, place="the journal's first line")
        self.count = 0

    def see(self, event: Event) -> None:
        """An event of that name."""
        self.count += self.wanted.matches(event)
