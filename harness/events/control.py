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


class BrokerCutOff(ControlEvent, frozen=True, gc=False):
    """From now on nothing passes between the terminal and the broker of the run, and neither of
    them knows.
    """


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


class CommandGiven(ControlEvent, frozen=True, gc=False):
    """The operator's desk of the run has given a command, to a terminal or to 'all'."""

    command: str
    verb: str
    target: str


class CommandHandedOver(ControlEvent, frozen=True, gc=False):
    """The broker of the run has handed a command over to the terminal. It came on a topic of
    `addressed`, and names `target`; it counts until `expires_at`, and the terminal's clock showed
    `clock` then.
    """

    command: str
    verb: str
    addressed: str
    target: str
    expires_at: str
    clock: str


class ResponseTaken(ControlEvent, frozen=True, gc=False):
    """The broker of the run has taken a response of the terminal to a command."""

    command: str
    status: str


class RollCalled(ControlEvent, frozen=True, gc=False):
    """What the desk knew of a command when the run ended: how many terminals have carried it out,
    have refused it, were still at it, and were silent.
    """

    command: str
    verb: str
    succeeded: int
    refused: int
    unfinished: int
    silent: int


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
