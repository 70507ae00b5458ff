"""The control plane: what passed between terminals and their broker, where it passed the terminal's
end. It is evidence of what was asked and answered; what a terminal did, its device shows.
"""

from __future__ import annotations

from typing import ClassVar

from harness.events.base import Event


class ControlEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "control"


class BrokerConnected(ControlEvent, frozen=True, gc=False):
    """The terminal has a connection to the broker."""


class BrokerLost(ControlEvent, frozen=True, gc=False):
    """The terminal has no connection to the broker any more; `how` says why in a word or two."""

    how: str


class CommandDelivered(ControlEvent, frozen=True, gc=False):
    """A command of an operator has come to the terminal: its id and its verb."""

    command: str
    verb: str
    operator: str


class CommandAnswered(ControlEvent, frozen=True, gc=False):
    """The terminal answered a command: accepted, in_progress, succeeded, failed, rejected or
    expired.
    """

    command: str
    status: str
    detail: str


class IncidentOpened(ControlEvent, frozen=True, gc=False):
    """The monitor that watches a run has found something: `kind`, `cause`, `scope` and `where` as
    in `harness.control.payloads.Incident`.
    """

    kind: str
    cause: str
    scope: str
    where: str


class IncidentResolved(ControlEvent, frozen=True, gc=False):
    """What the monitor had found is over."""

    kind: str
    cause: str
    scope: str
    where: str
