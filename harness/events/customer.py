"""Events of the people at the machines: customers, and the operator who gives orders."""

from __future__ import annotations

from typing import ClassVar

from harness.events.base import Event


class CustomerEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "customer"


class CustomerArrived(CustomerEvent, frozen=True, gc=False, omit_defaults=True):
    """A customer stands in front of the machine and wants a 'withdrawal' or a 'balance', after
    having waited `queued` seconds for the customer before.
    """

    customer: int
    wants: str
    amount: int
    queued: float = 0.0


class CustomerHesitated(CustomerEvent, frozen=True, gc=False):
    """The customer is asked for a key and takes longer than usual: nothing has been touched for
    `idle` seconds, since the last key was pressed or the screen asked.
    """

    customer: int
    idle: float


class CustomerWentOn(CustomerEvent, frozen=True, gc=False):
    """The customer who had hesitated has pressed a key."""

    customer: int


class PinTyped(CustomerEvent, frozen=True, gc=False):
    """The customer has typed a whole PIN after the machine had asked for one: the card's `right`
    PIN, or another one. Which digits they were, no journal holds.
    """

    customer: int
    right: bool


class CancelPressed(CustomerEvent, frozen=True, gc=False):
    """The customer has pressed cancel."""

    customer: int


class TurnedAway(CustomerEvent, frozen=True, gc=False):
    """The customer read the screen and left with the card in hand."""

    customer: int
    screen: str


class CustomerLeft(CustomerEvent, frozen=True, gc=False):
    """The customer went away: 'served', 'no_cash' (card back, no money), 'without_card',
    'without_cash', 'waiting' (gave up while the machine held the card).
    """

    customer: int
    how: str


class OrderGiven(CustomerEvent, frozen=True, gc=False):
    """An order of the operator reached the terminal's logic: 'stop', 'resume', 'supervisor' (a
    person wants to work at the machine) or 'leave' (that person has finished).
    """

    order: str
