"""The people in front of one ATM, one after the other.

A customer looks at the screen, and leaves if it says that the machine is out of service. Otherwise
the customer inserts a card and does what the screen asks for, at a human pace: types the PIN,
sometimes a wrong one, cancels, takes or forgets card and cash. What a customer is going to do is
drawn when the customer arrives, from a stream of random numbers that is keyed by terminal and
customer, so that it is the same in a simulation and in a live run.
"""

from __future__ import annotations

from collections.abc import Callable

from harness import events as e
from harness.cardholders import CUSTOMERS, Card
from harness.keyed_random import Draw
from harness.machines.behaviour import USUAL, CustomerBehaviour, has_manners, manner_of
from harness.machines.customer_keys import (
    ASKED,
    AT_KEYS,
    AT_ONCE,
    CustomerAtKeys,
    CustomerFaults,
    MachineDeadlines,
)
from harness.machines.device import Device
from harness.machines.timers import NEVER

_COMES_BACK = 1.0  # seconds until the next customer after one who was turned away, if mean_gap is 0
CardOf = Callable[[int], Card]
"""The number of a customer -> the card of that customer."""


class Customers(CustomerAtKeys):
    """The customers of one ATM. `events` go to the journal; `reports` are the keys that they press,
    for the terminal.
    """

    __slots__ = (
        "_arrives",
        "_card_of",
        "_cash_seen",
        "_device",
        "_forgets_card",
        "_forgets_cash",
        "_key",
        "_served",
        "_stopped",
        "_unusual",
        "_with_card",
        "hotlist",
        "machine",
    )  # fmt: skip

    def __init__(
        self,
        behaviour: CustomerBehaviour,
        device: Device,
        card_of: CardOf,
        draw_key: int,
        faults: CustomerFaults | None = None,
    ) -> None:
        super().__init__(behaviour, Draw(draw_key, 0), faults)
        self._device = device
        self._card_of = card_of
        self._key = draw_key
        self.machine: Callable[[], MachineDeadlines] = MachineDeadlines  # set by the ATM
        # even without gaps the fleet does not begin in one instant
        self._arrives = self._draw.exponential(behaviour.mean_gap or _COMES_BACK)
        self._stopped = False
        self._served = 0
        self._with_card = False
        self._cash_seen = False
        self._unusual = has_manners(behaviour)
        self.hotlist: set[str] = set()  # the terminal's, set by who builds both
        self._forgets_card = False
        self._forgets_cash = False

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
            self._wait(until, now)
        elif self.present:
            self._due = NEVER
            self._act(now)
        else:
            self._arrive(now)

    def _wait(self, until: float, now: float) -> None:
        if self.present:
            self._due = until
            if self._does in ASKED:
                self._hesitate(now)
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
        if not self._insert(card, now):
            self.events.append(e.TurnedAway(self._customer, self._device.screen))
            if self._arrives == now:
                self._arrives += _COMES_BACK
            self._arrives = NEVER if self._stopped else self._arrives
            return
        self._served += 1
        if self._served == behaviour.customers:
            self._arrives = NEVER
        self.present = True
        self._with_card = False
        self._cash_seen = False
        self._asked = 0
        self._early = self._hesitates = False
        self._due = NEVER
        if self._manner.hurried:
            self._plan_key("early", now)

    def _insert(self, card: Card, now: float) -> bool:
        """Insert the card, in the manner of this visit, whatever the screen says: there is always
        somebody who does not read it. Did the reader take it?
        """
        manner = manner_of(self._behaviour, self._key, self._customer) if self._unusual else USUAL
        if self._faults is not None and self._device.screen == "welcome":
            manner = self._faults.visit(now, manner)
        card = manner.card(card)
        if not self._device.insert(card, self._customer, now, manner):
            return False
        self._card, self._manner = card, manner
        if manner.hotlisted:
            self.hotlist.add(card.token)
            self.events.append(e.CardHotlisted(card.token))
            self._did("hotlisted", "the card is on the hotlist")
        if manner.expired:
            self._did("expired", "the card has expired")
        if manner.unreadable:
            self._did("unreadable", "the card cannot be read")
        if manner.read_longer:
            self._did("read_longer", f"the card is read {manner.read_longer:g} s later")
        return True

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

    def look(self, now: float) -> None:
        """The screen has changed, or something has come out of the machine: react to it."""
        if not self.present:
            return
        screen = self._device.screen
        if self._device.card_at == "slot" and not self._with_card:
            if self._does == "hold card":
                self._hold_card(now)
            elif self._does not in ("take card", "took card"):
                self._see_card(now)
        elif self._device.cash_at == "slot" and not self._cash_seen:
            self._cash_seen = True
            self._see_cash(now)
        elif screen == "enter_pin":
            if self._does not in ("pin", "pin typed"):
                self._begin_pin(now)
        elif screen == "select":
            if self._does not in ("choose", "chosen"):
                self._plan_key("choose", now)
        elif screen in ("please_wait", "blank"):
            self._does = "wait"
            self._due = NEVER
            if self._manner.cancels == "wait" and screen == "please_wait":
                self._plan("cancel in vain", now, AT_ONCE)  # before most answers come
        elif self._device.card_at in ("", "stuck") and self._device.cash_at == "":
            self._see_end(screen)

    def _see_card(self, now: float) -> None:
        if self._left_behind(now, "card", anyway=self._forgets_card):
            self._leave("without_card")
        elif self._manner.holds_card:
            self._does = "hold card"
            self._due = NEVER
            self._device.gripped = True
        else:
            self._plan("take card", now, self._behaviour.take)

    def _hold_card(self, now: float) -> None:
        """The machine draws the card in: it is held, and pulled out a while later."""
        if self._device.draws_card_in:
            held = self._manner.holds_card
            self._plan("take card", now, (held, held))

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

    def _act(self, now: float) -> None:
        does = self._does
        if does in AT_KEYS:
            self._act_at_keys(does, now)
        elif does == "cancel in vain":
            self._does = "wait"
            self._cancel()
            self._did("cancels", "cancel is pressed during the wait")
        elif does == "take card":
            if self._device.gripped:
                self._did("holds_card", "the card was held, and is pulled out")
            self._does = "took card"
            if self._device.take_card():
                self._with_card = True
        elif does == "take cash":
            self._does = "took cash"
            if self._manner.takes_part and self._device.take_part_of_cash():
                self._did("takes_part", "a part of the notes is left")
                self._leave("part_taken")
            else:
                self._device.take_cash()

    def _leave(self, how: str) -> None:
        self.events.append(e.CustomerLeft(self._customer, how))
        self.present = False
        self._card = None
        self._does = ""
        self._due = NEVER
        if self._stopped:
            self._arrives = NEVER
