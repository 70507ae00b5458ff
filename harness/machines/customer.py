"""The people in front of one ATM, one after the other.

A customer looks at the screen, and leaves if it says that the machine is out of service. Otherwise
the customer inserts a card and does what the screen asks for, at a human pace: types the PIN,
sometimes a wrong one, cancels, takes or forgets card and cash. What a customer is going to do is
drawn when the customer arrives, from a stream of random numbers that is keyed by terminal and
customer, so that it is the same in a simulation and in a live run.
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
    """How people behave (docs/domain.md, "Scenarios"). Times are seconds, shares are
    from 0 to 1, and amounts are in minor units.

    - `mean_gap`: the mean time between two arrivals at one terminal. With 0 the next customer comes
      as soon as the last one has gone, until there are no more cards.
    - `queues`: the moments of arrival are fixed beforehand, whatever the machine does, and a
      customer who finds it busy waits.
    - `customers`: after so many customers whose card was inserted nobody comes any more; 0 is
      without end.
    - `balance_share`: the share of balance enquiries; the others withdraw cash.
    - `wrong_pin`, `cancel`, `forget_card`, `forget_cash`: probabilities, the first for each try.
    - `key`, `take`: the least and the most time before a key is pressed, and before card or cash is
      taken.
    - `amounts`: what people withdraw, each as probable as the others.
    """

    mean_gap: float = 240.0
    queues: bool = False
    customers: int = 0
    balance_share: float = 0.10
    wrong_pin: float = 0.03
    cancel: float = 0.01
    forget_card: float = 0.005
    forget_cash: float = 0.003
    key: tuple[float, float] = (1.0, 3.0)
    take: tuple[float, float] = (2.0, 5.0)
    amounts: tuple[int, ...] = (2000, 4000, 5000, 6000, 8000, 10000, 15000, 20000, 30000, 50000)


_COMES_BACK = 1.0  # seconds until the next customer after one who was turned away, if mean_gap is 0


class MachineDeadlines(NamedTuple):
    """The deadlines of a machine, for faults that make a customer act at the same instant (run
    seconds, NEVER where there is none): `timer` is when the next timer of the session runs out,
    `link` when the link supervisor has something to do, `fired` when the logic last acted on one of
    the two.
    """

    timer: float = NEVER
    link: float = NEVER
    fired: float = NEVER


class CustomerFaults(Protocol):
    """What can go wrong with a customer. The fault rules of a run answer these questions."""

    def forgets(self, now: float, what: str, *, anyway: bool) -> bool:
        """Is the 'card' or the 'cash' left at the slot? `anyway` is whether the customer forgets it
        without any fault.
        """

    def moves(self, now: float, move: int, machine: Callable[[], MachineDeadlines]) -> float:
        """When a customer does what is due now (run seconds): now, or later, and then it is asked
        again. `move` counts what the customers at this machine have done; `machine` gives the
        deadlines of the machine.
        """


CardOf = Callable[[int], Card]
"""The number of a customer -> the card of that customer."""


class Customers:
    """The customers of one ATM. `events` go to the journal; `reports` are the keys that they press,
    for the terminal.
    """

    __slots__ = (
        "_amount",
        "_arrives",
        "_behaviour",
        "_cancels",
        "_card",
        "_card_of",
        "_cash_seen",
        "_customer",
        "_device",
        "_does",
        "_draw",
        "_due",
        "_faults",
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
        behaviour: CustomerBehaviour,
        device: Device,
        card_of: CardOf,
        draw_key: int,
        faults: CustomerFaults | None = None,
    ) -> None:
        self._behaviour = behaviour
        self._device = device
        self._card_of = card_of
        self._key = draw_key
        self._faults = faults
        self._moves = 0  # what all customers have done so far
        self.machine: Callable[[], MachineDeadlines] = MachineDeadlines  # set by the ATM
        self._customer = 0
        self._draw = Draw(draw_key, 0)
        # even without gaps the fleet does not begin in one instant
        self._arrives = self._draw.exponential(behaviour.mean_gap or _COMES_BACK)
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
        """The customer does what is due, unless a fault puts it off."""
        if now < self.next_deadline():
            return
        until = now
        if self._faults is not None:
            until = self._faults.moves(now, self._moves, self.machine)
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
        """No new customer comes. The one who is there goes on to the end."""
        self._stopped = True
        self._arrives = NEVER

    @property
    def customer(self) -> int:
        """The number of the last customer who came, counted from 1."""
        return self._customer

    def resume(self, customer: int, now: float) -> None:
        """Continue after that customer, in a new process. If the machine still holds the card or
        the cash of the customer, the customer is still there, and what that customer is going to do
        is drawn again, with the same result.
        """
        self._customer = self._served = customer
        self._draw_customer()
        self._arrives = now + self._draw.exponential(self._behaviour.mean_gap or _COMES_BACK)
        if self._had_last_card():
            self._arrives = NEVER
        device = self._device
        self.present = device.card is not None or device.cash_at != ""
        self._card = device.card
        self._with_card = device.card is None

    # --- arriving ------------------------------------------------------------------------

    def _arrive(self, now: float) -> None:
        behaviour = self._behaviour
        self._moves += 1
        self._customer += 1
        came = self._arrives if behaviour.queues else now
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
        if self._served == behaviour.customers:
            self._arrives = NEVER
        self._card = card
        self.present = True
        self._with_card = False
        self._cash_seen = False
        self._due = NEVER

    def _had_last_card(self) -> bool:
        """Was that the last card, where customers come without gaps?"""
        return self._behaviour.mean_gap == 0 and self._customer == CUSTOMERS - 1

    def _draw_customer(self) -> float:
        """Draw what the customer is going to do. Returns the seconds until the next one comes."""
        behaviour = self._behaviour
        draw = self._draw = Draw(self._key, self._customer)
        gap = draw.exponential(behaviour.mean_gap)
        balance = draw.chance(behaviour.balance_share)
        self._wants = "balance" if balance else "withdrawal"
        self._amount = behaviour.amounts[draw.below(len(behaviour.amounts))]
        self._cancels = draw.chance(behaviour.cancel)
        self._forgets_card = draw.chance(behaviour.forget_card)
        self._forgets_cash = draw.chance(behaviour.forget_cash)
        return gap

    # --- doing ---------------------------------------------------------------------------

    def _plan(self, does: str, now: float, span: tuple[float, float]) -> None:
        self._does = does
        self._moves += 1
        self._due = now + self._draw.uniform(*span)

    def look(self, now: float) -> None:
        """The screen has changed, or something has come out of the machine: react to it."""
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
                self._plan("choose", now, self._behaviour.key)
        elif screen in ("please_wait", "blank"):
            self._does = "wait"
            self._due = NEVER
        elif self._device.card_at in ("", "stuck") and self._device.cash_at == "":
            self._see_end(screen)

    def _see_card(self, now: float) -> None:
        if self._left_behind(now, "card", anyway=self._forgets_card):
            self._leave("without_card")
        else:
            self._plan("take card", now, self._behaviour.take)

    def _left_behind(self, now: float, what: str, *, anyway: bool) -> bool:
        return anyway if self._faults is None else self._faults.forgets(now, what, anyway=anyway)

    def _see_cash(self, now: float) -> None:
        if self._left_behind(now, "cash", anyway=self._forgets_cash):
            self._leave("without_cash")
        else:
            self._plan("take cash", now, self._behaviour.take)

    def _see_end(self, screen: str) -> None:
        if screen in ("welcome", "out_of_service", "captured"):
            served = self._cash_seen or (self._wants == "balance" and screen != "captured")
            self._leave("served" if served else "no_cash")

    def _begin_pin(self, now: float) -> None:
        card = self._card
        assert card is not None, "someone without a card was asked for a PIN"
        pin = card.pin
        if self._draw.chance(self._behaviour.wrong_pin):
            pin = f"{(int(pin) + 1 + self._draw.below(9998)) % 10000:04d}"
        self._pin_left = pin + "#"
        self._plan("pin", now, self._behaviour.key)

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
            self._plan("pin", now, self._behaviour.key)
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
