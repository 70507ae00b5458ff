"""The people in front of one ATM, one after the other.

A customer looks at the screen, and leaves if it says that the machine is out of service. Else
the card goes in, and then the customer does what the screen asks for, at a human pace: types,
mistypes, cancels, takes or forgets card and cash. Everything a customer will do is drawn when
the customer arrives, from a stream keyed by terminal and customer, so that it comes out alike
wherever the run takes place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec

from harness import events as e
from harness.cardholders import CUSTOMERS, Card
from harness.keyed_random import Draw
from harness.machines import inputs as i
from harness.machines.device import Device
from harness.machines.timers import NEVER


class CustomerBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """How people behave (section 6). Times in seconds, shares from 0 to 1, amounts in minor
    units. A load run is a dense evening: with a `mean_gap` of 0 the next customer comes as soon as
    the last has gone, until there are no more cards; with `queues` the arrivals are fixed
    beforehand, whatever the machine does, and who finds it busy waits. After `customers` whose
    card went in nobody comes (0: they never end).
    """

    mean_gap: float = 240.0  # between arrivals at one terminal
    queues: bool = False
    customers: int = 0
    balance_share: float = 0.10
    wrong_pin: float = 0.03  # per try
    cancel: float = 0.01
    forget_card: float = 0.005
    forget_cash: float = 0.003
    key: tuple[float, float] = (1.0, 3.0)
    take: tuple[float, float] = (2.0, 5.0)
    amounts: tuple[int, ...] = (2000, 4000, 5000, 6000, 8000, 10000, 15000, 20000, 30000, 50000)


_COMES_BACK = 1.0  # seconds: who is turned away is not followed at once where mean_gap is 0


class Running(NamedTuple):
    """What of a machine's time a hand may meet (run seconds, NEVER if there is none): when a timer
    of the visit runs out, when the link wants something, and when either last did.
    """

    timer: float = NEVER
    link: float = NEVER
    fired: float = NEVER


class CustomerFaults(Protocol):
    """What can go wrong with a customer; faults are such."""

    def forgets(self, now: float, what: str, *, anyway: bool) -> bool:
        """Is the 'card' or the 'cash' left at the slot? `anyway`: this customer would forget it."""

    def moves(self, now: float, move: int, machine: Callable[[], Running]) -> float:
        """When a hand moves that is about to, for the `move`th time: now, or later, and then it is
        asked again. `machine` says what it may meet.
        """


CardOf = Callable[[int], Card]  # a customer's number -> the card


class Customers:
    """Customers arriving at one ATM. `reports` holds what they do to the terminal's keys."""

    __slots__ = (
        "_amount",
        "_arrives",
        "_cancels",
        "_card",
        "_card_of",
        "_cash_seen",
        "_customer",
        "_device",
        "_does",
        "_draw",
        "_due",
        "_evening",
        "_fate",
        "_forgets_card",
        "_forgets_cash",
        "_key",
        "_moves",
        "_pin_left",
        "_served",
        "_stopped",
        "_wants",
        "_with_card",
        "events",
        "machine",
        "present",
        "reports",
    )  # fmt: skip

    def __init__(
        self,
        evening: CustomerBehaviour,
        device: Device,
        card_of: CardOf,
        draw_key: int,
        fate: CustomerFaults | None = None,
    ) -> None:
        self._evening = evening
        self._device = device
        self._card_of = card_of
        self._key = draw_key
        self._fate = fate
        self._moves = 0  # of all hands so far
        self.machine: Callable[[], Running] = Running  # whoever owns both sets it
        self._customer = 0
        self._draw = Draw(draw_key, 0)
        # back to back, the fleet still does not start in one instant
        self._arrives = self._draw.exponential(evening.mean_gap or _COMES_BACK)
        self.present = False
        self._stopped = False
        self._served = 0
        self._due = NEVER
        self._does = ""
        self._card: Card | None = None
        self._with_card = False
        self._cash_seen = False
        self._wants = ""
        self._amount = 0
        self._pin_left = ""
        self._cancels = False
        self._forgets_card = False
        self._forgets_cash = False
        self.events: list[e.Event] = []
        self.reports: list[i.Input] = []

    # --- time ----------------------------------------------------------------------------

    def next_deadline(self) -> float:
        return self._due if self.present else self._arrives

    def tick(self, now: float) -> None:
        """The hand that is due moves, unless a fault holds it back."""
        if now < self.next_deadline():
            return
        until = now
        if self._fate is not None:
            until = self._fate.moves(now, self._moves, self.machine)
        if until > now:
            self._wait(until)
        elif self.present:
            self._due = NEVER
            self._act(now)
        else:
            self._arrive(now)

    def _wait(self, until: float) -> None:
        if self.present:
            self._due = until
        else:
            self._arrives = until

    def stop(self) -> None:
        """Nobody new comes; who is there finishes."""
        self._stopped = True
        self._arrives = NEVER

    @property
    def customer(self) -> int:
        """The number of the last who came, from 1."""
        return self._customer

    def resume(self, customer: int, now: float) -> None:
        """Go on after that customer, in a new process. If the machine still holds their card or
        cash, they are standing there yet; what they would do is drawn again, alike.
        """
        self._customer = self._served = customer
        self._draw_customer()
        self._arrives = now + self._draw.exponential(self._evening.mean_gap or _COMES_BACK)
        if self._had_last_card():
            self._arrives = NEVER
        device = self._device
        self.present = device.card is not None or device.cash_at != ""
        self._card = device.card
        self._with_card = device.card is None

    # --- arriving ------------------------------------------------------------------------

    def _arrive(self, now: float) -> None:
        evening = self._evening
        self._moves += 1
        self._customer += 1
        came = self._arrives if evening.queues else now
        self._arrives = came + self._draw_customer()
        amount = 0 if self._wants == "balance" else self._amount
        self.events.append(e.CustomerArrived(self._customer, self._wants, amount, now - came))
        card = self._card_of(self._customer)
        if self._had_last_card():
            self._arrives = NEVER
        if self._device.screen != "welcome" or not self._device.insert(card, self._customer, now):
            self.events.append(e.TurnedAway(self._customer, self._device.screen))
            if self._arrives == now:
                self._arrives += _COMES_BACK
            self._arrives = NEVER if self._stopped else self._arrives
            return
        self._served += 1
        if self._served == evening.customers:
            self._arrives = NEVER
        self._card = card
        self.present = True
        self._with_card = False
        self._cash_seen = False
        self._due = NEVER

    def _had_last_card(self) -> bool:
        """Where they come without gaps, one after the other until there are no more cards."""
        return self._evening.mean_gap == 0 and self._customer == CUSTOMERS - 1

    def _draw_customer(self) -> float:
        """Everything the customer will do; how long after this one the next comes, in seconds."""
        evening = self._evening
        draw = self._draw = Draw(self._key, self._customer)
        gap = draw.exponential(evening.mean_gap)
        balance = draw.chance(evening.balance_share)
        self._wants = "balance" if balance else "withdrawal"
        self._amount = evening.amounts[draw.below(len(evening.amounts))]
        self._cancels = draw.chance(evening.cancel)
        self._forgets_card = draw.chance(evening.forget_card)
        self._forgets_cash = draw.chance(evening.forget_cash)
        return gap

    # --- doing ---------------------------------------------------------------------------

    def _plan(self, does: str, now: float, span: tuple[float, float]) -> None:
        self._does = does
        self._moves += 1
        self._due = now + self._draw.uniform(*span)

    def look(self, now: float) -> None:
        """The screen changed, or something came out of the machine."""
        if not self.present:
            return
        screen = self._device.screen
        if self._device.card_at == "slot" and not self._with_card:
            if self._does not in ("take card", "took card"):
                self._see_card(now)
        elif self._device.cash_at == "slot" and not self._cash_seen:
            self._cash_seen = True
            self._see_cash(now)
        elif screen == "enter_pin":
            if self._does not in ("pin", "pin typed"):
                self._begin_pin(now)
        elif screen == "select":
            if self._does not in ("choose", "chosen"):
                self._plan("choose", now, self._evening.key)
        elif screen in ("please_wait", "blank"):
            self._does = "wait"
            self._due = NEVER
        elif self._device.card is None and self._device.cash_at == "":
            self._see_end(screen)

    def _see_card(self, now: float) -> None:
        if self._left_behind(now, "card", anyway=self._forgets_card):
            self._leave("without_card")
        else:
            self._plan("take card", now, self._evening.take)

    def _left_behind(self, now: float, what: str, *, anyway: bool) -> bool:
        return anyway if self._fate is None else self._fate.forgets(now, what, anyway=anyway)

    def _see_cash(self, now: float) -> None:
        if self._left_behind(now, "cash", anyway=self._forgets_cash):
            self._leave("without_cash")
        else:
            self._plan("take cash", now, self._evening.take)

    def _see_end(self, screen: str) -> None:
        if screen in ("welcome", "out_of_service", "captured"):
            served = self._cash_seen or (self._wants == "balance" and screen != "captured")
            self._leave("served" if served else "no_cash")

    def _begin_pin(self, now: float) -> None:
        card = self._card
        assert card is not None, "someone without a card was asked for a PIN"
        pin = card.pin
        if self._draw.chance(self._evening.wrong_pin):
            pin = f"{(int(pin) + 1 + self._draw.below(9998)) % 10000:04d}"
        self._pin_left = pin + "#"
        self._plan("pin", now, self._evening.key)

    def _act(self, now: float) -> None:
        does = self._does
        if does == "pin":
            self._press(now)
        elif does == "choose":
            self._does = "chosen"
            if self._cancels:
                self.reports.append(i.KeyPressed("cancel"))
            else:
                self.reports.append(i.Chosen(self._wants, self._amount))
        elif does == "take card":
            self._does = "took card"
            if self._device.take_card():
                self._with_card = True
        elif does == "take cash":
            self._does = "took cash"
            self._device.take_cash()

    def _press(self, now: float) -> None:
        key, self._pin_left = self._pin_left[0], self._pin_left[1:]
        if self._pin_left:
            self._plan("pin", now, self._evening.key)
            self.reports.append(i.KeyPressed(key))
        else:
            self._does = "pin typed"
            self.reports.append(i.KeyPressed("enter"))

    def _leave(self, how: str) -> None:
        self.events.append(e.CustomerLeft(self._customer, how))
        self.present = False
        self._card = None
        self._does = ""
        self._due = NEVER
        if self._stopped:
            self._arrives = NEVER
